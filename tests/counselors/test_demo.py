"""The demo's evening: told through the services, true to its clock, and only where nobody else can sign in."""

from datetime import timedelta
from io import StringIO

import msgspec
import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from counselors import selectors
from counselors import services as desk
from counselors.demo import people
from counselors.demo.script import Step, Story, read_stories
from counselors.models import StaffMember
from hotline.chat import queue
from hotline.chat.models import Conversation, Message, Transition
from tests import factories

FILES = ("ended.toml", "talking.toml", "waiting.toml")


def seed(*arguments):
    out = StringIO()
    call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def here(settings):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]


@pytest.fixture
def evening(db, here):
    return seed()


def counts():
    return {state: Conversation.objects.filter(state=state).count() for state in ("waiting", "active", "closed")}


def test_it_looks_like_a_real_evening(evening):
    assert counts() == {"waiting": 9, "active": 4, "closed": 10}
    rows, _ = queue.rows()
    assert {row.language for row in rows} == {"zh-hans", "en"}
    assert any(row.returning for row in rows)
    assert any(row.given_back for row in rows)
    assert any(row.danger for row in rows)
    assert len({row.risk.level for row in rows}) >= 2
    assert {row.holder for row in selectors.board_rows([], quoting=True) if row.state == "active"} == {"梅子", "安然"}
    waiting, overdue = selectors.count_reviews()
    assert waiting > overdue >= 1
    assert selectors.reviews("decided")
    assert {row.ending for row in Conversation.objects.filter(state="closed")} == {
        "helped",
        "left_waiting",
        "left_during",
        "handed_on",
        "closed_by_staff",
    }


def test_the_printed_sign_ins_work(evening):
    for person in people.SIGN_INS:
        assert person.username in evening
        assert authenticate(username=person.username, password=people.PASSWORD).role == person.role
    assert people.PASSWORD in evening


def test_nobody_can_sign_in_as_the_scenery(evening):
    for person in people.COLLEAGUES:
        assert not StaffMember.objects.get(username=person.username).has_usable_password()


def test_nothing_lies_in_the_future_and_each_line_in_its_order(evening):
    now = timezone.now()
    for conversation in Conversation.objects.all():
        times = list(conversation.messages.order_by("seq").values_list("at", flat=True))
        assert times == sorted(times)
        assert conversation.opened_at - timedelta(seconds=1) <= times[0]
        assert times[-1] == conversation.last_line_at <= now
    assert not Transition.objects.filter(at__gt=now).exists()


def test_waits_are_as_told(evening):
    rows = {row.label: row for row in queue.rows()[0]}
    waited = timezone.now() - Conversation.objects.get(pk=rows["三号楼小李"].conversation).waiting_since
    assert timedelta(minutes=36) < waited < timedelta(minutes=38)


def test_again_changes_nothing_while_the_evening_lasts(evening):
    before = set(Conversation.objects.values_list("pk", flat=True))
    seed()
    assert set(Conversation.objects.values_list("pk", flat=True)) == before


def test_a_new_evening_replaces_the_old_and_nobody_elses_words(evening):
    mine = factories.begin()
    mine.says("我不是演示")
    before = set(Conversation.objects.values_list("pk", flat=True))
    seed("--again")
    assert counts() == {"waiting": 10, "active": 4, "closed": 10}
    assert set(Conversation.objects.values_list("pk", flat=True)) & before == {mine.row.pk}
    assert StaffMember.objects.count() == len(people.SIGN_INS + people.COLLEAGUES + people.SIMULATED)


def test_the_watch_leaves_the_scenery_alone(evening):
    assert desk.release_vanished() == 0


def test_a_demo_person_can_be_taken_and_answered(evening):
    lin = StaffMember.objects.get(username="lin")
    desk.set_duty(lin, state="on", capacity=3)
    taken = desk.take_next(by=lin)
    assert taken.holder_id == lin.pk


def test_a_real_site_is_refused(db, settings):
    settings.ALLOWED_HOSTS = ["localhost", "line.example.org"]
    with pytest.raises(CommandError, match="known password"):
        seed()
    assert not StaffMember.objects.exists()


def test_every_story_is_well_formed():
    stories = read_stories(*FILES)
    assert len({story.key for story in stories}) == len(stories)
    for story in stories:
        assert [step.verb for step in story.steps]
        assert [step.at for step in story.steps] == sorted(step.at for step in story.steps)
        assert story.steps[-1].at <= story.opened * 60


def test_a_misspelt_story_is_refused():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"at": 1, "sais": "你好"}, Step)
    with pytest.raises(ValueError, match="one thing"):
        _ = Step(at=1).verb
    with pytest.raises(ValueError, match="one thing"):
        _ = Step(at=1, says="你好", note="和").verb
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"key": "x", "opened": 1, "steps": [], "language": "fr"}, Story)


def test_it_is_told_through_the_services(evening):
    """Each resident's message was weighed: no row was written past the services."""
    assert not Message.objects.filter(author="resident", weighing__isnull=True).exists()
