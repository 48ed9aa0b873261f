"""Three people at once: one who writes in danger, one who answers, one who watches and reviews."""

import pytest
from playwright.sync_api import expect

from tests.journeys.house import answer, heard, row, say, take, talk


def test_from_the_first_word_to_the_review(visitor, house):
    counselor, supervisor = house.next_counselor(), house.next_supervisor()
    desk = visitor.desk(counselor)
    board = visitor.signed_in(supervisor, "/staff/board/")

    resident = visitor.resident(nickname="小雨")
    expect(resident.get_by_test_id("numbers")).to_be_visible()
    expect(resident.get_by_test_id("numbers")).not_to_have_class("numbers is-forward")
    expect(resident.get_by_test_id("care")).to_be_empty()
    say(resident, "睡不着", "我不想活了，今晚就想从楼上跳下去")
    expect(resident.get_by_test_id("numbers")).to_have_class("numbers is-forward")
    expect(resident.get_by_test_id("care")).to_contain_text("你的生命很重要")

    waits = row(desk, "小雨")
    expect(waits).to_have_attribute("data-level", "imminent")
    expect(waits.get_by_test_id("queue-evidence")).to_contain_text("不想活了")
    expect(waits).to_contain_text("中文")
    expect(waits).to_contain_text("网页")
    expect(board.get_by_test_id("board-waiting").get_by_test_id("board-row").filter(has_text="小雨")).to_be_visible()

    conversation = take(desk, "小雨")
    expect(resident.get_by_test_id("who")).to_contain_text("小林")
    desk.get_by_test_id("talk-field").first.type("我在")
    resident.get_by_test_id("typing").wait_for()
    answer(desk, "小雨", "我在这里，你现在在什么地方？")
    heard(resident, "我在这里，你现在在什么地方？")
    resident.get_by_test_id("words").type("家")
    expect(conversation.get_by_test_id("talk-typing")).not_to_be_empty()
    resident.get_by_test_id("words").fill("")
    say(resident, "在家里，窗边")
    conversation.get_by_test_id("line-resident").filter(has_text="在家里，窗边").wait_for()

    desk.get_by_test_id("note-field").fill("独自在家，六楼")
    desk.get_by_test_id("note-save").click()
    expect(desk.get_by_test_id("notes")).to_contain_text("独自在家，六楼")

    desk.keyboard.press("Alt+s")
    desk.locator("#help-question").fill("要不要请人上门？")
    desk.get_by_test_id("help-send").click()
    board.get_by_test_id("board-help").first.wait_for()
    board.get_by_test_id("board-talking").get_by_test_id("board-open").filter(has_text="小雨").click()
    board.get_by_test_id("reading-note").wait_for()
    expect(board.get_by_test_id("reader-lines")).to_contain_text("在家里，窗边")
    board.get_by_test_id("advice-field").fill("先问窗户能不能关上，我在旁边")
    board.get_by_test_id("advice-send").click()
    expect(desk.get_by_test_id("notes")).to_contain_text("先问窗户能不能关上")

    desk.keyboard.press("Alt+o")
    desk.locator('#dialog-override input[value="high"]').check()
    desk.locator("#override-reason").fill("窗已关，答应等到天亮")
    desk.get_by_test_id("override-save").click()
    expect(desk.locator("#place-person")).to_contain_text("窗已关，答应等到天亮")
    expect(resident.get_by_test_id("log")).not_to_contain_text("独自在家")
    expect(resident.locator("body")).not_to_contain_text("窗已关")

    desk.keyboard.press("Alt+e")
    desk.locator('#dialog-end input[value="helped"]').check()
    desk.locator("#end-wrap-up").fill("约好明天再聊")
    desk.get_by_test_id("end-send").click()
    resident.get_by_test_id("ending").wait_for()
    resident.get_by_test_id("mood-after-4").click()
    expect(resident.get_by_test_id("mood-after-4")).to_have_attribute("aria-pressed", "true")
    resident.get_by_test_id("feedback-text").fill("谢谢你陪我")
    resident.get_by_test_id("thanks").click()
    resident.locator("#feedback-done").wait_for()

    board.goto("/staff/reviews/")
    board.get_by_test_id("review-row").filter(has_text="小雨").get_by_test_id("review-open").click()
    expect(board.get_by_test_id("review-lines")).to_contain_text("我不想活了")
    expect(board.get_by_test_id("readers")).to_contain_text("沈老师")
    board.locator('input[name="decision"][value="agree"]').check()
    board.locator('[name="reason"]').fill("处理得当")
    board.get_by_test_id("decide").click()
    board.wait_for_url("**/staff/reviews/")
    expect(board.get_by_test_id("review-row").filter(has_text="小雨")).to_have_count(0)
    board.get_by_test_id("reviews-tab-decided").click()
    board.get_by_test_id("review-row").filter(has_text="小雨").get_by_test_id("review-open").click()
    expect(board.get_by_test_id("decisions")).to_contain_text("处理得当")


