"""The journal of erasures: which conversations and residents were erased, kept outside the database.

A backup made before an erasure still holds what was erased; whoever restores it must erase it again, and the database
that is put in its place cannot tell what. So each erasure is written here first: random ids and a time, one a line,
which lead to nothing but what is to be destroyed.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from hotline import metrics

log = logging.getLogger(__name__)

CONVERSATION, RESIDENT = "conversation", "resident"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased."""

    conversations: frozenset[uuid.UUID] = frozenset()
    residents: frozenset[uuid.UUID] = frozenset()

    def __or__(self, other: Erased) -> Erased:
        return Erased(self.conversations | other.conversations, self.residents | other.residents)

    def __sub__(self, other: Erased) -> Erased:
        return Erased(self.conversations - other.conversations, self.residents - other.residents)

    def __len__(self) -> int:
        return len(self.conversations) + len(self.residents)


def own_path() -> Path:
    """The journal of this machine's processes."""
    return Path(settings.VAR_DIR) / "erased.log"


def write(*, conversations: Iterable[uuid.UUID], residents: Iterable[uuid.UUID] = ()) -> None:
    """Note what is about to be erased, on the disk itself.

    Never raises: nobody's erasure is refused because a restore that may never come would have to be told.
    """
    at = timezone.now().isoformat(timespec="seconds")
    rows = [(CONVERSATION, key) for key in conversations] + [(RESIDENT, key) for key in residents]
    if not rows:
        return
    try:
        file = os.open(own_path(), os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            # One write: lines of several processes do not mix. A line feed first, should the last one have been cut.
            text = "\n" + "".join(f"{at} {kind} {key.hex}\n" for kind, key in rows)
            os.write(file, text.encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        metrics.not_journalled.inc(len(rows))
        log.error("the journal of erasures was not written count=%s fault=%s", len(rows), type(error).__name__)


def read(path: Path) -> Erased:
    """What a journal tells; nothing where there is none. A line that was cut off tells nothing.

    Raises:
        OSError: it is there and cannot be read.
    """
    found: dict[str, set[uuid.UUID]] = {CONVERSATION: set(), RESIDENT: set()}
    if not path.exists():
        return Erased()
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        _, _, rest = line.partition(" ")
        kind, _, key = rest.partition(" ")
        if kind in found and len(key) == 32:
            try:
                found[kind].add(uuid.UUID(hex=key))
            except ValueError:
                continue
    return Erased(frozenset(found[CONVERSATION]), frozenset(found[RESIDENT]))
