"""What the residents' pages say when all is well, and when nothing is."""

import pytest
from django.conf import settings as site
from django.test import Client

from hotline.chat import views
from hotline.environment import parse_emergency_numbers

PAGES = ("/", "/begin/", "/return/", "/help/", "/privacy/", "/calendar/", "/nothing-here/", "/staff/sign-in/")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_comes_with_its_policy_and_in_no_frame(db, path):
    page = Client().get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert page.headers["X-Frame-Options"] == "DENY"


def test_every_cookie_ends_with_the_browser_and_leaving_takes_them_all(db):
    browser = Client()
    browser.get("/")
    browser.post("/i18n/setlang/", {"language": "en", "next": "/"})
    browser.post("/begin/", {})
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
