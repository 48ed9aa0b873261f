"""The conversation, not only the message: risk that gathers over turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from triage.core import asked, rules, scope, story
from triage.core import assess as one_message
from triage.core.assess import Reading
from triage.core.levels import Assessment, Evidence, Level
from triage.core.rules import Floor
from triage.core.scope import Scoped
from triage.core.scorer import Weights

TURNS_TOGETHER = story.LATEST
"""How far back a way, an intent and a goodbye still belong together."""
CONTEXT = {"zh": 120, "en": 240}
"""Characters of the latest messages that the model reads together."""
SPLIT_TURNS = 4
SHORT = 12
"""Characters up to which a message may be a piece of a split one."""


Readings = dict[str, Reading]
"""Messages of one conversation that were read already, by their text."""


def assess(texts: Sequence[str], weights: Weights | None, known: Readings | None = None) -> Assessment:
    """The assessment of the last of ``texts`` in the light of those before it.

    Args:
        texts: the resident's messages, oldest first.
        weights: the model, if there is one.
        known: readings of earlier messages, used and kept up here, so that each message is read and scored once.
    """
    known = {} if known is None else known
    newest = known.get(texts[-1]) or one_message.read(texts[-1])
    near = _near(texts, newest.language or "zh")
    readings = _read(texts[-max(TURNS_TOGETHER, near) :], {**known, texts[-1]: newest})
    known.clear()
    known.update(zip(texts[-len(readings) :], readings, strict=True))
    latest = readings[-TURNS_TOGETHER:]
    together = partial(one_message.odds_together, texts[-near:], readings[-near:])
    found = one_message.assess(newest, weights, latest[:-1], together)
    model = one_message.model_of(newest, weights)
    joined = _joined(texts[-SPLIT_TURNS:], newest)
    for floor, evidence in (_gathered(latest), _meant(latest), _goodbye(latest), joined):
        found = one_message.raised_to(found, floor, evidence, model)
    return found


def _read(texts: Sequence[str], known: Readings) -> list[Reading]:
    return [known.get(text) or one_message.read(text) for text in texts]


def floor_of(texts: Sequence[str]) -> Level:
    """What rules alone say of the last of ``texts`` in the light of those before it."""
    readings = [one_message.read(text) for text in texts[-TURNS_TOGETHER:]]
    newest = readings[-1]
    found = (_gathered(readings), _meant(readings), _goodbye(readings), _joined(texts[-SPLIT_TURNS:], newest))
    return max(newest.floor.level, *(floor.level for floor, _evidence in found))


def together(texts: Sequence[str], language: str) -> str:
    """The latest of ``texts`` as one, the newest last and whole: what the model reads of a conversation."""
    return "\n".join(texts[-_near(texts, language) :])


def _near(texts: Sequence[str], language: str) -> int:
    """How many of the latest are read together: the newest, and those before it for which there is room."""
    room = CONTEXT[language] - len(texts[-1])
    for count, text in enumerate(reversed(texts[:-1]), start=1):
        room -= len(text) + 1
        if room < 0:
            return count
    return len(texts)


def follow(standing: Level, assessment: Assessment) -> Level:
    """The conversation's level after a message: it rises by itself and never falls by itself.

    Small talk after dark words does not unsay them; a human lowers a level, with a reason.
    """
    return max(standing, assessment.level)


def _gathered(readings: Sequence[Reading]) -> tuple[Floor, list[Evidence]]:
    """What the pieces of several turns say together: a way named earlier and an intent now, or a goodbye after both.

    The newest turn must add a piece, so that early words alone do not speak again and again.
    """
    current = readings[-1]
    fresh = [one for one in current.everything if one.now_self and one.mention.concept != "time"]
    if len(readings) < 2 or not fresh:
        return rules.NONE, []
    pool: list[Scoped] = []
    owner: dict[int, tuple[Reading, int]] = {}
    for back, reading in enumerate(reversed(readings)):
        for one in reading.everything:
            # A near time belongs to the turn it was said in; places in different turns cannot be compared.
            if one.now_self and one.mention.concept != "time":
                pool.append(one)
                owner[id(one)] = (reading, back)
    floor = rules.floor_of(pool)
    evidence: list[Evidence] = []
    for one in floor.because:
        reading, back = owner[id(one)]
        evidence += one_message.spans_of(reading, [one], turn=back)
    return floor, evidence


def _meant(readings: Sequence[Reading]) -> tuple[Floor, list[Evidence]]:
    """What was laughed away earlier and stands again, since the newest turn says that it was no joke.

    It sets what the laughed-away words would have set, read turn by turn: the gravest of them, by themselves or with
    the way that the newest turn names as well.
    """
    newest = readings[-1]
    if newest.language is None or not scope.is_meant(newest.normal.text, newest.language, newest.scoped):
        return rules.NONE, []
    # A near time belongs to the turn it was said in, as above.
    added = [one for one in newest.everything if one.now_self and one.mention.concept != "time"]
    best, evidence = rules.NONE, list[Evidence]()
    for back, reading in enumerate(reversed(readings[:-1]), start=1):
        if not any(one.joked for one in reading.scoped):
            continue
        taken_up = [replace(one, framed=False, joked=False) if one.joked else one for one in reading.scoped]
        untimed = [one for one in taken_up if one.now_self and one.mention.concept != "time"]
        for floor in (rules.floor_of(taken_up), rules.floor_of([*untimed, *added])):
            if floor.level > best.level:
                now = [one for one in floor.because if any(one is other for other in added)]
                before = [one for one in floor.because if not any(one is other for other in added)]
                best = floor
                evidence = one_message.spans_of(newest, now) + one_message.spans_of(reading, before, turn=back)
    return best, evidence


def _goodbye(readings: Sequence[Reading]) -> tuple[Floor, list[Evidence]]:
    """A calm goodbye: something was handed over for good, now or in turns before, and the newest turn takes leave."""
    language = readings[-1].language
    if language is None:
        return rules.NONE, []
    for back, reading in enumerate(reversed(readings)):
        over = [one for one in reading.scoped if one.mention.concept == "farewell" and one.now_self]
        if over:
            if not scope.is_goodbye([one.normal.text for one in readings], language):
                break
            floor = Floor(Level.HIGH, "farewell", tuple(over))
            return floor, one_message.spans_of(reading, over, turn=back)
    return rules.NONE, []


def _joined(texts: Sequence[str], newest: Reading) -> tuple[Floor, list[Evidence]]:
    """What short messages say when read as one: 我 / 想 / 死."""
    pieces = list(texts)
    while pieces and any(len(piece) > SHORT for piece in pieces):
        pieces.pop(0)
    if len(pieces) < 2:
        return rules.NONE, []
    whole = "".join(pieces) if _is_chinese(pieces) else " ".join(pieces)
    floor = one_message.floor_at_end(whole, len(newest.normal.text))
    if not floor.because:
        return rules.NONE, []
    # The words are spread over messages: the newest one stands for them.
    return floor, [Evidence(0, len(texts[-1]), floor.because[0].mention.concept)]


def answered(
    found: Assessment,
    texts: Sequence[str],
    before: Sequence[str],
    weights: Weights | None,
    known: Readings | None = None,
) -> Assessment:
    """The assessment of the last of ``texts``, raised where it answers what was asked before it.

    Args:
        found: what the resident's own words say.
        texts: the resident's messages, oldest first.
        before: what the staff said before each of the latest of them, "" for nothing: read here and kept nowhere.
        weights: the model, if there is one.
        known: readings that :func:`assess` keeps up.
    """
    latest = texts[-TURNS_TOGETHER:]
    before = before[-len(latest) :]
    if not any(before):
        return found
    readings = _read(latest, known or {})
    if not (_adds(readings[-1]) or asked.answer_of(readings[-1].normal)):
        return found
    before = [*[""] * (len(latest) - len(before)), *before]
    meant = asked.exchange([reading.normal for reading in readings], before)
    newest = meant[-1]
    if newest.doubtful and not found.level.is_crisis:
        span = readings[-1].normal.span(newest.start, newest.end)
        return replace(found, doubtful=True, evidence=(Evidence(*span, asked.UNCLEAR), *found.evidence))
    floor, evidence = _with_answers(readings, meant)
    return one_message.raised_to(found, floor, evidence, one_message.model_of(readings[-1], weights))


def _adds(reading: Reading) -> bool:
    """Whether a message itself holds a piece that may go with pieces of others."""
    return any(one.now_self and one.mention.concept != "time" for one in reading.scoped)


def _with_answers(readings: Sequence[Reading], meant: Sequence[asked.Meant]) -> tuple[Floor, list[Evidence]]:
    """As :func:`_gathered`, with what answers say. The newest turn must add a piece here too."""
    current = readings[-1]
    pool: list[Scoped] = [*current.scoped]
    owner = {id(one): (current, 0, one.mention.concept) for one in pool}
    fresh = _adds(current)
    for back, (reading, said) in enumerate(zip(reversed(readings), reversed(meant), strict=True)):
        for one in said.scoped:
            if back == 0 or one.mention.concept != "time":
                pool.append(one)
                owner[id(one)] = (reading, back, asked.reason(one))
        if back:
            for one in reading.scoped:
                if one.now_self and one.mention.concept != "time":
                    pool.append(one)
                    owner[id(one)] = (reading, back, one.mention.concept)
    if not (meant[-1].scoped or (fresh and any(said.scoped for said in meant))):
        return rules.NONE, []
    floor = rules.floor_of(pool)
    evidence: dict[tuple[int, int, int], Evidence] = {}
    for one in floor.because:
        reading, back, reason = owner[id(one)]
        start, end = reading.normal.span(one.mention.start, one.mention.end)
        # An answer may name by itself what was asked about: once is enough.
        evidence.setdefault((start, end, back), Evidence(start, end, reason, back))
    return floor, list(evidence.values())


def _is_chinese(pieces: Sequence[str]) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for piece in pieces for char in piece)
