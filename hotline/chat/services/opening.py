"""How residents come in: a new conversation, the same browser again, or a return code."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from hotline.chat import access, codes, errors, events
from hotline.chat.errors import Refused
from hotline.chat.keys import keyring, seal_text
from hotline.chat.models import Conversation, Feedback, Resident, Transition, Visit
from hotline.chat.services import lines, queueing, risk
from hotline.chat.states import START, State

PURPOSE = "return-code"


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation, and the secret that the browser keeps in its cookie."""

    conversation: Conversation
    visit_token: str


def open_conversation(
    *,
    language: str,
    channel: str = "web",
    topic: str = "",
    nickname: str = "",
    age_band: str = "",
    danger: bool = False,
    mood_before: int | None = None,
    resident: Resident | None = None,
) -> Opened:
    """Put a person into the queue. A returning resident with an open conversation gets that one again."""
    try:
        with transaction.atomic():
            who = resident or Resident.objects.create()
            conversation = Conversation.objects.open().filter(resident=who).first()
            if conversation is None:
                conversation = _begin(who, language=language, channel=channel)
            set_about(conversation, topic=topic, nickname=nickname, age_band=age_band)
            if mood_before is not None:
                set_mood(conversation, when="before", value=mood_before)
            if danger:
                risk.declare_danger(conversation)
            return Opened(conversation, _visit(who))
    except IntegrityError:
        if resident is None:
            raise
        # Two pages of one resident opened at the same moment: the other one won, join it.
        return Opened(access.current_of(resident), _visit(resident))


def _begin(resident: Resident, *, language: str, channel: str) -> Conversation:
    identity = uuid.uuid4()
    conversation = Conversation.objects.create(
        id=identity,
        resident=resident,
        language=language,
        channel=channel,
        wrapped_key=keyring().new_wrapped(owner=identity.hex),
    )
    Transition.objects.create(conversation=conversation, old="", new=START, cause="opened")
    lines.tell(conversation, "opened", at=timezone.now())
    queueing.moved(conversation)
    return conversation


def _visit(resident: Resident) -> str:
    token = codes.new_token()
    Visit.objects.create(resident=resident, token_digest=codes.digest_token(token))
    return token


def visit_for(token: str) -> Visit | None:
    """The visit that a cookie speaks of, unless it has ended."""
    if not token or len(token) > 200:
        return None
    digest = codes.digest_token(token)
    return Visit.objects.select_related("resident").filter(token_digest=digest, ended_at__isnull=True).first()


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whose page connects.

    Attributes:
        visit_id: the browser's visit, which has not ended.
        resident_id: for whom it speaks.
        newest: their open conversation, else their latest, as 32 hexadecimal digits; "" if there is none any more.
    """

    visit_id: int
    resident_id: uuid.UUID
    newest: str


def arrivals(tokens: Sequence[str]) -> list[Arrival | None]:
    """Who connects with these cookies, for many in one reading; None for a visit that is unknown or has ended."""
    digests = {token: codes.digest_token(token) for token in tokens if token and len(token) <= 200}
    known = Visit.objects.filter(token_digest__in=set(digests.values()), ended_at__isnull=True)
    conversations = "resident__conversations__"
    kept = known.values_list(
        *("token_digest", "pk", "resident_id"),
        *(conversations + name for name in ("pk", "state", "opened_at", "erased_at")),
    )
    found: dict[bytes, tuple[int, uuid.UUID]] = {}
    newest: dict[bytes, tuple[bool, datetime, str]] = {}
    for digest, pk, resident_id, conversation, state, opened_at, erased_at in kept:
        key = bytes(digest)
        found[key] = pk, resident_id
        if conversation is not None and erased_at is None:
            one = state != State.CLOSED, opened_at, conversation.hex
            newest[key] = max(one, newest.get(key, one))
    answers: list[Arrival | None] = []
    for token in tokens:
        key = digests.get(token, b"")
        who = found.get(key)
        answers.append(Arrival(*who, newest[key][2] if key in newest else "") if who else None)
    return answers


def end_visit(token: str) -> None:
    """Quick exit: this browser no longer speaks for the resident. The conversation stays where it is."""
    Visit.objects.filter(token_digest=codes.digest_token(token), ended_at__isnull=True).update(ended_at=timezone.now())


def make_code(resident_id: uuid.UUID) -> str:
    """A new return code for a resident; an earlier one stops working. Slow on purpose: never on a shared thread.

    Raises:
        Refused: conversation.not_found, when the resident erased everything.
    """
    code = codes.new_code()
    digest = codes.digest_code(codes.normalise(code) or "", purpose=PURPOSE)
    if Resident.objects.filter(pk=resident_id, erased_at__isnull=True).update(code_digest=digest) != 1:
        raise Refused(errors.NOT_FOUND)
    return code


def redeem_code(typed: str) -> str:
    """A new visit for whoever holds this code.

    Returns:
        The visit's token, for the cookie.

    Raises:
        Refused: return_code.wrong.
    """
    digits = codes.normalise(typed)
    if digits is None:
        raise Refused(errors.CODE_WRONG)
    digest = codes.digest_code(digits, purpose=PURPOSE)
    with transaction.atomic():
        resident = Resident.objects.filter(code_digest=digest, erased_at__isnull=True).first()
        if resident is None:
            raise Refused(errors.CODE_WRONG)
        current = Conversation.objects.open().filter(resident=resident).first()
        if current is not None:
            lines.tell(access.locked(current.hex), "returned", at=timezone.now())
        return _visit(resident)


def set_about(conversation: Conversation, *, topic: str, nickname: str, age_band: str) -> None:
    """Keep what a resident chose to tell; empty values leave what was told before."""
    changed = {}
    if topic:
        changed["topic"] = topic
    if age_band:
        changed["age_band"] = age_band
    if nickname.strip():
        changed["nickname_sealed"] = seal_text(conversation, "nickname", nickname.strip()[:20])  # type: ignore[assignment]
    if changed:
        Conversation.objects.filter(pk=conversation.pk).update(**changed)
        conversation.refresh_from_db(fields=[*changed])
        events.view_changed(conversation.hex)
        if conversation.state == State.WAITING:
            queueing.moved(conversation)


def set_mood(conversation: Conversation, *, when: str, value: int) -> None:
    """Keep how it feels, before or after: 1 (very bad) to 5 (well)."""
    Conversation.objects.filter(pk=conversation.pk).update(**{f"mood_{when}": value})
    events.view_changed(conversation.hex)


def give_feedback(conversation: Conversation, *, kind: str, text: str) -> None:
    """Keep a word of thanks or a complaint.

    Raises:
        Refused: message.empty.
    """
    if not text.strip():
        raise Refused(errors.TEXT_EMPTY)
    ref = uuid.uuid4().hex
    Feedback.objects.create(
        conversation=conversation,
        ref=ref,
        kind=kind,
        text_sealed=seal_text(conversation, f"feedback:{ref}", text.strip()),
    )
