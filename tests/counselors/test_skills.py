"""Skills of the staff: kept by whoever manages it, used by "take the next", shown in the queue."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from counselors import accounts, deskwork
from counselors import services as desk
from counselors.models import Duty, StaffChange, StaffMember
from counselors.roles import Role
from hotline.chat import errors
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation
from hotline.chat.services import opening
from tests import factories
from tests.wire import desk_page, there
from triage.core.ordering import POLICY


@pytest.fixture
def skilled(other_counselor, coordinator):
    """A colleague who has learned to help with violence."""
    accounts.set_skills(other_counselor, by=coordinator, skills=["violence"])
    return other_counselor


@pytest.fixture
def desks(counselor, skilled):
    """The pages of one who has learned nothing in particular, and of the one who has."""
    return desk_page(counselor), desk_page(skilled)


def waits(topic="", *, minutes=0.0, **about):
    """Somebody who began so long ago."""
    talk = factories.begin(**about)
    if topic:
        opening.set_about(talk.row, topic=topic, nickname="", age_band="")
    since = timezone.now() - timedelta(minutes=minutes)
    Conversation.objects.filter(pk=talk.hex).update(waiting_since=since)
    return talk


def kept(member):
    deskwork.forget()
    return {row.conversation: row.kept for row in deskwork.who_waits(member)[0]}


KEPT_MINUTES = POLICY.skill_overflow_after.total_seconds() / 60


# --- take the next ----------------------------------------------------------------------------------------------------
def test_each_counselor_takes_whom_they_know_best(plain_triage, counselor, skilled):
    hurt, tired = waits("violence", minutes=KEPT_MINUTES / 2), waits(minutes=KEPT_MINUTES / 4)
    assert kept(counselor) == {hurt.hex: "skill", tired.hex: ""}
    assert set(kept(skilled).values()) == {""}
    assert desk.take_next(by=counselor).hex == tired.hex
    assert desk.take_next(by=skilled).hex == hurt.hex


def test_after_a_while_anybody_takes_them(counselor, skilled):
    hurt, _tired = waits("violence", minutes=KEPT_MINUTES + 1), waits(minutes=1)
    assert set(kept(counselor).values()) == {""}
    assert desk.take_next(by=counselor).hex == hurt.hex


def test_who_is_in_danger_waits_for_no_skill(plain_triage, counselor, skilled):
    hurt, tired = waits("violence"), waits(minutes=1)
    tired.says("high: 撑不住")
    hurt.says("imminent: 现在")
    assert set(kept(counselor).values()) == {""}
    assert desk.take_next(by=counselor).hex == hurt.hex


@pytest.mark.parametrize("state", [Duty.PAUSE, Duty.OFF])
def test_nobody_is_kept_for_a_colleague_who_takes_nobody(counselor, skilled, state):
    hurt, _tired = waits("violence", minutes=KEPT_MINUTES / 2), waits()
    desk.set_duty(skilled, state=state, capacity=4)
    assert set(kept(counselor).values()) == {""}
    assert desk.take_next(by=counselor).hex == hurt.hex


def test_nobody_is_kept_for_a_colleague_whose_desk_is_gone(counselor, skilled):
    hurt, _tired = waits("violence", minutes=KEPT_MINUTES / 2), waits()
    Duty.objects.filter(staff=skilled).update(seen_at=timezone.now() - timedelta(minutes=5))
    assert set(kept(counselor).values()) == {""}
    assert desk.take_next(by=counselor).hex == hurt.hex


def test_nobody_is_hidden_and_a_human_may_choose(counselor, skilled):
    hurt, tired = waits("violence"), waits()
    assert set(kept(counselor)) == {hurt.hex, tired.hex}
    assert desk.claim(hurt.hex, by=counselor).hex == hurt.hex


def test_with_nobody_else_waiting_they_are_taken_at_once(counselor, skilled):
    hurt = waits("violence")
    assert desk.take_next(by=counselor).hex == hurt.hex


def test_a_language_matters_more_than_a_skill(counselor, skilled):
    StaffMember.objects.filter(pk=skilled.pk).update(languages=["zh-hans"])
    skilled.refresh_from_db()
    english, chinese = waits("violence", minutes=1, language="en"), waits()
    assert kept(skilled)[english.hex] == "language"
    assert desk.take_next(by=skilled).hex == chinese.hex


def test_nobody_is_kept_for_a_language_that_nobody_on_duty_answers_in(counselor, other_counselor):
    StaffMember.objects.update(languages=["zh-hans"])
    counselor.refresh_from_db()
    english, _chinese = waits(minutes=1, language="en"), waits()
    assert kept(counselor)[english.hex] == ""
    StaffMember.objects.filter(pk=other_counselor.pk).update(languages=[])
    assert kept(counselor)[english.hex] == "language"


def test_who_alone_answers_in_a_language_takes_its_people_sooner(counselor, other_counselor):
    StaffMember.objects.filter(pk=other_counselor.pk).update(languages=["zh-hans"])
    chinese, english = waits(minutes=3), waits(minutes=1, language="en")
    assert desk.take_next(by=counselor).hex == english.hex
    assert desk.take_next(by=counselor).hex == chinese.hex


def test_what_all_answer_in_moves_nobody(counselor, other_counselor):
    chinese, _english = waits(minutes=3), waits(minutes=1, language="en")
    assert desk.take_next(by=counselor).hex == chinese.hex


@pytest.mark.django_db(transaction=True)
async def test_two_desks_see_and_take_by_skill(desks, pages):
    hurt = await there(waits, "violence", minutes=KEPT_MINUTES / 2)
    tired = await there(waits)
    mine, theirs = [await pages(one) for one in desks]
    welcome = await mine.ask("hello")
    assert [(row["conversation"], row["skill"], row["kept"]) for row in welcome["queue"]] == [
        (hurt.hex, "violence", "skill"),
        (tired.hex, "", ""),
    ]
    welcome = await theirs.ask("hello")
    assert welcome["me"]["skills"] == ["violence"]
    assert {row["kept"] for row in welcome["queue"]} == {""}
    assert (await mine.ask("queue.take_next"))["conversation"] == tired.hex
    assert (await theirs.ask("queue.take_next"))["conversation"] == hurt.hex


# --- accounts ---------------------------------------------------------------------------------------------------------
def test_an_account_has_no_skill_until_somebody_says_so(counselor):
    assert counselor.skills == []


def test_an_invitation_brings_skills(coordinator):
    code = accounts.invite(by=coordinator, role=Role.COUNSELOR, name="云老师", skills=["older", "young"])
    member = accounts.join(code=code, username="yun", alias="小云", password="seven lamps in a row")
    assert member.skills == ["young", "older"]


def test_who_set_which_skills_is_written_down(counselor, coordinator):
    accounts.set_skills(counselor, by=coordinator, skills=["violence", "young"])
    accounts.set_skills(counselor, by=coordinator, skills=["violence", "older"])
    changes = StaffChange.objects.filter(staff=counselor).order_by("pk").values_list("what", "by__username")
    assert list(changes) == [
        ("skill_added:young", "gu"),
        ("skill_added:violence", "gu"),
        ("skill_added:older", "gu"),
        ("skill_removed:young", "gu"),
    ]


def test_a_skill_that_does_not_exist_is_refused(counselor, coordinator):
    for attempt in (
        lambda: accounts.set_skills(counselor, by=coordinator, skills=["magic"]),
        lambda: accounts.invite(by=coordinator, role=Role.COUNSELOR, name="某人", skills=["magic"]),
    ):
        with pytest.raises(Refused, match=errors.BAD_FRAME):
            attempt()


def test_counselors_give_nobody_a_skill(counselor, other_counselor):
    for member in (counselor, other_counselor):
        with pytest.raises(Refused, match=errors.NOT_ALLOWED):
            accounts.set_skills(member, by=counselor, skills=["young"])


# --- the pages --------------------------------------------------------------------------------------------------------
def signed_in(member):
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(member)
    return browser


def change(member):
    return reverse("counselors:change_person", args=[member.pk, "skills"])


def test_the_people_page_shows_and_changes_skills(counselor, coordinator):
    browser = signed_in(coordinator)
    answer = browser.post(change(counselor), {"skills": ["young", "violence"]}, follow=True)
    counselor.refresh_from_db()
    assert counselor.skills == ["young", "violence"]
    assert "young people, violence" in " ".join(answer.content.decode().split())
    browser.post(change(counselor), {})
    counselor.refresh_from_db()
    assert counselor.skills == []


def test_the_people_page_changes_nothing_for_a_skill_that_does_not_exist(counselor, coordinator):
    signed_in(coordinator).post(change(counselor), {"skills": ["young", "magic"]})
    counselor.refresh_from_db()
    assert counselor.skills == []


def test_a_counselor_changes_no_skills(counselor):
    assert signed_in(counselor).post(change(counselor), {"skills": ["young"]}).status_code == 404


def test_an_invitation_on_the_people_page_brings_skills(coordinator):
    page = {"name": "云老师", "role": "counselor", "skills": ["family"]}
    code = signed_in(coordinator).post(reverse("counselors:people"), page).context["code"]
    assert accounts.join(code=code, username="yun", alias="小云", password="seven lamps in a row").skills == ["family"]


def test_ones_own_page_names_ones_skills(skilled, coordinator):
    accounts.set_skills(skilled, by=coordinator, skills=["young", "violence"])
    page = Client(headers={"accept-language": "zh-hans"})
    page.force_login(skilled)
    assert "你的专长：青少年、暴力" in page.get(reverse("counselors:me")).content.decode()
