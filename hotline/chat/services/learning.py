"""What triage may learn from a conversation: what humans decided, and the words only where their writer agreed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import Max

from hotline.chat import events
from hotline.chat.keys import key_of, unseal_record, unseal_text
from hotline.chat.models import Conversation, Message, Weighing
from hotline.chat.protocol import Risk
from hotline.chat.sealing import Unreadable, seal, unseal
from triage import feedback
from triage.core.levels import Level
from triage.feedback import Said

MOST_TURNS = 40
"""How many of the resident's messages one decision is about."""
NOTHING_SAID = Said(Level.LOW, scored=False, probability=0.0, model_version="none")


def allow(conversation: Conversation, *, on: bool) -> None:
    """The resident agrees that triage learns from their words in this conversation, or takes that back.

    The words are not copied: taking it back, and erasing, work at once.
    """
    Conversation.objects.filter(pk=conversation.pk).update(may_learn=on)
    events.view_changed(conversation.hex)


def remember(conversation: Conversation, *, source: str, decision: str, decided: Level, after: int = 0) -> None:
    """Hand a human's decision to triage as an example. The row must be locked.

    Args:
        conversation: what was judged.
        source: counselor or supervisor.
        decision: override, agree, lower, raise or follow_up.
        decided: the level that was set or let stand.
        after: words up to this seq were judged before; the decision is about what came later, if anything did.
    """
    turns = _turns(conversation, after) or _turns(conversation, 0)
    if not turns:
        return
    if not conversation.example_ref:
        conversation.example_ref = uuid.uuid4().hex
        conversation.save(update_fields=["example_ref"])
    feedback.record(
        reference=conversation.example_ref,
        part=f"{turns[0].seq}-{turns[-1].seq}",
        turns=_open(conversation, turns),
        said=_said(conversation, turns),
        decided=decided,
        decision=decision,
        source=source,
    )


def last_seq_by(conversation: Conversation, at: datetime | None) -> int:
    """The last seq that was there at a moment; 0 for no moment."""
    if at is None:
        return 0
    return conversation.messages.filter(at__lte=at).aggregate(seq=Max("seq"))["seq"] or 0


class Examples:
    """How triage's examples are kept: sealed with their conversation's key, the words handed out only where agreed."""

    def seal(self, reference: str, ref: str, plain: bytes) -> bytes:
        """``plain``, sealed for the example ``ref``."""
        conversation = Conversation.objects.get(example_ref=reference)
        return seal(key_of(conversation), plain, place=f"{conversation.hex}:example:{ref}")

    def unseal(self, reference: str, ref: str, sealed: bytes) -> bytes | None:
        """The inverse; None where the key is gone."""
        conversation = _with_reference(reference)
        if conversation is None:
            return None
        try:
            return unseal(key_of(conversation), sealed, place=f"{conversation.hex}:example:{ref}")
        except Unreadable:
            return None

    def words(self, reference: str, part: str) -> list[str] | None:
        """The words that an example rests on; None where their writer did not agree, or they are gone."""
        conversation = _with_reference(reference)
        if conversation is None or not conversation.may_learn:
            return None
        first, _, last = part.partition("-")
        rows = conversation.messages.filter(author=Message.RESIDENT, seq__gte=int(first), seq__lte=int(last))
        try:
            return _open(conversation, list(rows.order_by("seq")))
        except Unreadable:
            return None


def _with_reference(reference: str) -> Conversation | None:
    if not reference:
        return None
    return Conversation.objects.filter(example_ref=reference, erased_at__isnull=True).first()


def _turns(conversation: Conversation, after: int) -> list[Message]:
    rows = conversation.messages.filter(author=Message.RESIDENT, seq__gt=after).order_by("-seq")
    return list(rows[:MOST_TURNS])[::-1]


def _open(conversation: Conversation, turns: list[Message]) -> list[str]:
    return [unseal_text(conversation, f"line:{turn.seq}:{turn.author}", turn.text_sealed) for turn in turns]


def _said(conversation: Conversation, turns: list[Message]) -> Said:
    """The gravest of what triage said about these messages."""
    risks = [
        unseal_record(conversation, f"weighing:{row.message.seq}", row.assessment_sealed, Risk)
        for row in Weighing.objects.filter(message__in=turns).select_related("message").order_by("message__seq")
    ]
    if not risks:
        return NOTHING_SAID
    gravest = max(risks, key=lambda risk: (Level.from_code(risk.level), risk.probability))
    return Said(
        level=Level.from_code(gravest.level),
        scored=len(risks) == len(turns) and all(risk.scored for risk in risks),
        probability=gravest.probability,
        model_version=gravest.model,
    )
