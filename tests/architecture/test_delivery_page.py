"""docs/delivery.md promises nothing that no test or fault tries."""

import re
from pathlib import Path

import pytest

from tests.faults.campaign import collect

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/delivery.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"\*\*(.+?)\*\*(.*?)(?=\n\n\*\*|\n\n## )", PAGE, re.S)


def named(word: str, text: str) -> list[str]:
    """What stands in backticks after ``word``, up to the next such word."""
    part = re.search(rf"{word}: (.*?)(?=\n[A-Z]|\Z)", text, re.S)
    return re.findall(r"`([^`]+)`", part[1]) if part else []


def test_there_are_promises_and_each_has_its_test():
    assert len(PROMISES) >= 8
    assert [promise for promise, rest in PROMISES if not named("Tests", rest)] == []


def test_every_test_that_is_named_exists():
    there = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))
    assert {test for _, rest in PROMISES for test in named("Tests", rest)} <= there


@pytest.mark.parametrize("fault", sorted({fault for _, rest in PROMISES for fault in named("Faults", rest)}))
def test_every_fault_that_is_named_is_made(fault):
    assert any(one.title == fault for one in collect())
