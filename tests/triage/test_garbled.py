"""What triage cannot read is put before a human and never called safe; what people really write stays read."""

import pytest

from triage import services
from triage.core import assess
from triage.core.levels import Level

WISH = "我不想活了，今晚就跳"
UNREADABLE = [
    WISH.encode("utf-8").decode("gbk", "replace"),
    WISH.encode("gbk").decode("latin-1"),
    WISH.encode("utf-8").decode("latin-1"),
    WISH.encode("utf-8").decode("cp1252", "replace"),
    WISH.encode("gbk").decode("big5", "replace"),
    "我想死".encode().decode("gbk", "replace"),
    "�����",
    "我�����了",
    "i w�nt t� d�e",
    "锟斤拷烫烫",
    "锟斤拷锟斤拷锟斤拷",
    "屯屯屯屯",
    "戜笉鎯嗭紝浠婃櫄灏",
    "ㄨㄛˇㄒㄧㄤˇㄙˇ",
    "ꀀꀁꀂꀃ",
    "𠀀𠀁𠀂𠀃",
    "⠓⠑⠇⠏",
    "死に",
    "死にたい",
    "eid ot tnaw i",
    "thginot flesym llik ot gniog ma i",
    "8" * 3 + "1234567890" * 4,
]
READ = [
    ("哈哈哈", "zh"),
    ("嗯", "zh"),
    ("嗯嗯嗯", "zh"),
    ("......", "zh"),
    ("😀😀", "zh"),
    ("[微笑][微笑]", "zh"),
    ("(ò_ó)", "zh"),
    ("ヾ(≧▽≦)ﾉ", "zh"),
    ("我の天", "zh"),
    ("ㄏㄏ", "zh"),
    ("好ㄅ", "zh"),
    ("尴尬", "zh"),
    ("忐忑", "zh"),
    ("魑魅魍魉", "zh"),
    ("我叫王祎玥", "zh"),
    ("我唔想返學啲嘢好攰", "zh"),
    ("我今天很难过�", "zh"),
    ("水好烫烫到手了", "zh"),
    ("17", "zh"),
    ("13800138000", "zh"),
    ("138-0013-8000 或者 010 8888 6666", "zh"),
    ("i met him at a café, he was so naïve about it", "en"),
    ("my friend zoë said señor garcía is nice", "en"),
    ("i can�t sleep and i do not know who to talk to", "en"),
    ("i want to eat dinner", "en"),
    ("was it a mad dog or a cat on top", "en"),
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_noise_is_not_read_and_a_human_comes_first(text):
    found = services.assess(text)
    assert assess.read(text).language is None
    assert not found.scored
    assert found.level >= Level.MODERATE


@pytest.mark.parametrize(("text", "language"), READ)
def test_what_people_write_stays_read(text, language):
    assert assess.read(text).language == language
    assert services.assess(text).scored


@pytest.mark.parametrize("text", ["17", "13800138000", "嗯", "哈哈哈", "😀😀"])
def test_a_short_answer_is_no_noise(text):
    assert services.assess(text).level is Level.LOW
