"""The one place of a process where the messages of its sockets are kept: many at once, acknowledged after the commit.

While one transaction is under way, and for some milliseconds after it began, whatever is said gathers and shares the
next: at night that is one message, in a surge it is fifty, and the cost of a commit is shared by all. After the
acknowledgement triage reads what was new, in a process of its own, and its answers are kept with the next transaction.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError, transaction

from hotline import metrics
from hotline.chat import access, errors, prepared
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation, Message
from hotline.chat.prepared import Question
from hotline.chat.rows import Writes
from hotline.chat.services import messages, risk
from hotline.chat.services.messages import Kept, Receipt, Saying

log = logging.getLogger(__name__)

AT_ONCE = 64
"""How many messages share a transaction at most: the first of them waits for the last."""
GATHERS_SECONDS = 0.004
"""So long after a transaction began the next one begins: what is said in a surge shares more of them. Nobody who writes
alone waits for it."""
SURGE = 6
"""From so many messages in a transaction on, the next begins half as long after its end as it took: some who were
answered have written again by then. Else a surge falls into two parts that share nothing, each waiting for the other's
commit."""
PAUSE_SECONDS = 0.006
"""No pause is longer: who did not wait for an answer waits for the pause."""
READS_AT_ONCE = 16
"""How many messages triage is given at once, so that one that hangs holds up few."""

Answer = Receipt | Exception
"""A receipt, or what is raised to whoever said it."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody comes in.

    Attributes:
        author: as what their lines are kept.
        behind: asks who is behind some credentials: {credential: a resident's id, or somebody on the staff};
            strangers are left out. Asked on the database thread, inside the transaction of what they say.
    """

    author: str
    behind: Callable[[Iterable[Any]], Question[Any]]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something said on a socket by whoever holds a credential at a door."""

    door: Door
    credential: Hashable
    conversation: str
    client_id: str
    text: str


class Recorder:
    """Keeps messages for the sockets of one event loop."""

    def __init__(self) -> None:
        self._spoken: list[tuple[Spoken, asyncio.Future[Receipt]]] = []
        self._read: list[risk.Read] = []
        self._unread: list[risk.Unread] = []
        self._in_reading = 0
        self.in_hand: set[tuple[str, int]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._next_at = 0.0
        """Before this, by the loop's clock, no transaction begins."""

    async def keep(self, spoken: Spoken) -> Receipt:
        """Keep a message.

        Raises:
            Refused: as :func:`hotline.chat.services.messages.keep`; session.ended at a closed door.
            DatabaseError: it could not be kept.
        """
        began = time.perf_counter()
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._spoken.append((spoken, answer))
        self._start()
        receipt = await answer
        metrics.acknowledged(receipt.author, began)
        return receipt

    def queued(self) -> int:
        """How many messages wait for their transaction to begin."""
        return len(self._spoken)

    def unread(self) -> int:
        """How many messages triage has not read yet."""
        return len(self._unread) + self._in_reading

    async def rest(self) -> None:
        """Returns once all that was said is kept and read."""
        while tasks := [one for one in (self._keeping, self._reading) if one is not None and not one.done()]:
            await asyncio.wait(tasks)

    def _start(self) -> None:
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.get_running_loop().create_task(self._keep_all())

    async def _keep_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._spoken or self._read:
            wait = self._next_at - loop.time()
            if wait > 0 and len(self._spoken) < AT_ONCE:
                await asyncio.sleep(wait)
            began = loop.time()
            self._next_at = began + GATHERS_SECONDS
            batch, self._spoken = self._spoken[:AT_ONCE], self._spoken[AT_ONCE:]
            read, self._read = self._read, []
            try:
                answers, unread = await database_sync_to_async(self._keep)([spoken for spoken, _ in batch], read)
            except Exception as error:  # noqa: BLE001 - whoever waits must be told
                log.error("messages not kept count=%s fault=%s", len(batch), type(error).__name__)
                answers, unread = [DatabaseError()] * len(batch), []
            for (_, future), answer in zip(batch, answers, strict=True):
                _tell(future, answer)
            if len(batch) >= SURGE:
                ended = loop.time()
                self._next_at = max(self._next_at, ended + min((ended - began) / 2, PAUSE_SECONDS))
            if unread:
                self._unread += unread
                if self._reading is None or self._reading.done():
                    self._reading = asyncio.get_running_loop().create_task(self._read_all())

    def _keep(self, spoken: Sequence[Spoken], read: Sequence[risk.Read]) -> tuple[list[Answer], list[risk.Unread]]:
        """Runs on the database thread, as the watch does: between its looks nothing is committed and not in hand."""
        try:
            answers, unread = _keep(spoken, read)
        finally:
            self.in_hand -= {(one.unread.conversation, one.unread.seq) for one in read}
        self.in_hand |= {(one.conversation, one.seq) for one in unread}
        return answers, unread

    async def _read_all(self) -> None:
        while self._unread:
            batch, self._unread = self._unread[:READS_AT_ONCE], self._unread[READS_AT_ONCE:]
            self._in_reading = len(batch)
            read = await risk.read(batch)
            # Not in one statement: what was read before may have been taken away while this was awaited.
            self._read += read
            self._in_reading = 0
            self._start()


def _tell(future: asyncio.Future[Receipt], answer: Answer) -> None:
    if future.done():
        # The socket went away meanwhile; its page asks for the receipt when it comes back.
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _keep(spoken: Sequence[Spoken], read: Sequence[risk.Read]) -> tuple[list[Answer], list[risk.Unread]]:
    """Runs on the database thread: one transaction for all; if that fails, one for each."""
    conversations: Mapping[str, Conversation] | None = None
    try:
        with transaction.atomic():
            # All rows at once and in order: of two processes that lock in two goes, one may wait for the other.
            locked = access.locked_many(
                {one.conversation for one in spoken} | {one.unread.conversation for one in read}
            )
            kept = _let_in_and_keep(spoken, locked, read)
            answers: list[Answer] = list(kept.answers)
        conversations = kept.conversations
    except Exception as error:  # noqa: BLE001 - one that cannot be kept must not take the others with it
        if len(spoken) + len(read) > 1:
            log.warning("kept one by one count=%s fault=%s", len(spoken) + len(read), type(error).__name__)
        answers = [_keep_alone(one) for one in spoken]
        _settle_alone(read)
    return answers, _collect(spoken, answers, conversations)


def _keep_alone(spoken: Spoken) -> Answer:
    try:
        with transaction.atomic():
            return _let_in_and_keep([spoken], access.locked_many([spoken.conversation])).answers[0]
    except Exception as error:  # noqa: BLE001 - raised to whoever said it
        return error


def _settle_alone(read: Sequence[risk.Read]) -> None:
    for one in read:
        try:
            risk.settle([one])
        except Exception as error:  # noqa: BLE001 - the watch finds what was not weighed
            log.error("not weighed yet fault=%s", type(error).__name__)


def _let_in_and_keep(
    spoken: Sequence[Spoken], locked: Mapping[str, Conversation], read: Sequence[risk.Read] = ()
) -> Kept:
    """All that must be known is asked together, and all is written together: each asking costs more than the answer."""
    doors = list({one.door for one in spoken})
    said, unweighed, *let_in = prepared.ask(
        [
            messages.said_at((one.conversation, one.door.author, one.client_id) for one in spoken),
            risk.unweighed_among(read),
            *(door.behind({one.credential for one in spoken if one.door is door}) for door in doors),
        ]
    )
    writes = Writes()
    kept = Kept([], locked)
    if spoken:
        behind = {(door, one): who for door, found in zip(doors, let_in, strict=True) for one, who in found.items()}
        kept = _keep_known(spoken, behind, messages.Begun(locked, said, writes))
    if read:
        risk.settle(read, risk.Begun(locked, unweighed, writes))
    writes.do()
    return kept


def _keep_known(spoken: Sequence[Spoken], behind: Mapping[tuple[Door, Hashable], Any], begun: messages.Begun) -> Kept:
    known = [one for one in spoken if (one.door, one.credential) in behind]
    sayings = [Saying(one.conversation, behind[one.door, one.credential], one.client_id, one.text) for one in known]
    kept = messages.keep(sayings, begun) if sayings else Kept([], begun.locked)
    answers = iter(kept.answers)
    told = [next(answers) if (one.door, one.credential) in behind else Refused(errors.SIGNED_OUT) for one in spoken]
    return Kept(told, kept.conversations)


def _collect(
    spoken: Sequence[Spoken], answers: Sequence[Answer], conversations: Mapping[str, Conversation] | None
) -> list[risk.Unread]:
    """What triage is to read now: residents' messages that were new."""
    fresh = [
        (one.conversation, answer.seq)
        for one, answer in zip(spoken, answers, strict=True)
        if isinstance(answer, Receipt) and not answer.repeated and answer.author == Message.RESIDENT
    ]
    if not fresh:
        return []
    try:
        return risk.collect(fresh, conversations)
    except Exception as error:  # noqa: BLE001 - the watch finds what was not weighed
        log.error("not weighed yet fault=%s", type(error).__name__)
        return []


def in_hand() -> set[tuple[str, int]]:
    """Messages that triage is reading in this process now: (conversation, seq)."""
    return {place for _, one in list(_recorders.values()) for place in list(one.in_hand)}


_recorders: dict[int, tuple[asyncio.AbstractEventLoop, Recorder]] = {}


def recorder() -> Recorder:
    """The recorder of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _recorders.get(id(loop))
    if found is None or found[0] is not loop:
        for key in [key for key, (other, _) in _recorders.items() if other.is_closed()]:
            del _recorders[key]
        found = _recorders[id(loop)] = (loop, Recorder())
        metrics.writes_queued.set_function(found[1].queued)
        metrics.triage_queued.set_function(found[1].unread)
    return found[1]
