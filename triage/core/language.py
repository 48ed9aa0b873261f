"""Which languages a text is written in, as far as triage can read them."""

from __future__ import annotations

import re

from triage.core.english import looks_english
from triage.core.garbled import is_garbled

_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_WRITTEN_KANA = re.compile(
    r"[\u3041-\u3062\u3064-\u306d\u306f-\u3096\u30a1-\u30b5\u30b7-\u30c3\u30c5-\u30cd\u30cf-\u30fa]"
)
"""Kana but の, づ, シ, ツ and ノ, which stand in Chinese chats for 的 and for faces."""
_LATIN = re.compile(r"[a-z]")
_OTHER_LETTER = re.compile(
    # Of Latin letters those that English has not; zhuyin, Yi, braille; what no standard gives a meaning.
    r"[\u00df-\u00f6\u00f8-\u024f\u0370-\u1fff\u2801-\u28ff\u3105-\u312f\ua000-\ua48f\uac00-\ud7af\ue000-\uf8ff]"
)
_NOT_CHINESE = re.compile(
    r"[\u3040-\u30ff\u00df-\u00f6\u00f8-\u024f\u0370-\u1fff\u2801-\u28ff\u3105-\u312f\ua000-\ua48f\uac00-\ud7af"
    r"\ue000-\uf8ffa-z]"
)
"""Any letter that is counted here and is no Chinese character."""


def read_language(text: str) -> str | None:
    """The language of a normalised text, "zh" or "en"; None for one, or for a noise, that triage cannot read.

    Empty words, signs, digits and emoji alone count as readable ("zh"): there is nothing in them to misread.
    """
    if text.isascii() and _LATIN.search(text):
        # What most people write in English; the rest below cannot be in it.
        return "en" if looks_english(text) else None
    if is_garbled(text):
        return None
    if _NOT_CHINESE.search(text) is None:
        return "zh"
    chinese = len(_CJK.findall(text))
    kana = len(_KANA.findall(text))
    other = len(_OTHER_LETTER.findall(text))
    latin = len(_LATIN.findall(text))
    if kana > 0.3 * chinese and (kana > 2 or _WRITTEN_KANA.search(text)):
        return None
    if other > max(2, chinese, latin // 2):
        return None
    if chinese:
        return "zh" if chinese * 2 >= latin / 3 else "en"
    if latin == 0:
        return "zh"
    return "en" if looks_english(text) else None
