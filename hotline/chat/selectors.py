"""What screens need to read, already opened and ordered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from django.db.models import Q

from hotline.chat import standing
from hotline.chat.facts import is_present, nickname_of
from hotline.chat.keys import unseal_text
from hotline.chat.models import Conversation, Handover, Message, Note, Resident, Transition, as_time
from hotline.chat.permissions import Staff
from hotline.chat.protocol import (
    MAX_REPLAY,
    MAX_REPLAY_BYTES,
    ConversationView,
    HandoverView,
    Line,
    NoteView,
    Place,
    ResidentView,
)
from hotline.chat.replay import Kept
from hotline.chat.states import State

ALL = 10**12
"""A size that no conversation reaches."""
EARLIER_LISTED = 20
"""So many of a person's earlier conversations a desk lists, the newest."""
ROW_STEPS = (8, 40)
"""So many lines of a portion are fetched before it is known whether it takes more."""
LINE_BYTES = 150
"""About what a line takes in a frame beside its words; a Chinese character takes three bytes."""


def label_of(conversation: Conversation) -> str:
    """What the staff call a resident: the nickname they chose, else a short mark."""
    nickname = "" if conversation.erased_at else nickname_of(conversation)
    return nickname or mark_of(conversation)


def mark_of(conversation: Conversation) -> str:
    """A short mark that says nothing about a resident."""
    return f"#{conversation.hex[:4].upper()}"


def lines_after(
    conversation: Conversation, after: int, *, limit: int = MAX_REPLAY, size: int = MAX_REPLAY_BYTES
) -> list[Line]:
    """The lines with a seq beyond ``after``, in order: a portion, at most ``limit`` and about ``size`` bytes."""
    return portion((_line(conversation, row) for row in _rows_after(conversation, after, limit)), size)


def _rows_after(conversation: Conversation, after: int, limit: int) -> Iterator[Message]:
    """A few at first, then more: of long messages a portion takes four, and two hundred would be read for it."""
    rows = conversation.messages.filter(seq__gt=after).select_related("staff").order_by("seq")
    for first, last in pairwise((0, *(step for step in ROW_STEPS if step < limit), limit)):
        found = list(rows[first:last])
        yield from found
        if len(found) < last - first:
            return


def portion(lines: Iterable[Line], size: int = MAX_REPLAY_BYTES) -> list[Line]:
    """The first of ``lines`` that have at most ``size`` bytes together, but at least one."""
    found: list[Line] = []
    for line in lines:
        size -= LINE_BYTES + 3 * len(line.text)
        if found and size < 0:
            break
        found.append(line)
    return found


def upto(conversation_hex: str) -> int:
    """The last seq of a conversation, read afresh."""
    found = Conversation.objects.filter(pk=conversation_hex).values_list("last_seq", flat=True).first()
    return found or 0


def _line(conversation: Conversation, row: Message) -> Line:
    name = row.staff.alias if row.staff else ""
    return line_of(conversation, Kept(row.seq, row.author, name, row.client_id, row.text_sealed, row.at))


def line_of(conversation: Conversation, kept: Kept) -> Line:
    """A line of a conversation, opened."""
    text = unseal_text(conversation, f"line:{kept.seq}:{kept.author}", kept.text_sealed)
    event = kept.author == Message.SYSTEM
    return Line(
        seq=kept.seq,
        author=kept.author,  # type: ignore[arg-type]
        at=as_time(kept.at),
        name=kept.name,
        text="" if event else text,
        event=text if event else "",
        client_id=kept.client_id,
    )


# --- the queue -----------------------------------------------------------------------------------------------------
def count_active() -> int:
    """How many conversations somebody holds."""
    return Conversation.objects.active().count()


def crises_taken_in_a_row(most: int = 8) -> int:
    """How many of the people taken last, by anybody, stand at a crisis; counted up to ``most``."""
    taken = Transition.objects.filter(cause__in=("taken", "claimed")).select_related("conversation").order_by("-pk")
    count = 0
    for transition in taken[:most]:
        if not standing.level_of(standing.read(transition.conversation)).is_crisis:
            break
        count += 1
    return count


# --- one conversation ------------------------------------------------------------------------------------------------
def resident_view(
    conversation: Conversation, *, place: Place | None, on_duty: int, counselor: str, has_code: bool, earlier: int
) -> ResidentView:
    """What the resident's page shows beside the lines. No level, no score: only whether the numbers come forward.

    Args:
        conversation: one that was not erased.
        place: its place in the queue, while it waits.
        on_duty: how many counselors are.
        counselor: the alias of who has it.
        has_code: whether the resident has a return code.
        earlier: how many other conversations of theirs there are.
    """
    record = standing.read(conversation)
    return ResidentView(
        state=conversation.state,  # type: ignore[arg-type]
        upto=conversation.last_seq,
        ending=conversation.ending,
        counselor=counselor,
        place=place,
        on_duty=on_duty,
        care=standing.level_of(record).is_crisis,
        topic=conversation.topic,
        nickname=nickname_of(conversation),
        age_band=conversation.age_band,
        danger=record.declared,
        mood_before=conversation.mood_before,
        mood_after=conversation.mood_after,
        has_code=has_code,
        earlier=earlier,
        may_learn=conversation.may_learn,
    )


def conversation_view(conversation: Conversation, *, reader: Staff) -> ConversationView:
    """What a desk shows beside the lines. The caller has checked that ``reader`` may read it."""
    return conversation_views([conversation], reader=reader)[0]


