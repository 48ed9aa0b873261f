"""Heartbeats of desks, answered together for all that beat at one moment.

Each says that a desk is there, and asks what it may have missed: lines, what its member holds and is offered, and what
stands beside the lines of each conversation it shows. Of the last only facts are read, in a few statements for
everybody; a view is opened and made where a fact differs from the heartbeat before. At 50 desks with ten conversations
each, all who wrote waited for 9 ms of CPU every half second before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from counselors import services
from counselors.deskwork import Credential, staff_behind
from counselors.models import StaffMember
from hotline.chat import access, errors, selectors
from hotline.chat.errors import Refused
from hotline.chat.facts import is_present_at
from hotline.chat.gathering import Gathering
from hotline.chat.models import Conversation, Handover, Note
from hotline.chat.protocol import ConversationView, HandoverView

AT_ONCE = 20
"""So many desks share a crossing at most: messages wait for it."""
APART_SECONDS = 0.05
"""Heartbeats of so long share a crossing."""

_FACTS = (
    *("state", "ending", "holder_id", "holder__alias", "topic", "nickname_sealed", "age_band", "mood_before"),
    *("mood_after", "risk_sealed", "waiting_on_us_since", "help_asked_at", "erased_at"),
)
"""Whatever of a conversation's row a view is made of and may change. Its last line is brought by itself."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A desk's heartbeat.

    Attributes:
        credential: whose it is.
        shown: conversations on the page -> the facts behind the view it shows; None: not known.
    """

    credential: Credential
    shown: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Beaten:
    """The answer.

    Attributes:
        staff: whose desk it is, as read just now.
        upto: the last seq of each conversation shown.
        facts: those behind the view of each.
        views: of those that one may read, where facts have changed.
        held: the conversations this person holds, in the order they took them.
        handovers: open from and to them.
    """

    staff: StaffMember
    upto: dict[str, int]
    facts: dict[str, int]
    views: list[ConversationView]
    held: list[str]
    handovers: list[HandoverView]


def answer(asked: Sequence[Beat]) -> list[Beaten | Exception]:
    """Note that these desks are there, and tell each what it may lack; session.ended to who may not go on.

    Runs on the database's thread.
    """
    members = staff_behind({one.credential for one in asked}).ask()
    _note(members)
    ids = {member.pk for member in members.values()}
    upto, facts = _facts({hex_ for one in asked if one.credential in members for hex_ in one.shown})
    held = _held(ids)
    offers = Handover.objects.filter(answered_at__isnull=True).values_list("giver_id", "taker_id")
    offered = {staff_id for pair in offers for staff_id in pair}
    found: list[Beaten | Exception] = []
    for one in asked:
        staff = members.get(one.credential)
        if staff is None:
            found.append(Refused(errors.SIGNED_OUT))
            continue
        try:
            changed = [hex_ for hex_, told in one.shown.items() if facts.get(hex_) != told]
            readable = access.readable_among(staff, changed) if changed else []
            found.append(
                Beaten(
                    staff=staff,
                    upto={hex_: upto[hex_] for hex_ in one.shown if hex_ in upto},
                    facts={hex_: facts[hex_] for hex_ in one.shown if hex_ in facts},
                    views=selectors.conversation_views(readable, reader=staff) if readable else [],
                    held=held.get(staff.pk, []),
                    handovers=selectors.handovers_of(staff) if staff.pk in offered else [],
                )
            )
        except Exception as error:  # noqa: BLE001 - what cannot be opened for one desk keeps no other from its answer
            found.append(error)
    return found


beats: Gathering[Beat, Beaten] = Gathering(answer, at_once=AT_ONCE, apart_seconds=APART_SECONDS)


def _note(members: Mapping[Credential, StaffMember]) -> None:
    """They are there, and stay signed in, for days if need be: SESSION_COOKIE_AGE counts from their last heartbeats."""
    whole, now = timedelta(seconds=settings.SESSION_COOKIE_AGE), timezone.now()
    with transaction.atomic():
        services.touch(*(member.pk for member in members.values()))
        ageing = Session.objects.filter(pk__in=[key for _, key in members], expire_date__gt=now)
        ageing.filter(expire_date__lt=now + whole / 2).update(expire_date=now + whole)


def _facts(shown: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Conversation -> its last seq; and the facts behind its view, as a number."""
    keys = access.keys_of(shown)
    columns = ("pk", "last_seq", "resident_id", "seen_at", *_FACTS)
    rows = list(Conversation.objects.filter(pk__in=keys).values_list(*columns))
    offers = Handover.objects.filter(conversation__in=keys, answered_at__isnull=True)
    offered = dict(offers.values_list("conversation_id", "pk"))
    notes = _counted(Note.objects.filter(conversation__in=keys), "conversation_id", Max("pk"))
    theirs = Conversation.objects.filter(resident__in={row[2] for row in rows}, erased_at__isnull=True)
    earlier = _counted(theirs, "resident_id", Max("opened_at"))
    upto, facts = {}, {}
    for pk, last_seq, resident_id, seen_at, *about in rows:
        beside = (is_present_at(seen_at), offered.get(pk), notes.get(pk), earlier.get(resident_id))
        upto[pk.hex], facts[pk.hex] = last_seq, hash((*about, *beside))
    return upto, facts


def _counted(rows: Any, name: str, latest: Max) -> dict[Any, tuple[Any, ...]]:
    """How many rows there are for each value of ``name``, and the latest of them."""
    counted = rows.order_by().values_list(name).annotate(Count("pk"), latest)
    return {key: tuple(found) for key, *found in counted}


def _held(staff_ids: Iterable[int]) -> dict[int, list[str]]:
    """Staff -> the conversations they hold, in the order they took them."""
    rows = Conversation.objects.active().filter(holder__in=list(staff_ids)).values_list("holder_id", "pk")
    found: dict[int, list[str]] = {}
    for holder_id, pk, _ in rows.annotate(taken=Max("transitions__pk")).order_by("taken"):
        found.setdefault(holder_id, []).append(pk.hex)
    return found
