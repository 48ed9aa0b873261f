"""Which patterns are tried at all: looking for needed words must never pass over a pattern that matches."""

import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core import concepts, needles
from triage.core.normalise import normalise
from triage.learning.corpus import read_lines

LANGUAGES = ("zh", "en")


def trying_all(text, language):
    patterns = concepts._lexicon(language).patterns
    return concepts._mentions([found for pattern in patterns for found in concepts._matches(pattern, text)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pattern_that_matches_a_line_of_the_corpus_is_passed_over(language):
    lines = [normalise(line.text).text for line in read_lines() if line.language == language][::23]
    mentioned = [trying_all(text, language) for text in lines]
    assert any(mentioned)
    assert [concepts.find(text, language).mentions for text in lines] == mentioned


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_what_lines_hold_together_is_found_as_if_all_patterns_were_tried(language, data):
    lexicon = concepts._lexicon(language)
    needed = st.sampled_from(lexicon.patterns).map(lambda one: sorted(one.needs or {""})).flatmap(st.sampled_from)
    between = st.sampled_from(["", " ", "我", "the ", "了", "。", "!", "it"])
    line = st.lists(st.one_of(needed, between), min_size=1, max_size=4).map("".join)
    lines = data.draw(st.lists(line, min_size=1, max_size=4))
    text = "\n".join(lines)
    mentions = trying_all(text, language)
    assert concepts.find(text, language).mentions == mentions
    begins = [0, *accumulate(len(line) + 1 for line in lines)]
    found = [concepts.find(line, language) for line in lines]
    assert concepts.find_together(text, language, zip(begins, found, strict=False)) == mentions


@pytest.mark.parametrize(
    ("pattern", "rarest"),
    [
        ("(?:想|要)lz(?![a-z])", {"想lz", "要lz"}),
        (r"\bk ?m ?s\b", {"kms", "k ms", "km s", "k m s"}),
        ("刀(?:[^。]{0,3})(?:自己|我)", {"刀"}),
        ("(?:他|她)?死(?=了)", {"死", "他死", "她死"}),
        ("(?<!不)想(?:去|要)*死", {"死"}),
        (".{3}", None),
    ],
)
def test_the_rarest_that_a_pattern_needs(pattern, rarest):
    needs = needles.read(pattern).needs
    assert (set(needs[0]) if needs else None) == rarest


@pytest.mark.parametrize(
    ("pattern", "crosses"),
    [
        ("想(?:去|要)?死", False),
        (r"\bend it\b(?! all)", False),
        ("[想要]死[^\n]", False),
        ("我.{0,3}死", False),
        ("我[^。]{0,3}死", True),
        (r"我\s死", True),
        ("^死", True),
        ("死$", True),
        ("死(?=[^了])", True),
        (r"死\n", True),
    ],
)
def test_which_patterns_may_match_over_lines(pattern, crosses):
    assert needles.read(pattern).crosses is crosses


@pytest.mark.parametrize("pattern", ["(死", "[^。]{0,3}死(?<=了|完了)", "死{2,1}"])
def test_what_cannot_be_compiled_is_told_when_the_lexicon_loads(pattern):
    with pytest.raises(re.error):
        needles.read(pattern)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_of_the_lexicon_can_be_compiled(language):
    assert all(re.compile(one.expression) for one in concepts._lexicon(language).patterns)
