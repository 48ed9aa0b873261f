"""The staff's socket: one for counselors' desks and supervisors' boards."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

from django.utils import timezone
from msgspec.structs import replace

from counselors import beating, deskwork, services
from counselors import selectors as staff_selectors
from counselors.models import StaffMember
from hotline import metrics
from hotline.chat import errors, events, protocol, queue, recent
from hotline.chat.errors import Refused
from hotline.chat.gathering import Gathering
from hotline.chat.models import Conversation, as_time
from hotline.chat.permissions import Permission
from hotline.chat.services import moves, notes, risk
from hotline.chat.sockets import CLOSE_UNKNOWN, SURE_SECONDS, FrameSocket
from triage.core.levels import Level

log = logging.getLogger(__name__)
T = TypeVar("T")

QUEUE_EVERY_SECONDS = 0.15
RISK_EVERY_SECONDS = 0.25
PRESENT_AFTER_SECONDS = queue.ROWS_KEPT_SECONDS + 0.1
BOARD_EVERY_SECONDS = 0.5
"""Hints that come in bursts are answered by one fresh list."""
ACCOUNTS_AT_ONCE = 100

_accounts: Gathering[deskwork.Credential, StaffMember | None] = Gathering(deskwork.accounts, at_once=ACCOUNTS_AT_ONCE)
"""Desks that have shown lines from memory for some seconds must all look at one moment, in the middle of a surge."""


class DeskSocket(FrameSocket):
    """One page of a counselor or a supervisor."""

    kind = "desk"
    handlers: ClassVar = {
        protocol.DeskHello: "hello",
        protocol.DeskPing: "ping",
        protocol.Echo: "echo",
        protocol.DutySet: "duty",
        protocol.QueueTakeNext: "take_next",
        protocol.Claim: "claim",
        protocol.Open: "open",
        protocol.Leave: "leave",
        protocol.DeskSync: "sync",
        protocol.DeskSend: "say",
        protocol.DeskTyping: "typing",
        protocol.NoteAdd: "note",
        protocol.LevelOverride: "override",
        protocol.HandoverOffer: "offer",
        protocol.HandoverAnswer: "answer_offer",
        protocol.GiveBack: "give_back",
        protocol.HelpAsk: "ask_help",
        protocol.HelpAnswer: "answer_help",
        protocol.DeskEnd: "end",
        protocol.CloseWaiting: "close_waiting",
        protocol.BoardWatch: "watch_board",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff_id = 0
        self.following: dict[str, int] = {}
        """Conversations shown here -> the last line sent of each."""
        self.told: dict[str, protocol.ConversationView] = {}
        """What stands beside the lines of these, as it was last sent."""
        self.facts: dict[str, int] = {}
        """The facts behind that, as of the last heartbeat; not of what was told otherwise since."""
        self.held: set[str] = set()
        self.takes = False
        """Whether the queue, which quotes what people wrote, is shown here; another role means another socket."""
        self.watching = False
        self.moved: dict[str, str] = {}
        """Conversations whose level has moved and is to be told -> the stamp of the last move."""
        self.known: StaffMember | None = None
        self.known_at = 0.0

    def parse(self, raw: str) -> protocol.FromDesk:
        """A frame from the staff."""
        return protocol.parse_desk(raw)

    # --- coming and going -----------------------------------------------------------------------------------------
    async def connect(self) -> None:
        """Accept, and close at once with a readable code where nobody is signed in."""
        await self.accept()
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.say_bye(errors.SIGNED_OUT, close=CLOSE_UNKNOWN, retry_after_ms=-1)
            return
        self.staff_id = user.pk
        await self.join(events.staff_group(user.pk))
        await self.join(events.STAFF)
        self.grow_old()

    async def as_staff(self, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Cross over with account and session read afresh: a dismissed volunteer's socket must not go on."""
        if not self.staff_id:
            raise Refused(errors.SIGNED_OUT)
        return await self.cross(self._checked, service, *args, **kwargs)

    def _checked(self, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        staff = StaffMember.objects.filter(pk=self.staff_id, is_active=True).first()
        if staff is None or not deskwork.session_stands(self.scope["session"].session_key, staff):
            raise Refused(errors.SIGNED_OUT)
        self.known, self.known_at = staff, time.monotonic()
        return service(staff, *args, **kwargs)

    async def for_staff(self, service: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Cross over for a hint: account and session may have been read a few seconds ago.

        A change of the account is a hint too, heard in its turn; no frame of the page is answered by this.
        """
        return await self.cross(service, await self._who(), *args, **kwargs)

    async def _who(self) -> StaffMember:
        """Whose page this is, as account and session stood a few seconds ago; desks that must look share a look.

        Raises:
            Refused: session.ended.
        """
        if self.known is not None and time.monotonic() - self.known_at < SURE_SECONDS:
            return self.known
        began = time.monotonic()
        staff = await _accounts.ask((self.staff_id, self.scope["session"].session_key)) if self.staff_id else None
        if staff is None:
            raise Refused(errors.SIGNED_OUT)
        self.known, self.known_at = staff, began
        return staff

    def may_see(self, conversation: str) -> bool:
        """What they hold, or read on a look at the database a moment ago; account and session looked at as lately.

        Who may read any conversation needs no look at each of those that they opened.
        """
        if self.known is None or time.monotonic() - self.known_at >= SURE_SECONDS:
            return False
        if conversation in self.following and self.known.may(Permission.READ_ANY):
            return True
        about = recent.about(conversation)
        return (about is not None and about.holder_id == self.staff_id) or super().may_see(conversation)

    # --- frames: the page ---------------------------------------------------------------------------------------------
    async def hello(self, frame: protocol.DeskHello) -> None:
        """Subscribe first, read second."""
        held, self.takes = await self.as_staff(deskwork.arrive)
        if self.takes:
            await self.join(events.QUEUE)
        for hex_ in held:
            await self._follow(hex_, frame.held.get(hex_, 0))
        self.held = set(held)
        welcome = await self.as_staff(deskwork.welcome, frame.id)
        self.expect_ping(welcome.heartbeat_seconds)
        await self.answer(welcome)
        self.told.update((view.conversation, view) for view in welcome.views)
        for hex_ in held:
            await self._push_lines(hex_)
            if hex_ in frame.held:
                metrics.replayed("hello", self.following.get(hex_, 0) - frame.held[hex_])
        for hex_ in await self.as_staff(deskwork.no_longer_held, frame.held):
            self.following[hex_] = frame.held[hex_]
            await self._lose(hex_)

    async def ping(self, frame: protocol.DeskPing) -> None:
        """Heartbeat: heals whatever hints did not bring."""
        if not self.staff_id:
            raise Refused(errors.SIGNED_OUT)
        began, credential = time.monotonic(), (self.staff_id, self.scope["session"].session_key)
        shown = {hex_: self.facts.get(hex_) for hex_ in self.following}
        seen = await beating.beats.ask(beating.Beat(credential, shown), can_wait=True)
        self.known, self.known_at, upto = seen.staff, began, seen.upto
        self.expect_ping(deskwork.heartbeat_seconds())
        await self.answer(protocol.Pong(id=frame.id, at=as_time(timezone.now())))
        for hex_, last in upto.items():
            if last > frame.held.get(hex_, last):
                metrics.replayed("ping", last - frame.held[hex_])
                self.following[hex_] = frame.held[hex_]
        # First what is not theirs any more: its lines are not theirs either.
        await self._hold(seen.held, seen.handovers)
        for hex_, last in upto.items():
            if last > self.following.get(hex_, last):
                await self._push_or_lose(hex_)
        self.facts = {hex_: facts for hex_, facts in seen.facts.items() if hex_ in self.following}
        for view in seen.views:
            if view.conversation in self.following and deskwork.differs(view, self.told.get(view.conversation)):
                await self._tell(view, facts=seen.facts[view.conversation])
        if events.QUEUE in self.groups:
            await self.on_queue({})

    async def duty(self, frame: protocol.DutySet) -> None:
        """On duty, pause, off."""
        duty = await self.as_staff(services.set_duty, state=frame.state, capacity=frame.capacity)
        state = protocol.Duty(state=duty.state, capacity=duty.capacity)  # type: ignore[arg-type]
        await self.answer(protocol.DutyIs(id=frame.id, duty=state))

    async def open(self, frame: protocol.Open) -> None:
        """Read a conversation live; recorded when it is not one's own."""
        view = await self.as_staff(deskwork.open_view, frame.conversation)
        await self._follow(frame.conversation, 0)
        await self._tell(view, request=frame.id)
        await self._push_lines(frame.conversation)

    async def leave(self, frame: protocol.Leave) -> None:
        """Stop reading; what one holds is not left this way."""
        await self.as_staff(lambda staff: None)
        if frame.conversation not in self.held:
            await self._unfollow(frame.conversation)
        await self.answer(protocol.Ack(id=frame.id, conversation=frame.conversation))

    async def watch_board(self, frame: protocol.BoardWatch) -> None:
        """The board, now and whenever it changes."""
        board = await self.as_staff(deskwork.board, frame.id)
        await self.join(events.QUEUE)
        await self.join(events.BOARD)
        self.watching = True
        await self.answer(board)

    async def sync(self, frame: protocol.DeskSync) -> None:
        """What came after."""
        shown = frame.conversation in self.following
        lines, upto = await self.as_staff(deskwork.rest, frame.conversation, frame.after, shown=shown)
        metrics.replayed("sync", len(lines))
        await self.answer(protocol.DeskLines(conversation=frame.conversation, lines=lines, upto=upto))

    # --- frames: people -----------------------------------------------------------------------------------------------
    async def take_next(self, frame: protocol.QueueTakeNext) -> None:
        """Whoever is first."""
        conversation = await self.as_staff(lambda staff: services.take_next(by=staff))
        await self._taken(frame.id, conversation)

    async def claim(self, frame: protocol.Claim) -> None:
        """A chosen one."""
        conversation = await self.as_staff(lambda staff: services.claim(frame.conversation, by=staff))
        await self._taken(frame.id, conversation)

    async def _taken(self, request: int, conversation: Conversation) -> None:
        await self.answer(protocol.Ack(id=request, conversation=conversation.hex))
        await self.on_desk({})

    async def say(self, frame: protocol.DeskSend) -> None:
        """Keep, then acknowledge."""
        if not self.staff_id:
            raise Refused(errors.SIGNED_OUT)
        credential = (self.staff_id, self.scope["session"].session_key)
        receipt = await self.keep(deskwork.DOOR, credential, frame.conversation, frame)
        await self.answer(
            protocol.Ack(
                id=frame.id,
                conversation=frame.conversation,
                client_id=frame.client_id,
                seq=receipt.seq,
                at=as_time(receipt.at),
            )
        )

    async def typing(self, frame: protocol.DeskTyping) -> None:
        """Pass on that somebody writes."""
        await self.as_staff(lambda staff: None)
        if frame.conversation in self.held:
            hint = events.typing(frame.conversation, "counselor", frame.on)
            events.tell_now(events.conversation_group(frame.conversation), hint)

    async def note(self, frame: protocol.NoteAdd) -> None:
        """A private note."""
        await self._do(frame, lambda staff: notes.add_note(frame.conversation, by=staff, text=frame.text))

    async def override(self, frame: protocol.LevelOverride) -> None:
        """Another level, and why."""
        level = Level.from_code(frame.level)
        await self._do(
            frame, lambda staff: risk.override(frame.conversation, by=staff, level=level, reason=frame.reason)
        )

    async def offer(self, frame: protocol.HandoverOffer) -> None:
        """Ask a colleague to take over."""
        await self._do(frame, lambda staff: deskwork.offer_handover(staff, frame))

    async def answer_offer(self, frame: protocol.HandoverAnswer) -> None:
        """Accept, decline, withdraw."""
        offer = await self.as_staff(lambda staff: moves.answer_handover(frame.handover, by=staff, answer=frame.answer))
        await self.answer(protocol.Ack(id=frame.id, conversation=offer.conversation.hex))
        await self.on_desk({})

    async def give_back(self, frame: protocol.GiveBack) -> None:
        """Back to the queue. This page lets go at once, whatever becomes of the hint."""
        await self._do(frame, lambda staff: moves.give_back(frame.conversation, by=staff, note=frame.note))
        await self.on_desk({})

    async def ask_help(self, frame: protocol.HelpAsk) -> None:
        """A supervisor, please."""
        await self._do(frame, lambda staff: notes.ask(frame.conversation, by=staff, question=frame.question))

    async def answer_help(self, frame: protocol.HelpAnswer) -> None:
        """A supervisor's advice."""
        await self._do(frame, lambda staff: notes.advise(frame.conversation, by=staff, text=frame.text))

    async def end(self, frame: protocol.DeskEnd) -> None:
        """End, with a wrap-up."""
        await self._do(frame, lambda staff: deskwork.end_held(staff, frame))

    async def close_waiting(self, frame: protocol.CloseWaiting) -> None:
        """End what waits for somebody long gone."""
        await self._do(frame, lambda staff: moves.close_waiting(frame.conversation, by=staff, reason=frame.reason))

    async def _do(self, frame: Any, service: Callable[[StaffMember], Any]) -> None:
        await self.as_staff(service)
        await self.answer(protocol.Ack(id=frame.id, conversation=frame.conversation))

    # --- hints --------------------------------------------------------------------------------------------------------
    async def on_lines(self, message: dict[str, Any]) -> None:
        """There are more lines in a conversation shown here."""
        hex_ = message["conversation"]
        if message["upto"] > self.following.get(hex_, message["upto"]):
            await self._push_lines(hex_, message["upto"])
        if self.watching:
            self.after(BOARD_EVERY_SECONDS, "board", self._send_board)

    async def on_anything(self, message: dict[str, Any]) -> None:
        """Hints may have been missed: the same as at a heartbeat, without being asked."""
        for hex_ in list(self.following):
            await self._push_lines(hex_)
            await self.on_view({"conversation": hex_})
        await self.on_desk({})
        await self.on_colleagues({})
        await self.on_queue({})

    async def on_view(self, message: dict[str, Any]) -> None:
        """Something beside the lines of a conversation shown here."""
        hex_ = message["conversation"]
        if hex_ not in self.following:
            return
        try:
            view = await self.for_staff(deskwork.view, hex_)
        except Refused as refusal:
            if refusal.code != errors.NOT_FOUND:
                raise
            await self._lose(hex_)
            return
        await self._tell(view)

    async def on_presence(self, message: dict[str, Any]) -> None:
        """The page of somebody shown here came or went."""
        await self.on_view(message)

    async def on_present(self, message: dict[str, Any]) -> None:
        """The page of somebody who waits came or went. Desks share rows that may be so old: asked for after that."""
        if self.takes:
            self.after(PRESENT_AFTER_SECONDS, "present", self._send_queue)
        if self.watching:
            self.after(BOARD_EVERY_SECONDS, "board", self._send_board)

    async def on_risk(self, message: dict[str, Any]) -> None:
        """What speaks for a level moves with every message: a few of them are shown together."""
        hex_ = message["conversation"]
        if hex_ in self.following:
            self.moved[hex_] = message.get("stamp", "")
            self.after(RISK_EVERY_SECONDS, f"risk.{hex_}", lambda: self._send_risk(hex_))

    async def _send_risk(self, hex_: str) -> None:
        stamp = self.moved.pop(hex_, "")
        await self._who()
        about = recent.about(hex_)
        try:
            if about is not None and about.risk is not None and about.risk[0] == stamp and self.may_see(hex_):
                risk = about.risk[1]
            else:
                risk = await self.for_staff(deskwork.risk, hex_)
        except Refused as refusal:
            if refusal.code != errors.NOT_FOUND:
                raise
            await self._lose(hex_)
            return
        self.facts.pop(hex_, None)
        if hex_ in self.told:
            self.told[hex_] = replace(self.told[hex_], risk=risk)
        await self.answer(protocol.RiskIs(conversation=hex_, risk=risk))

    async def on_board(self, message: dict[str, Any]) -> None:
        """Something that only boards show has changed."""
        self.after(BOARD_EVERY_SECONDS, "board", self._send_board)

    async def on_queue(self, message: dict[str, Any]) -> None:
        """The queue has moved."""
        if self.takes:
            self.after(QUEUE_EVERY_SECONDS, "queue", self._send_queue)
        if self.watching:
            self.after(BOARD_EVERY_SECONDS, "board", self._send_board)

    async def on_taken(self, message: dict[str, Any]) -> None:
        """Somebody took a person."""
        await self.answer(protocol.Taken(conversation=message["conversation"], by=message["by"]))

    async def on_desk(self, message: dict[str, Any]) -> None:
        """What this person holds, or is offered, has changed."""
        await self._hold(*await self.as_staff(deskwork.held))

    async def _hold(self, held: list[str], handovers: list[protocol.HandoverView]) -> None:
        for hex_ in held:
            if hex_ not in self.following:
                await self._follow(hex_, 0)
                await self._tell(await self.as_staff(deskwork.view, hex_))
                await self._push_lines(hex_)
            elif hex_ not in self.held:
                await self._tell(await self.as_staff(deskwork.view, hex_))
        lost = self.held - set(held)
        self.held = set(held)
        for hex_ in lost:
            await self._lose(hex_)
        await self.answer(protocol.Handovers(handovers=handovers))

    async def on_colleagues(self, message: dict[str, Any]) -> None:
        """Who is there has changed."""
        self.after(QUEUE_EVERY_SECONDS, "colleagues", self._send_colleagues)
        if self.watching:
            self.after(BOARD_EVERY_SECONDS, "board", self._send_board)

    async def on_account(self, message: dict[str, Any]) -> None:
        """The account has changed: sign out, or come back with the new role."""
        self.known = None
        await self.as_staff(lambda staff: None)
        # Not 1001: the server below us sends 1000 and codes from 3000 on, and refuses all others.
        await self.say_bye("account.changed", close=1000, retry_after_ms=0)

    async def on_typing(self, message: dict[str, Any]) -> None:
        """The resident writes."""
        if message["author"] == "resident" and message["conversation"] in self.following:
            await self.answer(protocol.ResidentIsTyping(conversation=message["conversation"], on=message["on"]))

    # --- inside -------------------------------------------------------------------------------------------------------
    async def _follow(self, hex_: str, after: int) -> None:
        self.following[hex_] = after
        await self.join(events.conversation_group(hex_))

    async def _tell(
        self, view: protocol.ConversationView, *, request: int | None = None, facts: int | None = None
    ) -> None:
        """Send a view; ``facts``: those behind it, where they are known."""
        self.facts.pop(view.conversation, None)
        if facts is not None:
            self.facts[view.conversation] = facts
        if view.conversation in self.following:
            self.told[view.conversation] = view
        await self.answer(protocol.View(id=request, view=view))

    async def _unfollow(self, hex_: str) -> None:
        self.following.pop(hex_, None)
        self.told.pop(hex_, None)
        self.facts.pop(hex_, None)
        self.sure.pop(hex_, None)
        await self.part(events.conversation_group(hex_))

    async def _lose(self, hex_: str) -> None:
        """A conversation is not this person's any more. Of one that ended they still get the last words."""
        self.sure.pop(hex_, None)
        why = await self.as_staff(deskwork.why_lost, hex_)
        if why == errors.CLOSED:
            with suppress(Refused):
                await self._tell(await self.as_staff(deskwork.view, hex_))
                await self._push_lines(hex_)
        await self.answer(protocol.Gone(conversation=hex_, why=why))
        await self._unfollow(hex_)

    async def _push_or_lose(self, hex_: str) -> None:
        """Lines that are missing. What cannot be read any more leaves the page, and no other matter waits for it."""
        try:
            await self._push_lines(hex_)
        except Refused as refusal:
            if refusal.code != errors.NOT_FOUND:
                raise
            await self._lose(hex_)

    async def _push_lines(self, hex_: str, known: int | None = None) -> None:
        while hex_ in self.following and self.listens:
            await self._who()
            lines = self.new_lines(hex_, self.following[hex_], known)
            if lines is None:
                lines, upto = await self.for_staff(deskwork.lines, hex_, self.following[hex_])
                self.sure[hex_] = time.monotonic()
            elif lines:
                upto = max(known or 0, lines[-1].seq)
            if not lines:
                return
            self.following[hex_] = lines[-1].seq
            await self.answer(protocol.DeskLines(conversation=hex_, lines=lines, upto=upto))
            if lines[-1].seq >= upto:
                return

    async def _send_queue(self) -> None:
        rows, total = await self.for_staff(deskwork.who_waits)
        await self.answer(protocol.Queue(rows=rows, total=total))

    async def _send_colleagues(self) -> None:
        found = await self.for_staff(lambda staff: staff_selectors.colleagues())
        await self.answer(protocol.Colleagues(colleagues=found))

    async def _send_board(self) -> None:
        await self.answer(await self.for_staff(deskwork.board, None))
