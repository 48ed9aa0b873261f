"""What a bare answer says: a counselor asks whether somebody thinks of suicide, and "yes" is the whole reply.

The counselor's words are read for the moment of one answer, to know what a yes is about. They set nothing by
themselves, are kept nowhere, and appear in no evidence: that is the resident's answer, and what it was asked about.
The patterns are data (``lexicon/asked.*.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from triage.core import concepts, scope
from triage.core.concepts import LEXICON, Mention
from triage.core.normalise import Normalised, normalise
from triage.core.scope import Scoped

LONGEST_ANSWER = 80
"""Characters of an answer that may be bare at its beginning; whoever writes more says what they mean."""
LONGEST_QUESTION = 400
"""Characters of what was asked that are read: the end of it, since the answer follows that."""
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_ENDS = re.compile(r"[。.!?;；！？，,、\n…~]+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])|\s-\s")
_GAP = re.compile(r"[\s。.!;；！，,、…~\"“”\-—:：()（）]*")
_KINDS = ("no", "hedge", "there", "echo", "agree", "hum", "neutral", "filler")
"""Of the pieces of a bare answer, in the order in which they are tried."""


_SAYABLE = frozenset(concepts.CONCEPTS) - {"time", "farewell", "protective", "coded", "violence_suffered"}
"""What a question that the topics do not know may be about: not what is too easily meant otherwise."""
_ONLY_THERE = frozenset({"there", "neutral", "filler", "hedge"})
_THINGS = frozenset({"means", "place", "plan"})


class Answer(Enum):
    """What a bare answer says."""

    YES = "yes"
    """It is so."""
    THERE = "there"
    """In reach, or bought: to a question of means, of a place or a plan."""
    AGREES = "agrees"
    """As the question expects: yes, to most."""
    UNCLEAR = "unclear"
    """Neither yes nor no."""
    OPEN = "open"
    """Nothing yet: 那个, um. The question still stands."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A bare answer.

    Attributes:
        answer: what it says.
        start, end: its place in the normalised text.
        past: it tells of long ago.
    """

    answer: Answer
    start: int
    end: int
    past: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that a counselor asks about."""

    concepts: tuple[str, ...]
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Patterns:
    """One language's patterns; the data file says what each is for."""

    token: re.Pattern[str]
    back: re.Pattern[str]
    but: re.Pattern[str]
    past: re.Pattern[str]
    still: re.Pattern[str]
    question: re.Pattern[str]
    tag: re.Pattern[str]
    conditional: re.Pattern[str]
    also: re.Pattern[str]
    negated: re.Pattern[str]
    positive: re.Pattern[str]
    third: re.Pattern[str]
    recent: re.Pattern[str]
    spoken_to: re.Pattern[str]
    statement: tuple[tuple[re.Pattern[str], str], ...]
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked last.

    Attributes:
        concepts: of the sentence that a yes would be; none where it was about something else.
        expects_no: it was put so that agreeing means no.
        unsure: something else was asked after it, so that it may not be what was answered.
        third, past, recent: scope of that sentence.
    """

    concepts: tuple[str, ...]
    expects_no: bool = False
    unsure: bool = False
    third: bool = False
    past: bool = False
    recent: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """What an answer says with the question before it.

    Attributes:
        scoped: its concepts, with the answer as their place; none where nothing is said.
        doubtful: it may say so: no level, but a human should look.
        start, end: the answer's place in the normalised text.
    """

    scoped: tuple[Scoped, ...] = ()
    doubtful: bool = False
    start: int = 0
    end: int = 0


NOTHING = Meant()


@lru_cache(maxsize=4)
def _patterns(language: str) -> Patterns:
    with (LEXICON / f"asked.{language}.toml").open("rb") as file:
        data = tomllib.load(file)
    topics = tuple(Topic(tuple(one["concepts"]), re.compile(one["patterns"])) for one in data.pop("topics").values())
    statement = tuple((re.compile(old), new) for old, new in data.pop("statement"))
    token = "|".join(f"(?P<{kind}>{data.pop(kind)})" for kind in _KINDS)
    return Patterns(
        re.compile(token), **{name: re.compile(one) for name, one in data.items()}, statement=statement, topics=topics
    )


def language_of(text: str) -> str:
    """Which patterns read it."""
    return "zh" if _CJK.search(text) else "en"


def answer_of(normal: Normalised) -> Answered | None:
    """The bare answer that a text is, or begins with; None where it is none, or says no."""
    text = normal.text.rstrip()
    if not text or len(text) > LONGEST_ANSWER or text.endswith("?"):
        # A question back is no answer.
        return None
    language = language_of(text)
    patterns, stands_alone = _patterns(language), {"hum"} if language == "zh" else {"hum", "agree"}
    seen: list[str] = []
    kinds: list[str] = []
    at = start = _gap(text, 0)
    bare = start
    while at < len(text) and (found := patterns.token.match(text, at)) and found.end() > at:
        kind = str(found.lastgroup)
        seen.append(kind)
        at = _gap(text, found.end())
        if at == len(text) or kind in stands_alone or _pauses(normal, found.end(), at):
            # Only whole clauses are bare: 有 is, the beginning of 有一点难过 is not.
            bare, kinds = at, list(seen)
    answer = _said(set(kinds), text[bare:], patterns)
    if answer is None:
        return None
    past = bool(patterns.past.search(text)) and not patterns.still.search(text)
    while _GAP.fullmatch(text, bare - 1, bare):
        bare -= 1
    return Answered(answer, start, bare, past)


def _gap(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at


def _pauses(normal: Normalised, end: int, after: int) -> bool:
    """Whether a clause ends here: a sign, or in Chinese a space too, also one that the normaliser took away."""
    sign = normal.text[end:after]
    if sign.strip() or (sign and _CJK.match(normal.text, end - 1)):
        return True
    return not sign and normal.origin[end] > normal.origin[end - 1] + 1


def _said(kinds: set[str], rest: str, patterns: Patterns) -> Answer | None:
    """What pieces of these kinds say, before whatever else stands there."""
    if not kinds or "no" in kinds:
        return None
    taken_back = bool(patterns.back.search(rest)) and not patterns.but.search(rest)
    if "echo" in kinds or "there" in kinds:
        return Answer.UNCLEAR if taken_back else Answer.THERE if kinds <= _ONLY_THERE else Answer.YES
    if taken_back:
        return None
    if "hedge" in kinds:
        return Answer.UNCLEAR
    if "agree" in kinds:
        return Answer.AGREES
    if "hum" in kinds:
        # Before other words a hum is often no more than a breath.
        return Answer.UNCLEAR if rest else Answer.AGREES
    return Answer.OPEN if "filler" in kinds and not rest else None


def question_of(said: str) -> Question | None:
    """What was asked last in some lines of a counselor; None where nothing of ours was."""
    text = normalise(said[-LONGEST_QUESTION:]).text
    language = language_of(text)
    patterns = _patterns(language)
    asked: list[tuple[str, tuple[str, ...]]] = []
    for clause, is_question in _clauses(text, patterns):
        if patterns.conditional.search(clause):
            continue
        if is_question and asked and (patterns.tag.search(clause) or patterns.also.search(clause)):
            before, named = asked.pop()
            more = _concepts(clause, patterns, language)
            asked.append((f"{before} {clause}", tuple(dict.fromkeys([*named, *more]))))
        elif is_question:
            asked.append((clause, _concepts(clause, patterns, language)))
    places = [place for place, (_, about) in enumerate(asked) if about]
    if not places:
        return None
    clause, about = asked[places[-1]]
    return Question(
        about,
        expects_no=bool(patterns.negated.search(patterns.positive.sub("", clause))),
        unsure=places[-1] < len(asked) - 1,
        third=bool(patterns.third.search(clause)),
        past=bool(patterns.past.search(clause)) and not patterns.still.search(clause),
        recent=bool(patterns.recent.search(clause)),
    )


def _clauses(text: str, patterns: Patterns) -> list[tuple[str, bool]]:
    """Clauses in order, and whether each is asked; what a tag asks about is asked with it."""
    found: list[tuple[str, bool]] = []
    start = 0
    for end in [*_ENDS.finditer(text), None]:
        stop, sign = (end.start(), end.group()) if end else (len(text), "")
        clause = text[start:stop].strip()
        start = end.end() if end else stop
        if not clause:
            continue
        is_question = "?" in sign or bool(patterns.question.search(clause))
        if is_question and found and patterns.tag.search(clause):
            found[-1] = (found[-1][0], True)
        found.append((clause, is_question))
    return found


def _concepts(clause: str, patterns: Patterns, language: str) -> tuple[str, ...]:
    """Of the first topic that it names, since those are in the order of gravity; else what it would say of the writer.

    So a question in words that only the lexicon knows, a site's own too, is understood as the sentence it asks for.
    """
    for topic in patterns.topics:
        if topic.pattern.search(clause):
            return topic.concepts
    if not patterns.spoken_to.search(clause):
        return ()
    for old, new in patterns.statement:
        clause = old.sub(new, clause)
    scoped = scope.read(clause, language, concepts.find(clause, language).mentions)
    return tuple(dict.fromkeys(one.mention.concept for one in scoped if one.stands and one.mention.concept in _SAYABLE))


def meant(answered: Answered, question: Question) -> Meant:
    """What an answer says to a question."""
    start, end = answered.start, answered.end
    if answered.answer is Answer.THERE and _THINGS.isdisjoint(question.concepts):
        return NOTHING
    unclear = answered.answer is Answer.UNCLEAR or question.unsure
    if question.expects_no and answered.answer is Answer.AGREES:
        # 嗯 to "you have not thought of it, have you?" may agree with either half.
        unclear = True
    if unclear:
        return Meant(doubtful=True, start=start, end=end)
    return Meant(
        tuple(
            Scoped(
                Mention(concept, start, end),
                third=question.third and concept != "violence_suffered",
                past=question.past or answered.past,
                still=True,
                recent=question.recent,
            )
            for concept in question.concepts
        ),
        start=start,
        end=end,
    )


UNCLEAR = "asked_unclear"
"""The reason of an answer that may be a yes."""


def reason(one: Scoped) -> str:
    """What evidence of an answer is called: the concept that was asked about."""
    return "third_person" if one.third else f"asked_{one.mention.concept}"


@dataclass(slots=True)
class Exchange:
    """Questions and answers of a conversation, turn by turn: a question stands until it is answered."""

    standing: str = ""
    meant: list[Meant] = field(default_factory=list)

    def turn(self, said_before: str, normal: Normalised) -> None:
        """The resident's next message, and what the staff said before it ("" for nothing)."""
        if said_before:
            self.standing = said_before
        found = answer_of(normal) if self.standing else None
        if found is None:
            self.standing = ""
        question = question_of(self.standing) if found and found.answer is not Answer.OPEN else None
        self.meant.append(meant(found, question) if found and question else NOTHING)


def exchange(texts: Sequence[Normalised], before: Sequence[str]) -> list[Meant]:
    """What each of some messages says as an answer.

    Args:
        texts: the resident's messages, normalised, oldest first.
        before: what the staff said before each, as many.
    """
    one = Exchange()
    for normal, said in zip(texts, before, strict=True):
        one.turn(said, normal)
    return one.meant
