"""What counselors and supervisors do."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.chat.schedules import stage
from tests.chat.schedules.common import MOST_DESKS, Played, fates, pick
from tests.chat.schedules.model import Offer
from tests.chat.schedules.pages import DeskTab, Item
from tests.factories import client_id

RARELY = ["duty", "pry", "pry", "supervise"]
PARTINGS = ["give_back", "give_back", "end", "offer", "offer", "answer_offer", "answer_offer", "vanish"]
ANSWERS = ["accept", "accept", "decline", "withdraw"]


class Staff(Played):
    """Steps of the staff."""

    def come_to_the_desk(self, number):
        if len(self.desks) < MOST_DESKS:
            self.run(self._come(self.some(self.world.helpers, number)))

    async def _come(self, helper):
        desk = DeskTab(self.cast.cookies[helper.number], helper)
        self.desks.append(desk)
        await desk.connect()
        await self._duty(desk, "on")

    async def _duty(self, desk, state):
        answer = await desk.ask("duty.set", state=state, capacity=self.cast.capacity)
        assert answer["duty"]["state"] == state
        desk.helper.on_duty = state == "on"

    def duty(self, number, which):
        desk = self.at_desk(number)
        if desk is not None:
            self.run(self._duty(desk, ["on", "on", "pause", "off"][which % 4]))

    def desk_reconnects(self, number):
        desk = self.some(self.desks, number)
        if desk is not None:
            self.run(self._come_back(desk))

    @rule(number=pick, which=pick)
    def claim(self, number, which):
        desk, story = self.at_desk(number), self.some(self.world.stories, which)
        if desk is None or story is None:
            return
        answer = self.run(desk.ask("conversation.claim", conversation=story.hex))
        states = {"active": "conversation.taken", "closed": "conversation.closed", "waiting": ""}
        expected = self._room(desk.helper) or states[story.state]
        assert answer.get("code", "") == expected, answer
        if story.state == "active" and expected == "conversation.taken":
            assert answer["detail"] == story.holder.alias
        if not expected:
            self._takes(desk, story)

    def _takes(self, desk, story):
        """Somebody has a person now; their view and lines follow."""
        self.world.take(story, desk.helper, "joined")
        self.run(desk.hear_until(lambda frame: frame["type"] == "lines" and frame["conversation"] == story.hex))

    def _room(self, helper) -> str:
        if not helper.on_duty:
            return "duty.off"
        return "duty.full" if len(self.world.held(helper)) >= self.cast.capacity else ""

    @rule(number=pick)
    def take_next(self, number):
        desk = self.at_desk(number)
        if desk is None:
            return
        answer = self.run(desk.ask("queue.take_next"))
        expected = self._room(desk.helper) or ("" if self.world.waiting else "queue.empty")
        assert answer.get("code", "") == expected, answer
        if not expected:
            self._takes(desk, next(one for one in self.world.waiting if one.hex == answer["conversation"]))

    @rule(number=pick, fates=fates)
    def answer(self, number, fates):
        self._somebody_is_held(number)
        found = self.holding(number)
        if found is None:
            return
        desk, story = found
        box = desk.outbox.setdefault(story.hex, [])
        for fate in fates:
            box.append(Item(client_id(), self.world.word(story)))
            if len(box) == 1 and desk.is_there:
                self.run(self._send(desk, box, box[0], "counselor", story, fate, conversation=story.hex))

    def give_back(self, number, _):
        self._act(number, "conversation.give_back", self.world.give_back, note="see above")

    def end(self, number, which):
        ending = ["helped", "handed_on"][which % 2]
        self._act(number, "conversation.end", lambda story: self.world.close(story, ending), ending=ending)

    def _act(self, number, kind, then, **fields):
        """Something that only whoever holds a conversation may do, from a page that believes so."""
        found = self.holding(number)
        if found is None:
            return
        desk, story = found
        answer = self.run(desk.ask(kind, conversation=story.hex, **fields))
        if story.holder is desk.helper:
            assert answer["type"] == "ack", answer
            then(story)
        else:
            was_theirs = not story.is_open and desk.helper.alias in story.held_by
            assert answer["code"] == ("conversation.closed" if was_theirs else "conversation.not_found")

    def offer(self, number, to):
        found = self.holding(number)
        if found is None:
            return
        desk, story = found
        taker = self.some([one for one in self.world.helpers if one is not desk.helper], to)
        answer = self.run(
            desk.ask("handover.offer", conversation=story.hex, to=taker.number, note="would you take over?")
        )
        if story.holder is not desk.helper:
            assert answer["code"] in {"conversation.closed", "conversation.not_found"}
        elif story.offer:
            assert answer["code"] == "conversation.moved"
        else:
            assert answer["type"] == "ack", answer
            self.world.happened["offered"] += 1
            story.offer = Offer(stage.open_offer(story.hex), desk.helper, taker)

    def answer_offer(self, number, which):
        """Also of an offer that was answered or has lapsed, if the page still shows it."""
        there = [desk for desk in self.desks if desk.is_there]
        if number % 2:
            for desk in there:
                self.run(desk.catch_up())
        found = self.some([(desk, shown) for desk in there for shown in desk.handovers], which)
        if found is None:
            return
        self._answer(*found, ANSWERS[number % 4])

    def _answer(self, desk, shown, word):
        story = next(one for one in self.world.stories if one.hex == shown["conversation"])
        answer = self.run(desk.ask("handover.answer", handover=shown["id"], answer=word))
        offer = story.offer if story.offer and story.offer.number == shown["id"] else None
        may = offer and desk.helper is (offer.giver if word == "withdraw" else offer.taker)
        assert answer.get("code", "") == ("" if may else "handover.gone")
        if may:
            story.offer = None
            self.world.happened[f"answered: {word}"] += 1
            if word == "accept":
                self.world.take(story, desk.helper, "handed")

    @rule(number=pick, which=pick, word=st.sampled_from(ANSWERS))
    def hand_over(self, number, which, word):
        """Offered, seen and answered in one step, whatever was offered before; drawn apart, they seldom meet."""
        self._somebody_is_held(number)
        self.offer(number, which)
        story = self.some([one for one in self.world.stories if one.offer], which)
        if story is None:
            return
        helper = story.offer.giver if word == "withdraw" else story.offer.taker
        desk = next((one for one in self.desks if one.helper is helper), None)
        if desk is None:
            self.run(self._come(helper))
            desk = self.desks[-1]
        elif not desk.is_there:
            self.run(self._come_back(desk))
        self.run(desk.catch_up())
        if desk.is_there:
            [shown] = [one for one in desk.handovers if one["id"] == story.offer.number]
            self._answer(desk, shown, word)

    def vanish(self, number, _):
        """All desks of a counselor fall silent for longer than they may."""
        helper = self.some(self.world.helpers, number)

        async def go():
            for desk in self.desks:
                if desk.helper is helper:
                    await desk.drop()
            await stage.vanish(helper.number)
            for story in self.world.held(helper):
                self.world.give_back(story)

        self.run(go())

    def pry(self, number, which):
        """Read and write where one has no business: not found, whatever is there."""
        desk, story = self.at_desk(number), self.some(self.world.stories, which)
        if desk is None or story is None or self.world.may_read(desk.helper, story):
            return
        # On a page of its own: what was never shown here must not be had by asking.
        stranger = DeskTab(desk.cookie, desk.helper)

        async def go():
            await stranger.connect()
            opened = await stranger.ask("conversation.open", conversation=story.hex)
            assert opened["code"] == "conversation.not_found"
            note = await stranger.ask("note.add", conversation=story.hex, text="I was here")
            assert note["code"] in {"conversation.not_found", "conversation.closed"}
            await stranger.page.send("sync", conversation=story.hex, after=0)
            answer = await stranger.hear_until(lambda frame: frame["type"] in {"error", "lines"})
            assert answer["type"] == "error" or answer["conversation"] != story.hex
            await stranger.drop()

        self.run(go())
        self._check_reading(stranger)

    def supervise(self, number, which):
        """A supervisor reads along."""
        story = self.some(self.world.stories, which)

        async def go():
            if not self.watch.is_there:
                await self.watch.connect()
            if story is not None:
                self.watch.reading.add(story.hex)
                self.watch.shown.pop(story.hex, None)
                await self.watch.ask("conversation.open", conversation=story.hex)

        self.run(go())

    @rule(what=st.sampled_from(RARELY), number=pick, which=pick)
    def counselor(self, what, number, which):
        getattr(self, what)(number, which)

    @rule(what=st.sampled_from(PARTINGS), number=pick, which=pick)
    def parting(self, what, number, which):
        self._somebody_is_held(number)
        getattr(self, what)(number, which)

    def _somebody_is_held(self, number):
        """What can only be done to somebody one holds would else mostly be nothing."""
        if not self.holding(number):
            self.take_next(number)
