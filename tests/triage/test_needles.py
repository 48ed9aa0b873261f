"""Which patterns are tried at all: looking for needed words must never pass over a pattern that matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core import concepts, needles
from triage.core.normalise import normalise
from triage.learning.corpus import read_lines

LANGUAGES = ("zh", "en")


def passed_over(text, language):
    lexicon = concepts._lexicon(language)
    tried = {id(one) for one in concepts._possible(text, lexicon, concepts.GRAM[language])}
    return [one for one in lexicon.patterns if id(one) not in tried and one.expression.search(text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_pattern_that_matches_a_line_of_the_corpus_is_passed_over(language):
    lines = [line.text for line in read_lines() if line.language == language][::23]
    assert lines
    assert not [text for text in lines if passed_over(normalise(text).text, language)]


@pytest.mark.parametrize("language", LANGUAGES)
@given(data=st.data())
def test_no_pattern_that_matches_pieces_of_the_lexicon_is_passed_over(language, data):
    lexicon = concepts._lexicon(language)
    needed = st.sampled_from(lexicon.patterns).map(lambda one: sorted(one.needs or {""})).flatmap(st.sampled_from)
    between = st.sampled_from(["", " ", "我", "the ", "了", "。", "\n", "it"])
    pieces = data.draw(st.lists(st.one_of(needed, between), max_size=8))
    assert passed_over("".join(pieces), language) == []


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
    _compiled, sets = needles.read(pattern)
    assert (set(sets[0]) if sets else None) == rarest
