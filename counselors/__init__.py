"""The staff side: accounts and roles, desks and duty, reviews and supervision."""
