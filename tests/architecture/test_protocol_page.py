"""docs/protocol.md tells everything that hotline/chat/protocol.py declares, and nothing else."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from hotline.chat import errors, protocol, sockets

PAGE = (Path(__file__).parents[2] / "docs/protocol.md").read_text(encoding="utf-8")
SECTIONS = {
    "From a resident": protocol.FromResident,
    "From the staff": protocol.FromDesk,
    "To a resident": protocol.ToResident,
    "To the staff": protocol.ToDesk,
}
DIRECTIONS = [(title, frame) for title, union in SECTIONS.items() for frame in get_args(union)]
PARTS = [part for part in vars(protocol).values() if isinstance(part, type) and issubclass(part, protocol.Part)]


def section(title: str) -> str:
    """The text below a heading, up to the next one of its size."""
    return re.split(r"^## ", PAGE.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def entries(title: str) -> dict[str, str]:
    """Below a heading: the smaller headings and the text below each."""
    found = re.split(r"^### `?([\w.]+)`?\n", section(title), flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def told_fields(text: str) -> set[str]:
    """Fields in the first column of a table, or after "Fields:"."""
    listed = re.search(r"^Fields: (.*)$", text, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", listed[1]) if listed else re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def declared_fields(struct: type) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize("title", SECTIONS)
def test_every_frame_has_its_heading_and_no_heading_is_left_over(title):
    declared = {frame.__struct_config__.tag for frame in get_args(SECTIONS[title])}
    assert set(entries(title)) == declared


@pytest.mark.parametrize(("title", "frame"), DIRECTIONS, ids=lambda value: getattr(value, "__name__", value))
def test_every_field_of_a_frame_is_told(title, frame):
    assert told_fields(entries(title)[frame.__struct_config__.tag]) == declared_fields(frame)


@pytest.mark.parametrize("part", [part for part in PARTS if part is not protocol.Part], ids=lambda part: part.__name__)
def test_every_field_of_a_part_is_told(part):
    assert told_fields(entries("Parts")[part.__name__]) == declared_fields(part)


def test_every_error_code_is_told_and_no_other():
    declared = {value for name, value in vars(errors).items() if name.isupper() and "." in value}
    assert set(re.findall(r"^\| `([\w.]+)` \|", section("Error codes"), re.MULTILINE)) == declared


def test_every_close_code_is_told():
    declared = {str(value) for name, value in vars(sockets).items() if name.startswith("CLOSE_")}
    assert declared <= set(re.findall(r"^\| (\d{4}) \|", section("Close codes"), re.MULTILINE))


def test_limits_are_told_as_they_are():
    assert f"{protocol.MAX_FRAME_BYTES // 1024} KiB" in PAGE
    assert f"at most {protocol.MAX_REPLAY} lines" in PAGE.lower()
    assert f"1–{protocol.MAX_TEXT} characters" in PAGE
    assert f"{sockets.FRAMES_PER_SECOND:.0f} frames a second, {sockets.FRAMES_AT_ONCE} at once" in PAGE
    assert f"within {sockets.LONGEST_SOCKET_SECONDS // 3600} hours" in PAGE


@pytest.mark.parametrize(("title", "frame"), DIRECTIONS, ids=lambda value: getattr(value, "__name__", value))
def test_every_frame_refuses_unknown_fields(title, frame):
    assert frame.__struct_config__.forbid_unknown_fields
