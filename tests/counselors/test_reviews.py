"""Every flag waits for a decision: who, when, what and why are one row."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from counselors import selectors
from counselors import services as desk
from counselors.models import Review, ReviewedFlag
from hotline.chat import errors, standing
from hotline.chat.errors import Refused
from hotline.chat.models import Flag
from hotline.chat.services import erasure, notes, risk
from tests import factories
from triage import services as triage
from triage.core.levels import Assessment, Level

pytestmark = pytest.mark.usefixtures("plain_triage")


@pytest.fixture
def flagged(conversation):
    conversation.says("high: 不想活了")
    return conversation


def level(talk):
    return standing.read(talk.row).risk.level


def waiting_for_review():
    return [item.conversation.hex for item in selectors.reviews("open")]


def test_a_crisis_an_override_and_a_question_wait_for_review(counselor):
    talks = [factories.begin() for _ in range(4)]
    for talk in talks:
        desk.claim(talk.hex, by=counselor)
    crisis, lowered, asked, calm = talks
    crisis.says("high: 不想活了")
    risk.override(lowered.hex, by=counselor, level=Level.MODERATE, reason="听着累")
    notes.ask(asked.hex, by=counselor, question="怎么问？")
    calm.says("睡不着")
    assert set(waiting_for_review()) == {crisis.hex, lowered.hex, asked.hex}
    assert selectors.count_reviews() == (3, 0)


def test_once_decided_it_waits_no_more(flagged, supervisor):
    review = desk.decide(flagged.hex, by=supervisor, decision="agree", reason="问得直接")
    assert waiting_for_review() == []
    [item] = selectors.reviews("decided")
    assert (item.last_review, item.overdue) == (review, False)
    [decided] = selectors.review_case(flagged.row).decisions
    assert (decided.review.reviewer, decided.record.reason) == (supervisor, "问得直接")
    assert (decided.record.level_before, decided.record.level_after) == ("high", "high")


def test_what_happens_after_a_decision_waits_for_another(flagged, supervisor):
    desk.decide(flagged.hex, by=supervisor, decision="agree", reason="问得直接")
    flagged.says("imminent: 现在")
    assert waiting_for_review() == [flagged.hex]


def test_a_decision_wants_a_reason(flagged, supervisor):
    with pytest.raises(Refused, match=errors.REASON_MISSING):
        desk.decide(flagged.hex, by=supervisor, decision="agree", reason=" \n")
    assert waiting_for_review() == [flagged.hex]


def test_lowering_and_raising_set_the_level(flagged, supervisor):
    desk.decide(flagged.hex, by=supervisor, decision="lower", level="moderate", reason="是歌词")
    assert level(flagged) == "moderate"
    flagged.says("high: 又来了")
    desk.decide(flagged.hex, by=supervisor, decision="raise", level="imminent", reason="有打算")
    assert level(flagged) == "imminent"
    assert waiting_for_review() == [], "the flag that the decision itself raised is answered by it"


@pytest.mark.parametrize(
    ("decision", "wrong"),
    [
        ("lower", "high"),
        ("lower", "imminent"),
        ("raise", "high"),
        ("raise", "low"),
        ("lower", None),
        ("raise", "very"),
        ("shrug", None),
    ],
)
def test_a_level_that_contradicts_the_decision_is_refused(flagged, supervisor, decision, wrong):
    with pytest.raises(Refused, match=re.escape(errors.REVIEW_LEVEL)):
        desk.decide(flagged.hex, by=supervisor, decision=decision, level=wrong, reason="看过了")
    assert (level(flagged), waiting_for_review()) == ("high", [flagged.hex])


def test_what_nobody_flagged_is_not_decided(conversation, supervisor):
    with pytest.raises(Refused, match=errors.NOTHING_TO_REVIEW):
        desk.decide(conversation.hex, by=supervisor, decision="agree", reason="看过了")


def test_two_supervisors_decide_and_the_second_finds_nothing(flagged, supervisor):
    desk.decide(flagged.hex, by=supervisor, decision="agree", reason="看过了")
    with pytest.raises(Refused, match=errors.NOTHING_TO_REVIEW):
        desk.decide(flagged.hex, by=supervisor, decision="follow_up", reason="再看看")


def test_overdue_reviews_stand_out_and_come_first(counselor, supervisor):
    first, late = factories.begin(), factories.begin()
    first.says("high: 一")
    late.says("high: 二")
    Flag.objects.filter(conversation=late.hex).update(due_at=timezone.now() - timedelta(minutes=1))
    items = selectors.reviews("open")
    assert [(item.conversation.hex, item.overdue) for item in items] == [(late.hex, True), (first.hex, False)]
    assert selectors.count_reviews() == (2, 1)


def test_the_case_shows_words_notes_steps_history_and_readers(flagged, counselor, supervisor):
    from hotline.chat.models import Reading

    notes.add_note(flagged.hex, by=counselor, text="室友在旁边")
    Reading.objects.create(conversation=flagged.row, staff=supervisor)
    case = selectors.review_case(flagged.row)
    assert case.lines[-1].text == "high: 不想活了"
    assert [note.text for note in case.notes] == ["室友在旁边"]
    assert [step.risk.level for step in case.steps] == ["high"]
    assert [step.cause for step in case.history] == ["opened", "claimed"]
    assert (case.readers, case.item.kinds) == ([supervisor.alias], ("high",))


def test_the_case_tells_which_model_read_which_message(flagged, counselor, supervisor, client, monkeypatch):
    monkeypatch.setattr(triage, "assess", lambda text, **_: Assessment(Level.LOW, 0.27, (), "rules-5+later"))
    flagged.says("说完轻一点了")
    client.force_login(supervisor)
    page = client.get(f"/staff/reviews/{flagged.hex}/").content.decode()
    assert "plain, rules-5+later" in page
    first, second = re.findall(r'data-testid="line-model">([^<]*)<', page)
    assert "plain" not in first
    assert second == "0.27 · rules-5+later"


def test_a_review_without_a_known_decision_cannot_be_kept(flagged, supervisor):
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            conversation=flagged.row, ref="r", reviewer=supervisor, decision="shrug", record_sealed=b""
        )


@pytest.mark.parametrize("missing", ["reviewer_id", "decided_at"])
def test_a_review_without_a_reviewer_or_a_time_cannot_be_kept(flagged, supervisor, missing):
    whole = {"reviewer_id": supervisor.pk, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            conversation=flagged.row, ref="r", decision="agree", record_sealed=b"", **(whole | {missing: None})
        )


def test_a_flag_is_answered_once(flagged, supervisor):
    review = desk.decide(flagged.hex, by=supervisor, decision="agree", reason="看过了")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewedFlag.objects.create(flag=flagged.row.flags.get(), review=review)


def test_a_decision_that_lacks_everything_says_what_for_each(flagged, supervisor, client):
    client.force_login(supervisor)
    page = client.post(
        f"/staff/reviews/{flagged.hex}/", {"reason": ""}, HTTP_ACCEPT_LANGUAGE="zh-hans"
    ).content.decode()
    assert "请选一项。" in page
    assert "请填写。" in page


@pytest.mark.django_db(transaction=True)
def test_no_level_is_claimed_of_what_was_erased(transactional_db, flagged, supervisor, client):
    client.force_login(supervisor)
    pages = ("/staff/reviews/", f"/staff/reviews/{flagged.hex}/")
    assert all('data-level="high"' in client.get(page).content.decode() for page in pages)
    erasure.erase_resident(flagged.resident.pk)
    for page in pages:
        shown = client.get(page).content.decode()
        assert f"/staff/reviews/{flagged.hex}/" in shown or 'data-testid="review"' in shown
        assert "data-level" not in shown


@pytest.mark.django_db(transaction=True)
def test_of_what_was_erased_no_level_can_be_decided(transactional_db, flagged, supervisor, client):
    client.force_login(supervisor)
    erasure.erase_resident(flagged.resident.pk)
    page = f"/staff/reviews/{flagged.hex}/"
    shown = client.get(page).content.decode()
    assert [word in shown for word in ('value="agree"', 'value="follow_up"', 'value="raise"', 'name="level"')] == [
        True,
        True,
        False,
        False,
    ]
    assert "同意这个级别" not in shown, "nobody agrees with a level that is gone"
    with pytest.raises(Refused, match=re.escape(errors.REVIEW_LEVEL)):
        desk.decide(flagged.hex, by=supervisor, decision="lower", reason="没事了", level="low")
    assert client.post(page, {"decision": "raise", "level": "imminent", "reason": "担心"}).status_code == 200
    assert not Review.objects.exists()
    assert client.post(page, {"decision": "agree", "reason": "看过了"}).status_code == 302
    assert Review.objects.get().decision == "agree"


def test_no_gap_follows_a_chinese_colon(flagged, supervisor, client):
    client.force_login(supervisor)
    client.get(f"/staff/reviews/{flagged.hex}/")
    page = client.get(f"/staff/reviews/{flagged.hex}/", HTTP_ACCEPT_LANGUAGE="zh-hans").content.decode()
    assert f"打开看过的人：{supervisor.alias}" in page
