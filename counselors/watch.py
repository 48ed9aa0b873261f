"""The watch: what must happen though nobody asks. Every part is a conditional update, so any number may keep it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from counselors import services
from hotline.chat import recorder
from hotline.chat.services import erasure, risk
from triage import services as triage
from triage import tallies

log = logging.getLogger(__name__)


OLD_SECONDS = 60.0
"""Longer than a transaction takes: no message gets an earlier id than others that are so old."""


def keep(*, vanished: bool = True) -> None:
    """One round: people of the vanished go back, triage reads what it has not, and what outlived its time is erased.

    Args:
        vanished: false in the first minute of a server's life, so that a restart gives desks time to reconnect.
    """
    for part in parts(vanished=vanished):
        part()
    _read_what_was_not_read()


def parts(*, vanished: bool = True) -> list[Callable[[], None]]:
    """A round without triage's reading, in parts: between two of them a server keeps and sends what was said."""
    always = [triage.look, tallies.keep, _erase_outlived, _forget_sessions]
    return [_release_vanished, *always] if vanished else always


def _release_vanished() -> None:
    released = services.release_vanished()
    if released:
        log.warning("gave back people of vanished counselors count=%s", released)


def _erase_outlived() -> None:
    erased = erasure.erase_outlived()
    if erased:
        log.info("erased what ended more than RETENTION_DAYS ago count=%s", erased)


def _forget_sessions() -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


Place = tuple[str, int]
"""Of a message: its conversation, and its seq there."""


class Left:
    """What was left unread, as one process finds it round by round.

    Looking through all messages each time would hold everybody's database thread for a second where a million are
    kept: the first round does, for whatever a process that died has left; the others begin where the last one ended.
    """

    def __init__(self) -> None:
        self.read_upto = 0
        """The id of a message; what was kept before it has been read."""

    def unread(self, *, older_than: float = 0.0) -> list[Place]:
        """The messages that triage has not read, oldest first, without those being read just now.

        Args:
            older_than: in seconds; what is younger another process may be reading.
        """
        now, being_read = timezone.now(), recorder.in_hand()
        places = risk.unweighed(beyond=self.read_upto, before=now - timedelta(seconds=older_than))
        self.read_upto = risk.weighed_upto(self.read_upto, now - timedelta(seconds=OLD_SECONDS))
        return [place for place in places if place not in being_read]


def words_at(place: Place) -> risk.Unread | None:
    """What triage needs to read a message; None where there is nothing to read, or it cannot be opened.

    Of one at a time: to open fifty of a long conversation held the database's thread for a third of a second, and with
    it everybody's messages, each time that triage hung at the first of them.
    """
    try:
        return next(iter(risk.collect([place])), None)
    except Exception as error:  # noqa: BLE001 - one that cannot be opened keeps no other from being read
        log.error("not weighed fault=%s", type(error).__name__)
        return None


def _read_what_was_not_read() -> None:
    for place in Left().unread():
        unread = words_at(place)
        if unread is not None and not risk.weigh(unread.conversation, unread.seq, again=True):
            # Triage hangs: the others wait for the next round.
            return
