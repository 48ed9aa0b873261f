"""The blind set, by a hand that had seen neither corpus nor model. For measuring only; see ``blind/README.md``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from triage.core.levels import Level
from triage.core.normalise import normalise
from triage.learning.corpus import KINDS, BadCorpus, Line

BLIND = Path(__file__).with_name("blind")
COLUMNS = ["level", "kind", "text"]
_SIGNS = re.compile(r"[\W_]+")


def read(language: str, folder: Path = BLIND) -> list[Line]:
    """All lines of one language, each a family of its own.

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
        if len(row) != len(COLUMNS) or row[1] not in KINDS or not row[2].strip():
            raise BadCorpus(f"{path.name}:{number}: a level, a known kind and a text are needed")
        try:
            level = Level.from_code(row[0])
        except ValueError as error:
            raise BadCorpus(f"{path.name}:{number}: {error}") from error
        found.append(Line(f"blind-{number}", language, level, row[1], "other", row[2]))
    return found


def apart(lines: Iterable[Line], taught: Iterable[Line]) -> list[Line]:
    """Those whose words stand nowhere in ``taught``, whatever signs, spaces and width are between them."""
    known = {bare(line.text) for line in taught}
    return [line for line in lines if bare(line.text) not in known]


def bare(text: str) -> str:
    """A text normalised, without signs and spaces: two lines that are the same so are the same words."""
    return _SIGNS.sub("", normalise(text).text)
