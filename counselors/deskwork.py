"""What a desk's socket asks of the database: on the database thread, for somebody whose account was checked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from msgspec.structs import replace

from counselors import selectors as staff_selectors
from counselors import services
from counselors.models import StaffMember
from counselors.reading import open_to_read
from counselors.roles import PERMISSIONS, Permission, Role
from hotline.chat import access, errors, events, prepared, protocol, queue, rows, selectors, standing
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation, Message, as_time
from hotline.chat.prepared import Query, Question, known
from hotline.chat.recorder import Door
from hotline.chat.services import moves
from hotline.chat.states import Ending, State

Credential = tuple[int, str | None]
"""An account's id, and the key of a session."""


def session_stands(session_key: str | None, staff: StaffMember) -> bool:
    """Whether the session still exists and was made with today's password."""
    row = Session.objects.filter(pk=session_key, expire_date__gt=timezone.now()).first()
    return row is not None and _is_of(row.session_data, staff)


def _is_of(session_data: str, staff: StaffMember) -> bool:
    return constant_time_compare(_told(session_data), _hash_of(staff.pk, staff.password))


@lru_cache(maxsize=512)
def _told(session_data: str) -> str:
    """The password's hash that a session was made with; opening a session anew for every message would cost more."""
    return str(Session(session_data=session_data).get_decoded().get(HASH_SESSION_KEY, ""))


@lru_cache(maxsize=512)
def _hash_of(staff_id: int, password: str) -> str:
    return StaffMember(pk=staff_id, password=password).get_session_auth_hash()


def accounts(credentials: Sequence[Credential]) -> list[StaffMember | None]:
    """Whose account and session these are, in order; None: who may not go on. Runs on the database's thread."""
    found = staff_behind(credentials).ask()
    return [found.get(one) for one in credentials]


def staff_behind(credentials: Iterable[Credential]) -> Question[dict[Credential, StaffMember]]:
    """Asks for the staff with these accounts and sessions; who may not go on is left out."""
    told = [(staff_id, key) for staff_id, key in credentials if key]
    if not told:
        return known({})
    those, values = prepared.table(("bigint", "text"), told)
    # CROSS JOIN keeps the order of reading: two seeks for each of them.
    statement = (
        f"WITH told(staff, key) AS ({those})"  # noqa: S608 - names of our own alone
        f" SELECT {_members.columns('member.')}, {_sessions.columns('session.')}"
        f" FROM told CROSS JOIN {_members.table} AS member CROSS JOIN {_sessions.table} AS session"
        ' WHERE member."id" = told.staff AND member."is_active"'
        ' AND session."session_key" = told.key AND session."expire_date" > %s'
    )
    values = [*values, rows.time_as_kept(timezone.now())]
    return Question(Query(statement, values, len(_members.fields) + 2), _let_in)


def _let_in(found: Sequence[Sequence[Any]]) -> dict[Credential, StaffMember]:
    members = zip(_members.made(found), found, strict=True)
    return {(one.pk, row[-2]): one for one, row in members if _is_of(row[-1], one)}


_members = rows.Reader(StaffMember, "id", "alias", "role", "is_active", "password", "languages", "skills")
_sessions = rows.Reader(Session, "session_key", "session_data")
DOOR = Door(Message.COUNSELOR, staff_behind)
"""Where the staff come in to speak."""
NOT_LOOKED = (float("-inf"), staff_selectors.Known())
_on_duty = NOT_LOOKED
"""When it was read, and what those on duty know."""


def arrive(staff: StaffMember) -> tuple[list[str], bool]:
    """Note that a desk is there; the conversations its member holds, and whether they take people."""
    services.duty_of(staff)
    services.touch(staff.pk)
    events.colleagues_changed()
    return [conversation.hex for conversation in staff_selectors.held(staff)], staff.may(Permission.TAKE)


def welcome(staff: StaffMember, request: int) -> protocol.DeskWelcome:
    """All that a desk shows at first."""
    rows = who_waits(staff)[0] if staff.may(Permission.TAKE) else []
    return protocol.DeskWelcome(
        id=request,
        me=staff_selectors.colleague(staff),
        permissions=sorted(PERMISSIONS[Role(staff.role)]),
        queue=rows,
        views=selectors.conversation_views(staff_selectors.held(staff), reader=staff),
        colleagues=staff_selectors.colleagues(),
        handovers=selectors.handovers_of(staff),
        at=as_time(timezone.now()),
        heartbeat_seconds=heartbeat_seconds(),
    )


