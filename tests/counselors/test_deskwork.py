"""What a desk asks of the database, for one conversation and for many."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from counselors import beating, deskwork
from counselors import services as desk
from counselors.models import StaffMember
from hotline.chat import access
from hotline.chat.errors import Refused
from hotline.chat.services import moves, notes, opening, presence, risk
from tests import factories
from triage.core.levels import Level

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


def beat(staff, *shown, facts=None):
    """A heartbeat; its views by conversation, and how many statements it took."""
    desk_beats = beating.Beat((staff.pk, signed_in(staff)), {hex_: (facts or {}).get(hex_) for hex_ in shown})
    with CaptureQueriesContext(connection) as statements:
        [seen] = beating.answer([desk_beats])
    assert set(seen.upto) == set(shown)
    return {view.conversation: view for view in seen.views}, len(statements)


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


def test_a_view_is_made_only_where_something_differs_from_the_heartbeat_before(counselor, other_counselor):
    talks = [taken(counselor) for _ in range(4)]
    me = (counselor.pk, signed_in(counselor))

    def views(facts):
        with CaptureQueriesContext(connection) as statements:
            [seen] = beating.answer([beating.Beat(me, {talk.hex: facts.get(talk.hex) for talk in talks})])
        return seen.facts, [view.conversation for view in seen.views], len(statements)

    facts, first, all_made = views({})
    assert sorted(first) == sorted(talk.hex for talk in talks)
    facts, none, nothing_made = views(facts)
    assert none == []
    assert nothing_made < all_made
    talks[0].hears("我在", by=counselor)
    assert views(facts)[1] == [talks[0].hex], "nobody waits for an answer any more"
    facts = views(facts)[0]
    for change, talk in (
        (lambda: notes.add_note(talks[1].hex, by=counselor, text="还有一条"), talks[1]),
        (lambda: moves.offer_handover(talks[2].hex, by=counselor, to=other_counselor, note="要下班"), talks[2]),
        (lambda: risk.override(talks[3].hex, by=counselor, level=Level.HIGH, reason="听出来的"), talks[3]),
        (lambda: opening.set_about(talks[0].row, topic="", nickname="小雨", age_band=""), talks[0]),
        (lambda: presence.seen([(talks[1].row.pk, None, "active")]), talks[1]),
    ):
        change()
        facts, changed, _ = views(facts)
        assert changed == [talk.hex]


def test_many_desks_that_beat_together_take_as_many_statements_as_one(counselor, other_counselor):
    both = [(one, taken(one)) for one in (counselor, other_counselor)]
    asked = [beating.Beat((one.pk, signed_in(one)), {talk.hex: None}) for one, talk in both]
    asked = [beating.Beat(one.credential, seen.facts) for one, seen in zip(asked, beating.answer(asked), strict=True)]
    with CaptureQueriesContext(connection) as for_one:
        beating.answer(asked[:1])
    with CaptureQueriesContext(connection) as for_both:
        mine, theirs = beating.answer(asked)
    assert len(for_both) == len(for_one)
    assert (mine.held, theirs.held) == ([both[0][1].hex], [both[1][1].hex])
    stranger, known = beating.answer([beating.Beat((counselor.pk, "no session"), {}), asked[1]])
    assert isinstance(stranger, Refused)
    assert known.held == [both[1][1].hex]


def test_what_is_no_id_names_nothing(counselor):
    talk = taken(counselor)
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
