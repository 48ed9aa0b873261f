"""One table: the product beside what one could use instead, on data that training never saw."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage import services
from triage.core.levels import Assessment, Level
from triage.learning import background, blind_set, metrics
from triage.learning.baselines import BASELINES, Baseline
from triage.learning.corpus import Conversation, Line, calm_lines

PRODUCT = "this product"
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What one method says of some texts: levels as numbers 0 to 3, and P(level >= HIGH); shape (texts,)."""

    levels: NDArray[np.int_]
    chances: NDArray[np.float64]

    @property
    def flags(self) -> NDArray[np.bool_]:
        """Whether an alarm is raised."""
        return np.asarray(self.levels >= Level.HIGH)


Method = Callable[[Sequence[str], str], Verdicts]


def product(texts: Sequence[str], language: str) -> Verdicts:
    """The whole of it, as messages are read when people are served."""
    found = [services.assess(text) for text in texts]
    return Verdicts(np.array([int(one.level) for one in found]), np.array([one.probability for one in found]))


def methods(lines: Sequence[Line]) -> dict[str, Method]:
    """The product and every baseline, the latter trained on the training part of ``lines``."""
    found: dict[str, Method] = {PRODUCT: product}
    for kind in BASELINES:
        by_language: dict[str, Baseline] = {}
        for language in LANGUAGES:
            by_language[language] = kind()
            by_language[language].fit([line for line in lines if line.language == language and not line.is_test])
        found[kind.name] = _baseline(by_language)
    return found


def _baseline(by_language: dict[str, Baseline]) -> Method:
    def say(texts: Sequence[str], language: str) -> Verdicts:
        baseline = by_language[language]
        chances = baseline.chances(texts)
        return Verdicts(np.where(chances >= baseline.threshold, int(Level.HIGH), 0), chances)

    return say


def held_out(lines: Sequence[Line], method: Method, language: str) -> dict[str, str]:
    """Figures on the test families of one language."""
    kept = [line for line in lines if line.language == language and line.is_test]
    said = method([line.text for line in kept], language)
    crisis = np.array([line.level.is_crisis for line in kept])
    imminent = np.array([line.level is Level.IMMINENT for line in kept])
    calm = np.array(calm_lines(kept))
    return {
        "crisis found": str(metrics.rate(said.flags[crisis])),
        "imminent found": str(metrics.rate(said.flags[imminent])),
        "PPV": str(metrics.rate(crisis[said.flags])),
        "alarms, ordinary": str(metrics.rate(said.flags[calm])),
        "alarms, all below high": str(metrics.rate(said.flags[~crisis])),
        "AUROC": metrics.auroc(said.chances, crisis),
        "calibration error": f"{metrics.calibration_error(said.chances, crisis):.3f}",
    }


def blind(
    lines: Sequence[Line], ways: dict[str, Method], language: str
) -> Iterator[tuple[str, int, list[tuple[str, dict[str, str]]]]]:
    """For each hand that wrote blind lines, and for all together: whose, how many lines count, figures of every method.

    Args:
        lines: the corpus; what stands in it is not counted.
        ways: the methods.
        language: of the sets.
    """
    by_hand = [blind_set.apart(blind_set.read(language, hand), lines) for hand in blind_set.HANDS]
    kept = [line for part in by_hand for line in part]
    whose = np.repeat(blind_set.HANDS, [len(part) for part in by_hand])
    level = np.array([int(line.level) for line in kept])
    said = {name: method([line.text for line in kept], language) for name, method in ways.items()}
    parts = [(f"hand {hand}", whose == hand) for hand in blind_set.HANDS]
    for who, chosen in [*parts, ("both hands", whose > 0)]:
        rows = []
        for name, verdicts in said.items():
            some = Verdicts(verdicts.levels[chosen], verdicts.chances[chosen])
            rows.append((name, _by_level(some, level[chosen], whole=name == PRODUCT)))
        yield who, int(chosen.sum()), rows


