"""Reload, lost network, a killed server: nothing missing, nothing doubled, nothing out of order."""

from playwright.sync_api import expect

from tests.journeys.house import Cable, answer, heard, say, take, talk, texts


def test_a_reload_shows_the_same_story(visitor, house):
    resident = visitor.resident(nickname="雨停")
    say(resident, "第一句", "第二句")
    resident.get_by_test_id("words").fill("写到一半")
    resident.reload()
    resident.get_by_test_id("mine").nth(1).wait_for()
    assert texts(resident) == ["第一句", "第二句"]
    expect(resident.get_by_test_id("words")).to_have_value("写到一半")


def test_words_written_without_network_arrive_once_when_it_is_back(visitor, house):
    visitor.expected += ["ERR_INTERNET_DISCONNECTED", "WebSocket", "Failed to load resource", "Failed to fetch"]
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="断网")
    say(resident, "在吗")
    conversation = take(desk, "断网")
    resident.context.set_offline(True)
    resident.get_by_test_id("words").fill("这句写在没有网的时候")
    resident.get_by_test_id("send").click()
    resident.get_by_test_id("mine").filter(has_text="没有网的时候").wait_for()
    answer(desk, "断网", "我在")
    resident.context.set_offline(False)
    heard(resident, "我在")
    expect(resident.get_by_test_id("mine").last).to_have_attribute("data-state", "sent", timeout=40_000)
    conversation.get_by_test_id("line-resident").filter(has_text="没有网的时候").wait_for()
    assert conversation.get_by_test_id("line-resident").filter(has_text="没有网的时候").count() == 1
    assert sorted(texts(resident)) == sorted(["在吗", "我在", "这句写在没有网的时候"])


def test_a_dead_line_is_noticed_though_heartbeats_are_quick(quick_visitor, quick_house):
    """Heartbeats of two seconds go out while the first one is still waited for."""
    visitor = quick_visitor
    visitor.expected += ["WebSocket", "ERR_INTERNET_DISCONNECTED", "Failed to load resource", "Failed to fetch"]
    resident = visitor.resident()
    say(resident, "在吗")
    resident.context.set_offline(True)
    expect(resident.get_by_test_id("state")).to_be_visible(timeout=25_000)
    resident.context.set_offline(False)
    expect(resident.get_by_test_id("state")).to_be_hidden(timeout=25_000)


def test_what_was_acknowledged_survives_a_killed_server(quick_visitor, quick_house):
    visitor = quick_visitor
    visitor.expected += ["ERR_CONNECTION_REFUSED", "WebSocket", "Failed to load resource", "Failed to fetch"]
    resident = visitor.resident(nickname="停电")
    say(resident, "第一句", "第二句")
    quick_house.kill()
    resident.get_by_test_id("words").fill("停电时写的")
    resident.get_by_test_id("send").click()
    expect(resident.get_by_test_id("mine").last).not_to_have_attribute("data-state", "sent")
    quick_house.open()
    expect(resident.get_by_test_id("mine").last).to_have_attribute("data-state", "sent", timeout=40_000)
    assert texts(resident) == ["第一句", "第二句", "停电时写的"]
    resident.reload()
    resident.get_by_test_id("mine").nth(2).wait_for()
    assert texts(resident) == ["第一句", "第二句", "停电时写的"]


def test_a_page_from_before_a_restored_backup_begins_anew(quick_visitor, quick_house, tmp_path):
    visitor = quick_visitor
    visitor.expected += ["ERR_CONNECTION_REFUSED", "WebSocket", "Failed to load resource", "Failed to fetch"]
    resident = visitor.resident(nickname="从前")
    say(resident, "第一句")
    quick_house.manage("backup", str(tmp_path / "copy"))
    say(resident, "第二句", "第三句")
    quick_house.kill()
    resident.get_by_test_id("words").fill("还没送出的")
    resident.get_by_test_id("send").click()
    quick_house.manage("restore", str(tmp_path / "copy"), "--force")
    quick_house.open()
    expect(resident.get_by_test_id("mine").nth(1)).to_have_attribute("data-state", "sent", timeout=40_000)
    expect(resident.get_by_test_id("mine").nth(1)).to_contain_text("还没送出的")
    assert texts(resident) == ["第一句", "还没送出的"]
    say(resident, "又能说了")
    assert texts(resident) == ["第一句", "还没送出的", "又能说了"]


SWALLOW = """() => {
  window.swallows = true;
  window.swallowed = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (frame) {
    if (window.swallows && frame.includes('"message.send"')) window.swallowed += 1;
    else send.call(this, frame);
  };
}"""
"""The line stands, and words that go out over it are lost on the way."""
TAP = """() => {
  const bubble = [...document.querySelectorAll("[data-testid=mine]")].at(-1);
  if (bubble?.dataset.state !== "failed") return 0;
  const before = window.swallowed;
  bubble.click();
  return window.swallowed - before;
}"""
"""Tap the last bubble if it failed: how many times its words went out within the tap, while no timer can go off."""


