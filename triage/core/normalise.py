"""One spelling for what people write, with a map back: evidence always points into the original text.

Width, case and traditional characters are unified; characters pulled apart by spaces or signs are drawn together;
long repetitions are shortened. Meaning is not touched: whether 紫砂 stands for something else is the concepts' affair.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from triage.core import english

MAX_LENGTH = 4_000
"""Characters read in full; of a longer text the head and the tail are read."""

_CHARACTERS = Path(__file__).with_name("lexicon") / "characters.toml"


def _read_characters() -> dict[int, str]:
    with _CHARACTERS.open("rb") as file:
        tables = tomllib.load(file)
    pairs = "".join("".join(table.split()) for table in tables.values())
    return {ord(pairs[i]): pairs[i + 1] for i in range(0, len(pairs), 2)}


SIMPLIFIED = _read_characters()
"""Code point of a traditional or Cantonese character -> how it is read."""
_IN_CONTEXT = re.compile(
    # What 係 joins is a relation; alone it says that something is. To 生 is to live, but also to give birth.
    r"(?P<系>(?<=[關关聯联體体干])係)"
    r"|(?P<活>(?<=唔想)生(?=$|[^仔女蘇苏孩細细多二三兩两第個个氣气病b])|(?<=唔想再)生(?=$|[^仔女蘇苏孩細细多二三兩两第個个氣气病b]))"
)
"""Characters that are read otherwise beside others; the name of the group is what they are read as."""

_HALF_WIDTH = {0x3000: " ", **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}}
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f")
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_SIGN = r"[·•.\-_*~/|+^'\"`]"
_SPLIT_CJK = re.compile(
    # A sign between two characters; spaces only where they leave a character alone (自 杀): elsewhere they are pauses.
    # What is looked for stands first, and what must stand before it is looked at then: ten times quicker.
    r"[ \t·•.\-_*~/|+^'\"`](?:"
    rf"(?:(?<=[{_CJK}][ \t]){_SIGN}{{1,3}}|(?<=[{_CJK}]{_SIGN}){_SIGN}{{0,2}})[ \t]?(?=[{_CJK}])"
    rf"|(?:(?<=^[{_CJK}][ \t])|(?<=[^{_CJK}][{_CJK}][ \t]))[ \t]{{0,2}}(?=[{_CJK}])"
    rf"|(?<=[{_CJK}][ \t])[ \t]{{0,2}}(?=[{_CJK}](?:[^{_CJK}]|$)))"
)
_SPLIT_LETTERS = re.compile(r"(?<![a-z0-9])(?:[a-z][ .\-_*/]){2,20}[a-z](?![a-z0-9])")
_LAST_OF_SPLIT = re.compile(r"[ .\-_*/][a-z][ .\-_*/][a-z](?![a-z0-9])")
"""How everything ends that is split so: quicker to look for."""
_REPEATED = re.compile(r"(.)\1{2,}", re.DOTALL)
_LETTER_REPEATED = re.compile(r"([a-z])\1{2}")
_DOUBLED = re.compile(r"[a-z']+")
_MOST_REMEMBERED = 8_192


class _Spelling(dict[int, str]):
    """Code point -> its one spelling: width, case, traditional forms; what was met once is remembered.

    A table for ``str.translate``. Characters that become none or several are not in it: they become none here, so that
    a text which lost characters is known to hold some of them.
    """

    def __missing__(self, code: int) -> str:
        spelt = _spelt(chr(code))
        found = spelt if len(spelt) == 1 else ""
        if len(self) < _MOST_REMEMBERED:
            self[code] = found
        return found


def _spelt(char: str) -> str:
    if char in _INVISIBLE:
        return ""
    return unicodedata.normalize("NFKC", char).lower().translate(SIMPLIFIED)


_SPELLING = _Spelling(SIMPLIFIED)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text in one spelling.

    Attributes:
        text: what triage reads.
        origin: for each character of ``text``, the index of the character it came from; one more at the end.
    """

    text: str
    origin: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text that ``text[start:end]`` came from."""
        if start >= end:
            return self.origin[start], self.origin[start]
        return self.origin[start], self.origin[end - 1] + 1


def normalise(text: str) -> Normalised:
    """Bring ``text`` into one spelling. Linear in its length."""
    spelt, origin = _spell(text)
    drawn, kept = _drop_gaps(spelt)
    origin = origin if kept is None else [origin[i] for i in kept]
    short, kept = _shorten(drawn)
    origin = origin if kept is None else [origin[i] for i in kept]
    return Normalised(short, origin if isinstance(origin, range) else (*origin, len(text)))


def _spell(text: str) -> tuple[str, Sequence[int]]:
    """Width, case, traditional forms; and where each character came from (all of them and the end, as a range)."""
    if "係" in text or "唔" in text:
        text = _IN_CONTEXT.sub(lambda found: found.lastgroup or "", text)
    if len(text) <= MAX_LENGTH:
        if text.isascii():
            return text.lower(), range(len(text) + 1)
        spelt = text.translate(_SPELLING)
        if "Σ" in text and _is_plain(text):
            # The only letter whose small form depends on what follows; whoever writes plainly is read as a whole.
            spelt = text.translate(_HALF_WIDTH).lower().translate(SIMPLIFIED)
        if len(spelt) == len(text):
            return spelt, range(len(text) + 1)
    letters: list[str] = []
    origin: list[int] = []
    for index, char in _read(text):
        pieces = _SPELLING[ord(char)] or _spelt(char)
        letters.append(pieces)
        origin += [index] * len(pieces)
    return "".join(letters), origin


def _is_plain(text: str) -> bool:
    """Whether every character stays one character."""
    return (
        unicodedata.is_normalized("NFKC", text.translate(_HALF_WIDTH))
        and _INVISIBLE.isdisjoint(text)
        and len(text.lower()) == len(text)
    )


def _read(text: str) -> list[tuple[int, str]]:
    """Characters with their places; of an overlong text the first and last halves of the limit."""
    if len(text) <= MAX_LENGTH:
        return list(enumerate(text))
    half = MAX_LENGTH // 2
    tail = len(text) - half
    return [*enumerate(text[:half]), *enumerate(text[tail:], start=tail)]


def _drop_gaps(text: str) -> tuple[str, list[int] | None]:
    """Draw together what was pulled apart: 自 杀, 想.死, k m s. With the places that stay, if not all do."""
    apart = () if text.isascii() else list(_SPLIT_CJK.finditer(text))
    runs = list(_SPLIT_LETTERS.finditer(text)) if _LAST_OF_SPLIT.search(text) else ()
    if not apart and not runs:
        return text, None
    dropped = bytearray(len(text))
    for gap in apart:
        dropped[gap.start() : gap.end()] = b"\1" * (gap.end() - gap.start())
    for run in runs:
        for i in range(run.start(), run.end()):
            if not text[i].isalnum():
                dropped[i] = 1
    kept = [i for i in range(len(text)) if not dropped[i]]
    return "".join(text[i] for i in kept), kept


def _shorten(text: str) -> tuple[str, list[int] | None]:
    """At most two of the same character in a row, or one where that alone makes an English word: dieee is die.

    With the places that stay, if not all do.
    """
    if not _REPEATED.search(text):
        return text, None
    kept: list[int] = []
    last = 0
    for run in _REPEATED.finditer(text):
        kept.extend(range(last, run.start() + 2))
        last = run.end()
    kept.extend(range(last, len(text)))
    short = "".join(text[i] for i in kept)
    if not _LETTER_REPEATED.search(text):
        return short, kept
    single = bytearray(len(short))
    for word in _DOUBLED.finditer(short):
        # Only words with letters that were shortened; where two of one letter stay, two are kept that are neighbours.
        runs = {i for i in range(word.start() + 1, word.end()) if _was_longer(text, kept, i)}
        less = "".join(short[i] for i in range(*word.span()) if i not in runs)
        if runs and not english.is_known(word[0]) and english.is_known(less):
            for i in runs:
                single[i] = 1
    kept = [place for i, place in enumerate(kept) if not single[i]]
    return "".join(text[i] for i in kept), kept


def _was_longer(text: str, kept: list[int], i: int) -> bool:
    """Whether the kept character ``i`` is the second of a run of three or more."""
    place = kept[i]
    return text[place - 1] == text[place] and place + 1 < len(text) and text[place + 1] == text[place]
