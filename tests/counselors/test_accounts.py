"""Accounts: invited, joined once, given a role, closed."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.utils import timezone

from counselors import accounts
from counselors import services as desk
from counselors.models import Duty, Invitation, StaffChange, StaffMember
from counselors.roles import Permission, Role
from hotline.chat import errors
from hotline.chat.errors import Refused
from hotline.chat.states import State
from tests import factories

NEWCOMER = {"username": "yun", "alias": "小云", "password": "seven lamps in a row"}


@pytest.fixture
def invitation(coordinator):
    return accounts.invite(by=coordinator, role=Role.COUNSELOR, name="云老师")


def test_who_was_invited_joins_with_the_role_they_were_invited_for(invitation):
    member = accounts.join(code=invitation, **NEWCOMER)
    assert (member.role, member.alias, member.is_active) == (Role.COUNSELOR, "小云", True)
    assert member.check_password(NEWCOMER["password"])
    assert member.password.startswith("argon2$argon2id$")


def test_an_invitation_works_once(invitation):
    accounts.join(code=invitation, **NEWCOMER)
    with pytest.raises(Refused, match=errors.INVITATION_WRONG):
        accounts.join(code=invitation, **NEWCOMER | {"username": "yun2"})


def test_an_invitation_works_for_seven_days(invitation):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refused, match=errors.INVITATION_WRONG):
        accounts.join(code=invitation, **NEWCOMER)


def test_only_a_slow_hash_of_it_is_kept(invitation):
    digits = invitation.replace(" ", "")
    row = Invitation.objects.get()
    assert digits not in str(Invitation.objects.values_list().get())
    assert len(row.code_digest) == 32


@pytest.mark.parametrize("code", ["", "1234", "0" * 24])
def test_a_wrong_invitation_makes_no_account(invitation, code):
    with pytest.raises(Refused, match=errors.INVITATION_WRONG):
        accounts.join(code=code, **NEWCOMER)
    assert not StaffMember.objects.filter(username="yun").exists()


def test_a_name_that_is_taken_is_refused_however_it_is_written(invitation, counselor):
    with pytest.raises(Refused, match=errors.USERNAME_TAKEN):
        accounts.join(code=invitation, **NEWCOMER | {"username": "LIN"})
    accounts.join(code=invitation, **NEWCOMER)


@pytest.mark.parametrize("weak", ["short", "12345678901234", "password12", "yunyunyun1"])
def test_a_weak_password_is_refused_and_the_invitation_stays(invitation, weak):
    with pytest.raises(Refused, match=errors.PASSWORD_WEAK) as refusal:
        accounts.join(code=invitation, **NEWCOMER | {"username": "yunyunyun", "password": weak})
    assert refusal.value.detail
    accounts.join(code=invitation, **NEWCOMER)


@pytest.mark.parametrize("who", ["counselor", "other_counselor"])
def test_counselors_manage_nobody(who, request, coordinator):
    by = request.getfixturevalue(who)
    for attempt in (
        lambda: accounts.invite(by=by, role=Role.SUPERVISOR, name="我自己"),
        lambda: accounts.set_role(by, by=by, role=Role.SUPERVISOR),
        lambda: accounts.deactivate(coordinator, by=by),
        lambda: accounts.reactivate(coordinator, by=by),
    ):
        with pytest.raises(Refused, match=errors.NOT_ALLOWED):
            attempt()


def test_nobody_changes_their_own_account(supervisor):
    for attempt in (
        lambda: accounts.set_role(supervisor, by=supervisor, role=Role.COORDINATOR),
        lambda: accounts.deactivate(supervisor, by=supervisor),
    ):
        with pytest.raises(Refused, match=errors.NOT_ALLOWED):
            attempt()


def test_a_deactivated_counselors_people_go_back_to_the_queue(conversation, counselor, coordinator):
    accounts.deactivate(counselor, by=coordinator)
    assert (conversation.row.state, conversation.row.holder) == (State.WAITING, None)
    assert conversation.row.transitions.last().cause == "deactivated"
    assert Duty.objects.get(staff=counselor).state == Duty.OFF
    counselor.refresh_from_db()
    assert not counselor.may("take")


def test_who_becomes_coordinator_holds_nobody(conversation, counselor, supervisor):
    accounts.set_role(counselor, by=supervisor, role=Role.COORDINATOR)
    assert conversation.row.state == State.WAITING


def test_a_role_that_does_not_exist_is_refused(counselor, supervisor):
    for attempt in (
        lambda: accounts.set_role(counselor, by=supervisor, role="king"),
        lambda: accounts.invite(by=supervisor, role="king", name="某人"),
        lambda: accounts.invite(by=supervisor, role=Role.COUNSELOR, name="  "),
    ):
        with pytest.raises(Refused, match=errors.BAD_FRAME):
            attempt()


def test_every_change_names_who_made_it(invitation, coordinator, counselor):
    member = accounts.join(code=invitation, **NEWCOMER)
    accounts.set_role(member, by=coordinator, role=Role.SUPERVISOR)
    accounts.deactivate(member, by=coordinator)
    accounts.reactivate(member, by=coordinator)
    changes = StaffChange.objects.filter(staff=member).values_list("what", "by__username")
    assert list(changes) == [
        ("joined:counselor", "gu"),
        ("role:supervisor", "gu"),
        ("deactivated", "gu"),
        ("reactivated", "gu"),
    ]


def test_an_account_is_not_deactivated_without_its_time(counselor):
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffMember.objects.filter(pk=counselor.pk).update(is_active=False)


def test_colleagues_are_listed_on_duty_first(counselor, other_counselor, coordinator):
    from counselors.selectors import colleagues

    desk.set_duty(counselor, state=Duty.PAUSE, capacity=2)
    assert [one.name for one in colleagues()] == [other_counselor.alias, counselor.alias]


def test_a_held_conversation_counts_for_its_holder(conversation, counselor):
    from counselors.selectors import colleagues

    [me] = [one for one in colleagues() if one.id == counselor.pk]
    assert (me.holding, me.capacity, me.duty, me.connected) == (1, 4, "on", True)


def test_a_coordinator_takes_no_duty(coordinator):
    with pytest.raises(Refused, match=errors.NOT_ALLOWED):
        desk.set_duty(coordinator, state=Duty.ON, capacity=3)
    with pytest.raises(Refused, match=errors.NOT_ON_DUTY):
        desk.take_next(by=coordinator)
    assert factories.begin().row.state == State.WAITING


def test_a_new_site_has_a_way_to_its_first_account(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", factories.PASSWORD)
    call_command("createsuperuser", interactive=False, username="gu", alias="老顾")
    first = StaffMember.objects.get(username="gu")
    assert first.may(Permission.MANAGE_STAFF)
    assert not first.may(Permission.READ_ANY)
    assert Client().login(username="gu", password=factories.PASSWORD)
    assert accounts.invite(by=first, role=Role.SUPERVISOR, name="沈老师")
