"""What the model added is named by the pieces that weigh most, as places in what was written."""

import pytest

from triage import exact, services
from triage.core import assess, pieces
from triage.core.levels import Level
from triage.core.normalise import normalise
from triage.core.scorer import HEADS, LanguageModel, Weights, join

RAISED = [
    "把猫送人了 东西也都分完了 谢谢大家这些年的照顾",
    "i gave my dog away and cleaned out the flat. nobody will have to deal with it",
]


@pytest.fixture(scope="module")
def shipped():
    return exact.read(exact.WEIGHTS)


def of_the_model(text):
    return [one for one in services.assess(text).evidence if one.reason == "model"]


@pytest.mark.parametrize("text", RAISED)
def test_a_few_pieces_are_named_and_not_the_whole(text):
    found = of_the_model(text)
    assert 1 <= len(found) <= pieces.MOST
    assert sum(one.end - one.start for one in found) < len(text) * 0.7
    assert all(text[one.start : one.end].strip() for one in found)


@pytest.mark.parametrize("text", RAISED)
def test_what_a_rule_names_beside_them_is_still_told(text):
    assert {"model", "farewell"} <= {one.reason for one in services.assess(text).evidence}


@pytest.mark.parametrize("text", RAISED)
def test_without_its_pieces_the_text_scores_lower(text, shipped):
    left = text
    for one in reversed(of_the_model(text)):
        left = left[: one.start] + left[one.end :]
    assert services.assess(left).probability < services.assess(text).probability


def test_places_point_into_what_was_written_and_not_into_its_one_spelling():
    plain, odd = "我吃药了", "我 吃 药 了"
    assert [plain[one.start : one.end] for one in of_the_model(plain)] == ["我吃药了"]
    assert [odd[one.start : one.end] for one in of_the_model(odd)] == ["我 吃 药 了"]


@pytest.mark.parametrize("head", range(len(HEADS)))
@pytest.mark.parametrize(
    "text", ["", " ", "。。。", "死", "100片", "a", "i", "12 34", "🙂🙂", "没。有。了", "\n\n", "don't  wait\nup"]
)
def test_any_text_has_places_inside_it_or_none(text, head, shipped):
    for language in ("zh", "en"):
        written = normalise(text).text
        places = pieces.heaviest(written, language, shipped.languages[language], head)
        assert all(0 <= start < end <= len(written) for start, end in places)
        assert places == sorted(places)


def test_the_weight_of_a_head_is_taken_out_of_the_joined_number(shipped):
    model = shipped.languages["zh"]
    text = "不想活"
    joined = sum(model.table.get(gram, 0) for gram in ("不", "想", "活", "不想", "想活", "不想活"))
    assert list(pieces._chinese(text, model)) == [(joined, 0, 3)]


def test_of_a_long_text_the_window_is_shown_that_the_level_is_of():
    """What is likeliest high and what is likeliest imminent may stand in different windows."""
    own = tuple((*(9.0 * (head == level) for head in range(9)), -1.0) for level in range(3))
    model = LanguageModel(
        table={"甲": join((900, 900, 0)), "乙": join((900, 0, 900))},
        bias=(-1.0, -1.0, -1.0),
        heads=own,
        reach=((-9.0, 9.0),) * 3,
        thresholds=(0.5, 0.5, 0.5),
        story=own,
        later=(0.5, 0.5, 0.5),
        doubt=0.5,
    )
    quiet = "今天走了很远的路。" * 10
    reading = assess.read(f"{quiet}甲甲甲。{quiet}乙乙乙。{quiet}")
    found = assess.assess(reading, Weights("made", {"zh": model}))
    shown = [reading.normal.text[one.start : one.end] for one in found.evidence]
    assert found.level is Level.IMMINENT
    assert any("乙" in text for text in shown)
    assert not any("甲" in text for text in shown)
