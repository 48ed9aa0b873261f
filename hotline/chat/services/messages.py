"""Saying something: committed first, acknowledged after, told on last. Many sayings share one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hotline.chat import access, errors, rows
from hotline.chat.errors import Refused
from hotline.chat.keys import unseal_text
from hotline.chat.models import Conversation, Message
from hotline.chat.permissions import Staff
from hotline.chat.prepared import Question
from hotline.chat.rows import Writes
from hotline.chat.services import lines
from hotline.chat.services.lines import Made
from hotline.chat.states import State


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a message stands now. ``repeated``: it was there already."""

    seq: int
    at: datetime
    repeated: bool
    author: str


@dataclass(frozen=True, slots=True)
class Saying:
    """Something somebody says.

    Attributes:
        conversation: 32 hexadecimal digits.
        by: the resident's id, or whoever on the staff says it.
        client_id: the page's own id of the message; saying it again gives the first receipt.
        text: the words.
    """

    conversation: str
    by: uuid.UUID | Staff
    client_id: str
    text: str

    @property
    def author(self) -> str:
        """As the line will have it."""
        return Message.RESIDENT if isinstance(self.by, uuid.UUID) else Message.COUNSELOR


Place = tuple[str, str, str]
"""Conversation, author, client id: what makes a message the same."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of what was said.

    Attributes:
        answers: for each its receipt, or why it is not kept: conversation.not_found, conversation.closed,
            message.empty, message.id_reused; for the staff also staff.not_allowed.
        conversations: the rows of the conversations, by id, as they stand with it.
    """

    answers: list[Receipt | Refused]
    conversations: Mapping[str, Conversation]


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction that keeps other things too.

    Attributes:
        locked: the conversations it has locked, by id.
        said: what is kept at the places of all that is said (see :func:`said_at`), read after that.
        writes: gathers what it will write.
    """

    locked: Mapping[str, Conversation]
    said: Mapping[Place, Message]
    writes: Writes


def keep(sayings: Sequence[Saying], begun: Begun | None = None) -> Kept:
    """Keep what was said, in this order and in one transaction; one that is refused leaves the others alone.

    Args:
        sayings: in the order of their lines.
        begun: the transaction, where there is one.

    Raises:
        DatabaseError: nothing was kept.
    """
    with transaction.atomic(savepoint=False):
        conversations = access.locked_many({one.conversation for one in sayings}) if begun is None else begun.locked
        said: dict[Place, Message | Made] = {}
        said.update(said_at(map(_place, sayings)).ask() if begun is None else begun.said)
        made: list[Made] = []
        answers: list[Receipt | Refused] = []
        for saying in sayings:
            try:
                answers.append(_keep_one(saying, conversations.get(saying.conversation), said, made))
            except Refused as refusal:
                answers.append(refusal)
        if made:
            lines.keep(made, None if begun is None else begun.writes)
    return Kept(answers, conversations)


def say_as_resident(conversation_hex: str, *, resident_id: uuid.UUID, client_id: str, text: str) -> Receipt:
    """Keep a resident's words by themselves; refusals of :func:`keep` are raised."""
    return _alone(Saying(conversation_hex, resident_id, client_id, text))


def say_as_counselor(conversation_hex: str, *, by: Staff, client_id: str, text: str) -> Receipt:
    """Keep a counselor's words by themselves; refusals of :func:`keep` are raised."""
    return _alone(Saying(conversation_hex, by, client_id, text))


def _alone(saying: Saying) -> Receipt:
    [answer] = keep([saying]).answers
    if isinstance(answer, Refused):
        raise answer
    return answer


def _keep_one(
    saying: Saying, conversation: Conversation | None, said: dict[Place, Message | Made], made: list[Made]
) -> Receipt:
    if conversation is None or (
        isinstance(saying.by, uuid.UUID) and (conversation.resident_id != saying.by or conversation.erased_at)
    ):
        raise Refused(errors.NOT_FOUND)
    place = _place(saying)
    earlier = said.get(place)
    if earlier is not None and (isinstance(saying.by, uuid.UUID) or earlier.staff_id == saying.by.pk):
        return _first_receipt(saying, conversation, earlier)
    if isinstance(saying.by, uuid.UUID):
        if conversation.state == State.CLOSED:
            raise Refused(errors.CLOSED)
    else:
        access.check_held(saying.by, conversation)
    if not saying.text.strip():
        raise Refused(errors.TEXT_EMPTY)
    if earlier is not None:
        # A colleague used this id here before: the database would refuse it for everybody in this transaction.
        raise Refused(errors.CLIENT_ID_REUSED)
    at = timezone.now()
    message = lines.make(
        conversation,
        author=saying.author,
        text=saying.text,
        at=at,
        staff=None if isinstance(saying.by, uuid.UUID) else saying.by,
        client_id=saying.client_id,
    )
    if not isinstance(saying.by, uuid.UUID):
        conversation.waiting_on_us_since = None
    elif conversation.waiting_on_us_since is None:
        conversation.waiting_on_us_since = at
    said[place] = message
    made.append(message)
    return Receipt(seq=message.seq, at=at, repeated=False, author=message.author)


def _first_receipt(saying: Saying, conversation: Conversation, earlier: Message | Made) -> Receipt:
    """A page may repeat itself without fear; the same id for other words is a fault of the page."""
    if unseal_text(conversation, f"line:{earlier.seq}:{earlier.author}", earlier.text_sealed) != saying.text:
        raise Refused(errors.CLIENT_ID_REUSED)
    return Receipt(seq=earlier.seq, at=earlier.at, repeated=True, author=earlier.author)


def _place(saying: Saying) -> Place:
    return saying.conversation, saying.author, saying.client_id


def said_at(places: Iterable[Place]) -> Question[dict[Place, Message]]:
    """Asks for the messages of these places that are kept, by one seek each in the index that makes them unique."""
    seeks = [(key, author, client_id) for hex_, author, client_id in places for key in access.keys_of([hex_])]
    asked = rows.messages_at(seeks)
    return Question(
        asked.query,
        lambda found: {(one.conversation_id.hex, one.author, one.client_id): one for one in asked.take(found)},
    )
