"""Pages as docs/protocol.md says they behave: they hold lines, keep an outbox, and come back with what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.chat.schedules.model import Helper, Story
from tests.wire import Closed, Page

PASSING = {"storage.unavailable", "server.fault"}


class Differs(AssertionError):
    """A page shows something that it must not."""


@dataclass
class Item:
    """Words in an outbox."""

    client_id: str
    text: str


@dataclass
class Shown:
    """What a page shows of one conversation."""

    lines: list[dict] = field(default_factory=list)
    view: dict = field(default_factory=dict)

    def apply(self, lines: list[dict]) -> bool:
        """Take the lines that follow those held. Returns false when some before them are missing."""
        for line in lines:
            if line["seq"] <= len(self.lines):
                if self.lines[line["seq"] - 1] != line:
                    raise Differs(f"another line under the same seq: {line}, held {self.lines[line['seq'] - 1]}")
            elif line["seq"] == len(self.lines) + 1:
                self.lines.append(line)
            else:
                return False
        return True


def _compared(view: dict) -> dict:
    """A view as it is compared: lines are compared by themselves; once told, the word of why stays for as long as the
    place does; and the number behind a level, which moves with every message, is not worth a frame.
    """
    place, risk = view.get("place"), view.get("risk")
    return {
        **view,
        "upto": 0,
        "place": place and {**place, "why": ""},
        "risk": risk and {**risk, "probability": 0.0},
    }


class Tab:
    """What both kinds of pages share: a socket that may be gone, and every frame looked at once."""

    path = ""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self.page: Page | None = None
        self.raw: list[str] = []
        self.ended = False
        """The server said not to come back."""

    @property
    def is_there(self) -> bool:
        """Connected."""
        return self.page is not None

    def hears(self, frame: dict) -> None:
        """What a frame does to this page."""
        raise NotImplementedError

    async def connect(self) -> None:
        """A new socket, and hello with what is held."""
        await self.drop()
        self.page = Page(self.path, self.cookie)
        await self.page.open()
        answer = await self.ask("hello", **self.first())
        if answer and answer["type"] == "error":
            raise Differs(f"hello was refused: {answer}")

    def holds(self) -> dict:
        """What hello and ping say of what is held."""
        raise NotImplementedError

    def first(self) -> dict:
        """What hello says."""
        return self.holds()

    def twin(self) -> Tab:
        """A page of the same person, just opened."""
        raise NotImplementedError

    def seen(self) -> dict[str, Shown]:
        """What this page shows of each conversation."""
        raise NotImplementedError

    def shows(self) -> dict:
        """All that it shows, to be compared."""
        found = {f"lines of {hex_}": one.lines for hex_, one in self.seen().items()}
        return found | {f"view of {hex_}": _compared(one.view) for hex_, one in self.seen().items()}

    async def drop(self) -> None:
        """The socket goes; what it still carried is lost."""
        if self.page is not None:
            page, self.page = self.page, None
            await page.leave()

    async def ask(self, kind: str, **fields) -> dict:
        """Send, and hear everything up to the answer; {} when the socket ended instead."""
        number = await self.page.send(kind, **fields)
        return await self.hear_until(lambda frame: frame.get("id") == number)

    async def hear_until(self, wanted) -> dict:
        """Hear everything up to a frame that is ``wanted``; {} when the socket ended instead."""
        page = self.page
        while page is not None:
            try:
                frame = await page.until(lambda frame: True)
            except Closed as closed:
                await self.drop()
                self.ended = self.ended or closed.code in {4401, 4403}
                return {}
            self.raw.append(page.raw[-1])
            if frame["type"] == "bye":
                self.ended = frame["retry_after_ms"] < 0
            self.hears(frame)
            if wanted(frame):
                return frame
        return {}

    async def catch_up(self) -> None:
        """Two heartbeats: whatever was on its way when the first was sent has arrived when the second is answered."""
        for _ in range(2):
            if self.is_there:
                await self.ask("ping", **self.holds())
            if self.is_there:
                await self.fill_gaps()

    async def fill_gaps(self) -> None:
        """Ask for lines that are missing before those that came."""

    async def say(self, outbox: list[Item], item: Item, **where) -> dict:
        """Send the first of an outbox. Acknowledged or refused for good, it leaves the outbox."""
        answer = await self.ask("message.send", client_id=item.client_id, text=item.text, **where)
        if answer and (answer["type"] == "ack" or answer["code"] not in PASSING) and item in outbox:
            outbox.remove(item)
        return answer


class ResidentTab(Tab):
    """A resident's page; it shows the conversation it was opened with."""

    path = "/ws/resident/"

    def __init__(self, token: str, story: Story) -> None:
        super().__init__(f"visit={token}")
        self.story = story
        self.shown = Shown()
        self.outbox: list[Item] = []
        self.upto = 0
        self.was_erased = False
        self.code = ""

    def twin(self) -> ResidentTab:
        return ResidentTab(self.cookie.partition("=")[2], self.story)

    def seen(self) -> dict[str, Shown]:
        return {self.story.hex: self.shown}

    def holds(self) -> dict:
        return {"after": len(self.shown.lines)}

    def first(self) -> dict:
        return {**self.holds(), "conversation": self.story.hex}

    def hears(self, frame: dict) -> None:
        kind = frame["type"]
        if kind in {"welcome", "view"}:
            self.shown.view = frame["view"]
            self.upto = max(self.upto, frame["view"]["upto"])
        if kind in {"welcome", "lines"}:
            self.shown.apply(frame["lines"])
            self.outbox[:] = [
                one for one in self.outbox if one.client_id not in {x["client_id"] for x in frame["lines"]}
            ]
            self.upto = max(self.upto, frame.get("upto", 0))
        if kind == "return_code":
            self.code = frame["code"]
        if kind == "erased" or (kind == "bye" and frame["retry_after_ms"] < 0):
            # Nothing that was said stays on the page.
            self.was_erased = True
            self.shown, self.outbox[:] = Shown(), []

    async def fill_gaps(self) -> None:
        while self.is_there and self.upto > len(self.shown.lines):
            await self.page.send("sync", after=len(self.shown.lines))
            await self.hear_until(lambda frame: frame["type"] == "lines")


