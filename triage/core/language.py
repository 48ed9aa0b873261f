"""Which languages a text is written in, as far as triage can read them."""

from __future__ import annotations

import re

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_LATIN = re.compile(r"[a-z]")
_OTHER_LETTER = re.compile(r"[\u0370-\u1fff\uac00-\ud7af\u0e00-\u0eff]")
_NOT_CHINESE = re.compile(r"[\u3040-\u30ff\u0370-\u1fff\uac00-\ud7afa-z]")
"""Any letter that is counted here and is no Chinese character."""
_COMMON_ENGLISH = """
i me my you your he she it we they the a an and or but to of in on at for with is am are was were be been do did
don't dont not no yes hi hello hey ok okay thanks thank please help this that what when how why so just can can't
cant want need feel have has had im i'm ive i've if about all from her him his as who there here now
"""
_ENGLISH = frozenset(_COMMON_ENGLISH.split())
_WORD = re.compile(r"[a-z']+")
_VOWEL = re.compile(r"[aeiouy]")


def read_language(text: str) -> str | None:
    """The language of a normalised text, "zh" or "en"; None for one, or for a noise, that triage cannot read.

    Empty words, signs, digits and emoji alone count as readable ("zh"): there is nothing in them to misread.
    """
    if text.isascii():
        # What most people write in English; the rest below cannot be in it.
        return "zh" if _LATIN.search(text) is None else "en" if _looks_english(text) else None
    if _NOT_CHINESE.search(text) is None:
        return "zh"
    chinese = len(_CJK.findall(text))
    kana = len(_KANA.findall(text))
    other = len(_OTHER_LETTER.findall(text))
    latin = len(_LATIN.findall(text))
    if kana > 2 and kana > 0.3 * chinese:
        return None
    if other > max(2, chinese, latin // 2):
        return None
    if chinese:
        return "zh" if chinese * 2 >= latin / 3 else "en"
    if latin == 0:
        return "zh"
    return "en" if _looks_english(text) else None


def _looks_english(text: str) -> bool:
    words = _WORD.findall(text)
    if len(words) <= 3:
        # Too short to tell: initials and slang are read, keyboard noise is not.
        return any(len(word) <= 5 or _VOWEL.search(word) for word in words)
    known = sum(word in _ENGLISH for word in words)
    return known >= max(1, len(words) // 10)