def test_a_failed_bubble_is_sent_again_by_a_tap(visitor, house):
    resident = visitor.resident()
    say(resident, "在吗")
    resident.evaluate(SWALLOW)
    resident.get_by_test_id("words").fill("没有送到的一句")
    resident.get_by_test_id("send").click()
    assert resident.wait_for_function(TAP, timeout=40_000).json_value() == 1
    resident.evaluate("window.swallows = false")
    expect(resident.get_by_test_id("mine").last).to_have_attribute("data-state", "sent", timeout=40_000)
    assert texts(resident) == ["在吗", "没有送到的一句"]


def test_whoever_lost_their_counselor_is_back_on_top_and_told(quick_visitor, quick_house):
    visitor = quick_visitor
    desk, other = visitor.desk("c1"), visitor.desk("c2")
    resident = visitor.resident(nickname="被落下")
    say(resident, "你好")
    take(desk, "被落下")
    expect(resident.get_by_test_id("who")).to_contain_text("小林1")
    desk.context.close()
    other.get_by_test_id("queue-row").filter(has_text="被落下").wait_for(timeout=30_000)
    resident.get_by_test_id("waiting").wait_for()
    expect(resident.get_by_test_id("happening").last).not_to_be_empty()


def test_a_handover_is_offered_and_accepted(visitor, house):
    giving, taking = house.next_counselor(), house.next_counselor()
    first, second = visitor.desk(giving), visitor.desk(taking)
    resident = visitor.resident(nickname="转一转")
    say(resident, "你好")
    take(first, "转一转")
    first.keyboard.press("Alt+h")
    option = first.locator("#handover-to option").filter(has_text=f"小林{taking[1:]}").first
    first.locator("#handover-to").select_option(option.get_attribute("value"))
    first.locator("#handover-note").fill("更懂他的语言")
    first.get_by_test_id("handover-offer-send").click()
    offer = second.get_by_test_id("handover-offer").filter(has_text="更懂他的语言")
    expect(offer).to_contain_text("接手 转一转")
    second.get_by_test_id("handover-accept").click()
    expect(resident.get_by_test_id("who")).to_contain_text(f"小林{taking[1:]}")
    answer(second, "转一转", "我接着陪你")
    heard(resident, "我接着陪你")


def test_a_closed_account_loses_its_desk_and_its_person_is_back_on_top(visitor, house):
    leaving, other = house.next_counselor(), visitor.desk(house.next_counselor())
    desk = visitor.desk(leaving)
    resident, somebody = visitor.resident(nickname="被落下"), visitor.resident(nickname="后来的")
    say(resident, "你好")
    say(somebody, "有人吗")
    take(desk, "被落下")
    people = visitor.signed_in("gu", "/staff/people/")
    person = people.locator(f'[data-testid="person-row"][data-username="{leaving}"]')
    person.get_by_test_id("deactivate-ask").click()
    person.get_by_test_id("deactivate").click()
    person.get_by_test_id("reactivate").wait_for()
    desk.wait_for_url("**/staff/sign-in/**")
    expect(desk.locator("body")).not_to_contain_text("你好")
    expect(other.get_by_test_id("queue-label")).to_have_text(["被落下", "后来的"])
    resident.get_by_test_id("waiting").wait_for()
    expect(resident.get_by_test_id("happening").last).to_contain_text(f"小林{leaving[1:]}")


def test_an_offer_can_be_declined_and_a_person_given_back(visitor, house):
    giving, asked = house.next_counselor(), house.next_counselor()
    first, second = visitor.desk(giving), visitor.desk(asked)
    resident = visitor.resident(nickname="转一转")
    say(resident, "你好")
    take(first, "转一转")
    first.get_by_test_id("act-handover").click()
    option = first.locator("#handover-to option").filter(has_text=f"小林{asked[1:]}")
    first.locator("#handover-to").select_option(option.get_attribute("value"))
    first.locator("#handover-note").fill("更懂他的语言")
    first.get_by_test_id("handover-offer-send").click()
    second.get_by_test_id("handover-decline").click()
    expect(first.get_by_test_id("handover-withdraw")).to_be_hidden()
    answer(first, "转一转", "我还在")
    first.get_by_test_id("act-give-back").click()
    first.locator("#give-back-note").fill("我要下班了")
    first.get_by_test_id("give-back-send").click()
    expect(first.get_by_test_id("talk")).to_have_count(0)
    resident.get_by_test_id("waiting").wait_for()
    take(second, "转一转")
    expect(second.get_by_test_id("notes")).to_contain_text("我要下班了")
    answer(second, "转一转", "换我来")
    heard(resident, "换我来")
    expect(resident.locator("body")).not_to_contain_text("我要下班了")


