"""Sets, what is true of them, and what every method says: figures with intervals, of a whole set or a part of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.core.levels import Level
from triage.learning import attacks, background, blind_set, metrics
from triage.learning.corpus import TWINS, Conversation, Line, calm_lines
from triage.learning.corpus_counts import hands_of
from triage.learning.methods import PRODUCT, Method, Verdicts

Figures = dict[str, str]
"""Column -> figure, with its interval."""
TRADITIONAL_FILES = ("zh_hant", "zh_dialect")
"""How the names of files begin that hold traditional characters, Cantonese and other dialects."""
LINES_AT, CONVERSATIONS_AT = 0.02, 0.03
"""The shares of false alarms that were asked, at which ways to read are compared besides."""
TRADITIONAL, OTHER = "traditional, Cantonese and dialects", "other lines"


@dataclass(frozen=True, slots=True)
class Sample:
    """Messages of one language that were read by every method. Arrays hold one entry for each message.

    Attributes:
        title: what the set is called.
        columns: what is told of this kind of set.
        level: the true levels, as numbers.
        calm: which are what a line receives all night (corpus.calm_lines).
        kind: of the corpus' README; likewise ``persona`` and ``family``.
        hands: who wrote each (corpus_counts.hands_of), "" where that is not known.
        script: TRADITIONAL or OTHER.
        said: by each method.
    """

    title: str
    columns: Callable[[Sample, str], Figures]
    level: NDArray[np.int_]
    calm: NDArray[np.bool_]
    kind: NDArray[np.str_]
    persona: NDArray[np.str_]
    family: NDArray[np.str_]
    hands: NDArray[np.str_]
    script: NDArray[np.str_]
    said: Mapping[str, Verdicts]

    @property
    def crisis(self) -> NDArray[np.bool_]:
        """Which are of high level or above."""
        return np.asarray(self.level >= Level.HIGH)

    def groups(self, by: str) -> Sequence[str]:
        """To which kind, persona, hands or script each message belongs."""
        return [str(one) for one in getattr(self, by)]

    def flags(self, name: str) -> NDArray[np.bool_]:
        """Where a method raises an alarm."""
        return self.said[name].flags

    def part(self, title: str, chosen: NDArray[np.bool_]) -> Sample:
        """Some of the messages."""
        said = {name: verdicts.part(chosen) for name, verdicts in self.said.items()}
        return replace(
            self,
            title=title,
            level=self.level[chosen],
            calm=self.calm[chosen],
            kind=self.kind[chosen],
            persona=self.persona[chosen],
            family=self.family[chosen],
            hands=self.hands[chosen],
            script=self.script[chosen],
            said=said,
        )

    def common(self, name: str) -> Figures:
        """What is told of every set."""
        said, crisis = self.said[name], self.crisis
        return {
            "crisis found": str(metrics.rate(said.flags[crisis])),
            "imminent found": str(metrics.rate(said.flags[self.level == Level.IMMINENT])),
            "PPV": str(metrics.rate(crisis[said.flags])),
            "alarms, all below high": str(metrics.rate(said.flags[~crisis])),
            "AUROC": metrics.auroc(said.chances, crisis),
            "calibration error": metrics.calibration(said.chances, crisis),
        }


def _sample(
    title: str,
    columns: Callable[[Sample, str], Figures],
    lines: Sequence[Line],
    said: Mapping[str, Verdicts],
    files: Mapping[str, str] | None = None,
) -> Sample:
    names = [(files or {}).get(line.text, "") for line in lines]
    return Sample(
        title,
        columns,
        np.array([int(line.level) for line in lines]),
        np.array(calm_lines(lines)),
        np.array([line.kind for line in lines]),
        np.array([line.persona for line in lines]),
        np.array([line.family for line in lines]),
        np.array([hands_of(name) if name else "" for name in names]),
        np.array([TRADITIONAL if name.startswith(TRADITIONAL_FILES) else OTHER for name in names]),
        said,
    )


def _said(lines: Sequence[Line], ways: Mapping[str, Method]) -> dict[str, Verdicts]:
    return {name: way.read([line.text for line in lines], lines[0].language) for name, way in ways.items()}


def held_out(lines: Sequence[Line], ways: Mapping[str, Method], language: str, files: Mapping[str, str]) -> Sample:
    """The test families of one language.

    Args:
        lines: the corpus.
        ways: the methods.
        language: of the families.
        files: by its text, in which file a line stands.
    """
    kept = [line for line in lines if line.language == language and line.is_test]
    return _sample(f"Test families, {language}", _of_families, kept, _said(kept, ways), files)


def with_twins(lines: Sequence[Line], twins: Sequence[Line], ways: Mapping[str, Method], language: str) -> Sample:
    """The test families of one language of which ``twins`` hold lines, with these.

    Raises:
        ValueError: there are none.
    """
    families = {line.family for line in twins}
    kept = [line for line in [*lines, *twins] if line.language == language and line.is_test and line.family in families]
    if not kept:
        raise ValueError("no test family has twins")
    return _sample(f"Test families with their twins, {language}", _of_families, kept, _said(kept, ways))


def _of_families(sample: Sample, name: str) -> Figures:
    said, figures = sample.said[name], sample.common(name)
    ordinary = {
        "alarms, ordinary": str(metrics.rate(said.flags[sample.calm])),
        "found at .02 of them": str(metrics.found_at(said.chances, sample.crisis, sample.calm, LINES_AT)),
    }
    return {
        **{column: figures[column] for column in ("crisis found", "imminent found", "PPV")},
        **ordinary,
        **{column: figures[column] for column in ("alarms, all below high", "AUROC", "calibration error")},
        **_imminent_said(sample, name),
    }


def _imminent_said(sample: Sample, name: str) -> Figures:
    """Of the imminent ones, those that are called so; other ways know alarm or none."""
    if name != PRODUCT:
        return {}
    levels = sample.said[name].levels[sample.level == Level.IMMINENT]
    return {"imminent said": str(metrics.rate(levels == Level.IMMINENT))}


def blind(lines: Sequence[Line], ways: Mapping[str, Method], language: str) -> list[Sample]:
    """The blind lines of each hand, the probes, words turned round, posts, later hands', and both first together.

    Args:
        lines: the corpus; what stands in it is not counted.
        ways: the methods.
        language: of the sets.
    """
    by_hand = [blind_set.apart(blind_set.read(language, hand), lines) for hand in blind_set.HANDS]
    probes = blind_set.apart(blind_set.read(language, blind_set.PROBES), lines)
    turned = blind_set.apart(blind_set.read(language, blind_set.TURNED), lines)
    posts = blind_set.apart(blind_set.read(language, blind_set.POSTS), lines)
    later = {hand: blind_set.apart(blind_set.read(language, hand), lines) for hand in blind_set.LATER}
    whose = np.repeat(blind_set.HANDS, [len(part) for part in by_hand])
    title = f"Blind set, {language}"
    lines = [line for part in by_hand for line in part]
    whole = _sample(title, _of_blind, lines, _said(lines, ways))
    parts = [whole.part(f"{title}, hand {hand}", whose == hand) for hand in blind_set.HANDS]
    sideways = _sample(f"Probes, {language}", _of_blind, probes, _said(probes, ways))
    words = _sample(f"Words turned round, {language}", _of_blind, turned, _said(turned, ways))
    told = _sample(f"Posts, {language}", _of_blind, posts, _said(posts, ways))
    last = [_sample(f"{title}, hand {hand}", _of_blind, some, _said(some, ways)) for hand, some in later.items()]
    return [*parts, sideways, words, told, *last, replace(whole, title=f"{title}, both hands")]


def _of_blind(sample: Sample, name: str) -> Figures:
    said, figures = sample.said[name], sample.common(name)
    low = sample.level == Level.LOW
    return {
        **{column: figures[column] for column in ("crisis found", "imminent found", "PPV")},
        "alarms, low": str(metrics.rate(said.flags[low])),
        "found at .02 of them": str(metrics.found_at(said.chances, sample.crisis, low, LINES_AT)),
        "alarms, moderate": str(metrics.rate(said.flags[sample.level == Level.MODERATE])),
        **{column: figures[column] for column in ("AUROC", "calibration error")},
        **_imminent_said(sample, name),
    }


def attacked(ways: Mapping[str, Method], language: str) -> Sample:
    """Sentences of danger that were written against the silencers of the rules; nothing harmless stands beside them."""
    lines = [
        Line(f"attack-{number}", language, one.level, "flipped", "other", one.text)
        for number, one in enumerate(attacks.read(language))
    ]
    return _sample(f"Sentences against silencers, {language}", _of_attacks, lines, _said(lines, ways))


def _of_attacks(sample: Sample, name: str) -> Figures:
    figures = sample.common(name)
    return {column: figures[column] for column in ("crisis found", "imminent found")}


def outside(path: Path, ways: Mapping[str, Method], *, unseen: bool = False) -> Sample:
    """A set from elsewhere: JSON lines with text or turns, crisis or grade, lang. The top grade counts as a crisis.

    Where rows hold several turns, they are followed as conversations: level and chance are the greatest after any turn.

    Args:
        path: of the set.
        ways: the methods.
        unseen: whether only the half counts of which nothing was counted for training (background.is_counted).
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if unseen:
        rows = [row for row in rows if not background.is_counted(str(row["id"]))]
    language = "en" if str(rows[0].get("lang", "zh")).startswith("en") else "zh"
    graded = "grade" in rows[0]
    top = max(row["grade"] for row in rows) if graded else 0
    lines = []
    for row in rows:
        level = _graded(row["grade"], top) if graded else Level.HIGH if row["crisis"] else Level.LOW
        lines.append(Line(str(row["id"]), language, level, "ordinary", "other", ""))
    turns = [row["turns"] if "turns" in row else [row["text"]] for row in rows]
    said = {name: _followed(turns, way, language) for name, way in ways.items()}
    title = f"{path.stem}{' (the half of which nothing was counted)' if unseen else ''}"
    return _sample(title, _of_grades if graded else _of_outside, lines, said)


