"""Sentences of danger that readers wrote against the rules' silencers. For measuring; see ``attacks/README.md``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from triage.core.levels import Level
from triage.learning.corpus import BadCorpus

ATTACKS = Path(__file__).with_name("attacks")
COLUMNS = ["level", "silencer", "heard", "text"]


@dataclass(frozen=True, slots=True)
class Attack:
    """One sentence.

    Attributes:
        language: zh or en.
        level: what a careful reader calls it: high or imminent.
        silencer: the pattern of ``scope.*.toml``, or the flag, that it was written against.
        heard: the first version of the rules that raises it by itself; None where none does.
        text: the sentence.
    """

    language: str
    level: Level
    silencer: str
    heard: int | None
    text: str


def read(language: str, folder: Path = ATTACKS) -> list[Attack]:
    """All sentences of one language.

    Raises:
        BadCorpus: a row that is not of the form in the README.
    """
    path = folder / f"{language}.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        first, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    if first != COLUMNS:
        raise BadCorpus(f"{path.name}: the first line must name the columns")
    found = []
    for number, row in enumerate(rows, start=2):
        try:
            level, silencer, heard, text = row
            attack = Attack(language, Level.from_code(level), silencer, int(heard) if heard else None, text)
        except ValueError as error:
            raise BadCorpus(f"{path.name}:{number}: {error}") from error
        if not attack.level.is_crisis or not silencer or not text.strip():
            raise BadCorpus(f"{path.name}:{number}: a level of danger, a silencer and a text are needed")
        found.append(attack)
    return found
