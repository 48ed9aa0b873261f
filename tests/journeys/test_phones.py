"""A phone in somebody's hand: small screens, leaving at once, coming back, no JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from hotline import away
from tests.journeys.house import PASSWORD, PHONE, answer, heard, say, take


def test_the_first_page_is_small_and_asks_nobody_else(visitor, house):
    page = visitor.page()
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    sizes = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    assert 0 < sum(sizes) < 100_000


@pytest.mark.parametrize("way", ["button", "shift"])
def test_leaving_at_once_leaves_nothing(visitor, house, way):
    resident = visitor.resident()
    say(resident, "有人来了")
    resident.get_by_test_id("words").fill("写到一半")
    # The first page, consent and the conversation took one place in the history, behind the empty tab.
    assert resident.evaluate("history.length") == 2
    if way == "button":
        resident.get_by_test_id("quick-exit").click()
    else:
        for _ in range(3):
            resident.keyboard.press("Shift")
    resident.wait_for_url("**/calendar/")
    expect(resident.locator("body")).not_to_contain_text("有人来了")
    assert resident.evaluate("localStorage.length + sessionStorage.length") == 0
    assert resident.evaluate("history.length") == 2
    assert [one["name"] for one in resident.context.cookies()] == []
    resident.go_back()
    expect(resident.locator("body")).not_to_contain_text("有人来了")
    assert "/talk/" not in resident.url
    resident.goto("/talk/")
    assert "/talk/" not in resident.url


def test_no_step_back_leads_here_after_leaving(visitor, house):
    page = visitor.page("zh")
    page.goto("/")
    page.get_by_test_id("language").click()
    page.locator('html[lang="en"]').wait_for(state="attached")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_test_id("begin").click()
    page.wait_for_url("**/begin/")
    page.get_by_test_id("language").click()
    page.locator('html[lang="zh-Hans"]').wait_for(state="attached")
    page.get_by_test_id("agree").click()
    page.wait_for_url("**/talk/")
    page.get_by_test_id("waiting").wait_for()
    # The page that a browser opens with, and ours in its one place.
    assert page.evaluate("history.length") == 2
    page.get_by_test_id("quick-exit").click()
    page.wait_for_url("**/calendar/")
    page.go_back()
    assert not page.url.startswith(house.address)


def test_leaving_works_while_a_sheet_is_open(visitor, house):
    resident = visitor.resident()
    say(resident, "有人来了")
    resident.get_by_test_id("more-open").click()
    box = resident.get_by_test_id("quick-exit").bounding_box()
    resident.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    resident.wait_for_url("**/calendar/")


def return_code(resident) -> str:
    """Have one made, and close the sheet; its digits."""
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("code-open").click()
    resident.get_by_test_id("code-make").click()
    shown = resident.get_by_test_id("code-digits")
    expect(shown).to_have_text(re.compile(r"\d"))
    code = shown.inner_text()
    # Beside the digits nothing says that they might have stopped working.
    expect(resident.get_by_test_id("code-make")).to_be_hidden()
    expect(resident.locator("#code-replaces")).to_be_hidden()
    resident.get_by_test_id("code-close").click()
    # Shown once: not even the closed sheet holds it.
    expect(shown).to_have_text("")
    assert code not in resident.content()
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("code-open").click()
    expect(resident.get_by_test_id("code-make")).to_be_visible()
    expect(resident.locator("#code-replaces")).to_be_visible()
    resident.get_by_test_id("code-close").click()
    return code


def come_back(page, code: str) -> None:
    page.goto("/return/")
    page.get_by_test_id("code-field").fill(code)
    page.get_by_test_id("redeem").click()
    page.wait_for_url("**/talk/")


def test_a_return_code_leads_back_to_the_same_story_from_another_device(visitor, house):
    visitor.expected.append("422")
    resident = visitor.resident(nickname="归来")
    say(resident, "这是我的故事")
    code = return_code(resident)
    digits = re.sub(r"\D", "", code)
    assert len(digits) == 24
    resident.reload()
    resident.get_by_test_id("mine").first.wait_for()
    assert code not in resident.content()
    other = visitor.page()
    other.goto("/return/")
    other.get_by_test_id("code-field").fill("1" * 24)
    other.get_by_test_id("redeem").click()
    expect(other.get_by_test_id("problem")).to_be_visible()
    come_back(other, digits)
    expect(other.get_by_test_id("mine").locator(".bubble-text")).to_have_text("这是我的故事")
    say(other, "换了一个手机")
    expect(resident.get_by_test_id("mine").locator(".bubble-text")).to_have_text(["这是我的故事", "换了一个手机"])


def test_beginning_anew_shows_what_was_said_before(visitor, house):
    resident = visitor.resident(nickname="又来")
    say(resident, "第一次的话")
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("end-open").click()
    resident.get_by_test_id("end-yes").click()
    resident.get_by_test_id("again").click()
    resident.wait_for_url("**/begin/")
    resident.get_by_test_id("agree").click()
    resident.wait_for_url("**/talk/")
    resident.get_by_test_id("waiting").wait_for()
    expect(resident.get_by_test_id("mine")).to_have_count(0)
    resident.get_by_test_id("earlier-open").click()
    expect(resident.get_by_test_id("earlier-story").get_by_text("第一次的话")).to_be_visible()
    say(resident, "第二次的话")


def test_erasing_leaves_nothing_to_come_back_to(visitor, house):
    visitor.expected += ["404", "422"]
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="抹去")
    say(resident, "不想留下这句")
    code = return_code(resident)
    conversation = take(desk, "抹去")
    conversation.get_by_test_id("line-resident").filter(has_text="不想留下这句").wait_for()
    other = visitor.page()
    come_back(other, code)
    other.get_by_test_id("mine").wait_for()
    resident.get_by_test_id("words").fill("写到一半")
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("erase-open").click()
    resident.get_by_test_id("erase-yes").click()
    resident.get_by_test_id("gone").wait_for()
    assert resident.evaluate("localStorage.length + sessionStorage.length") == 0
    for page in (desk, other):
        expect(page.locator("body")).not_to_contain_text("不想留下这句")
    resident.goto("/talk/")
    expect(resident.get_by_test_id("begin")).to_be_visible()
    assert resident.request.get("/talk/transcript/").status == 404
    other.goto("/return/")
    other.get_by_test_id("code-field").fill(code)
    other.get_by_test_id("redeem").click()
    expect(other.get_by_test_id("problem")).to_be_visible()


def test_waiting_is_honest_and_helps_meanwhile(visitor, house):
    visitor.desk(house.next_counselor())
    first, second = visitor.resident(), visitor.resident()
    expect(first.get_by_test_id("place")).not_to_be_empty()
    before = second.get_by_test_id("place").inner_text()
    expect(second.get_by_test_id("place")).not_to_have_text(first.get_by_test_id("place").inner_text())
    third = visitor.resident()
    say(third, "我现在就在楼顶，想跳下去")
    expect(second.get_by_test_id("place")).not_to_have_text(before)
    expect(second.get_by_test_id("why")).to_be_visible()
    second.get_by_test_id("meanwhile").locator("summary").click()
    expect(second.get_by_test_id("meanwhile").locator(".inside")).to_be_visible()


def test_without_javascript_the_first_pages_help(visitor, house):
    page = visitor.page(java_script_enabled=False)
    page.goto("/")
    expect(page.get_by_test_id("numbers")).to_contain_text("12356")
    expect(page.locator("noscript .card")).to_be_visible()
    page.get_by_test_id("begin").click()
    expect(page.get_by_test_id("consent").locator("li")).to_have_count(7)
    expect(page.get_by_test_id("numbers")).to_contain_text("120")
    # Said before there is anything to agree to.
    expect(page.locator("noscript:has(~ [data-testid=consent]) .card")).to_be_visible()
    visitor.expected.append("422")
    page.get_by_test_id("agree").click()
    expect(page.get_by_test_id("scriptless")).to_be_visible()
    expect(page.get_by_test_id("numbers")).to_contain_text("12356")
    desk = visitor.desk(house.next_counselor())
    expect(desk.get_by_test_id("queue-row")).to_have_count(0)
    page.goto("/help/")
    expect(page.get_by_test_id("breathing")).to_be_visible()
    expect(page.get_by_test_id("numbers")).to_contain_text("110")


def test_a_form_that_nobody_answers_shows_the_page_with_the_numbers(visitor):
    page = visitor.page()
    page.goto("/begin/")
    # Its style is for where it stands alone; here the page that it is put into has one.
    visitor.expected += ["502", "Applying inline style"]

    def nobody(route):
        if route.request.method == "POST":
            route.fulfill(status=502, content_type="text/html; charset=utf-8", body=away.render())
        else:
            route.continue_()

    page.route("**/begin/", nobody)
    page.get_by_test_id("agree").click()
    for lang in ("zh-Hans", "en"):
        expect(page.locator(f'section[lang={lang}] a[href="tel:12356"]')).to_be_visible()
    # Once the line is back, it is one tap.
    page.unroute("**/begin/")
    page.get_by_role("link", name="再试一次").click()
    expect(page.get_by_test_id("agree")).to_be_visible()


def test_the_newest_words_stay_in_sight_when_the_keyboard_opens(visitor, house):
    resident = visitor.resident(nickname="写着")
    for number in range(8):
        say(resident, f"第 {number} 句，写了不少")
    desk = visitor.desk(house.next_counselor())
    take(desk, "写着")
    answer(desk, "写着", "都看到了")
    heard(resident, "都看到了")
    expect(resident.get_by_test_id("theirs").last).to_be_in_viewport()
    resident.set_viewport_size({"width": 360, "height": 420})
    expect(resident.get_by_test_id("theirs").last).to_be_in_viewport(ratio=0.9)
    # Whoever reads further up is left there.
    resident.get_by_test_id("mine").first.scroll_into_view_if_needed()
    expect(resident.get_by_test_id("mine").first).to_be_in_viewport()
    resident.set_viewport_size({"width": 360, "height": 380})
    expect(resident.get_by_test_id("mine").first).to_be_in_viewport()
    expect(resident.get_by_test_id("theirs").last).not_to_be_in_viewport()


def test_a_supervisor_who_reads_along_stays_at_the_newest_line_when_the_screen_is_turned(visitor, house):
    resident = visitor.resident(nickname="转屏")
    for number in range(14):
        say(resident, f"第 {number} 句，写了不少")
    board = visitor.signed_in(house.next_supervisor(), "/staff/board/")
    board.get_by_test_id("board-open").filter(has_text="转屏").click()
    newest = board.get_by_test_id("line-resident").last
    expect(newest).to_be_in_viewport(ratio=0.9)
    board.set_viewport_size({"width": 1024, "height": 560})
    expect(newest).to_be_in_viewport(ratio=0.9)
    # Whoever reads further up is left there.
    first = board.get_by_test_id("line-resident").first
    first.scroll_into_view_if_needed()
    expect(first).to_be_in_viewport()
    board.set_viewport_size({"width": 1024, "height": 520})
    expect(first).to_be_in_viewport()
    expect(newest).not_to_be_in_viewport()


def test_a_desk_without_javascript_claims_nothing(visitor, house):
    username = house.next_counselor()
    page = visitor.page(java_script_enabled=False)
    page.goto("/staff/sign-in/?next=/staff/desk/")
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_test_id("sign-in").click()
    expect(page.locator(".no-script")).to_be_visible()
    expect(page.get_by_test_id("queue")).to_be_hidden()
    expect(page.get_by_test_id("link")).to_be_hidden()


def test_words_that_do_not_fit_stay_and_are_counted(visitor, house):
    resident = visitor.resident()
    resident.get_by_test_id("words").fill("字" * 4020)
    expect(resident.locator("#left")).to_have_text("多了 20 个字")
    resident.get_by_test_id("send").click()
    resident.get_by_test_id("note").wait_for()
    resident.get_by_test_id("words").fill("字" * 3990)
    expect(resident.locator("#left")).to_have_text("还能写 10 个字")
    expect(resident.get_by_test_id("mine")).to_have_count(0)


def test_enter_inside_a_chinese_composition_never_sends(visitor, house):
    resident = visitor.resident(size={"width": 1024, "height": 700})
    field = resident.get_by_test_id("words")
    field.fill("ni hao")
    field.dispatch_event("compositionstart")
    field.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "isComposing": True})
    expect(field).to_have_value("ni hao")
    field.dispatch_event("compositionend")
    expect(resident.get_by_test_id("mine")).to_have_count(0)
    field.press("Enter")
    expect(resident.get_by_test_id("mine")).to_have_count(1)


def test_screen_readers_hear_new_answers_only(visitor, house):
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="听")
    say(resident, "你好")
    take(desk, "听")
    answer(desk, "听", "你好，我在")
    heard(resident, "你好，我在")
    expect(resident.get_by_test_id("announce")).to_contain_text("你好，我在")
    resident.reload()
    heard(resident, "你好，我在")
    expect(resident.get_by_test_id("announce")).not_to_contain_text("你好，我在")
    assert resident.viewport_size == PHONE