@pytest.mark.parametrize(
    ("language", "first", "reply"), [("en", "I can't sleep and I feel alone", "I am here with you.")]
)
def test_the_short_story_in_english(visitor, house, language, first, reply):
    desk = visitor.desk(house.next_counselor(), language)
    resident = visitor.resident(language, nickname="Ash")
    assert resident.evaluate("document.documentElement.lang") == "en"
    say(resident, first)
    take(desk, "Ash")
    answer(desk, "Ash", reply)
    heard(resident, reply)
    for page in (resident, desk):
        shown = page.locator("body").inner_text()
        assert not any("\u4e00" <= char <= "\u9fff" for char in shown.replace("小林", "").replace("中文", "")), shown


def test_a_supervisor_closes_what_waits_for_nobody(visitor, house):
    board = visitor.signed_in(house.next_supervisor(), "/staff/board/")
    resident = visitor.resident(nickname="走远")
    say(resident, "算了")
    board.get_by_test_id("board-waiting").get_by_test_id("board-open").filter(has_text="走远").click()
    board.get_by_test_id("reader-lines").get_by_text("算了").wait_for()
    expect(board.get_by_test_id("act-close")).to_be_hidden()
    resident.goto("/calendar/")
    board.get_by_test_id("act-close").click()
    board.get_by_test_id("close-send").click()
    expect(board.locator("#dialog-close").get_by_role("alert")).to_be_visible()
    board.locator("#closing-reason").fill("打过招呼，没有再回来")
    board.get_by_test_id("close-send").click()
    expect(board.get_by_test_id("reader-holder")).not_to_be_empty()
    expect(board.get_by_test_id("notes")).to_contain_text("没有再回来")
    expect(board.get_by_test_id("advice-field")).to_be_hidden()
    resident.goto("/talk/")
    expect(resident.get_by_test_id("log")).to_contain_text("随时可以重新开始")


def test_two_counselors_reach_for_one_person_and_one_gets_them(visitor, house):
    desks = [visitor.desk(house.next_counselor()) for _ in range(2)]
    resident = visitor.resident(nickname="阿树")
    say(resident, "有人吗")
    for desk in desks:
        row(desk, "阿树").wait_for()
    claims = [row(desk, "阿树").get_by_test_id("queue-claim").element_handle() for desk in desks]
    for desk, claim in zip(desks, claims, strict=True):
        desk.evaluate("(button) => { setTimeout(() => button.click(), 150) }", claim)
    expect(resident.get_by_test_id("who")).to_contain_text("小林")
    for desk in desks:
        expect(row(desk, "阿树").get_by_test_id("queue-claim").filter(visible=True)).to_have_count(0)
    holders = [desk for desk in desks if desk.get_by_test_id("talk").filter(has_text="阿树").count()]
    assert len(holders) == 1
    other = next(desk for desk in desks if desk not in holders)
    told = (
        other.get_by_test_id("queue-taken")
        .filter(has_text="小林")
        .or_(other.get_by_test_id("notice").filter(has_text="小林"))
    )
    expect(told.first).to_be_visible()


def test_several_people_side_by_side(visitor, house):
    desk = visitor.desk(house.next_counselor())
    people = {name: visitor.resident(nickname=name) for name in ("甲甲", "乙乙", "丙丙")}
    for name, page in people.items():
        say(page, f"我是{name}")
        take(desk, name)
    desk.keyboard.press("Alt+3")
    talk(desk, "丙丙").get_by_test_id("talk-field").fill("写了一半")
    say(people["甲甲"], "还在吗")
    desk.get_by_test_id("tab-unread").filter(has_text="1").wait_for()
    expect(desk.get_by_test_id("tab-waiting").first).to_contain_text(":")
    assert desk.title().startswith("(")
    for number in range(15):
        say(people["甲甲"], f"说了很多，第 {number} 句")
    desk.get_by_test_id("tab-unread").filter(has_text="16").wait_for()
    desk.keyboard.press("Escape")
    desk.keyboard.press("Alt+1")
    talk(desk, "甲甲").get_by_test_id("line-resident").filter(has_text="还在吗").wait_for()
    # What came while another conversation had its column is at hand, not somewhere below.
    expect(talk(desk, "甲甲").get_by_test_id("line-resident").last).to_be_in_viewport()
    expect(talk(desk, "甲甲").get_by_role("button", name="看最新的")).to_be_hidden()
    desk.reload()
    desk.locator('#link[data-link="open"]').wait_for()
    desk.keyboard.press("Alt+3")
    expect(talk(desk, "丙丙").get_by_test_id("talk-field")).to_have_value("写了一半")


def test_the_newest_note_and_the_field_for_another_stay_in_sight(visitor, house):
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="长故事")
    say(resident, "说来话长")
    take(desk, "长故事")
    for number in range(6):
        words = f"第 {number} 条笔记。" + "写得很长，好让下一位接得上。" * 6
        desk.get_by_test_id("note-field").fill(words)
        desk.get_by_test_id("note-save").click()
        desk.get_by_test_id("notes").get_by_text(f"第 {number} 条笔记").wait_for()
    desk.get_by_test_id("act-help").click()
    desk.locator("#help-question").fill("接下来怎么说？")
    desk.get_by_test_id("help-send").click()
    desk.get_by_test_id("help-asked").wait_for()
    newest = desk.get_by_test_id("notes").get_by_text("接下来怎么说？")
    expect(newest).to_be_in_viewport(ratio=0.9)
    expect(desk.get_by_test_id("note-save")).to_be_in_viewport(ratio=0.9)
