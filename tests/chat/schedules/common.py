"""What all steps of a schedule share: the world as it ought to be, and the pages that are there."""

from __future__ import annotations

import asyncio
from collections import Counter

from channels.layers import channel_layers
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tests.chat.schedules import stage
from tests.chat.schedules.model import Helper, Person, Story, World
from tests.chat.schedules.pages import DeskTab, ResidentTab
from tests.wire import Closed

MOST_PEOPLE, MOST_TABS, MOST_DESKS = 3, 6, 4
fates = st.lists(st.sampled_from(["heard", "heard", "heard", "unheard", "lost"]), min_size=1, max_size=4)
"""Of messages, one after the other: acknowledged; committed, and its acknowledgement lost with the line; lost with the
line itself."""
pick = st.integers(0, 1_000)
"""Which one, of those that there are. What is drawn never depends on what is there: that depends on the moment, and
Hypothesis wants the same draws when it repeats itself. A step that finds nobody to do it does nothing."""


class Played(RuleBasedStateMachine):
    """One schedule: who is there, what was said, and how an answer is compared with the model's."""

    cast: stage.Cast
    """Set before it runs: accounts and their sessions."""
    played: Counter[str] = Counter()
    """How often what was done, over all schedules."""

    def __init__(self) -> None:
        super().__init__()
        channel_layers.backends.clear()
        self.runner = asyncio.Runner()
        self.world = World([member.alias for member in self.cast.counselors])
        for helper, member in zip(self.world.helpers, self.cast.counselors, strict=True):
            helper.number = member.pk
        self.tabs: list[ResidentTab] = []
        self.desks: list[DeskTab] = []
        self.watch = DeskTab(self.cast.cookies[self.cast.supervisor.pk], Helper(self.cast.supervisor.alias))
        self.hints = stage.Hints()
        self.cast.begin()

    def run(self, doing):
        """Let the loop run until it is done."""
        return self.runner.run(doing)

    # --- who is there -----------------------------------------------------------------------------------------------
    def some(self, rows: list, number: int):
        """One of them, or None."""
        return rows[number % len(rows)] if rows else None

    def talking(self, number: int) -> ResidentTab | None:
        """A resident's page that is connected."""
        return self.some([tab for tab in self.tabs if tab.is_there], number)

    def at_desk(self, number: int) -> DeskTab | None:
        """A counselor's page that is connected."""
        return self.some([desk for desk in self.desks if desk.is_there], number)

    def holding(self, number: int) -> tuple[DeskTab, Story] | None:
        """A connected desk and a conversation that it shows as its own (which may be out of date)."""
        found = [
            (desk, story)
            for desk in self.desks
            for story in self.world.stories
            if desk.is_there and story.hex in desk.mine
        ]
        return self.some(found, number)

    def ask(self, tab: ResidentTab, kind: str, **fields) -> dict:
        """A resident's request; {} once their words are gone, for then no page of theirs is answered any more."""
        answer = self.run(tab.ask(kind, **fields))
        assert bool(answer) is not tab.story.person.erased, answer
        return answer

    async def open_tab(self, person: Person, token: str) -> ResidentTab:
        tab = ResidentTab(token, person.story)
        self.tabs.append(tab)
        await tab.connect()
        return tab

    # --- words --------------------------------------------------------------------------------------------------------
    async def _send(self, tab, outbox, item, author, story, fate, **where):
        """Send, and compare the answer with what the model says."""
        if fate == "lost":
            await tab.drop()
            return
        expected = self._expect(author, story, item, tab)
        if fate == "unheard":
            page, tab.page = tab.page, None
            try:
                answer = await page.ask("message.send", client_id=item.client_id, text=item.text, **where)
            except Closed:
                answer = {}
            await page.leave()
        else:
            answer = await tab.say(outbox, item, **where)
        self._compare(answer, expected, story)

    def _expect(self, author, story, item, tab):
        """What the answer must be; what is kept is kept in the model."""
        known = story.kept(author, item.client_id)
        if story.erased and author == "resident":
            return ""
        if known and not story.erased:
            return known
        if author == "resident":
            return self.world.keep(story, author, item.client_id, item.text) if story.is_open else "conversation.closed"
        if story.holder is tab.helper:
            return self.world.keep(story, author, item.client_id, item.text)
        was_theirs = not story.is_open and tab.helper.alias in story.held_by
        return "conversation.closed" if was_theirs else "conversation.not_found"

    def _compare(self, answer, expected, story):
        if expected == "":
            assert not answer or answer["type"] == "bye", (answer, story)
        elif isinstance(expected, str):
            assert (answer["type"], answer["code"]) == ("error", expected)
            self.played["messages refused"] += 1
        else:
            self.played["messages acknowledged"] += 1
            assert (answer["type"], answer["seq"]) == ("ack", expected), (answer, expected)

    async def _come_back(self, tab):
        """A page connects anew and says again what was not acknowledged."""
        await tab.connect()
        if isinstance(tab, ResidentTab):
            while tab.is_there and tab.outbox:
                await self._send(tab, tab.outbox, tab.outbox[0], "resident", tab.story, "heard")
            return
        for hex_, box in tab.outbox.items():
            story = next(one for one in self.world.stories if one.hex == hex_)
            while tab.is_there and box:
                await self._send(tab, box, box[0], "counselor", story, "heard", conversation=hex_)

    async def _look_at(self, page):
        self.played["pages compared with a fresh read"] += 1
        await page.catch_up()
        await stage.until_same(page, self.world)
        self._check_reading(page)

    def _check_reading(self, page):
        """No page was ever sent a word that was not for it."""
        stage.check_words(page, self.world)