def _by_level(said: Verdicts, level: NDArray[np.int_], *, whole: bool) -> dict[str, str]:
    """Figures by true level; ``whole`` where a method knows more than alarm or none."""
    crisis, imminent = level >= Level.HIGH, level == Level.IMMINENT
    figures = {
        "crisis found": str(metrics.rate(said.flags[crisis])),
        "imminent found": str(metrics.rate(said.flags[imminent])),
        "alarms, low": str(metrics.rate(said.flags[level == Level.LOW])),
        "alarms, moderate": str(metrics.rate(said.flags[level == Level.MODERATE])),
        "AUROC": metrics.auroc(said.chances, crisis),
    }
    if whole:
        figures["imminent said"] = str(metrics.rate(said.levels[imminent] == Level.IMMINENT))
    return figures


def breakdown(lines: Sequence[Line], by: str) -> Iterator[tuple[str, metrics.Rate]]:
    """Share of right alarms-or-not of the product on test lines, per kind or persona and language; worst first."""
    groups: dict[str, list[bool]] = {}
    for language in LANGUAGES:
        kept = [line for line in lines if line.language == language and line.is_test]
        said = product([line.text for line in kept], language)
        for line, flag in zip(kept, said.flags, strict=True):
            side = "crisis" if line.level.is_crisis else "not"
            name = f"{language} {getattr(line, by)}" + (f" ({side})" if by == "kind" else "")
            groups.setdefault(name, []).append(bool(flag) == line.level.is_crisis)
    rates = [(name, metrics.Rate(sum(right), len(right))) for name, right in groups.items()]
    yield from sorted(rates, key=lambda pair: (pair[1].value, pair[0]))


def outside(path: Path, ways: dict[str, Method], *, unseen: bool = False) -> Iterator[tuple[str, dict[str, str]]]:
    """Figures of every method on a set from elsewhere: JSON lines with text or turns, crisis or grade, lang."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if unseen:
        rows = [row for row in rows if not background.is_counted(str(row["id"]))]
    language = "en" if str(rows[0].get("lang", "zh")).startswith("en") else "zh"
    texts = [row["text"] if "text" in row else "\n".join(row["turns"]) for row in rows]
    for name, method in ways.items():
        said = method(texts, language)
        if "grade" in rows[0]:
            grades = np.array([float(row["grade"]) for row in rows])
            yield (
                name,
                {
                    "Spearman": metrics.spearman(said.chances, grades),
                    "AUROC of the top grade": metrics.auroc(said.chances, grades == grades.max()),
                },
            )
            continue
        crisis = np.array([bool(row["crisis"]) for row in rows])
        found = {"alarms, ordinary": str(metrics.rate(said.flags[~crisis]))}
        if name == PRODUCT:
            found["at imminent"] = str(metrics.rate(said.levels[~crisis] == Level.IMMINENT))
        if crisis.any():
            found["crisis found"] = str(metrics.rate(said.flags[crisis]))
        yield name, found


def conversations(rows: Sequence[Conversation]) -> dict[str, str]:
    """Figures of the product on conversations: found, how many turns after a careful reader, false alarms."""
    found, false, delays = [], [], []
    for row in rows:
        reached = _first_crisis(services.assess_turns(row.turns))
        wanted = next((turn for turn, level in enumerate(row.levels) if level.is_crisis), None)
        if wanted is None:
            false.append(reached is not None)
            continue
        found.append(reached is not None)
        if reached is not None:
            delays.append(reached - wanted)
    return {
        "conversations": str(len(found) + len(false)),
        "crisis found": str(metrics.rate(np.array(found, dtype=bool))),
        "median delay, turns": f"{float(np.median(delays)):.0f}" if delays else "–",
        "early by a turn or more": str(metrics.rate(np.array([delay < 0 for delay in delays], dtype=bool))),
        "false alarms": str(metrics.rate(np.array(false, dtype=bool))),
    }


def _first_crisis(assessments: Sequence[Assessment]) -> int | None:
    level = Level.LOW
    for turn, one in enumerate(assessments):
        level = services.follow(level, one)
        if level.is_crisis:
            return turn
    return None


def table(rows: Sequence[tuple[str, dict[str, str]]]) -> str:
    """Rows as a table in Markdown."""
    columns = list(dict.fromkeys(name for _, figures in rows for name in figures))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    lines += [f"| {name} | " + " | ".join(figures.get(one, "") for one in columns) + " |" for name, figures in rows]
    return "\n".join(lines)
