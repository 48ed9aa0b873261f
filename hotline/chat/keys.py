"""The key of a conversation, and sealed fields read and written with it."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec
from django.conf import settings

from hotline.chat.sealing import Keyring, seal, unseal

if TYPE_CHECKING:
    from hotline.chat.models import Conversation

T = TypeVar("T")
Sealed: TypeAlias = "bytes | memoryview[int]"
"""A sealed column as the databases hand it over."""


@lru_cache(maxsize=1)
def keyring() -> Keyring:
    """The site's key-wrapping keys, read once."""
    return Keyring(settings.HOTLINE_KEYS)


def site_salt(purpose: str) -> bytes:
    """32 bytes that belong to this site and ``purpose``, derived from the oldest key-wrapping key.

    The oldest, because return codes must survive the addition of a new key.
    """
    oldest = list(settings.HOTLINE_KEYS.values())[-1]
    return hmac.new(oldest, f"salt:{purpose}".encode(), hashlib.sha256).digest()


@lru_cache(maxsize=4096)
def _unwrapped(wrapped: bytes, owner: str) -> bytes:
    return keyring().unwrap(wrapped, owner=owner)


def key_of(conversation: Conversation) -> bytes:
    """The conversation's own key.

    Raises:
        Unreadable: it was destroyed by erasure, or its key-wrapping key is missing.
    """
    return _unwrapped(bytes(conversation.wrapped_key), conversation.hex)


def forget_keys() -> None:
    """Drop every unwrapped key from memory; called when one was destroyed."""
    _unwrapped.cache_clear()


def seal_text(conversation: Conversation, place: str, text: str) -> bytes:
    """``text`` sealed for ``place`` inside ``conversation``."""
    return seal(key_of(conversation), text.encode(), place=f"{conversation.hex}:{place}")


def unseal_text(conversation: Conversation, place: str, sealed: Sealed) -> str:
    """The text sealed for ``place``; "" where nothing was written.

    Raises:
        Unreadable: see :func:`hotline.chat.sealing.unseal`.
    """
    if not sealed:
        return ""
    return unseal(key_of(conversation), bytes(sealed), place=f"{conversation.hex}:{place}").decode()


def seal_record(conversation: Conversation, place: str, record: Any) -> bytes:
    """A msgspec structure, sealed as JSON."""
    return seal(key_of(conversation), msgspec.json.encode(record), place=f"{conversation.hex}:{place}")


def unseal_record(conversation: Conversation, place: str, sealed: Sealed, kind: type[T]) -> T:
    """The structure of type ``kind`` sealed for ``place``."""
    plain = unseal(key_of(conversation), bytes(sealed), place=f"{conversation.hex}:{place}")
    return msgspec.json.decode(plain, type=kind)
