"""The cast, for those who look at the line from outside."""

from tests.cast import *  # noqa: F403