def test_words_whose_receipt_was_lost_are_kept_once(visitor, house):
    cable = Cable()
    desk = visitor.desk(house.next_counselor())
    resident = visitor.resident(nickname="半路", cable=cable)
    say(resident, "第一句")
    conversation = take(desk, "半路")
    cable.deaf = True
    for words in ("第二句", "第三句"):
        resident.get_by_test_id("words").fill(words)
        resident.get_by_test_id("send").click()
    # It arrived, and the page does not know.
    conversation.get_by_test_id("line-resident").filter(has_text="第二句").wait_for()
    expect(resident.get_by_test_id("mine").last).not_to_have_attribute("data-state", "sent")
    answer(desk, "半路", "我在听")
    cable.cut()
    expect(resident.get_by_test_id("mine").last).to_have_attribute("data-state", "sent")
    heard(resident, "我在听")
    conversation.get_by_test_id("line-resident").filter(has_text="第三句").wait_for()
    assert texts(resident) == ["第一句", "第二句", "我在听", "第三句"]
    assert conversation.locator(".bubble").all_text_contents() == ["第一句", "第二句", "我在听", "第三句"]


def test_a_reply_whose_receipt_was_lost_is_kept_once(visitor, house):
    cable = Cable()
    desk = visitor.desk(house.next_counselor(), cable=cable)
    resident = visitor.resident(nickname="回话")
    say(resident, "在吗")
    conversation = take(desk, "回话")
    cable.deaf = True
    for words in ("我在", "你说"):
        conversation.get_by_test_id("talk-field").fill(words)
        conversation.get_by_test_id("talk-send").click()
    heard(resident, "我在")
    expect(conversation.get_by_test_id("line-status").last).not_to_have_text("已送达")
    say(resident, "那我说了")
    cable.cut()
    heard(resident, "你说")
    conversation.get_by_test_id("line-resident").filter(has_text="那我说了").wait_for()
    expect(conversation.locator(".bubble")).to_have_text(["在吗", "我在", "那我说了", "你说"])
    expect(conversation.get_by_test_id("line-status")).to_have_text(["已送达", "已送达"])
    assert texts(resident) == ["在吗", "我在", "那我说了", "你说"]


def test_what_was_not_sent_yet_outlives_a_reload(quick_visitor, quick_house):
    visitor = quick_visitor
    visitor.expected += ["ERR_CONNECTION_REFUSED", "WebSocket"]
    desk = visitor.desk(quick_house.next_counselor())
    resident = visitor.resident(nickname="重来")
    say(resident, "一")
    conversation = take(desk, "重来")
    answer(desk, "重来", "二")
    quick_house.kill()
    for words in ("三", "四"):
        resident.get_by_test_id("words").fill(words)
        resident.get_by_test_id("send").click()
    resident.get_by_test_id("words").fill("还没写完")
    conversation.get_by_test_id("talk-field").fill("五")
    conversation.get_by_test_id("talk-send").click()
    expect(resident.get_by_test_id("mine").last).to_have_attribute("data-state", "failed")
    expect(conversation.get_by_test_id("line-staff").last).to_have_attribute("data-status", "failed")
    expect(conversation.get_by_test_id("line-retry").last).to_be_visible()
    quick_house.open()
    resident.reload()
    desk.reload()
    expect(resident.get_by_test_id("words")).to_have_value("还没写完")
    expect(resident.locator("#log .bubble")).to_have_count(5)
    again = talk(desk, "重来")
    expect(again.locator(".bubble")).to_have_count(5)
    expect(again.get_by_test_id("line-staff").last).to_have_attribute("data-status", "sent")
    expect(resident.locator('[data-testid="mine"][data-state="sent"]')).to_have_count(3)
    shown = texts(resident)
    assert sorted(shown) == sorted("一二三四五")
    assert shown.index("三") < shown.index("四")
    assert again.locator(".bubble").all_text_contents() == shown


def test_while_the_line_is_gone_the_numbers_stay(quick_visitor, quick_house):
    visitor = quick_visitor
    visitor.expected += ["WebSocket", "ERR_CONNECTION_REFUSED", "Failed to load resource", "Failed to fetch"]
    resident = visitor.resident()
    say(resident, "我不想活了")
    numbers = resident.get_by_test_id("numbers")
    expect(numbers).to_have_class("numbers is-forward")
    quick_house.kill()
    resident.get_by_test_id("words").fill("有人吗")
    resident.get_by_test_id("send").click()
    expect(resident.get_by_test_id("mine").filter(has_text="有人吗")).to_have_attribute("data-state", "failed")
    expect(resident.get_by_test_id("state")).to_be_visible()
    for number in ("12356", "110", "120"):
        expect(numbers.locator(f'a[href="tel:{number}"]')).to_be_in_viewport()
