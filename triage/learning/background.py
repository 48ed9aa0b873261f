"""What ordinary talk to a counselor looks like, as counts of neighbouring characters or words.

The corpus is ours and small; people's ordinary ways of telling are many. Openly licensed dialogues know them, but their
text does not belong here. What is kept of them are counts of neighbours (``figures/pairs.<language>.tsv``): from
these, training draws lines that mean nothing and sound like many ordinary ones, and learns that such sounds alone are
no danger. Only half of each set was counted (by a hash of each dialogue's id), so that the other half stays unseen.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from triage.core.normalise import normalise

FIGURES = Path(__file__).with_name("figures")
BEGIN, END = "\u2402", "\u2403"
LEAST = {"zh": 3, "en": 2}
"""A pair that was seen less often is not kept."""
LINES = {"zh": 1500, "en": 800}
LENGTH = {"zh": (15, 90), "en": (20, 60)}
"""Characters, or words, of a drawn line: as long as one window of a text."""
_TOKEN = re.compile(r"[a-z0-9']+|[^\sa-z0-9]")


def is_counted(key: str) -> bool:
    """Whether a row of a set from elsewhere belongs to the half that was counted; the other half is for measuring."""
    return hashlib.sha256(key.partition(".")[0].encode()).digest()[0] % 2 == 0


def tokens(text: str, language: str) -> list[str]:
    """Characters of a normalised Chinese text, words and signs of an English one."""
    normal = normalise(text).text
    return list(normal) if language == "zh" else _TOKEN.findall(normal)


def count_pairs(texts: Iterable[str], language: str) -> Counter[tuple[str, str]]:
    """How often one token follows another, without pairs that are too rare to be anybody's habit."""
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        row = [BEGIN, *tokens(text, language), END]
        pairs.update(pairwise(row))
    return Counter({pair: count for pair, count in pairs.items() if count >= LEAST[language]})


def write_pairs(pairs: Counter[tuple[str, str]], language: str, folder: Path = FIGURES) -> Path:
    """Keep the counts, in alphabetical order."""
    folder.mkdir(exist_ok=True)
    path = folder / f"pairs.{language}.tsv"
    rows = (f"{first}\t{second}\t{count}\n" for (first, second), count in sorted(pairs.items()) if "\t" not in first)
    path.write_text("".join(rows), encoding="utf-8")
    return path


def read_pairs(language: str, folder: Path = FIGURES) -> dict[str, tuple[list[str], list[int]]]:
    """Token -> what follows it, and how often; empty when there are no counts for a language."""
    path = folder / f"pairs.{language}.tsv"
    found: dict[str, tuple[list[str], list[int]]] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            first, second, count = line.split("\t")
            followers = found.setdefault(first, ([], []))
            followers[0].append(second)
            followers[1].append(int(count))
    return found


def drawn_lines(language: str, folder: Path = FIGURES) -> list[str]:
    """Lines drawn from the counts; always the same ones."""
    followers = read_pairs(language, folder)
    if not followers:
        return []
    chance = random.Random(0)  # noqa: S311 - no secret
    joint = "" if language == "zh" else " "
    return [joint.join(_drawn(followers, chance, chance.randint(*LENGTH[language]))) for _ in range(LINES[language])]


def _drawn(followers: dict[str, tuple[list[str], list[int]]], chance: random.Random, longest: int) -> list[str]:
    row: list[str] = []
    token = BEGIN
    while len(row) < longest and token in followers:
        token = chance.choices(*followers[token])[0]
        if token == END:
            break
        row.append(token)
    return row