def heartbeat_seconds() -> int:
    """Three chances to be heard before a desk counts as vanished."""
    return max(1, min(settings.HEARTBEAT_SECONDS, int(services.silence_seconds() // 3)))


def who_waits(staff: StaffMember) -> tuple[list[protocol.QueueRow], int]:
    """The first rows of the queue, and how many wait in all."""
    if not staff.may(Permission.TAKE):
        raise Refused(errors.NOT_ALLOWED)
    rows, total = queue.rows()
    return queue.as_seen_from(staff_selectors.desk_of(staff, _known_on_duty()), rows), total


def _known_on_duty() -> staff_selectors.Known:
    """As of a second ago at most: what desks show moves with the queue, often, and asks this each time."""
    global _on_duty
    now = time.monotonic()
    if now - _on_duty[0] > queue.ROWS_KEPT_SECONDS:
        _on_duty = now, staff_selectors.known_on_duty()
    return _on_duty[1]


def forget() -> None:
    """Know nothing of who is on duty."""
    global _on_duty
    _on_duty = NOT_LOOKED


def differs(now: protocol.ConversationView, told: protocol.ConversationView | None) -> bool:
    """Whether a page would show something else. Lines are brought by themselves; no page shows the bare number."""
    if told is None:
        return True
    return replace(now, upto=told.upto, risk=replace(now.risk, probability=told.risk.probability)) != told


def held(staff: StaffMember) -> tuple[list[str], list[protocol.HandoverView]]:
    """The conversations somebody holds, and the handovers open from and to them."""
    return [one.hex for one in staff_selectors.held(staff)], selectors.handovers_of(staff)


def view(staff: StaffMember, hex_: str) -> protocol.ConversationView:
    """A conversation beside its lines."""
    return selectors.conversation_view(access.readable_by(staff, hex_), reader=staff)


def risk(staff: StaffMember, hex_: str) -> protocol.Risk:
    """How its level stands."""
    return standing.read(access.readable_by(staff, hex_)).risk


def open_view(staff: StaffMember, hex_: str) -> protocol.ConversationView:
    """A conversation opened to read; recorded when it is not their own."""
    conversation = open_to_read(hex_, by=staff)
    return selectors.conversation_view(conversation, reader=staff)


def lines(staff: StaffMember, hex_: str, after: int) -> tuple[list[protocol.Line], int]:
    """The lines after a seq, and the last seq there is."""
    conversation = access.readable_by(staff, hex_)
    return selectors.lines_after(conversation, after), conversation.last_seq


def no_longer_held(staff: StaffMember, shown: Mapping[str, int]) -> list[str]:
    """Of what a page shows, the conversations that left this person while the page was away."""
    theirs = Conversation.objects.filter(pk__in=shown, transitions__new=State.ACTIVE, transitions__staff_id=staff.pk)
    return [one.hex for one in theirs.exclude(state=State.ACTIVE, holder_id=staff.pk).distinct()]


def rest(staff: StaffMember, hex_: str, after: int, *, shown: bool) -> tuple[list[protocol.Line], int]:
    """Lines for a page that asks by itself. What is not one's own must be opened first, for opening is recorded."""
    conversation = access.readable_by(staff, hex_)
    if not (shown or access.is_own(staff, conversation) or access.is_wrapping_up(staff, conversation)):
        raise Refused(errors.NOT_FOUND)
    return selectors.lines_after(conversation, after), conversation.last_seq


def why_lost(staff: StaffMember, hex_: str) -> str:
    """Why a conversation is not theirs any more, as a code."""
    conversation = access.unlocked(hex_)
    if conversation.erased_at is not None:
        return "conversation.erased"
    return errors.CLOSED if conversation.state == State.CLOSED else errors.MOVED


def offer_handover(staff: StaffMember, frame: protocol.HandoverOffer) -> None:
    """Ask a colleague on the staff to take somebody over."""
    colleague = StaffMember.objects.filter(pk=frame.to, is_active=True).first()
    if colleague is None:
        raise Refused(errors.HANDOVER_UNKNOWN)
    moves.offer_handover(frame.conversation, by=staff, to=colleague, note=frame.note)


def end_held(staff: StaffMember, frame: protocol.DeskEnd) -> None:
    """End a conversation they hold."""
    moves.close(frame.conversation, by=staff, ending=Ending(frame.ending), wrap_up=frame.wrap_up)


def board(staff: StaffMember, request: int | None) -> protocol.Board:
    """The board, for who may watch it."""
    if not staff.may(Permission.WATCH_BOARD):
        raise Refused(errors.NOT_FOUND)
    waiting, overdue = staff_selectors.count_reviews()
    front = queue.front(staff_selectors.WAITING_ON_BOARD)
    return protocol.Board(
        id=request,
        rows=staff_selectors.board_rows(front.keys, quoting=staff.may(Permission.READ_ANY)),
        waiting=front.total,
        longest_since=as_time(front.longest_since),
        staff=staff_selectors.colleagues(),
        reviews_open=waiting,
        reviews_overdue=overdue,
        at=as_time(timezone.now()),
    )
