"""Encryption of everything that was said. Free of Django.

Each conversation has a key of its own. The key is wrapped by a key-wrapping key that lives outside the database;
destroying the wrapped key makes every copy of the words unreadable, backups too. A sealed value is bound to its row
and field: moved elsewhere it does not open.

Layout of a sealed value: 12 bytes nonce, then AES-256-GCM ciphertext with its 16 byte tag.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BITS = 256


class Unreadable(Exception):
    """A sealed value does not open: wrong key, wrong place, or altered. Carries no content."""


def seal(key: bytes, plain: bytes, *, place: str) -> bytes:
    """Encrypt ``plain`` under ``key``, bound to ``place`` (such as "message:<id>:text")."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, *, place: str) -> bytes:
    """The inverse of :func:`seal`.

    Raises:
        Unreadable: ``sealed`` was not made by ``key`` for ``place``.
    """
    try:
        return AESGCM(key).decrypt(bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:]), place.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable(place.split(":", maxsplit=1)[0]) from error


class Keyring:
    """The key-wrapping keys, the current one first."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.keys = dict(keys)
        self.current = next(iter(self.keys))

    def new_wrapped(self, *, owner: str) -> bytes:
        """A new conversation key for ``owner``, wrapped: ``name NUL sealed key``."""
        return self.wrap(AESGCM.generate_key(KEY_BITS), owner=owner)

    def wrap(self, key: bytes, *, owner: str) -> bytes:
        """Wrap ``key`` for ``owner`` with the current key-wrapping key."""
        sealed = seal(self.keys[self.current], key, place=f"key:{owner}")
        return self.current.encode() + b"\0" + sealed

    def unwrap(self, wrapped: bytes, *, owner: str) -> bytes:
        """The key inside ``wrapped``.

        Raises:
            Unreadable: it was destroyed, belongs to another owner, or its key-wrapping key is not in the ring.
        """
        name, _, sealed = bytes(wrapped).partition(b"\0")
        key = self.keys.get(name.decode(errors="replace"))
        if key is None or not sealed:
            raise Unreadable("key")
        return unseal(key, sealed, place=f"key:{owner}")
