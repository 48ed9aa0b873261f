"""What people decide teaches triage; the words do so only where their writer agreed."""

import json

import pytest
from msgspec import structs

from counselors import services as desk
from hotline.chat.models import Conversation, Message
from hotline.chat.services import erasure, learning, risk
from tests import factories
from triage import feedback
from triage.core.levels import Level
from triage.models import Example, Tally

pytestmark = pytest.mark.usefixtures("plain_triage")
WORDS = "high: 我把一整瓶安眠药放在枕头边上，今晚就想走 my secret garden"


@pytest.fixture
def judged(conversation, counselor):
    """Somebody whose level a counselor has lowered."""
    conversation.says(WORDS)
    risk.override(conversation.hex, by=counselor, level=Level.MODERATE, reason="在念小说")
    return conversation


def examples():
    """What the examples hold, oldest first."""
    return [feedback.opened(example) for example in Example.objects.order_by("pk")]


def outcomes():
    rows = Tally.objects.filter(what="outcome", count__gt=0)
    return {(row.said, row.beside): row.count for row in rows}


def taught():
    return [(one.decided, words) for one, words in feedback.lessons()]


def test_an_override_becomes_an_example_with_what_was_said_and_decided(judged):
    [example] = examples()
    assert (example.source, example.decision) == ("counselor", "override")
    assert (example.said, example.decided, example.scored) == (Level.HIGH, Level.MODERATE, True)
    assert (example.model_version, example.probability, example.language) == ("plain", 0.9, "zh")
    assert example.features, "it says which kinds of words were there"


def test_an_example_holds_nothing_that_spells_the_words(judged):
    [example] = examples()
    kept = json.dumps(structs.asdict(example), default=str, ensure_ascii=False)
    for piece in ("安眠", "枕头", "今晚", "secret", "garden", "想走", judged.hex, judged.resident.pk.hex):
        assert piece not in kept
    assert all(name.startswith(("c:", "k:", "p:", "n:")) for name in example.features)


def test_an_example_is_sealed_with_its_conversations_key(judged, another_resident):
    example = Example.objects.get()
    row = [getattr(example, field.attname) for field in Example._meta.fields]
    for told in ("override", "counselor", "plain", "c:means", "c:intent", "features"):
        assert told.encode() not in bytes(example.record_sealed)
        assert told not in json.dumps(row, default=str)
    keeper = learning.Examples()
    assert keeper.unseal(example.reference, "moved", bytes(example.record_sealed)) is None
    Conversation.objects.filter(pk=judged.hex).update(example_ref="")
    Conversation.objects.filter(pk=another_resident.hex).update(example_ref=example.reference)
    assert feedback.opened(example) is None


@pytest.mark.parametrize("text", ["k:我 想死", "c:想 p:死 n:活", "k:a k:ab c:intent:想 p:我+你 n:a+b", "c:我:now"])
def test_words_that_look_like_a_kind_are_not_taken_for_one(text):
    _language, found = feedback.gist([text])
    _language, plain = feedback.gist(["想死"])
    assert all(name.isascii() for name in found)
    assert not {"k:a", "k:ab", "c:intent", "p:我+你", "n:a+b"} & found.keys()
    assert plain


def test_a_review_becomes_an_example_and_the_latest_word_counts(judged, supervisor):
    assert outcomes() == {(Level.HIGH, Level.MODERATE): 1}
    desk.decide(judged.hex, by=supervisor, decision="raise", level="high", reason="不是小说")
    assert [(one.source, one.decision, one.decided) for one in examples()] == [
        ("counselor", "override", Level.MODERATE),
        ("supervisor", "raise", Level.HIGH),
    ]
    assert outcomes() == {(Level.HIGH, Level.HIGH): 1}
    decided = Tally.objects.filter(what="decision").values_list("other", "count")
    assert set(decided) == {("counselor:override", 1), ("supervisor:raise", 1)}


def test_following_up_says_nothing_about_the_level(judged, supervisor):
    desk.decide(judged.hex, by=supervisor, decision="follow_up", reason="下周再问")
    assert outcomes() == {(Level.HIGH, Level.MODERATE): 1}


def test_a_decision_is_about_what_came_after_the_one_before(judged, counselor):
    judged.says("买了票")
    risk.override(judged.hex, by=counselor, level=Level.HIGH, reason="真要走")
    latest = examples()[-1]
    assert (latest.said, latest.decided) == (Level.LOW, Level.HIGH)


def test_without_agreement_no_words_are_handed_out(judged):
    assert not judged.row.may_learn, "nobody has agreed by doing nothing"
    assert taught() == []


def test_agreeing_late_covers_what_was_decided_before(judged):
    learning.allow(judged.row, on=True)
    assert taught() == [(Level.MODERATE, (WORDS,))]


def test_only_the_residents_own_words_are_handed_out(conversation, counselor):
    conversation.says("high: 一")
    conversation.hears("我在", by=counselor)
    conversation.says("二")
    risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="歌词")
    learning.allow(conversation.row, on=True)
    conversation.says("三")
    assert taught() == [(Level.LOW, ("high: 一", "二"))]


def test_taking_it_back_works_at_once(judged):
    learning.allow(judged.row, on=True)
    learning.allow(judged.row, on=False)
    assert taught() == []
    assert Example.objects.count() == 1, "what was decided stays, without words"


def test_erasing_takes_the_examples_along_and_leaves_counts(transactional_db, judged):
    learning.allow(judged.row, on=True)
    [example], [record] = Example.objects.all(), examples()
    erasure.erase_resident(judged.resident.pk)
    assert Example.objects.count() == 0
    assert feedback.opened(example) is None
    assert feedback.words_of(example.reference, record) == ()
    assert (judged.row.may_learn, judged.row.example_ref) == (False, "")
    assert outcomes() == {(Level.HIGH, Level.MODERATE): 1}


def test_somebody_elses_examples_stay_when_one_person_erases(transactional_db, judged, counselor):
    other = factories.begin()
    desk.claim(other.hex, by=counselor)
    other.says(WORDS)
    risk.override(other.hex, by=counselor, level=Level.HIGH, reason="不是小说")
    erasure.erase_resident(judged.resident.pk)
    assert [one.decided for one in examples()] == [Level.HIGH]


def test_a_decision_stands_though_nothing_could_be_learned(conversation, counselor, monkeypatch, caplog):
    def broken(turns):
        raise RuntimeError(turns[0])

    monkeypatch.setattr(feedback, "gist", broken)
    conversation.says("high: 不想活了")
    risk.override(conversation.hex, by=counselor, level=Level.LOW, reason="歌词")
    assert Example.objects.count() == Tally.objects.count() == 0
    assert conversation.row.risk_sealed
    assert "RuntimeError" in caplog.text
    assert "不想活了" not in caplog.text


def test_nothing_is_learned_where_nothing_was_said(conversation, counselor):
    risk.override(conversation.hex, by=counselor, level=Level.HIGH, reason="电话里听说的")
    assert Example.objects.count() == 0
    assert not Message.objects.filter(author="resident").exists()
