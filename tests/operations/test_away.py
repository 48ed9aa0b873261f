"""The page that stands in for the line while no process answers: the site's own numbers, and nothing else is needed."""

import base64
import hashlib
import re
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hotline import away
from hotline.environment import parse_emergency_numbers

OWN = '[{"number": "+86 988-1", "zh": "生命<热线>", "en": "life & \\"line\\""}]'


@pytest.fixture
def own(settings, tmp_path):
    """A site with a number and a name of its own."""
    settings.EMERGENCY_NUMBERS = parse_emergency_numbers(OWN)
    settings.SITE_NAME_EN = "Lamp & <Light>"
    settings.STATIC_ROOT = tmp_path / "static"
    return settings


def written(own):
    call_command("away_page", verbosity=0)
    return (Path(own.STATIC_ROOT) / away.NAME).read_text(encoding="utf-8")


def test_it_shows_the_sites_own_numbers_in_both_languages_chinese_first(own):
    page = written(own)
    chinese, english = re.findall(r'<section lang="([\w-]+)">(.*?)</section>', page, re.S)
    assert (chinese[0], english[0]) == ("zh-Hans", "en")
    for _, part in (chinese, english):
        assert re.findall(r'href="tel:([^"]+)"', part) == ["+86 988-1"]
    assert "生命&lt;热线&gt;" in chinese[1]
    assert "请直接打电话" in chinese[1]
    assert "life &amp; &quot;line&quot;" in english[1]
    assert "please call" in english[1]
    assert "Lamp &amp; &lt;Light&gt;" in page
    assert "12356" not in page


def test_it_needs_no_other_file_and_no_script_and_its_policy_lets_its_style_pass(own):
    page = written(own)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "url(" not in style
    assert "@import" not in style
    assert "<script" not in page
    assert '<main id="main"' in page, "a form of ours that meets it shows nothing"
    assert set(re.findall(r'(?:href|src)="([^"]*)"', page)) == {"data:,", "tel:+86 988-1", "", "/"}


def test_nobody_ever_reads_half_of_it(own, monkeypatch):
    before = written(own)
    folder = Path(own.STATIC_ROOT)
    # Somebody who reads it this very moment keeps the old one.
    with (folder / away.NAME).open(encoding="utf-8") as reading:
        own.EMERGENCY_NUMBERS = parse_emergency_numbers('[{"number": "777", "zh": "新"}]')
        assert "tel:777" in written(own)
        assert reading.read() == before

    def full(file):
        raise OSError(28, "No space left on device")

    after = (folder / away.NAME).read_text(encoding="utf-8")
    monkeypatch.setattr(away.os, "fsync", full)
    with pytest.raises(CommandError, match="No space left"):
        call_command("away_page")
    assert [path.name for path in folder.iterdir()] == [away.NAME]
    assert (folder / away.NAME).read_text(encoding="utf-8") == after
    assert stat.S_IMODE((folder / away.NAME).stat().st_mode) == 0o644
