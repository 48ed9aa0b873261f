"""Small programs behind the Makefile."""
