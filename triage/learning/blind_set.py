"""The blind sets, by hands that had seen neither corpus nor model. For measuring only; see ``blind/README.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from triage.core.levels import Level
from triage.core.normalise import normalise
from triage.learning.corpus import KINDS, BadCorpus, Conversation, Line, rows

BLIND = Path(__file__).with_name("blind")
COLUMNS = ["level", "kind", "text"]
HANDS = (1, 2)
"""Who wrote as a night might: each file belongs to one of them."""
PROBES = 3
"""The file of messages that were written to find what is missed: told apart from the others."""
TURNED = 4
"""The file of danger, a third of it disguised, beside harmless lines that hold words of danger: told apart too."""
LATER = (5, 6)
"""Files of hands that came with rules 11, and after linear-14: told apart, so that the others stay what they were."""
POSTS = 7
"""The file of long posts as people write them at night, danger in one clause of many: told apart too."""
CONVERSATIONS = {hand: f"conversations_{hand}.jsonl" for hand in (2, *LATER)}
"""By whose hand."""
_SIGNS = re.compile(r"[\W_]+")


def read(language: str, hand: int, folder: Path = BLIND) -> list[Line]:
    """All lines of one language by one of HANDS, of LATER, PROBES, TURNED or POSTS, each a family of its own.

    Raises:
        BadCorpus: a row that is not of the form in the README.
    """
    found = []
    for number, (place, row) in enumerate(rows(folder / f"{language}_{hand}.tsv", COLUMNS), start=2):
        if len(row) != len(COLUMNS) or row[1] not in KINDS or not row[2].strip():
            raise BadCorpus(f"{place}: a level, a known kind and a text are needed")
        try:
            level = Level.from_code(row[0])
        except ValueError as error:
            raise BadCorpus(f"{place}: {error}") from error
        found.append(Line(f"blind-{hand}-{number}", language, level, row[1], "other", row[2]))
    return found


def read_conversations(language: str, hand: int = 2, folder: Path = BLIND) -> list[Conversation]:
    """All conversations of one language by one hand, each a family of its own.

    Raises:
        BadCorpus: a row that is not of the form in the README.
    """
    found = []
    file = CONVERSATIONS[hand]
    for number, text in enumerate((folder / file).read_text(encoding="utf-8").splitlines(), start=1):
        place = f"{file}:{number}"
        try:
            row = json.loads(text)
            turns, levels = tuple(row["turns"]), tuple(Level.from_code(code) for code in row["levels"])
            spoken = row["lang"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadCorpus(f"{place}: {type(error).__name__}") from error
        if len(turns) != len(levels) or not turns:
            raise BadCorpus(f"{place}: as many levels as turns are needed")
        if spoken == language:
            found.append(Conversation(f"blind-c{hand}-{number}", language, "ordinary", "other", turns, levels))
    return found


def apart(lines: Iterable[Line], taught: Iterable[Line]) -> list[Line]:
    """Those whose words stand nowhere in ``taught``, whatever signs, spaces and width are between them."""
    known = {bare(line.text) for line in taught}
    return [line for line in lines if bare(line.text) not in known]


def told_apart(told: Iterable[Conversation], taught: Iterable[Conversation]) -> list[Conversation]:
    """Those that do not say, in all, what a conversation in ``taught`` says."""
    known = {bare("".join(one.turns)) for one in taught}
    return [one for one in told if bare("".join(one.turns)) not in known]


def bare(text: str) -> str:
    """A text normalised, without signs and spaces: two lines that are the same so are the same words."""
    return _SIGNS.sub("", normalise(text).text)
