"""What is sealed opens with its key, in its place, unaltered, and not otherwise."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotline.chat.sealing import NONCE_BYTES, Keyring, Unreadable, seal, unseal

keys = st.binary(min_size=32, max_size=32)
places = st.text(min_size=1, max_size=40)
words = st.binary(max_size=4000)


@given(keys, words, places)
def test_what_is_sealed_opens_again(key, plain, place):
    assert unseal(key, seal(key, plain, place=place), place=place) == plain


@given(keys, words, places)
def test_the_same_words_never_look_the_same_twice(key, plain, place):
    assert seal(key, plain, place=place) != seal(key, plain, place=place)


@given(keys, st.binary(min_size=8, max_size=200), places)
def test_the_words_cannot_be_read_in_what_is_sealed(key, plain, place):
    sealed = seal(key, plain, place=place)
    assert plain not in sealed
    assert len(sealed) == NONCE_BYTES + len(plain) + 16


@given(keys, words, places, places)
def test_moved_to_another_place_it_does_not_open(key, plain, place, elsewhere):
    assume(place != elsewhere)
    with pytest.raises(Unreadable):
        unseal(key, seal(key, plain, place=place), place=elsewhere)


@given(keys, keys, words, places)
def test_with_another_key_it_does_not_open(key, other, plain, place):
    assume(key != other)
    with pytest.raises(Unreadable):
        unseal(other, seal(key, plain, place=place), place=place)


@given(keys, words, places, st.data())
def test_altered_in_one_bit_it_does_not_open(key, plain, place, data):
    sealed = bytearray(seal(key, plain, place=place))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable):
        unseal(key, bytes(sealed), place=place)


@given(keys, words, places, st.data())
def test_cut_short_it_does_not_open(key, plain, place, data):
    sealed = seal(key, plain, place=place)
    with pytest.raises(Unreadable):
        unseal(key, sealed[: data.draw(st.integers(0, len(sealed) - 1))], place=place)


@given(keys, keys, places)
def test_a_ring_opens_what_an_earlier_key_wrapped(new, old, owner):
    wrapped = Keyring({"old": old}).new_wrapped(owner=owner)
    assert len(Keyring({"new": new, "old": old}).unwrap(wrapped, owner=owner)) == 32


@given(keys, keys, places)
def test_new_keys_are_wrapped_by_the_first_key_of_the_ring(new, old, owner):
    wrapped = Keyring({"new": new, "old": old}).new_wrapped(owner=owner)
    assert Keyring({"new": new}).unwrap(wrapped, owner=owner)
    with pytest.raises(Unreadable):
        Keyring({"old": old}).unwrap(wrapped, owner=owner)


@given(keys, places, places)
def test_a_key_opens_for_its_owner_only(key, owner, other):
    assume(owner != other)
    ring = Keyring({"local": key})
    with pytest.raises(Unreadable):
        ring.unwrap(ring.new_wrapped(owner=owner), owner=other)


@given(keys, st.binary(max_size=100))
def test_a_destroyed_key_is_unreadable_and_nothing_worse(key, remains):
    with pytest.raises(Unreadable):
        Keyring({"local": key}).unwrap(remains, owner="somebody")


def test_what_is_unreadable_tells_nothing_of_what_it_held():
    key = bytes(32)
    with pytest.raises(Unreadable) as caught:
        unseal(key, seal(key, b"secret words", place="line:7:resident"), place="line:8:resident")
    assert str(caught.value) == "line"
