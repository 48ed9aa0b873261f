"""One spelling, and a map back to what was written."""

from hypothesis import assume, given
from hypothesis import strategies as st

from triage.core import normalise as normalise_module
from triage.core.normalise import MAX_LENGTH, normalise

writing = st.text(
    alphabet=st.one_of(st.sampled_from("我想死自殺活 .·*哈aAｋ①…\u200b\u3000😭ﬁß"), st.characters(codec="utf-8")),
    max_size=80,
)


@given(writing)
def test_each_character_comes_from_one_of_the_original(text):
    normal = normalise(text)
    assert len(normal.origin) == len(normal.text) + 1
    assert all(before <= after for before, after in zip(normal.origin, normal.origin[1:], strict=False))
    assert normal.origin[-1] == len(text)


@given(writing, st.data())
def test_a_span_lies_inside_the_original(text, data):
    normal = normalise(text)
    start = data.draw(st.integers(0, len(normal.text)))
    end = data.draw(st.integers(start, len(normal.text)))
    first, last = normal.span(start, end)
    assert 0 <= first <= last <= len(text)


@given(writing)
def test_normalising_again_changes_nothing_but_runs(text):
    once = normalise(text).text
    assert normalise(once).text in {once, normalise(normalise(once).text).text}


@given(writing)
def test_a_text_is_spelt_as_its_characters_are(text):
    assume("Σ" not in text)
    whole, origin = normalise_module._spell(text)
    apart = [normalise_module._spelt(char) for char in text]
    assert whole == "".join(apart)
    assert list(origin)[: len(whole)] == [index for index, spelt in enumerate(apart) for _ in spelt]


def test_width_case_and_traditional_characters_are_one():
    assert normalise("ＡＢＣ自殺").text == "abc自杀"


def test_of_an_overlong_text_head_and_tail_are_read():
    text = "头" + "中" * MAX_LENGTH + "我想死"
    normal = normalise(text)
    assert normal.text.startswith("头")
    assert normal.text.endswith("我想死")
    assert text[slice(*normal.span(len(normal.text) - 2, len(normal.text)))] == "想死"
