"""Sealed values open only with their key, in their place, unaltered."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.chat.keys import seal_text, unseal_text
from hotline.chat.models import Message
from hotline.chat.sealing import Keyring, Unreadable, seal, unseal

KEY = bytes(range(32))


@given(st.binary(max_size=200))
def test_what_was_sealed_opens_unchanged(plain):
    assert unseal(KEY, seal(KEY, plain, place="here"), place="here") == plain


def test_moved_elsewhere_it_does_not_open():
    with pytest.raises(Unreadable):
        unseal(KEY, seal(KEY, "悄悄话".encode(), place="line:1"), place="line:2")


@pytest.mark.parametrize("position", [0, 12, -1])
def test_altered_it_does_not_open(position):
    sealed = bytearray(seal(KEY, b"a word", place="here"))
    sealed[position] ^= 1
    with pytest.raises(Unreadable):
        unseal(KEY, bytes(sealed), place="here")


def test_the_same_words_look_different_each_time():
    assert seal(KEY, b"again", place="here") != seal(KEY, b"again", place="here")


def test_a_key_opens_only_for_its_owner_and_with_its_ring():
    ring = Keyring({"old": os.urandom(32)})
    wrapped = ring.new_wrapped(owner="somebody")
    assert len(ring.unwrap(wrapped, owner="somebody")) == 32
    with pytest.raises(Unreadable):
        ring.unwrap(wrapped, owner="somebody else")
    with pytest.raises(Unreadable):
        Keyring({"new": os.urandom(32)}).unwrap(wrapped, owner="somebody")
    assert Keyring({"new": os.urandom(32), **ring.keys}).unwrap(wrapped, owner="somebody")


def test_a_fault_carries_no_words():
    with pytest.raises(Unreadable) as caught:
        unseal(KEY, b"rubbish" * 9, place="line:秘密")
    assert "秘密" not in str(caught.value)


def test_a_line_cannot_be_passed_off_as_another(waiting, another_resident):
    sealed = seal_text(waiting.row, "line:2:resident", "我说的")
    for talk, place in (
        (waiting, "line:3:resident"),
        (waiting, "line:2:counselor"),
        (another_resident, "line:2:resident"),
    ):
        with pytest.raises(Unreadable):
            unseal_text(talk.row, place, sealed)


def test_each_conversation_has_its_own_key(waiting, another_resident):
    assert bytes(waiting.row.wrapped_key) != bytes(another_resident.row.wrapped_key)
    assert Message.objects.filter(text_sealed=b"").count() == 0
