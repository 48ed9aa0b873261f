"""Every page in every state: by the rules of accessibility, in one language, no wider than the screen."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.house import DESK, answer, row, say, take, talk

axe = Axe()
PHONE_360, PHONE_320 = {"width": 360, "height": 740}, {"width": 320, "height": 640}
WORDS = {
    "zh": ("我不想活了，今晚就从楼上跳下去", "一句很长很长的话" * 12 + " https://" + "x" * 90, "我在，你说"),
    "en": ("I want to kill myself tonight, I have the pills here", "word" * 40 + " more words", "I am here. Tell me."),
}
NAMES = {
    "zh": ("小雨", "阿树", "一个名字有二十个字那么长那么长那么长的人"),
    "en": ("Ash", "Rain", "Somebodys20lettername"),
}
FOREIGN = {"zh": re.compile(r"[A-Za-z]{3,}"), "en": re.compile(r"[\u3000-\u9fff\uff00-\uffef]+")}
CHECKSUM = re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{6,64}\b")
"""Which weights spoke is told in small print: in hexadecimal letters that may look like a word."""
KNOWN = {
    "zh": {
        "cookie",
        "javascript",
        "ctrl",
        "shift",
        "alt",
        "esc",
        "https",
        "x" * 90,
        "staff",
        "join",
        "linear",
        "rules",
    },
    "en": {"小林", "沈老师", "老顾"},
}
SEEN = """() => {
  const said = [];
  const walk = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.matches("script, style") || one.closest("[lang]:not(html)")) continue;
      for (const node of one.childNodes) if (node.nodeType === Node.TEXT_NODE) said.push(node.data);
      for (const name of ["aria-label", "title", "placeholder", "alt"]) said.push(one.getAttribute(name) || "");
      if (one instanceof HTMLTemplateElement) walk(one.content);
    }
  };
  walk(document);
  for (const one of document.querySelectorAll("script[type='application/json']"))
    said.push(...Object.values(JSON.parse(one.textContent)).map(String));
  // A page with scripts holds its <noscript> as text, tags and all; #C0DE is how somebody without a name is called.
  return said.map((one) => one.replaceAll(/\\{\\w+\\}|<[^>]*>|#[0-9A-F]{4}/g, "").trim()).filter(Boolean);
}"""
TOO_WIDE = """() => {
  const found = [];
  const { clientWidth: most, scrollWidth } = document.documentElement;
  if (scrollWidth > most) found.push(`the page by ${scrollWidth - most}`);
  const free = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) ? one : free(one.parentElement));
  const root = document.querySelector("dialog[open]") || document.body;
  for (const one of root.querySelectorAll("*")) {
    if (!one.checkVisibility() || one.closest(".visually-hidden, .skip, svg")) continue;
    const { right, left, width } = one.getBoundingClientRect();
    if (width && (right > most + 1 || left < -1) && !free(one)) found.push(`${one.tagName}.${one.className}`);
  }
  return found;
}"""


class Inspector:
    """Looks at a page and writes down what is wrong with it."""

    def __init__(self, language: str, light: str) -> None:
        self.language, self.light = language, light
        self.found: dict[str, list[str]] = {}

    def look(self, page: Page, where: str) -> None:
        if page.evaluate(f"!matchMedia('(prefers-color-scheme: {self.light})').matches"):
            page.emulate_media(color_scheme=self.light, reduced_motion="reduce")
        wrong = [*self.unreachable(page), *self.foreign(page), *page.evaluate(TOO_WIDE)]
        if wrong:
            self.found[where] = wrong

    def unreachable(self, page: Page) -> list[str]:
        broken = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        return [
            f"{one['id']} {node['target']} {node['failureSummary'][:200]}" for one in broken for node in one["nodes"]
        ]

    def foreign(self, page: Page) -> list[str]:
        seen = [CHECKSUM.sub(" ", said) for said in page.evaluate(SEEN)]
        words = {word.lower() for said in seen for word in FOREIGN[self.language].findall(said)}
        lang = page.evaluate("document.documentElement.lang").lower()
        expected = {"zh": "zh-hans", "en": "en"}[self.language]
        return sorted(words - KNOWN[self.language]) + ([f"lang is {lang}"] if lang != expected else [])


@pytest.mark.parametrize(
    ("language", "light", "size"),
    [("zh", "light", PHONE_320), ("en", "dark", PHONE_360)],
    ids=["zh-light-320", "en-dark-360"],
)
def test_residents_pages_are_whole(visitor, house, language, light, size):
    inspector = Inspector(language, light)
    danger, long, reply = WORDS[language]
    visitor.expected += ["404", "422"]
    page = visitor.page(language, size)
    for path in ("/", "/begin/", "/help/", "/privacy/", "/return/", "/calendar/", "/nothing-here/"):
        page.goto(path)
        inspector.look(page, path)
    page.goto("/begin/")
    page.get_by_test_id("more").click()
    inspector.look(page, "/begin/, more")
    page.goto("/return/")
    page.get_by_test_id("code-field").fill("1" * 24)
    page.get_by_test_id("redeem").click()
    page.get_by_test_id("problem").wait_for()
    inspector.look(page, "/return/, wrong code")

    resident = visitor.resident(language, size=size, nickname=NAMES[language][0])
    inspector.look(resident, "waiting, nobody on duty")
    desk = visitor.desk(house.next_counselor(), language)
    say(resident, danger, long)
    expect(resident.get_by_test_id("numbers")).to_have_class("numbers is-forward")
    resident.get_by_test_id("meanwhile").locator("summary").click()
    inspector.look(resident, "waiting, in danger")
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("about-open").click()
    inspector.look(resident, "more")
    resident.get_by_test_id("code-open").click()
    resident.get_by_test_id("code-make").click()
    resident.get_by_test_id("code-digits").wait_for()
    inspector.look(resident, "return code")
    resident.get_by_test_id("code-close").click()
    for sheet in ("end", "erase"):
        resident.get_by_test_id("more-open").click()
        resident.get_by_test_id(f"{sheet}-open").click()
        inspector.look(resident, sheet)
        resident.keyboard.press("Escape")
    take(desk, NAMES[language][0])
    answer(desk, NAMES[language][0], reply)
    resident.get_by_test_id("theirs").wait_for()
    desk.get_by_test_id("talk-field").press_sequentially("x")
    resident.get_by_test_id("typing").wait_for()
    inspector.look(resident, "talking")
    home = resident.context.new_page()
    home.goto("/")
    home.get_by_test_id("continue").wait_for()
    inspector.look(home, "first page, while talking")
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("end-open").click()
    resident.get_by_test_id("end-yes").click()
    resident.get_by_test_id("ending").wait_for()
    inspector.look(resident, "ended")
    resident.get_by_test_id("again").click()
    resident.get_by_test_id("agree").click()
    resident.get_by_test_id("earlier-open").click()
    inspector.look(resident, "begun anew, with what was said before")
    say(resident, reply)
    desk.get_by_test_id("queue-claim").first.click()
    desk.get_by_test_id("earlier").get_by_role("button").first.click()
    desk.get_by_test_id("earlier-lines").get_by_text(reply).first.wait_for()
    inspector.look(desk, "desk, an earlier conversation")
    desk.get_by_test_id("earlier-close").click()
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("erase-open").click()
    resident.get_by_test_id("erase-yes").click()
    resident.get_by_test_id("gone").wait_for()
    inspector.look(resident, "erased")
    assert inspector.found == {}


def turn_to(desk: Page, place: str) -> bool:
    """On a narrow desk, show this place; on a wide one all are there."""
    button = desk.get_by_test_id(f"place-{place}")
    narrow = button.is_visible()
    if narrow:
        button.click()
    return narrow


@pytest.mark.parametrize(
    ("language", "light", "size"),
    [("zh", "light", DESK), ("en", "dark", DESK), ("en", "light", PHONE_320)],
    ids=["zh-light-wide", "en-dark-wide", "en-light-320"],
)
def test_the_desk_is_whole(visitor, house, language, light, size):
    inspector = Inspector(language, light)
    danger, long, reply = WORDS[language]
    mine, theirs = house.next_counselor(), house.next_counselor()
    desk = visitor.desk(mine, language, size=size)
    other = visitor.desk(theirs, language)

    def look(where: str) -> None:
        for place in ("queue", "talks", "person"):
            if turn_to(desk, place) or place == "queue":
                inspector.look(desk, f"{where}, {place}")

    look("nobody")
    residents = [visitor.resident(language, nickname=name) for name in NAMES[language]]
    for resident, words in zip(residents, (danger, long, long), strict=True):
        say(resident, words)
    names = [name[:20] for name in NAMES[language]]
    turn_to(desk, "queue")
    for name in names:
        row(desk, name).wait_for()
    look("three wait")
    for name in names[:2]:
        turn_to(desk, "queue")
        take(desk, name)
        answer(desk, name, reply)
    take(other, names[2])
    expect(other.get_by_test_id("talk-field")).to_be_focused()
    other.keyboard.press("Alt+h")
    option = other.locator("#handover-to option").filter(has_text=f"小林{mine[1:]}")
    other.locator("#handover-to").select_option(option.get_attribute("value"))
    other.locator("#handover-note").fill(long)
    inspector.look(other, "handover, filled in")
    other.get_by_test_id("handover-offer-send").click()
    desk.get_by_test_id("handover-offer").wait_for()
    inspector.look(other, "handover offered")
    desk.keyboard.press("Alt+m")
    desk.get_by_test_id("note-field").fill(long)
    desk.get_by_test_id("note-field").press("Control+Enter")
    expect(desk.get_by_test_id("notes").locator("li")).to_have_count(1)
    look("two talk, one offered")
    dialogs = {"override": "o", "help": "s", "handover": "h", "give-back": "b", "end": "e"}
    for name, key in dialogs.items():
        desk.keyboard.press(f"Alt+{key}")
        dialog = desk.locator(f"#dialog-{name}[open]")
        dialog.locator("button:not([type=button])").click()
        dialog.locator('[data-part="problem"]').wait_for()
        inspector.look(desk, f"{name}, incomplete")
        desk.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
    if desk.get_by_test_id("show-keys").is_visible():
        desk.get_by_test_id("show-keys").click()
        desk.locator("#dialog-keys[open]").wait_for()
        inspector.look(desk, "keys")
        desk.get_by_test_id("keys-close").click()
    residents[1].get_by_test_id("more-open").click()
    residents[1].get_by_test_id("end-open").click()
    residents[1].get_by_test_id("end-yes").click()
    turn_to(desk, "talks")
    desk.get_by_test_id("tab-closed").filter(visible=True).wait_for()
    talk(other, names[2]).get_by_test_id("handover-withdraw").click()
    desk.get_by_test_id("handover-offer").wait_for(state="hidden")
    look("one is over")
    assert inspector.found == {}


@pytest.mark.parametrize(
    ("language", "light", "size"),
    [("zh", "light", DESK), ("en", "dark", PHONE_320)],
    ids=["zh-light-wide", "en-dark-320"],
)
def test_the_other_staff_pages_are_whole(visitor, house, language, light, size):
    inspector = Inspector(language, light)
    danger, long, reply = WORDS[language]
    visitor.expected += ["400"]
    door = visitor.page(language, size)
    for path, button in (("/staff/sign-in/", "sign-in"), ("/staff/join/", "join")):
        door.goto(path)
        inspector.look(door, path)
        door.get_by_test_id(button).click()
        door.get_by_role("alert").first.wait_for()
        inspector.look(door, f"{path}, incomplete")
    door.goto("/staff/sign-in/")
    door.locator("#id_username").fill("c1")
    door.locator("#id_password").fill("wrong")
    door.get_by_test_id("sign-in").click()
    door.get_by_test_id("sign-in-problem").wait_for()
    inspector.look(door, "/staff/sign-in/, wrong")

    board = visitor.signed_in(house.next_supervisor(), "/staff/board/", language, size=size)
    expect(board.get_by_test_id("count-waiting")).to_have_text("0")
    inspector.look(board, "board, empty")
    for path in ("/staff/reviews/", "/staff/triage/", "/staff/me/"):
        board.goto(path)
        inspector.look(board, f"{path}, empty")
    board.get_by_test_id("password-save").click()
    board.get_by_role("alert").first.wait_for()
    inspector.look(board, "/staff/me/, incomplete")
    board.get_by_test_id("me-save").click()
    board.get_by_test_id("messages").wait_for()
    inspector.look(board, "/staff/me/, kept")

    desk = visitor.desk(house.next_counselor(), language)
    first, second = (visitor.resident(language, nickname=name) for name in NAMES[language][:2])
    say(first, danger, long)
    say(second, danger)
    take(desk, NAMES[language][0])
    answer(desk, NAMES[language][0], reply)
    desk.keyboard.press("Alt+s")
    desk.locator("#help-question").fill(long)
    desk.get_by_test_id("help-send").click()
    desk.get_by_test_id("help-asked").wait_for()
    board.goto("/staff/board/")
    board.get_by_test_id("board-talking").get_by_test_id("board-help").wait_for()
    inspector.look(board, "board")
    board.get_by_test_id("board-talking").get_by_test_id("board-open").click()
    board.get_by_test_id("reader-lines").get_by_text(reply).wait_for()
    board.get_by_test_id("advice-field").fill(long)
    board.get_by_test_id("advice-send").click()
    expect(board.get_by_test_id("notes").locator("li")).to_have_count(2)
    inspector.look(board, "reading")
    board.get_by_test_id("act-override").click()
    board.locator("#dialog-override[open]").wait_for()
    inspector.look(board, "reading, level")
    board.keyboard.press("Escape")
    board.get_by_test_id("to-review").click()
    board.get_by_test_id("review-lines").wait_for()
    inspector.look(board, "review")
    board.get_by_test_id("decide").click()
    board.get_by_role("alert").first.wait_for()
    inspector.look(board, "review, incomplete")
    board.locator('input[name="decision"][value="follow_up"]').check()
    board.locator('[name="reason"]').fill(long)
    board.get_by_test_id("decide").click()
    board.get_by_test_id("messages").wait_for()
    inspector.look(board, "reviews")
    board.get_by_test_id("reviews-tab-decided").click()
    board.get_by_test_id("review-open").wait_for()
    inspector.look(board, "reviews, decided")
    board.get_by_test_id("review-open").click()
    board.get_by_test_id("decisions").wait_for()
    inspector.look(board, "review, decided")
    board.goto("/staff/triage/")
    inspector.look(board, "triage")
    board.goto("/staff/board/")
    second.goto("/calendar/")
    board.get_by_test_id("board-waiting").get_by_test_id("board-open").first.click()
    board.get_by_test_id("act-close").click()
    board.get_by_test_id("close-send").click()
    board.locator("#dialog-close").get_by_role("alert").wait_for()
    inspector.look(board, "closing one who waits, incomplete")
    board.keyboard.press("Escape")

    people = visitor.signed_in("gu", "/staff/people/", language, size=size)
    inspector.look(people, "people")
    people.get_by_test_id("skills-ask").first.click()
    inspector.look(people, "people, skills")
    people.get_by_test_id("deactivate-ask").first.click()
    people.locator("#id_name").fill(NAMES[language][0])
    people.get_by_test_id("invite").click()
    people.get_by_test_id("invite-code").wait_for()
    people.get_by_test_id("deactivate-ask").first.click()
    inspector.look(people, "people, invited")
    people.get_by_test_id("deactivate").filter(visible=True).click()
    people.get_by_test_id("reactivate").wait_for()
    inspector.look(people, "people, one closed")
    people.goto("/staff/board/")
    # Whoever the closed account talked with waits again.
    expect(people.get_by_test_id("count-waiting")).to_have_text("2")
    inspector.look(people, "board, coordinator")
    assert inspector.found == {}
