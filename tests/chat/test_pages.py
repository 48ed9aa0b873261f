"""What the residents' pages say when all is well, and when nothing is."""

import pytest
from django.conf import settings as site
from django.db import transaction
from django.test import Client

from hotline.chat import access, views
from hotline.chat.models import Conversation
from hotline.chat.services import erasure, moves
from hotline.environment import parse_emergency_numbers
from tests import factories

PAGES = ("/", "/begin/", "/return/", "/help/", "/privacy/", "/calendar/", "/nothing-here/", "/staff/sign-in/")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_comes_with_its_policy_and_in_no_frame(db, path):
    page = Client().get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "worker-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert page.headers["X-Frame-Options"] == "DENY"


def test_every_cookie_ends_with_the_browser_and_leaving_takes_them_all(db):
    browser = Client()
    browser.get("/")
    browser.post("/i18n/setlang/", {"language": "en", "next": "/"})
    browser.post("/begin/", {"script": "1"})
    assert set(browser.cookies) == {"visit", site.CSRF_COOKIE_NAME, site.LANGUAGE_COOKIE_NAME}
    assert {(one["expires"], one["max-age"]) for one in browser.cookies.values()} == {("", "")}
    browser.post("/leave/")
    assert [one.value for one in browser.cookies.values()] == ["", "", ""]


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "生命热线"), ("en", "lifeline")])
def test_a_page_that_breaks_still_shows_the_sites_own_numbers(db, monkeypatch, settings, language, name):
    settings.EMERGENCY_NUMBERS = parse_emergency_numbers('[{"number": "988", "zh": "生命热线", "en": "lifeline"}]')

    def fault(request):
        raise RuntimeError("broken")

    monkeypatch.setattr(views, "_visit", fault)
    page = Client(raise_request_exception=False, headers={"accept-language": language}).get("/")
    assert page.status_code == 500
    assert 'href="tel:988"' in page.text
    assert name in page.text
    assert "12356" not in page.text


def test_a_page_that_cannot_talk_gets_no_place_in_the_queue(db):
    page = Client(headers={"accept-language": "en"}).post("/begin/", {"danger": "on"})
    assert page.status_code == 422
    assert "somebody answers at the numbers above" in page.text
    assert "visit" not in page.cookies
    assert not Conversation.objects.exists()


def test_what_was_said_before_stands_on_the_new_page_and_nobody_elses(db):
    browser = Client()
    first = factories.begin()
    first.says("<b>第一次来</b>")
    with transaction.atomic():
        moves.leave_locked(access.open_of(first.resident.pk, first.hex))
    factories.begin().says("别人的话")
    factories.begin(resident=first.resident)
    browser.cookies["visit"] = first.token
    page = browser.get("/talk/")
    assert "&lt;b&gt;第一次来&lt;/b&gt;" in page.text
    assert "别人的话" not in page.text
    erasure.erase_resident(first.resident.pk)
    assert "第一次来" not in browser.get("/talk/", follow=True).text