def _followed(told: Sequence[Sequence[str]], way: Method, language: str) -> Verdicts:
    """What a method says of each of these, of several turns the greatest."""
    if all(len(turns) == 1 for turns in told):
        return way.read([turns[0] for turns in told], language)
    found = [way.follow(turns, language) for turns in told]
    return Verdicts(np.array([one.levels.max() for one in found]), np.array([one.chances.max() for one in found]))


def _graded(grade: int, top: int) -> Level:
    return Level.HIGH if grade == top else Level.MODERATE if grade else Level.LOW


def _of_outside(sample: Sample, name: str) -> Figures:
    said, figures = sample.said[name], sample.common(name)
    told = {"alarms, ordinary": figures["alarms, all below high"]}
    if name == PRODUCT:
        told["at imminent"] = str(metrics.rate(said.levels[~sample.crisis] == Level.IMMINENT))
    if sample.crisis.any():
        # Where nothing is a crisis, nothing can be found, and each alarm is wrong.
        told |= {column: figures[column] for column in ("crisis found", "PPV", "AUROC")}
    return {**told, "calibration error": figures["calibration error"]}


def _of_grades(sample: Sample, name: str) -> Figures:
    said, figures = sample.said[name], sample.common(name)
    beside = {}
    if name != PRODUCT:
        gap = metrics.auroc_gap(sample.said[PRODUCT].chances, said.chances, sample.crisis)
        beside = {"the product's AUROC less this one's": gap}
    return {
        "Spearman": metrics.spearman(said.chances, sample.level.astype(float)),
        "AUROC of the top grade": figures["AUROC"],
        **beside,
        "top grade found": figures["crisis found"],
        "PPV": figures["PPV"],
        "alarms, lower grades": figures["alarms, all below high"],
        "calibration error": figures["calibration error"],
    }


