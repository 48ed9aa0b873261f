"""The pictures of the READMEs: there, small, and taken in the evening."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tools.local import ROOT
from tools.pictures.readme import MOST_BYTES, README, SHOWN
from tools.pictures.scenes import LOCALES
from tools.pictures.server import evening_zone

SHOWS = re.compile(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)")


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_picture_that_a_readme_shows_is_there_and_small(name):
    shown = SHOWS.findall((ROOT / name).read_text(encoding="utf-8"))
    assert shown
    for path in shown:
        assert 0 < (ROOT / path).stat().st_size <= MOST_BYTES, path


def test_every_picture_that_is_kept_is_one_that_make_pictures_takes():
    taken = {target.format(language) for target in README.values() for language in LOCALES}
    assert {path.name for path in SHOWN.glob("*.png")} == taken


@pytest.mark.parametrize("hour", range(24))
def test_pictures_are_taken_past_nine_in_the_evening(hour):
    now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=17)
    assert now.astimezone(ZoneInfo(evening_zone(now))).hour == 21
