"""The desk without a mouse, and every page by the rules of accessibility."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.house import PASSWORD, answer, say, take, talk

axe = Axe()
DIALOGS = {"override": "Alt+o", "help": "Alt+s", "handover": "Alt+h", "give-back": "Alt+b", "end": "Alt+e", "keys": "?"}


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


def violations(page) -> list[str]:
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("light", ["light", "dark"])
def test_residents_pages_keep_the_rules(visitor, house, light):
    page = visitor.page()
    page.emulate_media(color_scheme=light, reduced_motion="reduce")
    for path in ("/", "/begin/", "/help/", "/privacy/", "/return/", "/calendar/", "/nothing-here/"):
        page.goto(path)
        assert violations(page) == [], path
    visitor.expected.append("404")
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="规矩")
    resident.emulate_media(color_scheme=light, reduced_motion="reduce")
    say(resident, "我不想活了")
    assert violations(resident) == []
    resident.get_by_test_id("more-open").click()
    assert violations(resident) == []
    resident.get_by_test_id("more-close").click()
    take(desk, "规矩")
    answer(desk, "规矩", "我在")
    resident.get_by_test_id("theirs").wait_for()
    assert violations(resident) == []
    desk.keyboard.press("Alt+e")
    desk.locator('#dialog-end input[value="helped"]').check()
    desk.get_by_test_id("end-send").click()
    resident.get_by_test_id("ending").wait_for()
    assert violations(resident) == []


@pytest.mark.parametrize("light", ["light", "dark"])
def test_the_staffs_pages_keep_the_rules(visitor, house, light):
    page = visitor.page("zh", {"width": 1280, "height": 800})
    page.emulate_media(color_scheme=light, reduced_motion="reduce")
    for path in ("/staff/sign-in/", "/staff/join/"):
        page.goto(path)
        assert violations(page) == [], path
    desk = visitor.desk(house.next_counselor())
    desk.emulate_media(color_scheme=light, reduced_motion="reduce")
    assert violations(desk) == []
    for name in ("甲甲", "乙乙", "丙丙"):
        resident = visitor.resident(nickname=name)
        say(resident, "我不想活了" if name != "乙乙" else "睡不着")
    desk.get_by_test_id("queue-row").nth(2).wait_for()
    assert violations(desk) == []
    for name in ("甲甲", "乙乙"):
        take(desk, name)
    assert violations(desk) == []
    for name, key in DIALOGS.items():
        desk.evaluate("document.activeElement.blur()")
        desk.keyboard.press(key)
        desk.locator(f"#dialog-{name}[open]").wait_for()
        assert violations(desk) == [], name
        desk.keyboard.press("Escape")
        expect(desk.locator(f"#dialog-{name}[open]")).to_have_count(0)
    board = visitor.signed_in("s1", "/staff/board/")
    board.emulate_media(color_scheme=light, reduced_motion="reduce")
    board.get_by_test_id("board-row").first.wait_for()
    assert violations(board) == []
    board.get_by_test_id("board-talking").get_by_test_id("board-open").first.click()
    board.get_by_test_id("reader-lines").wait_for()
    assert violations(board) == []
    for path in ("/staff/reviews/", "/staff/reviews/?status=decided", "/staff/me/"):
        board.goto(path)
        assert violations(board) == [], path
    board.goto("/staff/reviews/")
    board.get_by_test_id("review-open").first.click()
    board.get_by_test_id("review-lines").wait_for()
    assert violations(board) == []
    people = visitor.signed_in("gu", "/staff/people/")
    people.emulate_media(color_scheme=light, reduced_motion="reduce")
    assert violations(people) == []


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
