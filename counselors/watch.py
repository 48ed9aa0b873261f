"""The watch: what must happen though nobody asks. Every part is a conditional update, so any number may keep it."""

from __future__ import annotations

import logging

from django.contrib.sessions.models import Session
from django.utils import timezone

from counselors import services
from hotline.chat.services import erasure, risk

log = logging.getLogger(__name__)


def keep(*, vanished: bool = True) -> None:
    """One round: people of the vanished go back, triage reads what it has not, and what outlived its time is erased.

    Args:
        vanished: false in the first minute of a server's life, so that a restart gives desks time to reconnect.
    """
    if vanished:
        released = services.release_vanished()
        if released:
            log.warning("gave back people of vanished counselors count=%s", released)
    for conversation_hex, seq in risk.unweighed():
        risk.weigh(conversation_hex, seq)
    erased = erasure.erase_outlived()
    if erased:
        log.info("erased what ended more than RETENTION_DAYS ago count=%s", erased)
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
