"""The one visible place where rules and model meet: the model may raise a level, it never lowers a rule's floor."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from triage.core import alike, concepts, mixed, pieces, rules, scope, story
from triage.core.concepts import Found
from triage.core.features import features, plain
from triage.core.language import read_language
from triage.core.levels import Assessment, Evidence, Level
from triage.core.normalise import Normalised, normalise
from triage.core.parts import Part, part_of
from triage.core.parts import scores as part_scores
from triage.core.rules import Floor
from triage.core.scope import Scoped
from triage.core.scorer import LanguageModel, Weights, probabilities

RULES_VERSION = "rules-13"
FLOOR_PROBABILITY = {Level.LOW: 0.0, Level.MODERATE: 0.1, Level.HIGH: 0.4, Level.IMMINENT: 0.6}
"""Least P(level >= HIGH) that goes with a floor. A floor is not a measurement: these are set, and said to be set."""
WINDOW = {"zh": 90, "en": 240}
"""Characters read at once; of a longer text the gravest window counts, since danger is often one sentence of many."""
LOOKS = 1.2
"""How far the odds of the gravest of n windows are lowered (as logarithms, times ln n): of many one looks graver than
it is. The more, the fewer long texts in danger are found at like alarms, and the better posts of real people are ranked
(docs/triage-history.md): this lies between."""
MOST_EVIDENCE = 8
Odds = tuple[float, ...]
"""For each level the logarithm of its odds, by the model."""
Places = tuple[tuple[int, int], ...]
"""For each level where the window is that is likeliest it: which a long text's odds of that level are of."""
_TIMES = frozenset({"time", "protective"})
_END = re.compile(r"[。！？!?\n；;]|\.\s|[,，、]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One message, read: what later turns build on.

    Attributes:
        scoped: the concepts found in its language, with their scope: what the model sees.
        found: what was found of concepts.
        aside: concepts that the model does not see: of a language that is not the text's, in the other script or in no
            language; and of words that are spelt as others.
        looked: what a model made of it, once it was asked: the model, the odds, and of which windows they are.
        parts: what it adds to the texts that it is a part of, once it was asked; by model and language.
    """

    normal: Normalised
    language: str | None
    scoped: list[Scoped]
    found: Found = concepts.NOTHING
    aside: tuple[Scoped, ...] = ()
    looked: list[tuple[LanguageModel, Odds, Places]] = field(default_factory=list, compare=False, repr=False)
    parts: list[Part] = field(default_factory=list, compare=False, repr=False)

    @property
    def floor(self) -> Floor:
        """The floor that the message sets by itself."""
        return rules.floor_of(self.everything)

    @property
    def everything(self) -> list[Scoped]:
        """All concepts found, in whatever language."""
        return [*self.scoped, *self.aside] if self.aside else self.scoped


def read(text: str) -> Reading:
    """Normalise ``text`` and find its concepts with their scope."""
    normal = normalise(text)
    language = read_language(normal.text)
    aside = (*mixed.read(normal.text, language), *alike.read(normal.text, language))
    if language is None:
        return Reading(normal, None, [], aside=aside)
    found = concepts.find(normal.text, language)
    return Reading(normal, language, scope.read(normal.text, language, found.mentions), found, aside)


def floor_at_end(text: str, last: int) -> Floor:
    """The floor that ``text`` sets, if it rests on words that reach into its ``last`` characters, normalised."""
    reading = read(text)
    begins = len(reading.normal.text) - last
    if not any(one.mention.end > begins for one in reading.everything):
        return rules.NONE
    floor = reading.floor
    return floor if any(one.mention.end > begins for one in floor.because) else rules.NONE


def assess(
    reading: Reading,
    weights: Weights | None,
    earlier: Sequence[Reading] = (),
    together: Callable[[LanguageModel, str], Odds | None] = lambda _model, _language: None,
) -> Assessment:
    """What rules and model make of one message.

    Args:
        reading: the message.
        weights: the model, if there is one.
        earlier: the messages before it, oldest first.
        together: the odds of the message and those before it, read as one text in this language; None when it is
            written in another. Without them the message stands alone.

    Without weights, or in no language that can be read, the rules speak alone and the message counts as not scored,
    unless a rule has found a crisis.
    """
    floor = reading.floor
    evidence = _evidence(reading, floor)
    model = model_of(reading, weights)
    if reading.language is None or model is None:
        level = max(floor.level, Level.MODERATE)
        chance = max(0.5, _floor_chance(floor, model))
        return Assessment(level, chance, evidence, version_of(weights), scored=floor.level.is_crisis)
    odds, places = _look(reading, model)
    before = [one for one in earlier if one.language == reading.language]
    whole = together(model, reading.language) if before else None
    if whole is None:
        chances = probabilities(odds)
        level = model_level(chances, model.thresholds)
    else:
        alone = [_look(one, model)[0] for one in before]
        chances = model.of_conversation(story.figures([*alone, odds], whole))
        level = model_level(chances, model.later)
    if level > floor.level:
        evidence = (*_model_evidence(reading, places, model, level), *evidence)[:MOST_EVIDENCE]
        evidence = evidence or _earlier_evidence(earlier)
    joined = max(level, floor.level)
    doubtful = not joined.is_crisis and chances[1] >= model.doubt
    if doubtful and not evidence:
        evidence = _model_evidence(reading, places, model, Level.HIGH)
    return Assessment(
        level=joined,
        probability=max(chances[1], _floor_chance(floor, model)),
        evidence=evidence if joined > Level.LOW or doubtful else (),
        model_version=version_of(weights),
        doubtful=doubtful,
    )


def model_of(reading: Reading, weights: Weights | None) -> LanguageModel | None:
    """The model that reads this message's language."""
    return weights.languages.get(reading.language) if weights and reading.language else None


def _floor_chance(floor: Floor, model: LanguageModel | None) -> float:
    """Least P(level >= HIGH) that goes with a floor: never below what the model itself would call an alarm."""
    least = FLOOR_PROBABILITY[floor.level]
    return max(least, model.thresholds[1], model.later[1]) if model and floor.level.is_crisis else least


def raised_to(
    assessment: Assessment, floor: Floor, evidence: Sequence[Evidence], model: LanguageModel | None
) -> Assessment:
    """The assessment with a floor that earlier turns add, and the words it rests on; ``model`` as in :func:`assess`."""
    if floor.level <= assessment.level:
        return assessment
    merged = tuple(dict.fromkeys([*evidence, *assessment.evidence]))[:MOST_EVIDENCE]
    return replace(
        assessment,
        level=floor.level,
        probability=max(assessment.probability, _floor_chance(floor, model)),
        evidence=merged,
        doubtful=assessment.doubtful and not floor.level.is_crisis,
    )


def model_level(chances: Sequence[float], thresholds: Sequence[float]) -> Level:
    """The level the model says: the highest head that passes."""
    passed = (chance >= threshold for chance, threshold in zip(chances, thresholds, strict=True))
    return max((Level(head) for head, passes in enumerate(passed, start=1) if passes), default=Level.LOW)


def version_of(weights: Weights | None) -> str:
    """Rules and weights that spoke."""
    return f"{RULES_VERSION}+{weights.version if weights else 'none'}"


def spans_of(reading: Reading, scoped: Sequence[Scoped], *, turn: int = 0) -> list[Evidence]:
    """Mentions as evidence in the original text."""
    found = []
    for one in scoped:
        start, end = reading.normal.span(one.mention.start, one.mention.end)
        found.append(Evidence(start, end, _reason(one), turn))
    return found


def _reason(one: Scoped) -> str:
    told_of = one.third and one.mention.concept in rules.ACTS | {"underway"}
    return "third_person" if told_of else one.mention.concept


def _evidence(reading: Reading, floor: Floor) -> tuple[Evidence, ...]:
    """The words that the floor rests on first, then whatever else stands."""
    if not reading.everything:
        return ()
    others = [one for one in reading.everything if one.stands and one.mention.concept not in _TIMES]
    ordered = list(dict.fromkeys([*floor.because, *others]))
    return tuple(_outermost(spans_of(reading, ordered)))[:MOST_EVIDENCE]


def _outermost(spans: list[Evidence]) -> list[Evidence]:
    """Without those that lie inside an earlier one."""
    kept: list[Evidence] = []
    for span in spans:
        if not any(other.start <= span.start and span.end <= other.end for other in kept):
            kept.append(span)
    return kept


def _model_evidence(reading: Reading, places: Places, model: LanguageModel, level: Level) -> tuple[Evidence, ...]:
    """The heaviest pieces of what the level's model summed up; all of it where the message holds none that speak.

    Of a bare answer nothing: that somebody said 好 tells nobody why a level rose.
    """
    begin, end = places[level - 1]
    language = reading.language or "zh"
    heaviest = pieces.heaviest(reading.normal.text[begin:end], language, model, level - 1)
    spans = [reading.normal.span(begin + start, begin + stop) for start, stop in heaviest]
    if not spans and not pieces.is_answer(reading.normal.text):
        spans = [reading.normal.span(begin, end)]
    return tuple(Evidence(*span, "model") for span in spans)


def _earlier_evidence(earlier: Sequence[Reading]) -> tuple[Evidence, ...]:
    """The words of the latest message before that a rule rests on: what a bare answer stands beside."""
    for back, reading in enumerate(reversed(earlier), start=1):
        because = reading.floor.because
        if because:
            return tuple(_outermost(spans_of(reading, because, turn=back)))[:MOST_EVIDENCE]
    return ()


def odds_together(
    texts: Sequence[str], readings: Sequence[Reading], model: LanguageModel, language: str
) -> Odds | None:
    """The odds of some messages read as one text; None when that is not written in ``language``.

    Args:
        texts: the messages as they were written, the newest last.
        readings: of each.
        model: of the language.
        language: the language.
    """
    text = "\n".join(reading.normal.text for reading in readings)
    whole: Reading | None = None
    if len(readings) == 1:
        whole = readings[0]
    elif len(text) > _alone(language) or not all(_stays_itself(reading.normal.text) for reading in readings):
        whole = read("\n".join(texts))
    if (whole.language if whole else read_language(text)) != language:
        return None
    if whole:
        return _look(whole, model)[0]
    parts = [_part(reading, model, language) for reading in readings]
    begins = accumulate((len(reading.normal.text) + 1 for reading in readings), initial=0)
    mentions = concepts.find_together(text, language, zip(begins, (part.found for part in parts), strict=False))
    return model.odds(part_scores(plain(text), parts, scope.read(text, language, mentions)))


def _stays_itself(text: str) -> bool:
    """Whether a normalised text is the same among others: ends of lines would run together, a sigma knows its place."""
    return bool(text) and text[0] != "\n" and text[-1] != "\n" and "σ" not in text and "ς" not in text


def _part(reading: Reading, model: LanguageModel, language: str) -> Part:
    """A reading as a part of others; it remembers the latest two."""
    for part in reading.parts:
        if part.model is model and part.language == language:
            return part
    text = reading.normal.text
    found = reading.found if reading.language == language else concepts.find(text, language)
    part = part_of(plain(text), language, model, found)
    reading.parts[:] = [part, *reading.parts[:1]]
    return part


def _look(reading: Reading, model: LanguageModel) -> tuple[Odds, Places]:
    """The odds of a message, and of which windows they are; a reading remembers them."""
    if reading.looked and reading.looked[0][0] is model:
        return reading.looked[0][1:]
    language = reading.language or "zh"
    text = reading.normal.text
    looks = windows(text, WINDOW[language])
    if len(looks) == 1:
        odds = model.odds(part_scores(plain(text), [_part(reading, model, language)], reading.scoped))
        places = (looks[0],) * len(odds)
    else:
        found = []
        for start, end in looks:
            inside = [one for one in reading.scoped if start <= one.mention.start < end]
            found.append(model.odds(model.scores(features(text[start:end], language, inside))))
        less = LOOKS * math.log(len(looks))
        gravest = [max(each) for each in zip(*found, strict=True)]
        odds = tuple(one - less for one in gravest)
        places = tuple(looks[each.index(one)] for each, one in zip(zip(*found, strict=True), gravest, strict=True))
    reading.looked[:] = [(model, odds, places)]
    return odds, places


def _alone(language: str) -> int:
    """Characters up to which a text is read at once."""
    return WINDOW[language] * 3 // 2


def windows(text: str, size: int) -> list[tuple[int, int]]:
    """Stretches of about ``size`` characters, cut behind a sentence's end where there is one."""
    if len(text) <= size * 3 // 2:
        return [(0, len(text))]
    cuts = [found.end() for found in _END.finditer(text)]
    found, start, last = [], 0, 0
    for cut in [*cuts, len(text)]:
        if cut - start > size and last > start:
            found.append((start, last))
            start = last
        while cut - start > size * 3 // 2:
            found.append((start, start + size))
            start += size
        last = cut
    if start < len(text):
        found.append((start, len(text)))
    return found
