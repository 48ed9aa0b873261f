"""The desk without a mouse, and what it says while nobody looks."""

import re

from playwright.sync_api import expect

from tests.journeys.house import PASSWORD, row, say, take, talk


def test_a_counselor_works_with_the_keyboard_alone(visitor, house):
    counselor = house.next_counselor()
    desk = visitor.page("zh", {"width": 1280, "height": 800})
    desk.goto("/staff/sign-in/?next=/staff/desk/")
    desk.locator("#id_username").focus()
    desk.keyboard.type(counselor)
    desk.keyboard.press("Tab")
    desk.keyboard.type(PASSWORD)
    desk.keyboard.press("Enter")
    desk.locator('#link[data-link="open"]').wait_for()
    desk.keyboard.press("d")
    expect(desk.get_by_test_id("off-duty")).to_be_hidden()
    first, second = visitor.resident(nickname="甲甲"), visitor.resident(nickname="乙乙")
    say(first, "有人吗")
    say(second, "你好")
    desk.get_by_test_id("queue-row").nth(1).wait_for()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Alt+n")
    desk.get_by_test_id("talk").first.wait_for()
    desk.keyboard.press("Alt+n")
    desk.get_by_test_id("talk").nth(1).wait_for()
    desk.keyboard.press("Alt+1")
    desk.keyboard.type("你好，我在")
    desk.keyboard.press("Enter")
    desk.get_by_test_id("line-staff").filter(has_text="你好，我在").wait_for()
    desk.keyboard.press("Escape")
    desk.keyboard.press("m")
    desk.keyboard.type("只有我们看得到")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_test_id("notes")).to_contain_text("只有我们看得到")
    desk.keyboard.press("Escape")
    desk.keyboard.press("e")
    desk.locator("#dialog-end[open]").wait_for()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Alt+e")
    dialog = desk.locator("#dialog-end")
    dialog.locator('input[value="helped"]').focus()
    desk.keyboard.press("Space")
    dialog.get_by_test_id("end-send").focus()
    desk.keyboard.press("Enter")
    desk.get_by_test_id("talk-ending").filter(visible=True).first.wait_for()


def noticed(desk, words):
    """Wait for a notice; the policy of our pages forbids the browser to be asked by wait_for_function."""
    for _ in range(100):
        if any(words in notice for notice in desk.evaluate("window.notices")):
            return
        desk.wait_for_timeout(100)
    raise AssertionError(f"no notice says {words}")


def test_notices_hold_no_words(visitor, house):
    desk = visitor.page("zh", {"width": 1280, "height": 800})
    desk.context.grant_permissions(["notifications"])
    desk.add_init_script(
        "window.notices = []; window.Notification = class { static permission = 'granted';"
        " constructor(title, options) { window.notices.push(title + ' ' + JSON.stringify(options)); }"
        " addEventListener() {} close() {} }; document.hasFocus = () => false;"
        " window.tones = []; const start = OscillatorNode.prototype.start;"
        " OscillatorNode.prototype.start = function (at) { window.tones.push(at); start.call(this, at); };"
    )
    counselor = house.next_counselor()
    desk.goto("/staff/sign-in/?next=/staff/desk/")
    desk.locator("#id_username").fill(counselor)
    desk.locator("#id_password").fill(PASSWORD)
    desk.get_by_test_id("sign-in").click()
    desk.locator('#link[data-link="open"]').wait_for()
    desk.get_by_test_id("duty-on").check(force=True)
    resident = visitor.resident(nickname="悄悄")
    say(resident, "只说给你听的话")
    take(desk, "悄悄")
    say(resident, "再说一句")
    talk(desk, "悄悄").get_by_test_id("line-resident").filter(has_text="再说一句").wait_for()
    desk.wait_for_function("window.notices.length > 0")
    before = len(desk.evaluate("window.tones"))
    say(resident, "我现在就在楼顶，想跳下去")
    noticed(desk, "有危险")
    assert len(desk.evaluate("window.tones")) >= before + 2, "danger in a conversation one holds is heard"
    notices = " ".join(desk.evaluate("window.notices"))
    assert "楼顶" not in notices
    assert "只说给你听" not in notices
    assert "再说一句" not in notices
    assert "悄悄" not in notices


def test_enter_inside_a_composition_never_sends_a_reply(visitor, house):
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="拼音")
    say(resident, "你好")
    one = take(desk, "拼音")
    field = one.get_by_test_id("talk-field")
    field.fill("ni hao")
    field.dispatch_event("compositionstart")
    for enter in ({"isComposing": True}, {"keyCode": 229}):
        field.dispatch_event("keydown", {"key": "Enter", "code": "Enter", "bubbles": True, **enter})
    expect(field).to_have_value("ni hao")
    field.dispatch_event("compositionend")
    expect(one.get_by_test_id("line-staff")).to_have_count(0)
    field.press("Enter")
    expect(one.get_by_test_id("line-staff")).to_have_text([re.compile("ni hao")])
    # Ctrl+Enter inside a composition keeps no note either.
    note = desk.get_by_test_id("note-field")
    note.fill("bi ji")
    note.dispatch_event("keydown", {"key": "Enter", "ctrlKey": True, "isComposing": True, "bubbles": True})
    expect(note).to_have_value("bi ji")


def test_arrows_choose_whom_to_take(visitor, house):
    desk = visitor.desk(house.next_counselor())
    for name in ("甲甲", "乙乙"):
        say(visitor.resident(nickname=name), "有人吗")
        row(desk, name).wait_for()
    desk.keyboard.press("q")
    desk.keyboard.press("End")
    second = desk.get_by_test_id("queue-row").nth(1)
    name = second.get_by_test_id("queue-label").inner_text()
    expect(second.get_by_test_id("queue-claim")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(talk(desk, name).get_by_test_id("talk-field")).to_be_focused()
    expect(desk.get_by_test_id("queue-row")).to_have_count(1)