class DeskTab(Tab):
    """A page of the staff."""

    path = "/ws/desk/"

    def __init__(self, cookie: str, helper: Helper) -> None:
        super().__init__(cookie)
        self.helper = helper
        self.shown: dict[str, Shown] = {}
        self.reading: set[str] = set()
        self.outbox: dict[str, list[Item]] = {}
        self.queue: list[dict] = []
        self.handovers: list[dict] = []
        self.gaps: set[str] = set()

    async def connect(self) -> None:
        await super().connect()
        for hex_ in sorted(self.reading):
            # What one reads along with is opened anew.
            self.shown.pop(hex_, None)
            await self.ask("conversation.open", conversation=hex_)

    def twin(self) -> DeskTab:
        found = DeskTab(self.cookie, self.helper)
        found.reading = set(self.reading)
        return found

    def seen(self) -> dict[str, Shown]:
        return {hex_: one for hex_, one in self.shown.items() if hex_ in self.reading or one.view.get("mine")}

    def shows(self) -> dict:
        return super().shows() | {"queue": [_compared(row) for row in self.queue], "handovers": self.handovers}

    def holds(self) -> dict:
        return {
            "held": {
                hex_: len(one.lines)
                for hex_, one in self.shown.items()
                if hex_ in self.reading or (one.view.get("mine") and one.view["state"] != "closed")
            }
        }

    @property
    def mine(self) -> set[str]:
        """Conversations that this page says one holds."""
        return {hex_ for hex_, one in self.shown.items() if one.view.get("mine")}

    def hears(self, frame: dict) -> None:
        kind = frame["type"]
        if kind == "welcome":
            self.queue, self.handovers = frame["queue"], frame["handovers"]
            for view in frame["views"]:
                self._hear_view(view)
        elif kind == "view":
            self._hear_view(frame["view"])
        elif kind == "lines":
            shown = self.shown.setdefault(frame["conversation"], Shown())
            if not shown.apply(frame["lines"]) or frame["upto"] > len(shown.lines):
                self.gaps.add(frame["conversation"])
            heard = {line["client_id"] for line in frame["lines"]}
            box = self.outbox.get(frame["conversation"], [])
            box[:] = [one for one in box if one.client_id not in heard]
        elif kind == "gone":
            self.shown.pop(frame["conversation"], None)
            self.reading.discard(frame["conversation"])
        elif kind == "risk" and frame["conversation"] in self.shown:
            self.shown[frame["conversation"]].view["risk"] = frame["risk"]
        elif kind == "queue":
            self.queue = frame["rows"]
        elif kind == "handovers":
            self.handovers = frame["handovers"]

    def _hear_view(self, view: dict) -> None:
        shown = self.shown.setdefault(view["conversation"], Shown())
        if shown.view.get("mine") and not view["mine"] and view["state"] != "closed":
            # Not one's own any more: it leaves the page.
            del self.shown[view["conversation"]]
            return
        shown.view = view
        if view["erased"]:
            shown.lines = []

    async def fill_gaps(self) -> None:
        for hex_ in list(self.gaps):
            self.gaps.discard(hex_)
            if hex_ in self.shown and self.is_there:
                await self.page.send("sync", conversation=hex_, after=len(self.shown[hex_].lines))
                await self.hear_until(
                    lambda frame, hex_=hex_: (
                        (frame["type"] == "lines" and frame["conversation"] == hex_) or frame["type"] == "error"
                    )
                )
