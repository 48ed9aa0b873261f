"""The resident's socket."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import transaction
from django.http.cookie import parse_cookie
from django.utils import timezone

from hotline import metrics
from hotline.chat import access, errors, events, looking, protocol, queue, recent, rows, selectors
from hotline.chat.codes import VISIT_COOKIE
from hotline.chat.errors import Refused
from hotline.chat.gathering import Gathering
from hotline.chat.looking import Look, Seen, Told
from hotline.chat.models import Conversation, Message, Visit, as_time
from hotline.chat.prepared import Question
from hotline.chat.protocol import Place
from hotline.chat.recorder import Door
from hotline.chat.services import erasure, learning, moves, opening, presence, risk
from hotline.chat.sockets import CLOSE_UNKNOWN, SURE_SECONDS, FrameSocket

log = logging.getLogger(__name__)
T = TypeVar("T")

PLACE_EVERY_SECONDS = 2.0
"""At most this often a waiting page is told its place anew."""

AT_ONCE = 100
"""So many who come, or who go, at one moment share a reading."""

_pages: Counter[str] = Counter()
"""How many pages of each conversation this process serves; the last one to go tells presence."""
_arrivals: Gathering[str, opening.Arrival | None] = Gathering(opening.arrivals, at_once=AT_ONCE)
_goodbyes: Gathering[str, None] = Gathering(presence.gone, at_once=AT_ONCE)


def _nobody() -> int:
    return 0


class ResidentSocket(FrameSocket):
    """One page of a resident."""

    kind = "resident"
    handlers: ClassVar = {
        protocol.ResidentHello: "hello",
        protocol.ResidentSend: "say",
        protocol.ResidentSync: "sync",
        protocol.ResidentTyping: "type",
        protocol.ResidentAbout: "about",
        protocol.ResidentDanger: "danger",
        protocol.ResidentMood: "mood",
        protocol.ResidentFeedback: "feedback",
        protocol.ResidentLearning: "learning",
        protocol.ResidentCode: "code",
        protocol.ResidentEnd: "end",
        protocol.ResidentErase: "erase",
        protocol.ResidentPing: "ping",
        protocol.Echo: "echo",
    }

    def __init__(self, *args: Any, count_on_duty: Callable[[], int] = _nobody, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count_on_duty = count_on_duty
        self.visit_id = 0
        self.resident_id: uuid.UUID | None = None
        self.visit_at = 0.0
        self.newest = ""
        """The resident's newest conversation when this page connected."""
        self.hex = ""
        self.told: Told | None = None
        """What this page was sent last, beside the lines."""
        self.sent_upto = -1
        self.place: Place | None = None
        self.counted = False

    def parse(self, raw: str) -> protocol.FromResident:
        """A resident's frame."""
        return protocol.parse_resident(raw)

    async def connect(self) -> None:
        """Accept, and close at once with a readable code where the visit is unknown."""
        await self.accept()
        who = await _arrivals.ask(_cookie(self.scope, VISIT_COOKIE))
        if who is None:
            await self.say_bye(errors.SIGNED_OUT, close=CLOSE_UNKNOWN, retry_after_ms=-1)
            return
        self.visit_id, self.resident_id, self.newest = who.visit_id, who.resident_id, who.newest
        self.grow_old()

    async def disconnect(self, code: int) -> None:
        """Tell presence when the last page of this conversation goes."""
        await super().disconnect(code)
        await self._forget()

    async def as_resident(self, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Cross over with the visit checked again: a page that was left must not go on speaking."""

        def checked() -> T:
            visit = Visit.objects.filter(pk=self.visit_id, ended_at__isnull=True).select_related("resident").first()
            if visit is None:
                raise Refused(errors.SIGNED_OUT)
            self.visit_at = time.monotonic()
            return service(visit, *args, **kwargs)

        return await self.cross(checked)

    def may_see(self, conversation: str) -> bool:
        """Their own, as long as the visit was looked at a moment ago."""
        about = recent.about(conversation)
        mine = about is not None and about.resident_id == self.resident_id
        return mine and time.monotonic() - self.visit_at < SURE_SECONDS

    # --- frames ---------------------------------------------------------------------------------------------------
    async def hello(self, frame: protocol.ResidentHello) -> None:
        """Subscribe first, read second: what happens in between arrives as a hint and is looked up."""
        self.told = None
        seen = await self._attend(frame.conversation, frame.after)
        await self._show_place(seen.place)
        self.sent_upto = seen.lines[-1].seq if seen.lines else min(frame.after, seen.upto)
        self.told = seen.told
        await self.answer(
            protocol.ResidentWelcome(
                id=frame.id,
                view=_whole(seen),
                lines=seen.lines,
                at=as_time(timezone.now()),
                heartbeat_seconds=settings.HEARTBEAT_SECONDS,
            )
        )
        metrics.replayed("hello", len(seen.lines) if frame.after else 0)
        self.expect_ping(settings.HEARTBEAT_SECONDS)
        if self.sent_upto < seen.upto:
            # More than fits into a welcome. What was said since it was read is a hint that waits its turn.
            await self._push_lines()

    async def _attend(self, asked: str, after: int) -> Seen:
        """Hear a conversation, then look at it; ``asked`` is what the page shows, "" for the newest."""
        wanted = asked or self.newest
        while True:
            if wanted:
                await self.join(events.conversation_group(wanted))
            try:
                seen = await self._look(asked, after=after, present=True)
            except Refused:
                if wanted and wanted != self.hex:
                    await self.part(events.conversation_group(wanted))
                raise
            if seen.conversation == wanted:
                break
            # Begun since this page connected.
            if wanted and wanted != self.hex:
                await self.part(events.conversation_group(wanted))
            asked = wanted = seen.conversation
        if self.hex != wanted:
            await self._forget()
            self.hex = wanted
            _pages[wanted] += 1
            self.counted = True
        return seen

    async def _look(self, conversation: str, **options: Any) -> Seen:
        """See what this page lacks, together with others who look at this moment.

        Raises:
            Refused: session.ended, conversation.not_found.
        """
        can_wait = options.pop("can_wait", False)
        asked = Look(self.visit_id, conversation, self.count_on_duty, self.told, self.place, **options)
        seen = await looking.looks.ask(asked, can_wait=can_wait)
        self.visit_at = time.monotonic()
        return seen

    async def _show_place(self, place: Place | None) -> None:
        """Remember the place that the page is told. Only who waits hears when the queue moves."""
        waits = place is not None
        if waits != (self.place is not None):
            await (self.join(events.PLACES) if waits else self.part(events.PLACES))
            if waits:
                # It may have moved between the look and the joining.
                self.after(PLACE_EVERY_SECONDS, "place", self._tell_place)
        self.place = place

    async def _forget(self) -> None:
        """This page shows its conversation no more: it ends, or a newer conversation began."""
        if not self.counted:
            return
        self.counted = False
        await self.part(events.conversation_group(self.hex))
        _pages[self.hex] -= 1
        if _pages[self.hex] <= 0:
            del _pages[self.hex]
            try:
                await _goodbyes.ask(self.hex)
            except Exception as error:  # noqa: BLE001 - presence ages by itself
                log.warning("presence not told fault=%s", type(error).__name__)

    async def say(self, frame: protocol.ResidentSend) -> None:
        """Keep, then acknowledge; triage reads it afterwards."""
        receipt = await self.keep(_DOOR, self.visit_id, self._hex(), frame)
        self.visit_at = time.monotonic()
        await self.answer(protocol.Ack(id=frame.id, client_id=frame.client_id, seq=receipt.seq, at=as_time(receipt.at)))

    async def sync(self, frame: protocol.ResidentSync) -> None:
        """What came after."""
        found, upto = await self.as_resident(_lines, self._hex(), frame.after)
        metrics.replayed("sync", len(found))
        self.sent_upto = max(self.sent_upto, found[-1].seq if found else 0)
        await self.answer(protocol.ResidentLines(lines=found, upto=upto))

    async def type(self, frame: protocol.ResidentTyping) -> None:
        """Pass on that somebody writes."""
        await self.as_resident(lambda visit: None)
        if self.hex:
            events.tell_now(events.conversation_group(self.hex), events.typing(self.hex, "resident", frame.on))

    async def about(self, frame: protocol.ResidentAbout) -> None:
        """Keep what they chose to tell."""
        about = {"topic": frame.topic, "nickname": frame.nickname, "age_band": frame.age_band}
        await self.as_resident(_in_open, self._hex(), opening.set_about, **about)
        await self.answer(protocol.Ack(id=frame.id))

    async def danger(self, frame: protocol.ResidentDanger) -> None:
        """They are in danger now."""
        await self.as_resident(_in_open, self._hex(), risk.declare_danger)
        await self.answer(protocol.Ack(id=frame.id))

    async def mood(self, frame: protocol.ResidentMood) -> None:
        """Keep a mood."""
        await self.as_resident(_in_own, self._hex(), opening.set_mood, when=frame.when, value=frame.value)
        await self.answer(protocol.Ack(id=frame.id))

    async def feedback(self, frame: protocol.ResidentFeedback) -> None:
        """Keep a word."""
        await self.as_resident(_in_own, self._hex(), opening.give_feedback, kind=frame.kind, text=frame.text)
        await self.answer(protocol.Ack(id=frame.id))

    async def learning(self, frame: protocol.ResidentLearning) -> None:
        """They agree that triage learns from their words, or take that back."""
        await self.as_resident(_in_own, self._hex(), learning.allow, on=frame.on)
        await self.answer(protocol.Ack(id=frame.id))

    async def code(self, frame: protocol.ResidentCode) -> None:
        """Make a return code: slow on purpose, so in a thread of its own and not on everybody's."""
        conversation = await self.as_resident(_current)
        code = await asyncio.to_thread(_make_code, conversation.resident_id)
        await self.answer(protocol.CodeMade(id=frame.id, code=code))
        await self.on_view({})

    async def end(self, frame: protocol.ResidentEnd) -> None:
        """They want to end."""
        await self.as_resident(_in_open, self._hex(), moves.leave_locked)
        await self.answer(protocol.Ack(id=frame.id))

    async def erase(self, frame: protocol.ResidentErase) -> None:
        """They want all of it gone."""
        await self.as_resident(_erase)
        await self.answer(protocol.Erased(id=frame.id))
        await self.say_bye(errors.SIGNED_OUT, close=CLOSE_UNKNOWN, retry_after_ms=-1)

    async def ping(self, frame: protocol.ResidentPing) -> None:
        """Heartbeat, and a look at what this page lacks: heals a socket that hints no longer reach."""
        seen = await self._look(self._hex(), after=frame.after, present=True, can_wait=True)
        self.expect_ping(settings.HEARTBEAT_SECONDS)
        await self.answer(protocol.Pong(id=frame.id, at=as_time(timezone.now())))
        metrics.replayed("ping", seen.upto - frame.after)
        await self._bring(seen)

    # --- hints ----------------------------------------------------------------------------------------------------
    async def on_lines(self, message: dict[str, Any]) -> None:
        """There are more lines."""
        if message["upto"] > self.sent_upto >= 0:
            await self._push_lines(message["upto"])

    async def on_anything(self, message: dict[str, Any]) -> None:
        """Hints may have been missed."""
        if self.sent_upto >= 0:
            await self._bring(await self._look(self.hex, after=self.sent_upto))

    async def on_view(self, message: dict[str, Any]) -> None:
        """Something beside the lines."""
        if self.hex:
            await self._bring(await self._look(self.hex))

    async def on_care(self, message: dict[str, Any]) -> None:
        """The numbers come forward, or need not any more: told after a moment, with whatever else is looked up then."""
        if self.hex:
            await self._bring(await self._look(self.hex, can_wait=True))

    async def on_place(self, message: dict[str, Any]) -> None:
        """The queue has moved; only those who wait look."""
        if self.place is not None:
            self.after(PLACE_EVERY_SECONDS, "place", self._tell_place)

    async def _tell_place(self) -> None:
        await looking.queue_is_known(PLACE_EVERY_SECONDS / 2)
        if queue.place_of(self.hex, before=self.place) != self.place:
            await self.on_view({})

    async def on_typing(self, message: dict[str, Any]) -> None:
        """The counselor writes."""
        if message["author"] == "counselor":
            await self.answer(protocol.CounselorTyping(on=message["on"]))

    # --- inside ---------------------------------------------------------------------------------------------------
    async def _bring(self, seen: Seen) -> None:
        """Send what a look found: the lines first, then what stands beside them, if it differs from what was sent."""
        if seen.lines:
            self.sent_upto = seen.lines[-1].seq
            await self.answer(protocol.ResidentLines(lines=seen.lines, upto=seen.upto))
            if self.sent_upto < seen.upto:
                await self._push_lines()
        await self._show_place(seen.place)
        self.told = seen.told
        if seen.view is not None:
            await self.answer(protocol.ResidentState(view=seen.view))

    async def _push_lines(self, known: int | None = None) -> None:
        """Send what lies beyond the last line sent, in portions; a hint says up to where lines are ``known``."""
        while self.listens:
            found = self.new_lines(self.hex, self.sent_upto, known)
            if found is None:
                found, upto = await self.as_resident(_lines, self.hex, self.sent_upto)
            elif found:
                upto = max(known or 0, found[-1].seq)
            if not found:
                return
            self.sent_upto = found[-1].seq
            await self.answer(protocol.ResidentLines(lines=found, upto=upto))
            if self.sent_upto >= upto:
                return

    def _hex(self) -> str:
        if not self.hex:
            raise Refused(errors.BAD_FRAME, "hello first")
        return self.hex


def _whole(seen: Seen) -> protocol.ResidentView:
    """The view that a page is welcomed with: it was sent none before."""
    if seen.view is None:
        raise TypeError("a look without what was told gives a view")
    return seen.view


def _cookie(scope: dict[str, Any], name: str) -> str:
    header = next((value for key, value in scope["headers"] if key == b"cookie"), b"")
    return str(parse_cookie(header.decode("latin-1")).get(name, ""))


def _residents(visit_ids: Iterable[int]) -> Question[dict[int, uuid.UUID]]:
    """Asks whose visits these are, if they have not ended."""
    return rows.residents_behind(list(visit_ids))


_DOOR = Door(Message.RESIDENT, _residents)


# Each of these runs on the database thread, with the visit already checked.
def _current(visit: Visit) -> Conversation:
    return access.current_of(visit.resident)


def _lines(visit: Visit, hex_: str, after: int) -> tuple[list[protocol.Line], int]:
    conversation = access.own_of(visit.resident_id, hex_)
    return selectors.lines_after(conversation, after), conversation.last_seq


def _in_open(visit: Visit, hex_: str, service: Callable[..., Any], **facts: Any) -> None:
    with transaction.atomic():
        service(access.open_of(visit.resident_id, hex_), **facts)


def _in_own(visit: Visit, hex_: str, service: Callable[..., Any], **facts: Any) -> None:
    with transaction.atomic():
        service(access.own_of(visit.resident_id, hex_), **facts)


def _erase(visit: Visit) -> None:
    erasure.erase_resident(visit.resident_id)


def _make_code(resident_id: uuid.UUID) -> str:
    from django.db import connections

    try:
        return opening.make_code(resident_id)
    finally:
        connections.close_all()
