"""A return code leads the same anonymous person back, and nobody else."""

import hashlib

import pytest
from argon2.low_level import Type, hash_secret_raw
from django.conf import settings

from hotline.chat import codes, errors, queue, selectors
from hotline.chat.errors import Refused
from hotline.chat.keys import site_salt
from hotline.chat.models import Conversation, Resident
from hotline.chat.services import moves, opening
from tests import factories


@pytest.fixture
def code(waiting):
    return opening.make_code(waiting.resident.pk)


def test_a_code_leads_back_to_the_same_story(waiting, code):
    visit = opening.visit_for(opening.redeem_code(code))
    assert visit.resident_id == waiting.resident.pk
    assert selectors.lines_after(waiting.row, 0)[-1].event == "returned"


def test_another_device_does_not_end_the_first(waiting, code):
    opening.redeem_code(code)
    assert opening.visit_for(waiting.token) is not None


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.replace(" ", ""),
        lambda code: code.replace(" ", "-"),
        lambda code: f"  {code}\n",
        lambda code: code.translate({ord("0") + n: ord("０") + n for n in range(10)}).replace(" ", "\u3000"),
        " ".join,
    ],
    ids=["no gaps", "dashes", "spaces around", "full width", "a gap after each digit"],
)
def test_however_the_digits_are_typed(code, typed):
    assert opening.redeem_code(typed(code))


@pytest.mark.parametrize("typed", ["", "1234", "0" * 24, "0" * 25, "１" * 23, "x" * 24, "9" * 10_000, "²" * 24])
def test_a_wrong_code_opens_nothing(code, typed):
    with pytest.raises(Refused, match=errors.CODE_WRONG):
        opening.redeem_code(typed)


def test_a_new_code_replaces_the_old(waiting, code):
    fresh = opening.make_code(waiting.resident.pk)
    with pytest.raises(Refused, match=errors.CODE_WRONG):
        opening.redeem_code(code)
    assert opening.visit_for(opening.redeem_code(fresh)).resident_id == waiting.resident.pk


def test_a_code_has_24_random_digits_in_groups_of_four(code):
    assert [len(group) for group in code.split()] == [4] * 6
    assert codes.new_code() != codes.new_code()


def test_only_argon2id_output_is_kept(waiting, code):
    digits = code.replace(" ", "")
    kept = bytes(Resident.objects.get(pk=waiting.resident.pk).code_digest)
    expected = hash_secret_raw(digits.encode(), site_salt("return-code"), 3, settings.ARGON2_MEMORY_KIB, 1, 32, Type.ID)
    assert kept == expected
    assert kept != hashlib.sha256(digits.encode()).digest()
    for value in Resident.objects.filter(pk=waiting.resident.pk).values_list()[0]:
        assert digits not in str(value)


def test_after_the_end_a_code_leads_to_what_was_said(waiting, code):
    waiting.says("谢谢")
    moves.leave_locked(waiting.row)
    visit = opening.visit_for(opening.redeem_code(code))
    [story] = selectors.transcript(visit.resident)
    assert "谢谢" in [line.text for line in story.lines]


def test_the_earlier_story_is_there_when_they_begin_again(waiting, counselor):
    waiting.says("上次说到一半")
    moves.leave_locked(waiting.row)
    again = factories.begin(resident=waiting.resident)
    assert again.hex != waiting.hex
    assert selectors.earlier_of(again.row) == [waiting.hex]
    [row] = queue.rows()[0]
    assert row.returning


def test_nobody_gets_a_code_for_what_was_erased(waiting):
    Resident.objects.filter(pk=waiting.resident.pk).update(erased_at=waiting.row.opened_at)
    with pytest.raises(Refused, match=errors.NOT_FOUND):
        opening.make_code(waiting.resident.pk)


def test_a_cookie_of_a_left_visit_opens_nothing(waiting):
    opening.end_visit(waiting.token)
    assert opening.visit_for(waiting.token) is None
    assert Conversation.objects.get(pk=waiting.hex).state == "waiting"


@pytest.mark.parametrize("token", ["", "x", "x" * 300, "é"])
def test_a_made_up_cookie_opens_nothing(db, token):
    assert opening.visit_for(token) is None
