"""Which languages a text is written in, as far as triage can read them."""

from __future__ import annotations

import re

from triage.core.english import looks_english

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_LATIN = re.compile(r"[a-z]")
_OTHER_LETTER = re.compile(r"[\u0370-\u1fff\uac00-\ud7af\u0e00-\u0eff]")
_NOT_CHINESE = re.compile(r"[\u3040-\u30ff\u0370-\u1fff\uac00-\ud7afa-z]")
"""Any letter that is counted here and is no Chinese character."""


def read_language(text: str) -> str | None:
    """The language of a normalised text, "zh" or "en"; None for one, or for a noise, that triage cannot read.

    Empty words, signs, digits and emoji alone count as readable ("zh"): there is nothing in them to misread.
    """
    if text.isascii():
        # What most people write in English; the rest below cannot be in it.
        return "zh" if _LATIN.search(text) is None else "en" if looks_english(text) else None
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
    return "en" if looks_english(text) else None
