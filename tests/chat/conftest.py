"""The cast plays here, and their pages are closed after each act."""

from tests.cast import *  # noqa: F403
