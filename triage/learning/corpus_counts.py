"""How much of what the corpus holds, as the tables of its README: counted, never written by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

from triage.core.levels import Level
from triage.learning import corpus
from triage.learning.corpus import TWINS, Conversation, Line

README = corpus.CORPUS / "README.md"
BEGIN, END = "<!-- counts: begin -->", "<!-- counts: end -->"
LANGUAGES = ("zh", "en")
_NUMBER = re.compile(r"_(\d+)\.")
_HANDS = (
    "oblique",
    "hard",
    "plain, files 4 to 7",
    "plain, files 8 and 9",
    "plain, files 10 to 13",
    "plain, files 14 to 18",
    "plain, files 19 to 27",
    "plain, files 32 to 36",
    "plain, files 37 and 38",
    "plain, file 39",
    "plain, file 40",
)
_FROM = tuple(zip((40, 39, 37, 32, 19, 14, 10, 8, 4), reversed(_HANDS), strict=False))
"""The number of the first file of each group of plain ones, the last group first."""


def hands_of(file: str) -> str:
    """Which hands wrote a file, by its name; see the README."""
    found = _NUMBER.search(file)
    number = int(found.group(1)) if found else 1
    is_told = file.startswith("conversations_")
    if number >= 10 or "_plainly_" in file or (is_told and number >= 4):
        return next(hands for first, hands in _FROM if number >= first)
    return _HANDS[1] if number == (3 if is_told else 4) else _HANDS[0]


def section() -> str:
    """The tables of the corpus in the repository, in Markdown."""
    lines, told = corpus.read_by_file(), corpus.read_conversations_by_file()
    flat = [line for some in lines.values() for line in some]
    flat_told = [one for some in told.values() for one in some]
    beside = corpus.read_twins()
    parts = [
        _whole(flat, flat_told),
        _counted("level", lines, told, lambda _file, line: line.level.code, lambda _file, one: max(one.levels).code),
        _counted("hands", lines, told, lambda file, _line: hands_of(file), lambda file, _one: hands_of(file)),
        _counted("kind", lines, told, lambda _file, line: line.kind, lambda _file, one: one.kind),
        _counted("persona", lines, told, lambda _file, line: line.persona, lambda _file, one: one.persona),
        twins(flat),
        f"With the {len(beside):,} messages of `twins/`, {sum(one.is_test for one in beside):,} of them tested:",
        twins([*flat, *beside]),
    ]
    return "\n\n".join(parts)


def replaced(text: str, counts: str) -> str:
    """A README's text with ``counts`` between its marks.

    Raises:
        ValueError: it has no such marks.
    """
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError("no marks to write between")
    return f"{before}{BEGIN}\n{counts}\n{END}{after}"


def _whole(lines: Sequence[Line], told: Sequence[Conversation]) -> str:
    calm = sum(corpus.calm_lines(lines))
    test, told_test = (sum(one.is_test for one in some) for some in (lines, told))
    families = len({line.family for line in lines})
    turns = sum(len(one.turns) for one in told)
    return (
        f"{len(lines):,} messages in {families:,} families, {calm:,} of them calm lines, {test:,} in the test part;\n"
        f"{len(told):,} conversations of {turns:,} turns, {told_test:,} in the test part. The level of a conversation\n"
        "is the gravest it comes to."
    )


def _counted(
    title: str,
    lines: Mapping[str, Sequence[Line]],
    told: Mapping[str, Sequence[Conversation]],
    of_line: Callable[[str, Line], str],
    of_told: Callable[[str, Conversation], str],
) -> str:
    counts: Counter[tuple[str, str, str]] = Counter()
    counts.update((of_line(file, line), line.language, "lines") for file, some in lines.items() for line in some)
    counts.update((of_told(file, one), one.language, "told") for file, some in told.items() for one in some)
    known = {"level": tuple(level.code for level in Level), "hands": _HANDS}
    order = known.get(title) or tuple(sorted({name for name, _, _ in counts}))
    columns = list(product(("lines", "told"), LANGUAGES))
    names = [f"{'messages' if what == 'lines' else 'conversations'}, {language}" for what, language in columns]
    rows = [(one, [counts[one, language, what] for what, language in columns]) for one in order]
    if title in known:
        rows.append(("all", [sum(column) for column in zip(*(row for _, row in rows), strict=True)]))
    return _table(title, names, rows)


def twins(lines: Iterable[Line]) -> str:
    """How many families with a line of risk hold a harmless twin, by its kind."""
    families: dict[str, list[Line]] = {}
    for line in lines:
        families.setdefault(line.family, []).append(line)
    risky = [some for some in families.values() if any(line.level.is_crisis for line in some)]
    of = {language: [some for some in risky if some[0].language == language] for language in LANGUAGES}
    sides: tuple[Callable[[Line], bool], ...] = (
        lambda line: line.level is Level.LOW,
        lambda line: not line.level.is_crisis,
    )

    def share(kinds: frozenset[str]) -> list[int]:
        return [
            sum(any(keeps(line) and line.kind in kinds for line in some) for some in of[language])
            for keeps, language in product(sides, LANGUAGES)
        ]

    every = [
        sum(set(TWINS) <= {line.kind for line in some if keeps(line)} for some in of[language])
        for keeps, language in product(sides, LANGUAGES)
    ]
    others = sorted(corpus.KINDS - set(TWINS))
    rows = [
        ("any kind", share(corpus.KINDS)),
        *((kind, share(frozenset({kind}))) for kind in TWINS),
        ("all these five", every),
        *((kind, counts) for kind in others if any(counts := share(frozenset({kind})))),
    ]
    names = [f"{name}, {language}" for name, language in product(("low", "below high"), LANGUAGES)]
    told = " and ".join(f"{len(of[language]):,} {language}" for language in LANGUAGES)
    return f"Of the families with a line of high level or above ({told}), so many hold a twin:\n\n" + _table(
        "twin of the kind", names, rows
    )


def _table(title: str, names: Sequence[str], rows: Iterable[tuple[str, Sequence[int]]]) -> str:
    lines = [f"| {title} | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    return "\n".join([*lines, *(f"| {name} | " + " | ".join(f"{n:,}" for n in row) + " |" for name, row in rows)])