def conversation_views(conversations: Sequence[Conversation], *, reader: Staff) -> list[ConversationView]:
    """The same of many, in the same order, read together."""
    beside = _beside(conversations, reader)
    return [_view(conversation, reader, beside) for conversation in conversations]


@dataclass(frozen=True, slots=True)
class _Beside:
    """What belongs to conversations and stands in other tables, by the conversation's id."""

    notes: Mapping[UUID, list[NoteView]]
    handovers: Mapping[UUID, HandoverView]
    earlier: Mapping[UUID, list[str]]


def _beside(conversations: Sequence[Conversation], reader: Staff) -> _Beside:
    known = {one.pk: one for one in conversations}
    notes: dict[UUID, list[NoteView]] = {}
    for note in Note.objects.filter(conversation__in=known).select_related("staff"):
        notes.setdefault(note.conversation_id, []).append(_note(note, known[note.conversation_id]))
    offers = Handover.objects.filter(conversation__in=known, answer="").select_related("giver", "taker", "note")
    handovers = {offer.conversation_id: _handover(offer, known[offer.conversation_id], reader) for offer in offers}
    return _Beside(notes, handovers, _earlier(conversations))


def _view(conversation: Conversation, reader: Staff, beside: _Beside) -> ConversationView:
    record = standing.read(conversation)
    return ConversationView(
        conversation=conversation.hex,
        label=label_of(conversation),
        state=conversation.state,  # type: ignore[arg-type]
        upto=conversation.last_seq,
        risk=record.risk,
        since=as_time(conversation.opened_at),
        language=conversation.language,
        channel=conversation.channel,
        ending=conversation.ending,
        holder=conversation.holder.alias if conversation.holder else "",
        mine=conversation.state == State.ACTIVE and conversation.holder_id == reader.pk,
        topic=conversation.topic,
        age_band=conversation.age_band,
        danger=record.declared,
        present=is_present(conversation),
        waiting_on_us_since=as_time(conversation.waiting_on_us_since),
        mood_before=conversation.mood_before,
        mood_after=conversation.mood_after,
        notes=beside.notes.get(conversation.pk, []),
        handover=beside.handovers.get(conversation.pk),
        help_asked=conversation.help_asked_at is not None,
        earlier=beside.earlier.get(conversation.pk, []),
        erased=conversation.erased_at is not None,
    )


def notes_of(conversation: Conversation) -> list[NoteView]:
    """The private notes, oldest first."""
    return [_note(note, conversation) for note in conversation.notes.select_related("staff")]


def _note(note: Note, conversation: Conversation) -> NoteView:
    return NoteView(
        id=note.pk,
        by=note.staff.alias,
        at=as_time(note.at),
        text=note_text(note, conversation),
        kind=note.kind,  # type: ignore[arg-type]
    )


def note_text(note: Note, conversation: Conversation) -> str:
    """The words of a note."""
    return unseal_text(conversation, f"note:{note.ref}", note.text_sealed)


def earlier_of(conversation: Conversation) -> list[str]:
    """The same resident's earlier conversations that were not erased, newest first."""
    return _earlier([conversation]).get(conversation.pk, [])


def _earlier(conversations: Sequence[Conversation]) -> dict[UUID, list[str]]:
    residents = {one.resident_id for one in conversations}
    rows = Conversation.objects.filter(resident_id__in=residents, erased_at__isnull=True).order_by("-opened_at")
    every: dict[UUID, list[tuple[datetime, UUID]]] = {}
    for resident_id, opened_at, pk in rows.values_list("resident_id", "opened_at", "pk"):
        every.setdefault(resident_id, []).append((opened_at, pk))
    return {
        one.pk: [pk.hex for opened_at, pk in every.get(one.resident_id, ()) if opened_at < one.opened_at][
            :EARLIER_LISTED
        ]
        for one in conversations
    }


def _handover(offer: Handover, conversation: Conversation, reader: Staff) -> HandoverView:
    return HandoverView(
        id=offer.pk,
        conversation=conversation.hex,
        label=label_of(conversation),
        from_name=offer.giver.alias,
        to_name=offer.taker.alias,
        note=note_text(offer.note, conversation),
        mine=offer.giver_id == reader.pk,
    )


def handovers_of(staff: Staff) -> list[HandoverView]:
    """The open offers from and to somebody."""
    offers = Handover.objects.filter(Q(giver_id=staff.pk) | Q(taker_id=staff.pk), answer="").select_related(
        "conversation", "giver", "taker", "note"
    )
    return [_handover(offer, offer.conversation, staff) for offer in offers]


# --- the transcript that a resident keeps ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Story:
    """One of a resident's conversations, with all its lines."""

    conversation: Conversation
    lines: list[Line]


EARLIER_STORIES_SHOWN = 3
EARLIER_LINES_SHOWN = 200
"""So much of what was said before stands on the resident's own page; the transcript holds all of it."""


def earlier_stories(conversation: Conversation) -> list[Story]:
    """The resident's last conversations before this one with their last lines, oldest first."""
    rows = Conversation.objects.filter(
        resident_id=conversation.resident_id, opened_at__lt=conversation.opened_at, erased_at__isnull=True
    ).order_by("-opened_at")[:EARLIER_STORIES_SHOWN]
    return [Story(row, lines_after(row, row.last_seq - EARLIER_LINES_SHOWN, size=ALL)) for row in reversed(rows)]


def transcript(resident: Resident) -> list[Story]:
    """All that a resident and those who answered ever said, oldest first."""
    rows = resident.conversations.filter(erased_at__isnull=True).order_by("opened_at")
    return [Story(row, lines_after(row, 0, limit=100_000, size=ALL)) for row in rows]
