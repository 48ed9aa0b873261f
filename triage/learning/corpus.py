"""The labelled lines and conversations: read, checked, and split by family.

The format is told in ``corpus/README.md``. A family holds all variants of one situation; it falls as a whole into the
part that trains or the part that tests, so that no test line has a twin the model was taught.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.core.levels import Level

CORPUS = Path(__file__).with_name("corpus")
BESIDE = CORPUS / "twins"
"""Lines that stand in families of the corpus, for measuring: no model learns from them."""
COLUMNS = ["family", "level", "kind", "persona", "text"]
KINDS = frozenset(
    "ordinary practical greeting relief idiom quoted professional negated flipped third_person past passive hopeless "
    "burden ideation plan method means timing farewell attempt self_harm violence_suffered violence_intended underway "
    "coded".split()
)
CALM_KINDS = frozenset({"ordinary", "practical", "greeting", "relief"})
TWINS = ("negated", "third_person", "quoted", "idiom", "past")
"""The harmless twins that a line of danger is read beside."""
PERSONAS = frozenset(
    "student teen worker migrant elderly isolated mother parent partner carer community lgbt other".split()
)
TEST_SHARE = 5
"""One family in this many is kept for testing."""


class BadCorpus(ValueError):
    """A corpus file that breaks the format; the message names file and line, never the words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled message. ``language`` is "zh" or "en"; ``kind`` and ``persona`` are those of the README."""

    family: str
    language: str
    level: Level
    kind: str
    persona: str
    text: str

    @property
    def is_test(self) -> bool:
        """Whether training must never see this line."""
        return in_test(self.family)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A resident's turns with the level a careful reader gives after each."""

    family: str
    language: str
    kind: str
    persona: str
    turns: tuple[str, ...]
    levels: tuple[Level, ...]

    @property
    def is_test(self) -> bool:
        """Whether training must never see this conversation."""
        return in_test(self.family)


def in_test(family: str) -> bool:
    """Whether a family is kept for testing: by a hash of its name, so that new lines move no old ones."""
    return _number(family, 0) % TEST_SHARE == 0


def fold_of(family: str, folds: int) -> int:
    """The fold in which a family is: by another part of the same hash, so that new lines move no old ones."""
    return _number(family, 1) % folds


def place_of(family: str) -> float:
    """Where a family stands when all are laid in a row from 0 to 1: by a third part of the same hash."""
    return _number(family, 2) / 2**32


def _number(family: str, part: int) -> int:
    return int.from_bytes(hashlib.sha256(family.encode()).digest()[4 * part : 4 * part + 4], "big")


def read_lines(folder: Path = CORPUS) -> list[Line]:
    """All labelled messages, file by file.

    Raises:
        BadCorpus: an unknown level, kind or persona, a missing column, or a text that stands twice.
    """
    return [line for lines in read_by_file(folder).values() for line in lines]


def read_twins() -> list[Line]:
    """The lines of BESIDE: of one line of danger a family, harmless twins of TWINS, and danger in disguise.

    Raises:
        BadCorpus: see :func:`read_lines`.
    """
    return read_lines(BESIDE)


def read_by_file(folder: Path = CORPUS) -> dict[str, list[Line]]:
    """All labelled messages, by the name of their file.

    Raises:
        BadCorpus: see :func:`read_lines`.
    """
    found: dict[str, list[Line]] = {}
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.tsv")):
        language = path.name.partition("_")[0]
        found[path.name] = []
        for place, row in rows(path, COLUMNS):
            line = _line(row, language, place)
            if line.text in seen:
                raise BadCorpus(f"{place}: the same text stands at {seen[line.text]}")
            seen[line.text] = place
            found[path.name].append(line)
    return found


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each row of a tab-separated file, behind its place (file and line).

    Raises:
        BadCorpus: the first line does not name the columns.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if next(reader, None) != list(columns):
            raise BadCorpus(f"{path.name}: the first line must name the columns")
        for row in reader:
            yield f"{path.name}:{reader.line_num}", row


def _line(row: list[str], language: str, place: str) -> Line:
    if len(row) != len(COLUMNS) or not row[4].strip():
        raise BadCorpus(f"{place}: five columns with a text are needed")
    family, level, kind, persona, text = row
    if kind not in KINDS or persona not in PERSONAS or language not in {"zh", "en"}:
        raise BadCorpus(f"{place}: unknown kind, persona or language")
    try:
        return Line(family, language, Level.from_code(level), kind, persona, text)
    except ValueError as error:
        raise BadCorpus(f"{place}: {error}") from error


def calm_lines(lines: Iterable[Line]) -> list[bool]:
    """Which lines are what a line receives all night: low, of a calm kind, and no twin of a line of risk.

    False alarms are counted on these. A twin ("绳子系好了，狗也喂了") was written to deceive, and is counted by itself.
    """
    rows = list(lines)
    risky = {line.family for line in rows if line.level > Level.LOW}
    return [line.level is Level.LOW and line.kind in CALM_KINDS and line.family not in risky for line in rows]


def read_conversations(folder: Path = CORPUS) -> list[Conversation]:
    """All labelled conversations.

    Raises:
        BadCorpus: a row that is not of the form in the README.
    """
    return [one for told in read_conversations_by_file(folder).values() for one in told]


def read_conversations_by_file(folder: Path = CORPUS) -> dict[str, list[Conversation]]:
    """All labelled conversations, by the name of their file.

    Raises:
        BadCorpus: see :func:`read_conversations`.
    """
    return {path.name: list(_conversations(path)) for path in sorted(folder.glob("*.jsonl"))}


def _conversations(path: Path) -> Iterator[Conversation]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            one = Conversation(
                row["family"], row["lang"], row["kind"], row["persona"], tuple(row["turns"]),
                tuple(Level.from_code(code) for code in row["levels"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise BadCorpus(f"{path.name}:{number}: {type(error).__name__}") from error
        if len(one.turns) != len(one.levels) or not one.turns:
            raise BadCorpus(f"{path.name}:{number}: as many levels as turns are needed")
        yield one


def corpus_hash(folder: Path = CORPUS) -> str:
    """SHA-256 over all corpus files, by name: which corpus a model came from."""
    seen = hashlib.sha256()
    for path in sorted([*folder.glob("*.tsv"), *folder.glob("*.jsonl")]):
        seen.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()