def breakdown(samples: Sequence[tuple[str, Sample]], by: str) -> list[tuple[str, metrics.Rate]]:
    """Share of right alarms-or-not of the product, per kind or persona and language; worst first.

    Args:
        samples: the test families, by language.
        by: "kind", told by in a crisis or not, or "persona".
    """
    return _worst_first(
        (f"{language} {group}" + (f" ({'crisis' if crisis else 'not'})" if by == "kind" else ""), bool(flag == crisis))
        for language, sample in samples
        for group, crisis, flag in zip(getattr(sample, by), sample.crisis, sample.said[PRODUCT].flags, strict=True)
    )


def found_by(samples: Sequence[tuple[str, Sample | Told]], by: str) -> list[tuple[str, metrics.Rate]]:
    """Of those in a crisis, the share that the product found, per kind or persona and language; worst first."""
    return _worst_first(
        (f"{language} {group}", bool(flag))
        for language, sample in samples
        for group, crisis, flag in zip(sample.groups(by), sample.crisis, sample.flags(PRODUCT), strict=True)
        if crisis
    )


def apart(sample: Sample) -> list[tuple[str, Figures]]:
    """How well each method tells a line of danger from its harmless twins: pairs within a family, by kind of twin.

    A pair is a line in a crisis and one below it, of the same family and of one of corpus.TWINS. It is ranked
    rightly where the line in a crisis has the greater chance (a tie is none), and told apart where there is an alarm at
    it and none at its twin.
    """
    members: dict[str, list[int]] = {}
    for place, family in enumerate(sample.family):
        members.setdefault(str(family), []).append(place)
    crisis = sample.crisis
    rows: list[tuple[str, Figures]] = []
    for kind in TWINS:
        pairs = [
            (grave, twin)
            for places in members.values()
            for twin in places
            if sample.kind[twin] == kind and not crisis[twin]
            for grave in places
            if crisis[grave]
        ]
        graves, twins = np.array(pairs, dtype=int).reshape(-1, 2).T
        for name, said in sample.said.items():
            figures = {
                "pairs": str(len(pairs)),
                "ranked rightly": str(metrics.rate(said.chances[graves] > said.chances[twins])),
                "told apart": str(metrics.rate(said.flags[graves] & ~said.flags[twins])),
                "alarms at the twins": str(metrics.rate(said.flags[np.unique(twins)])),
            }
            rows.append((f"{kind}, {name}", figures))
    return rows


