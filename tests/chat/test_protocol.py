"""Frames: what is declared is read, everything else is refused with a code that names no word."""

import contextlib
import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.chat import errors, protocol
from hotline.chat.errors import Refused
from hotline.chat.protocol import MAX_FRAME_BYTES, MAX_TEXT, encode, parse_desk, parse_resident, request_id

PARSED = {parse_resident: get_args(protocol.FromResident), parse_desk: get_args(protocol.FromDesk)}
SEND = {"type": "message.send", "id": 1, "client_id": "a-good-client-id", "text": "在吗"}


def refusal(raw, parse=parse_resident):
    with pytest.raises(Refused) as caught:
        parse(raw if isinstance(raw, str) else json.dumps(raw))
    return caught.value


def test_a_good_frame_is_read():
    frame = parse_resident(json.dumps(SEND))
    assert (frame.id, frame.client_id, frame.text) == (1, "a-good-client-id", "在吗")


@pytest.mark.parametrize(
    ("change", "code", "detail"),
    [
        ({"type": "message.shout"}, errors.UNKNOWN_FRAME, ""),
        ({"type": "hint"}, errors.UNKNOWN_FRAME, ""),
        ({"type": "websocket.disconnect"}, errors.UNKNOWN_FRAME, ""),
        ({"type": 7}, errors.UNKNOWN_FRAME, ""),
        ({"author": "counselor"}, errors.BAD_FRAME, ""),
        ({"id": "1"}, errors.BAD_FRAME, "id"),
        ({"id": -1}, errors.BAD_FRAME, "id"),
        ({"client_id": "short"}, errors.BAD_FRAME, "client_id"),
        ({"client_id": "has spaces in it"}, errors.BAD_FRAME, "client_id"),
        ({"client_id": "x" * 65}, errors.BAD_FRAME, "client_id"),
        ({"text": ""}, errors.TEXT_EMPTY, ""),
        ({"text": "字" * (MAX_TEXT + 1)}, errors.TEXT_TOO_LONG, ""),
        ({"text": None}, errors.BAD_FRAME, "text"),
    ],
)
def test_a_bad_frame_is_refused_with_its_code(change, code, detail):
    found = refusal(SEND | change)
    assert (found.code, found.detail) == (code, detail)


def test_the_longest_message_fits_in_a_frame():
    assert len(parse_resident(json.dumps(SEND | {"text": "🌙" * MAX_TEXT}, ensure_ascii=False)).text) == MAX_TEXT


@pytest.mark.parametrize("missing", ["type", "id", "client_id", "text"])
def test_a_missing_field_is_refused(missing):
    assert refusal({key: value for key, value in SEND.items() if key != missing}).code.startswith("frame.")


def test_an_oversized_frame_is_refused_before_it_is_read():
    assert refusal("[" * (MAX_FRAME_BYTES + 1)).code == errors.TOO_BIG
    assert refusal("字" * (MAX_FRAME_BYTES // 2)).code == errors.TOO_BIG


@pytest.mark.parametrize("raw", ["", "null", "[]", "7", '"hello"', "{", "nonsense", "[" * 5000, '{"type": "hello"}'])
def test_rubbish_is_refused_and_never_raises_anything_else(raw):
    assert refusal(raw).code in {errors.BAD_FRAME, errors.UNKNOWN_FRAME}
    assert refusal(raw, parse_desk).code in {errors.BAD_FRAME, errors.UNKNOWN_FRAME}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_comes_is_read_or_refused(value):
    for parse in (parse_resident, parse_desk):
        with contextlib.suppress(Refused):
            parse(json.dumps(value))


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")) | st.text(alphabet='{}[]",:\\u0d8e- tfn'))
def test_any_text_at_all_is_read_or_refused(raw):
    for parse in (parse_resident, parse_desk):
        with contextlib.suppress(Refused):
            parse(raw)
    assert request_id(raw) is None or isinstance(request_id(raw), int)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
values = plain | st.lists(plain, max_size=3) | st.dictionaries(st.text(max_size=40), plain, max_size=3)


@pytest.mark.parametrize(
    ("parse", "frame"), [(one, kind) for one, kinds in PARSED.items() for kind in kinds], ids=lambda one: one.__name__
)
@given(data=st.data())
def test_a_frame_with_any_values_is_read_as_declared_or_refused(parse, frame, data):
    body = {"type": frame.__struct_config__.tag}
    for name in frame.__struct_fields__:
        if data.draw(st.booleans()):
            body[name] = data.draw(values)
    with contextlib.suppress(Refused):
        found = parse(json.dumps(body))
        assert type(found) is frame
        # What was read can be said again, and means the same.
        assert parse(encode(found).decode()) == found


def test_half_a_character_is_refused():
    """A lone surrogate is no text: it could be neither kept nor sent on."""
    assert (
        refusal('{"type":"message.send","id":1,"client_id":"a-good-client-id","text":"\\ud83d"}').code
        == errors.BAD_FRAME
    )


def test_a_refusal_never_repeats_what_was_written():
    found = refusal(SEND | {"text": ["我的秘密"]})
    assert "秘密" not in found.detail + str(found)


@pytest.mark.parametrize(
    ("raw", "expected"), [('{"id": 7, "type": "x"}', 7), ('{"id": true}', None), ("[", None), ("[7]", None)]
)
def test_a_refused_frame_is_answered_under_its_id_if_it_has_one(raw, expected):
    assert request_id(raw) == expected


def test_a_resident_cannot_speak_the_staffs_frames():
    for kind in ("conversation.claim", "note.add", "level.override", "board.watch", "duty.set"):
        assert refusal({"type": kind, "id": 1}).code == errors.UNKNOWN_FRAME
