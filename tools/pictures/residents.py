"""What residents see: the pages before, the conversation and its sheets, its ends, and the faults."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tools.pictures.camera import BOTH, EVERYWHERE, PHONE, PHONES, Camera, Line, Place
from tools.pictures.scenes import LOCALES, SCENES, Language

MOST_CHARACTERS = 4000


def before(camera: Camera, place: Place, language: Language) -> None:
    """What can be read before anything is said."""
    page = place.page(language, "phone", fine=True)
    for name, path in (
        ("home", "/"),
        ("begin", "/begin/"),
        ("help", "/help/"),
        ("privacy", "/privacy/"),
        ("return", "/return/"),
        ("neutral", "/calendar/"),
        ("404", "/nothing-here/"),
    ):
        page.goto(path)
        camera.take(page, name, language, EVERYWHERE)
    page.goto("/begin/")
    page.get_by_test_id("more").click()
    camera.take(page, "begin-more", language, PHONE)
    page.goto("/return/")
    page.get_by_test_id("code-field").fill("1234 5678")
    page.get_by_test_id("redeem").click()
    page.get_by_test_id("problem").wait_for()
    camera.take(page, "return-wrong", language, PHONE)
    page.goto("/begin/")
    page.context.clear_cookies()
    page.get_by_test_id("agree").click()
    page.wait_for_selector(".page-plain")
    camera.take(page, "403", language, BOTH)
    broken = place.server.broken_page("zh-hans" if language == "zh" else "en")
    page.route("**/broken/", lambda route: route.fulfill(status=500, content_type="text/html", body=broken))
    page.goto("/broken/")
    camera.take(page, "500", language, BOTH)
    page.context.close()


def without_scripts(camera: Camera, place: Place, language: Language) -> None:
    """What a browser shows in which JavaScript is switched off."""
    page = place.page(language, "phone", fine=True, scripts=False)
    page.goto("/")
    camera.take(page, "home-noscript", language, PHONE)
    page.goto("/begin/")
    camera.take(page, "begin-noscript", language, PHONES)
    page.get_by_test_id("agree").click()
    page.get_by_test_id("scriptless").wait_for()
    camera.take(page, "begin-scriptless", language, PHONES)
    page.context.close()


def begin(page: Page, *, nickname: str = "", danger: bool = False) -> None:
    """From the page before a conversation into it."""
    page.goto("/begin/")
    if nickname:
        page.get_by_test_id("more").click()
        page.locator("#id_nickname").fill(nickname)
    if danger:
        page.get_by_test_id("danger").check()
    page.get_by_test_id("agree").click()
    page.wait_for_url("**/talk/")
    page.get_by_test_id("waiting").wait_for()


def say(page: Page, *lines: str) -> None:
    """Write as a resident, and wait until it is kept."""
    for line in lines:
        page.get_by_test_id("words").fill(line)
        page.get_by_test_id("send").click()
        page.get_by_test_id("mine").filter(has_text=line).wait_for()
        expect(page.get_by_test_id("mine").last).to_have_attribute("data-state", "sent")


def write_to_us(camera: Camera, place: Place, language: Language) -> Page:
    """Begin as a resident and wait."""
    scene = SCENES[language]
    page = place.page(language, "phone", fine=True)
    begin(page, nickname=scene.nickname)
    camera.take(page, "talk-empty", language, (*PHONES, "desk"), whole=False)
    say(page, *scene.said)
    camera.take(page, "talk-waiting", language, (*PHONES, "desk"), whole=False)
    page.locator("#waiting summary").click()
    page.locator("#waiting details").scroll_into_view_if_needed()
    camera.take(page, "talk-meanwhile", language, ("phone", "desk"), whole=False)
    page.locator("#waiting summary").click()
    first = page.context.new_page()
    first.goto("/")
    camera.take(first, "home-again", language, PHONE)
    first.close()
    return page


def in_danger(camera: Camera, place: Place, language: Language) -> None:
    """Somebody who says so, what their page brings forward, and all of its sheets; they erase it again."""
    page = place.page(language, "phone", fine=True)
    begin(page, danger=True)
    say(page, SCENES[language].danger)
    camera.take(page, "talk-danger", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("more-open").click()
    camera.take(page, "talk-more", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("mood-before-1").click()
    page.get_by_test_id("mood-before-1").and_(page.locator('[aria-pressed="true"]')).wait_for()
    page.get_by_test_id("about-open").click()
    camera.take(page, "talk-about", language, PHONES, whole=False)
    page.get_by_test_id("code-open").click()
    camera.take(page, "talk-code-ask", language, PHONE, whole=False)
    page.get_by_test_id("code-make").click()
    page.get_by_test_id("code-digits").wait_for()
    camera.take(page, "talk-code", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("code-close").click()
    page.get_by_test_id("more-open").click()
    page.get_by_test_id("end-open").click()
    camera.take(page, "talk-end", language, BOTH, whole=False)
    page.keyboard.press("Escape")
    page.get_by_test_id("more-open").click()
    page.get_by_test_id("erase-open").click()
    camera.take(page, "talk-erase", language, BOTH, whole=False)
    page.get_by_test_id("erase-yes").click()
    page.get_by_test_id("gone").wait_for()
    camera.take(page, "talk-gone", language, BOTH, whole=False)
    page.context.close()


def cut_off(camera: Camera, place: Place, language: Language) -> None:
    """Words that do not fit, words that cannot be sent, and somebody who ends it themselves while nobody has come."""
    scene, line = SCENES[language], Line()
    page = place.page(language, "phone", fine=True, line=line)
    begin(page)
    say(page, scene.again)
    field = page.get_by_test_id("words")
    field.fill((scene.unsent * MOST_CHARACTERS)[: MOST_CHARACTERS + 20])
    page.get_by_test_id("send").click()
    page.get_by_test_id("note").wait_for()
    camera.take(page, "talk-too-long", language, PHONE, whole=False)
    field.fill("")
    line.cut()
    page.get_by_test_id("state").wait_for()
    field.fill(scene.unsent)
    page.get_by_test_id("send").click()
    page.locator('[data-testid="mine"][data-state="failed"]').wait_for()
    camera.take(page, "talk-lost", language, (*PHONES, "desk"), whole=False)
    line.is_cut = False
    page.locator('[data-testid="mine"][data-state="failed"]').wait_for(state="detached")
    page.get_by_test_id("more-open").click()
    page.get_by_test_id("end-open").click()
    page.get_by_test_id("end-yes").click()
    page.get_by_test_id("ending").wait_for()
    camera.take(page, "talk-left", language, PHONE, whole=False)
    page.context.close()


def ended(camera: Camera, page: Page, language: Language) -> None:
    """The counselor has ended it: how it is now, and a word of thanks."""
    page.get_by_test_id("ending").wait_for()
    page.wait_for_timeout(300)
    camera.take(page, "talk-ended", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("mood-after-4").click()
    page.get_by_test_id("mood-after-4").and_(page.locator('[aria-pressed="true"]')).wait_for()
    page.get_by_test_id("feedback-text").fill(SCENES[language].thanks)
    page.get_by_test_id("thanks").click()
    page.locator("#feedback-done").wait_for()
    page.get_by_test_id("mood-after").scroll_into_view_if_needed()
    camera.take(page, "talk-thanked", language, (*PHONES, "desk"), whole=False)


def come_again(camera: Camera, page: Page, language: Language) -> None:
    """Begin anew, and find what was said before."""
    page.get_by_test_id("again").click()
    page.get_by_test_id("agree").click()
    page.wait_for_url("**/talk/")
    page.get_by_test_id("waiting").wait_for()
    say(page, SCENES[language].again)
    camera.take(page, "talk-again", language, BOTH, whole=False)
    page.get_by_test_id("earlier-open").click()
    page.get_by_test_id("earlier-open").scroll_into_view_if_needed()
    camera.take(page, "talk-earlier", language, (*PHONES, "desk"), whole=False)
    page.get_by_test_id("earlier-open").click()


def go_away(place: Place, language: Language) -> Page:
    """Write one line and close the page, so that somebody waits who is not there; the page, to come back on."""
    scene = SCENES[language]
    page = place.page(language, "phone", fine=True)
    begin(page, nickname=scene.absent_name)
    say(page, scene.absent)
    page.goto("about:blank")
    return page


def closed_meanwhile(camera: Camera, page: Page, language: Language) -> None:
    """They come back to what a supervisor has closed."""
    page.goto("/talk/")
    page.get_by_test_id("ending").wait_for()
    camera.take(page, "talk-closed", language, BOTH, whole=False)
    page.context.close()


def style_page(camera: Camera, place: Place) -> None:
    """Only with DEBUG."""
    for language in LOCALES:
        page = place.page(language, "desk")
        page.goto("/style/")
        camera.take(page, "style", language, BOTH)
        page.context.close()
