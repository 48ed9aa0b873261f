"""Sentences of danger that readers wrote against the rules' silencers. For measuring; see ``attacks/README.md``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triage.core.levels import Level
from triage.learning.corpus import BadCorpus, rows

ATTACKS = Path(__file__).with_name("attacks")
COLUMNS = ["level", "silencer", "heard", "text"]


@dataclass(frozen=True, slots=True)
class Attack:
    """One sentence.

    Attributes:
        language: zh or en.
        level: what a careful reader calls it: high or imminent.
        silencer: the pattern of ``scope.*.toml``, or the flag, that it was written against.
        heard: the first version of the rules from 11 on that raises it by itself; None where the shipped ones do not.
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
    found = []
    for place, row in rows(folder / f"{language}.tsv", COLUMNS):
        try:
            level, silencer, heard, text = row
            attack = Attack(language, Level.from_code(level), silencer, int(heard) if heard else None, text)
        except ValueError as error:
            raise BadCorpus(f"{place}: {error}") from error
        if not attack.level.is_crisis or not silencer or not text.strip():
            raise BadCorpus(f"{place}: a level of danger, a silencer and a text are needed")
        found.append(attack)
    return found
