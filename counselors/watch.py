"""The watch: what must happen though nobody asks. Every part is a conditional update, so any number may keep it."""

from __future__ import annotations

import logging

from django.contrib.sessions.models import Session
from django.utils import timezone

from counselors import services
from hotline.chat import recorder
from hotline.chat.services import erasure, risk
from triage import services as triage
from triage import tallies

log = logging.getLogger(__name__)


def keep(*, vanished: bool = True, reading: bool = True) -> None:
    """One round: people of the vanished go back, triage reads what it has not, and what outlived its time is erased.

    Args:
        vanished: false in the first minute of a server's life, so that a restart gives desks time to reconnect.
        reading: false where the caller lets triage read :func:`left_unread` without holding the database's thread.
    """
    if vanished:
        released = services.release_vanished()
        if released:
            log.warning("gave back people of vanished counselors count=%s", released)
    if reading:
        _read_what_was_not_read()
    triage.look()
    tallies.keep()
    erased = erasure.erase_outlived()
    if erased:
        log.info("erased what ended more than RETENTION_DAYS ago count=%s", erased)
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def left_unread() -> list[risk.Unread]:
    """The words of messages that triage has not read, oldest first, without those being read just now."""
    being_read = recorder.in_hand()
    found: list[risk.Unread] = []
    for place in risk.unweighed():
        if place in being_read:
            continue
        try:
            found.extend(risk.collect([place]))
        except Exception as error:  # noqa: BLE001 - one that cannot be opened keeps no other from being read
            log.error("not weighed fault=%s", type(error).__name__)
    return found


def _read_what_was_not_read() -> None:
    for unread in left_unread():
        if not risk.weigh(unread.conversation, unread.seq, again=True):
            # Triage hangs: the others wait for the next round.
            return
