"""What a linear score rests on: the few heaviest pieces of its sum, as places in the text.

A piece is a row of a few characters or words within a clause, and weighs what all features of spelling inside it add
to the score. Looked for only where the model said more than the rules. Numbers are read digit by digit here, which
the features are not: a piece of digits may weigh a little more or less than in the sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, repeat

from triage.core.features import plain
from triage.core.scorer import FIELD, HEADS, LanguageModel

MOST = 3
"""Pieces that are named."""
CHARACTERS, WORDS = 4, 3
"""Of a piece, Chinese and English; neighbours are named as one."""
WORTH = 0.25
"""A piece that weighs less than this much of the heaviest is left out."""
_CLAUSE = re.compile(r"[^\s,，。、！？!?…；;:：.~]+")
_WORD = re.compile(r"[a-z0-9']+")
_SIGNS = re.compile(r"[^\w\s]+")
_DIGIT = re.compile(r"\d")
_SPACE = re.compile(r"\s")
_SAID = (
    r"(?:嗯|恩|哦|噢|喔|唔|好|行|对|是|有|没有|没(?!有)|不[是会]|不(?![是会])|可以|知道|明白|谢谢|会|在)"
    r"[的了吧啊呀呢嘛哈哒滴啦嘞]*"
)
_TOLD = (
    r"(?:ok(?:ay)?|k|yes|yeah|yep|yup|no|nope|nah|sure|right|fine|alright|hm+|mm+|mhm|uh huh|true"
    r"|thanks?|thank you|thx)"
)
_ANSWER = re.compile(rf"{_SAID}(?:\s*{_SAID})*|{_TOLD}(?:\s+{_TOLD})*")
"""An answer that says nothing by itself."""
LONGEST_ANSWER = 24
"""Characters of one."""
_HALF, _FIELD = 1 << (FIELD - 1), (1 << FIELD) - 1
_ALL_UP = sum(_HALF << (FIELD * place) for place in range(len(HEADS)))
"""Added to joined weights it leaves no field below 0, so that one can be taken out by itself."""

Place = tuple[int, int]
Candidate = tuple[int, int, int]
"""The joined weights of all heads, and where it begins and ends."""


def heaviest(text: str, language: str, model: LanguageModel, head: int) -> list[Place]:
    """The places of the heaviest pieces of a normalised text, in its order; none where nothing speaks for the level.

    An answer that says nothing by itself is no piece: what it answers made it weigh.

    Args:
        text: a stretch that is read at once.
        language: as which it is read.
        model: whose weights.
        head: of which level, counted from moderate (see scorer.HEADS).
    """
    candidates = _chinese(text, model) if language == "zh" else _english(text, model)
    shift = FIELD * head
    ranked = sorted(
        ((_HALF - ((joined + _ALL_UP) >> shift & _FIELD), start, end) for joined, start, end in candidates),
    )
    chosen: list[Place] = []
    for units, start, end in ranked:
        if len(chosen) == MOST or units >= 0 or units > ranked[0][0] * WORTH:
            break
        if all(end <= other[0] or other[1] <= start for other in chosen) and not is_answer(text[start:end]):
            chosen.append((start, end))
    return _merged(sorted(chosen), text)


def is_answer(text: str) -> bool:
    """Whether a normalised text, or a piece of one, is an answer that says nothing by itself: 好, ok, yes."""
    return len(text) <= LONGEST_ANSWER and _ANSWER.fullmatch(_SIGNS.sub(" ", text).strip()) is not None


def _sums(features: Iterable[str], model: LanguageModel) -> list[int]:
    """Sums of their joined weights: of the first n of them, for each n."""
    return list(accumulate(map(model.table.get, features, repeat(0)), initial=0))


def _chinese(text: str, model: LanguageModel) -> Iterator[Candidate]:
    written = _DIGIT.sub("0", text)
    for clause in _CLAUSE.finditer(written):
        row, begin = clause.group(), clause.start()
        one = _sums(row, model)
        two = _sums([row[i : i + 2] for i in range(len(row) - 1)], model)
        three = _sums([row[i : i + 3] for i in range(len(row) - 2)], model)
        size = min(CHARACTERS, len(row))
        for i in range(len(row) - size + 1):
            joined = one[i + size] - one[i]
            if size > 1:
                joined += two[i + size - 1] - two[i]
            if size > 2:
                joined += three[i + size - 2] - three[i]
            yield joined, begin + i, begin + i + size


def _english(text: str, model: LanguageModel) -> Iterator[Candidate]:
    padded = f" {_SPACE.sub(' ', _DIGIT.sub('0', text))} "
    letters = _sums([padded[i : i + 4] for i in range(len(padded) - 3)], model)
    for clause in _clauses(text):
        words = [plain(word.group()) for word in clause]
        one = _sums([f"w:{word}" for word in words], model)
        two = _sums([f"w:{first} {second}" for first, second in pairwise(words)], model)
        over = _sums([f"w:{first} _ {third}" for first, third in zip(words, words[2:], strict=False)], model)
        size = min(WORDS, len(words))
        for i in range(len(words) - size + 1):
            start, end = clause[i].start(), clause[i + size - 1].end()
            # With the spaces around them: the text is padded by one, and rows of letters are four long.
            joined = one[i + size] - one[i] + letters[max(start, end - 1)] - letters[start]
            if size > 1:
                joined += two[i + size - 1] - two[i]
            if size > 2:
                joined += over[i + 1] - over[i]
            yield joined, start, end


def _clauses(text: str) -> Iterator[Sequence[re.Match[str]]]:
    """Words that nothing but a space parts, row by row."""
    row: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        if row and text[row[-1].end() : word.start()] != " ":
            yield row
            row = []
        row.append(word)
    if row:
        yield row


def _merged(places: list[Place], text: str) -> list[Place]:
    """Neighbours as one."""
    merged: list[Place] = []
    for start, end in places:
        if merged and not text[merged[-1][1] : start].strip(" "):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
