"""What people do, in any order: a state machine that plays schedules against the whole application and its model.

Each step ends with a look at the record: every line where the model has it, one row for each client id, one holder.
Each heartbeat ends with a look at the page: what it holds is what a fresh read gives. At the end of a schedule all
pages come back and are looked at.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tests.chat.schedules import stage
from tests.chat.schedules.common import pick
from tests.chat.schedules.residents import Residents
from tests.chat.schedules.staff import Staff

LINES = ["another_tab", "reconnect", "reconnect", "go_away", "come_to_the_desk", "desk_reconnects"]


class Schedules(Residents, Staff):
    """One schedule."""

    @initialize(people=st.integers(1, 2), held=st.booleans())
    def first(self, people, held):
        for _ in range(people):
            self.arrive()
        for helper in self.world.helpers[:2]:
            self.run(self._come(helper))
        if held:
            self.take_next(0)

    @rule(what=st.sampled_from(LINES), number=pick)
    def line(self, what, number):
        getattr(self, what)(number)

    @rule(lost=st.booleans())
    def hints_are_lost(self, lost):
        """From now on no hint arrives, or they do again."""
        self.hints.lost = self.world.hints_lost = lost

    @rule(number=pick)
    def heartbeat(self, number):
        page = self.some([one for one in [*self.tabs, *self.desks, self.watch] if one.is_there], number)
        if page is not None:
            self.run(self._look_at(page))

    @invariant()
    def the_record_is_as_it_ought_to_be(self):
        self.played["steps"] += 1
        stage.check_record(self.world)

    def teardown(self):
        try:
            self.hints.lost = self.world.hints_lost = False
            self.run(self._all_come_back())
            self.world.looked_at.clear()
            stage.check_record(self.world)
            self.played.update(self.world.happened)
            self.played["schedules"] += 1
        finally:
            self.hints.stop()
            self.run(self._all_leave())
            self.runner.close()
            self.cast.end()

    async def _all_come_back(self):
        pages = [one for one in [*self.tabs, *self.desks, self.watch] if not one.ended]
        for page in pages:
            if not page.is_there and page is not self.watch:
                await self._come_back(page)
        for page in pages:
            if page.is_there:
                await self._look_at(page)

    async def _all_leave(self):
        for page in [*self.tabs, *self.desks, self.watch]:
            await page.drop()