def _worst_first(rights: Iterable[tuple[str, bool]]) -> list[tuple[str, metrics.Rate]]:
    groups: dict[str, list[bool]] = {}
    for name, right in rights:
        groups.setdefault(name, []).append(right)
    rates = [(name, metrics.Rate(sum(some), len(some))) for name, some in groups.items()]
    return sorted(rates, key=lambda pair: (pair[1].value, pair[0]))


@dataclass(frozen=True, slots=True)
class Told:
    """Conversations of one language that every method followed.

    Attributes:
        title: what the set is called.
        rows: the conversations.
        said: by each method, of each conversation what it says after each turn.
    """

    title: str
    rows: Sequence[Conversation]
    said: Mapping[str, Sequence[Verdicts]]

    def groups(self, by: str) -> Sequence[str]:
        """To which kind or persona each conversation belongs."""
        return [getattr(row, by) for row in self.rows]

    @property
    def crisis(self) -> NDArray[np.bool_]:
        """Which come to high level or above."""
        return np.array([max(row.levels) >= Level.HIGH for row in self.rows], dtype=bool)

    @property
    def low(self) -> NDArray[np.bool_]:
        """Which never rise above low."""
        return np.array([max(row.levels) == Level.LOW for row in self.rows], dtype=bool)

    def flags(self, name: str) -> NDArray[np.bool_]:
        """In which a method raises an alarm after any turn."""
        return np.array([one.flags.any() for one in self.said[name]], dtype=bool)

    def part(self, title: str, chosen: Sequence[bool]) -> Told:
        """Some of the conversations."""
        said = {name: list(compress(found, chosen)) for name, found in self.said.items()}
        return Told(title, list(compress(self.rows, chosen)), said)

    def columns(self, name: str) -> Figures:
        """Found, how many turns after a careful reader, false alarms; the chance is the greatest after any turn."""
        reached = [_first(one.flags) for one in self.said[name]]
        wanted = [_first(np.array(row.levels) >= Level.HIGH) for row in self.rows]
        crisis, flags = self.crisis, self.flags(name)
        chances = np.array([one.chances.max() for one in self.said[name]])
        delays = [a - b for a, b in zip(reached, wanted, strict=True) if a is not None and b is not None]
        return {
            "conversations": str(len(self.rows)),
            "crisis found": str(metrics.rate(flags[crisis])),
            "median delay, turns": f"{float(np.median(delays)):g}" if delays else "–",
            "early by a turn or more": str(metrics.rate(np.array([delay < 0 for delay in delays], dtype=bool))),
            "PPV": str(metrics.rate(crisis[flags])),
            "false alarms": str(metrics.rate(flags[~crisis])),
            "of low ones alone": str(metrics.rate(flags[self.low])),
            "found at .03": str(metrics.found_at(chances, crisis, ~crisis, CONVERSATIONS_AT)),
            "AUROC": metrics.auroc(chances, crisis),
            "calibration error": metrics.calibration(chances, crisis),
        }

    def common(self, name: str) -> Figures:
        """As of messages."""
        figures = self.columns(name)
        return {
            **{column: figures[column] for column in ("crisis found", "PPV")},
            "alarms, all below high": figures["false alarms"],
            **{column: figures[column] for column in ("AUROC", "calibration error")},
        }


def conversations(title: str, rows: Sequence[Conversation], ways: Mapping[str, Method]) -> Told:
    """What every method makes of conversations, turn by turn."""
    return Told(
        title, rows, {name: [way.follow(row.turns, row.language) for row in rows] for name, way in ways.items()}
    )


def _first(flags: NDArray[np.bool_]) -> int | None:
    """The first turn with an alarm: a level never falls by itself."""
    return int(np.argmax(flags)) if flags.any() else None
