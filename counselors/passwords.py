"""Rules for passwords, said in words that the catalogue has."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """At least so many characters. Django's own sentence for this has lost its Chinese translation."""

    def get_error_message(self) -> str:
        """What is wrong, in the reader's language."""
        return _("This is too short for a password: at least %(count)d characters.") % {"count": self.min_length}
