"""What a text says in another script than its own: 我要end my life, 想tiaolou, wo xiang zisha.

A text has one language, and one model reads it. Rules look further: in both lexicons where the scripts are mixed, where
English letters spell Chinese, and where no language is known.
"""

from __future__ import annotations

import re
from dataclasses import replace

from triage.core import concepts, scope
from triage.core.scope import Scoped

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[a-z]{2}")
_PINYIN = re.compile(r"zi ?s|tiao|xiang|bxhl|huo|sha|w[ao]n|yao")
"""Of each pattern that spells Chinese in letters a piece."""


def read(text: str, language: str | None) -> tuple[Scoped, ...]:
    """The concepts of the languages that a normalised text is not written in, with their scope."""
    found: list[Scoped] = []
    if (language == "zh" and not text.isascii() and _LATIN.search(text)) or language is None:
        # To an expression a Chinese character is a letter like others: no English word would begin behind one.
        english = _CJK.sub(" ", text)
        found += _scoped(text, language, "en", english)
    if language is None or (language == "en" and (_CJK.search(text) or _PINYIN.search(text))):
        found += _scoped(text, language, "zh", text)
    return tuple(found)


def _scoped(text: str, language: str | None, other: str, seen: str) -> list[Scoped]:
    """Mentions of another language; what either language says around them holds."""
    mentions = concepts.find(seen, other).mentions
    scoped = scope.read(seen, other, mentions)
    if language is None or not mentions:
        return scoped
    return [_both(one, two) for one, two in zip(scoped, scope.read(text, language, mentions), strict=True)]


def _both(one: Scoped, other: Scoped) -> Scoped:
    return replace(
        one,
        negated=one.negated or other.negated,
        flipped=one.flipped or other.flipped,
        third=one.third or other.third,
        framed=one.framed or other.framed,
        past=one.past or other.past,
        idiom=one.idiom or other.idiom,
        still=one.still or other.still,
        recent=one.recent or other.recent,
    )
