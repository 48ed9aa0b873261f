"""Password hashing: Argon2id, at a cost that a site may lower on a small machine."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Django's Argon2id with the memory cost from ARGON2_MEMORY_KIB."""

    time_cost = 3
    parallelism = 1

    def params(self) -> Any:
        """The parameters handed to argon2-cffi; memory in KiB."""
        self.memory_cost = settings.ARGON2_MEMORY_KIB
        return super().params()
