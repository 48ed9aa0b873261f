"""What ought to be: conversations, who holds them and who may have read what, in plain Python without a database."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Line:
    """One place in a conversation's order."""

    author: str
    words: str
    client_id: str = ""


@dataclass
class Person:
    """A resident: their conversations, the latest last, and the code that leads back to them."""

    number: int
    code: str = ""
    erased: bool = False
    stories: list[Story] = field(default_factory=list)

    @property
    def story(self) -> Story:
        """The conversation that a page opened now would show."""
        return self.stories[-1]


@dataclass
class Helper:
    """A counselor."""

    alias: str
    number: int = 0
    """The account's id."""
    on_duty: bool = False


@dataclass
class Offer:
    """A handover that waits for an answer."""

    number: int
    giver: Helper
    taker: Helper


@dataclass
class Story:
    """A conversation."""

    hex: str
    person: Person
    lines: list[Line] = field(default_factory=list)
    state: str = "waiting"
    holder: Helper | None = None
    last_holder: Helper | None = None
    held_by: set[str] = field(default_factory=set)
    """The alias of everybody who ever held it."""
    offer: Offer | None = None
    danger: bool = False
    readers: set[str] = field(default_factory=set)
    """The alias of everybody to whom the lines so far may have been shown."""
    unaware: set[str] = field(default_factory=set)
    """Who lost it while hints were lost: other pages of theirs may show a few seconds more of it."""

    @property
    def erased(self) -> bool:
        """Its words are gone."""
        return self.person.erased

    @property
    def is_open(self) -> bool:
        """Not over."""
        return self.state != "closed"

    def kept(self, author: str, client_id: str) -> int:
        """The place of a message; 0 where it has none."""
        found = (n for n, one in enumerate(self.lines, 1) if (one.author, one.client_id) == (author, client_id))
        return next(found, 0)


class World:
    """Everybody, and everything that was ever written."""

    def __init__(self, aliases: list[str]) -> None:
        self.people: list[Person] = []
        self.helpers = [Helper(alias) for alias in aliases]
        self.words = itertools.count(1)
        self.hints_lost = False
        self.shown: dict[str, set[str]] = {}
        """Word -> the alias of everybody on the staff who may have seen it; residents see their own alone."""
        self.owner: dict[str, Person] = {}
        self.happened: Counter[str] = Counter()
        self.looked_at: dict[str, tuple] = {}
        """Conversations whose lines were compared with the record -> what they were then."""

    @property
    def stories(self) -> list[Story]:
        """All conversations."""
        return [story for person in self.people for story in person.stories]

    @property
    def waiting(self) -> list[Story]:
        """Those in the queue."""
        return [story for story in self.stories if story.state == "waiting"]

    def held(self, helper: Helper) -> list[Story]:
        """What a counselor has."""
        return [story for story in self.stories if story.holder is helper]

    # --- what happens -----------------------------------------------------------------------------------------------
    def begin(self, person: Person, hex_: str) -> Story:
        """A conversation opens."""
        story = Story(hex_, person)
        person.stories.append(story)
        self.event(story, "opened")
        return story

    def word(self, story: Story) -> str:
        """A new word, unlike any other, for this conversation."""
        word = f"w{next(self.words):06d}w"
        self.owner[word] = story.person
        self.shown[word] = set(story.readers) if story.holder else set()
        return word

    def event(self, story: Story, event: str) -> None:
        """Something that both sides see."""
        story.lines.append(Line("system", event))
        self.happened[event.partition(":")[0]] += 1

    def keep(self, story: Story, author: str, client_id: str, words: str) -> int:
        """A message gets its place; whoever holds the conversation may have seen it."""
        story.lines.append(Line(author, words, client_id))
        self._show(story)
        return len(story.lines)

    def take(self, story: Story, helper: Helper, event: str) -> None:
        """A conversation comes to somebody, by the queue or from a colleague."""
        self._leave(story)
        story.state, story.holder, story.last_holder, story.offer = "active", helper, helper, None
        story.held_by.add(helper.alias)
        self.event(story, f"{event}:{helper.alias}")
        self._show(story)

    def give_back(self, story: Story) -> None:
        """Back to the queue."""
        self.event(story, f"left:{story.holder.alias}")
        self._leave(story)
        story.state, story.holder, story.offer = "waiting", None, None

    def close(self, story: Story, ending: str) -> None:
        """The end."""
        self.event(story, f"closed:{ending}")
        story.state, story.holder, story.offer = "closed", None, None

    def erase(self, person: Person) -> None:
        """All of a resident's words go."""
        if person.story.is_open:
            self.close(person.story, "left_waiting" if person.story.state == "waiting" else "left_during")
        person.erased = True
        self.happened["erased"] += 1

    def may_read(self, helper: Helper, story: Story) -> bool:
        """Whether a counselor may open a conversation."""
        if story.holder is helper:
            return True
        later = any(one.holder is helper for one in story.person.stories)
        return not story.is_open and (later or (story.last_holder is helper and not story.erased))

    def _leave(self, story: Story) -> None:
        if self.hints_lost and story.holder:
            story.unaware.add(story.holder.alias)

    def _show(self, story: Story) -> None:
        for line in story.lines if story.unaware else []:
            for word in words_in(line.words):
                self.shown[word] |= story.unaware
        if story.holder is None:
            return
        story.readers = {story.holder.alias}
        for one in story.person.stories:
            # Who holds somebody may read what they said in earlier conversations.
            for line in one.lines:
                for word in words_in(line.words):
                    self.shown[word].add(story.holder.alias)


def words_in(text: str) -> list[str]:
    """The words of :meth:`World.word` in a text."""
    return [part for part in text.split() if part[0] == part[-1] == "w" and part[1:-1].isdigit()]
