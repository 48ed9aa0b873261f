"""The cast plays here."""

from tests.cast import *  # noqa: F403
