"""Templates and scripts keep the content security policy, and every word of theirs can be translated."""

import re
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
STYLES = sorted((ROOT / "static/css").rglob("*.css"))
STYLE_PAGE = ROOT / "templates/resident/style.html"
"""For developers only: shows the look of both languages side by side."""
AWAY_PAGE = ROOT / "templates/away.html"
"""Brings its style and a policy that names it by its hash: no server is there to give a file."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return re.sub(
        r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->|/\*.*?\*/|(?m:^\s*//.*$)", "", text, flags=re.DOTALL
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_template_holds_what_the_policy_forbids(path):
    text = without_comments(path)
    scripts = re.findall(r"<script\b([^>]*)>", text)
    assert [script for script in scripts if "src=" not in script] == []
    assert re.findall(r"<style\b", text) == (["<style"] if path == AWAY_PAGE else [])
    assert re.findall(r"<[^>]*\s(?:style|on[a-z]+)\s*=", text) == []
    assert "javascript:" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_template_can_be_read(path):
    engines["django"].get_template(str(path.relative_to(ROOT / "templates")))


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_no_script_does_what_the_policy_forbids_or_lets_words_become_markup(path):
    text = without_comments(path)
    markup = r"\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write"
    assert re.findall(rf"\beval\(|new Function\(|setAttribute\(\s*[\"']style|{markup}", text) == []


@pytest.mark.parametrize("path", [path for path in [*TEMPLATES, *SCRIPTS, *STYLES] if path != STYLE_PAGE], ids=name_of)
def test_chinese_is_in_the_catalogue_and_nowhere_else(path):
    """The switch to Chinese carries its own name, which every reader must find."""
    text = without_comments(path).replace("中文", "")
    assert [line.strip() for line in text.splitlines() if CHINESE.search(line)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_forms_that_are_posted_carry_their_token(path):
    forms = re.findall(
        r"<form\b[^>]*method=\"post\".*?</form>", without_comments(path), flags=re.DOTALL | re.IGNORECASE
    )
    assert [form for form in forms if "csrf_token" not in form] == []


def test_agreeing_to_learning_is_never_ticked_beforehand():
    shown = engines["django"].get_template("resident/_learning.html").render({"where": "ending"})
    assert 'type="checkbox"' in shown
    assert "checked" not in shown
    for page in ("_ending", "_more"):
        assert "_learning.html" in (ROOT / f"templates/resident/{page}.html").read_text(encoding="utf-8")
