"""What the residents' pages say when all is well, and when nothing is."""

import pytest
from django.test import Client

from hotline.chat import views
from hotline.environment import parse_emergency_numbers


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
