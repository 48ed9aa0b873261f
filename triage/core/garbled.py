"""Whether a text is noise: what a wrong decoding made of it, characters that stand for lost ones.

Nobody can see in it that somebody wants to die, so it must not count as read.
"""

from __future__ import annotations

import re

_LEAD, _TRAIL = range(0xB0, 0xD8), range(0xA1, 0xFF)
_LEVEL_1 = frozenset("".join(bytes([a, b]).decode("gb2312", "ignore") for a in _LEAD for b in _TRAIL))
"""The 3,755 characters that GB 2312 counts as frequent."""
_FAMILIAR = frozenset(
    # What the corpus' training part holds besides, of talk and dialect: interjections, Cantonese, food, dialect words.
    "嗯啲愣踹呗囡橘嘢嗰噜炖叨唠攥殡俾掰攰跤喽㗎咧咚尬嗨遛尴噩侬嬷揾姊恁仨圳熨嗝嘞粽乜淇喔鲨擀嘟馄饨嗦镯坨腌咩啰痂匕烊崽𠝹揸咪莓"
    "禅嗑兮幺呒撸啱牠亖畀瘾摞瑜鹦鹉猝煲伢啫枱餸㖞欸唞㓥嬢揹孖嘥瘆嚿邨嘤咦噗嗷呃唔哒嘻喵嘿咕噢囧槑嘚哟惙惴嗖唧咻唰"
    # Words that are written of none but such characters, and of names those that are given most often.
    "忐忑踌躇蹉跎徘徊邋遢蟑螂蜘蛛蝙蝠琵琶葡萄哆嗦咖啡骷髅魑魅魍魉饕餮耄耋囹圄佝偻褴褛"
    "琪琛璇瑾玥萱妍晗祎昊璐翀晟煜婧婕筠芮岚茜倩薇雯嫣颖璟珺琬鑫淼垚懿祺熙琰钰彧"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_ORDINARY = _LEVEL_1 | _FAMILIAR | frozenset("，。！？、…：；“”（）《》—～\n" + "".join(map(chr, range(0x20, 0x7F))))
"""Characters of which nearly every Chinese text is made, and which tell of no noise."""
_LOST = re.compile(r"[\ufffd\x80-\x9f]|锟斤拷|锟斤|斤拷")
"""A character that was lost, and what its bytes are read as in GBK."""
_FILLER = re.compile(r"(?:烫烫|屯屯)[烫屯锟斤拷\ufffd\W]*")
"""Memory that was never written to, read as GBK; a text that holds nothing else."""
_LATIN = re.compile(r"[a-z]+")
LONGEST_NUMBER = 32
"""Digits that a text may be made of: a number of a telephone, a house, an age or a card, or two of them."""
LEAST_RARE, LEAST_UNKNOWN = 3, 2
"""Characters outside GB 2312's frequent ones, or outside it altogether, fewer than which tell nothing."""


def is_garbled(text: str) -> bool:
    """Whether a normalised text is noise, as far as that can be told. Linear in its length.

    A text that a wrong decoding turned into Chinese characters holds rare ones: more than two in five are outside the
    3,755 frequent ones, or at least half outside GB 2312. No line of the corpus comes near. Digits and signs alone are
    no noise: they may answer what was asked.
    """
    if ("烫烫" in text or "屯屯" in text) and _FILLER.fullmatch(text):
        return True
    if _ORDINARY.issuperset(text):
        return text.isascii() and sum(map(str.isdigit, text)) > LONGEST_NUMBER
    lost = sum(1 if len(found[0]) == 1 else 2 for found in _LOST.finditer(text))
    han = _HAN.findall(text)
    if lost and 3 * lost >= len(han) + len("".join(_LATIN.findall(text))) // 3:
        return True
    rare = [char for char in han if char not in _LEVEL_1 and char not in _FAMILIAR]
    if len(rare) >= LEAST_RARE and 5 * len(rare) > 2 * len(han):
        return True
    unknown = sum(not char.encode("gb2312", "ignore") for char in rare)
    return unknown >= LEAST_UNKNOWN and 2 * unknown >= len(han)
