"""What a desk asks of the database, for one conversation and for many."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from counselors import deskwork
from counselors import services as desk
from counselors.models import StaffMember
from hotline.chat import access
from hotline.chat.services import moves, notes
from tests import factories

pytestmark = pytest.mark.django_db


def signed_in(member):
    """A session of theirs."""
    client = Client()
    client.force_login(member)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def taken(by, **about):
    """A conversation with a note, held by somebody."""
    talk = factories.begin(**about)
    talk.says("睡不着")
    desk.claim(talk.hex, by=by)
    notes.add_note(talk.hex, by=by, text=f"给 {talk.hex} 的笔记")
    return talk


def beat(staff, *shown):
    """A heartbeat; its views by conversation, and how many statements it took."""
    with CaptureQueriesContext(connection) as statements:
        upto, views = deskwork.heartbeat(staff, None, list(shown))
    assert set(upto) == set(shown)
    return {view.conversation: view for view in views}, len(statements)


def test_a_heartbeat_asks_no_more_for_many_conversations_than_for_one(counselor):
    talks = [taken(counselor) for _ in range(4)]
    _, for_one = beat(counselor, talks[0].hex)
    views, for_four = beat(counselor, *(talk.hex for talk in talks))
    assert len(views) == 4
    assert for_four == for_one


def test_each_view_of_a_heartbeat_is_what_the_conversation_shows_alone(counselor, other_counselor):
    plain, offered, foreign = taken(counselor), taken(counselor), taken(other_counselor)
    moves.offer_handover(offered.hex, by=counselor, to=other_counselor, note="我要下班了")
    views, _ = beat(counselor, plain.hex, offered.hex, foreign.hex)
    assert views == {talk.hex: deskwork.view(counselor, talk.hex) for talk in (plain, offered)}
    assert [note.text for note in views[plain.hex].notes] == [f"给 {plain.hex} 的笔记"]
    assert views[plain.hex].handover is None
    assert views[offered.hex].handover.note == "我要下班了"


def test_what_is_no_id_names_nothing(counselor):
    talk = taken(counselor)
    assert [view.conversation for view in deskwork.heartbeat(counselor, None, [talk.hex])[1]] == [talk.hex]
    assert access.readable_among(counselor, ["", "not an id", talk.hex]) == [talk.row]


def test_accounts_of_many_desks_are_read_in_as_many_statements_as_one(counselor, other_counselor, supervisor):
    desks = [(one.pk, signed_in(one)) for one in (counselor, other_counselor, supervisor)]
    with CaptureQueriesContext(connection) as for_one:
        assert deskwork.accounts(desks[:1]) == [counselor]
    StaffMember.objects.filter(pk=other_counselor.pk).update(is_active=False, deactivated_at=timezone.now())
    foreign = (supervisor.pk, desks[0][1])
    with CaptureQueriesContext(connection) as for_all:
        assert deskwork.accounts([*desks, foreign, (counselor.pk, None)]) == [counselor, None, supervisor, None, None]
    assert len(for_all) == len(for_one)
