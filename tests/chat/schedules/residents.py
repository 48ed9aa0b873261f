"""What residents do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.chat.schedules import stage
from tests.chat.schedules.common import MOST_PEOPLE, MOST_TABS, Played, fates, pick
from tests.chat.schedules.model import Line, Person
from tests.chat.schedules.pages import Item
from tests.factories import client_id

MARKS = ["", "", "", "high: ", "imminent: ", "fault: "]
"""What the triage of these tests believes."""


RARELY = ["in_danger", "resident_ends", "return_by_code", "begin_anew", "begin_anew", "erase"]


class Residents(Played):
    """Steps of residents."""

    @rule()
    def arrive(self):
        if len(self.world.people) >= MOST_PEOPLE:
            return
        person = Person(len(self.world.people))

        async def go():
            hex_, token = await stage.begin(None)
            self.world.people.append(person)
            self.world.begin(person, hex_)
            await self.open_tab(person, token)

        self.run(go())

    def another_tab(self, number):
        tab = self.some([one for one in self.tabs if not one.was_erased], number)
        if tab is None or len(self.tabs) >= MOST_TABS or tab.story.person.erased:
            return
        self.run(self.open_tab(tab.story.person, tab.cookie.partition("=")[2]))

    @rule(number=pick, mark=st.sampled_from(MARKS), fates=fates)
    def write(self, number, mark, fates):
        tab = self.some([one for one in self.tabs if not one.was_erased], number)
        if tab is None:
            return
        for fate in fates:
            item = Item(client_id(), mark + self.world.word(tab.story))
            tab.outbox.append(item)
            if tab.is_there and len(tab.outbox) == 1:
                self.run(self._send(tab, tab.outbox, item, "resident", tab.story, fate))

    @rule(number=pick, line=pick)
    def say_again(self, number, line):
        """What was said and acknowledged, over any page of the same person: the first receipt, no second row."""
        tab = self.talking(number)
        said = [one for one in tab.story.lines if one.author == "resident"] if tab else []
        if not said or tab.story.erased:
            return
        one: Line = self.some(said, line)
        for _ in range(2):
            answer = self.run(tab.ask("message.send", client_id=one.client_id, text=one.words))
            self._compare(answer, tab.story.kept("resident", one.client_id), tab.story)

    def reconnect(self, number):
        tab = self.some([one for one in self.tabs if not one.ended], number)
        if tab is not None:
            self.run(self._come_back(tab))

    def go_away(self, number):
        page = self.some([one for one in [*self.tabs, *self.desks, self.watch] if one.is_there], number)
        if page is not None:
            self.run(page.drop())

    def in_danger(self, number):
        tab = self.talking(number)
        if tab is None or not self.ask(tab, "danger") or not tab.story.is_open:
            return
        if not tab.story.danger:
            tab.story.danger = True
            self.world.event(tab.story, "danger")

    def resident_ends(self, number):
        tab = self.talking(number)
        if tab is None:
            return
        answer = self.ask(tab, "conversation.end")
        if not tab.story.is_open:
            assert not answer or answer["code"] == "conversation.closed"
            return
        assert answer["type"] == "ack"
        self.world.close(tab.story, "left_waiting" if tab.story.state == "waiting" else "left_during")

    def make_code(self, number):
        tab = self.talking(number)
        if tab is not None:
            tab.story.person.code = self.ask(tab, "return_code").get("code", tab.story.person.code)

    def return_by_code(self, number):
        self.make_code(number)
        person = self.some([one for one in self.world.people if one.code and len(self.tabs) < MOST_TABS], number)
        if person is None:
            return

        async def go():
            token = await stage.redeem(person.code)
            assert (token is None) == person.erased
            if token:
                if person.story.is_open:
                    self.world.event(person.story, "returned")
                await self.open_tab(person, token)

        self.run(go())

    def begin_anew(self, number):
        """On another page of the same browser; the old page stays open and shows the old conversation."""
        person = self.some(
            [
                one
                for one in self.world.people
                if not one.story.is_open and not one.erased and len(self.tabs) < MOST_TABS
            ],
            number,
        )
        if person is None:
            return

        async def go():
            hex_, token = await stage.begin(person.story.hex)
            self.world.begin(person, hex_)
            await self.open_tab(person, token)

        self.run(go())

    def erase(self, number):
        tab = self.talking(number)
        if tab is None or tab.story.person.erased:
            return
        person = tab.story.person
        sealed = stage.all_that_is_sealed([one.hex for one in person.stories])
        assert self.run(tab.ask("erase"))["type"] == "erased"
        self.world.erase(person)
        stage.check_erased(sealed, [one.hex for one in person.stories])

    @rule(what=st.sampled_from(RARELY), number=pick)
    def resident(self, what, number):
        getattr(self, what)(number)
