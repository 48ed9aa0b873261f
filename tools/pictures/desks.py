"""What counselors see: doors, the desk with its places and questions, a colleague's offer, the faults."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tools.pictures import residents
from tools.pictures.camera import BOTH, DESK, PHONES, SIZES, Camera, Line, Place
from tools.pictures.scenes import SCENES, Language

DIALOGS = {"override": "Alt+o", "help": "Alt+s", "handover": "Alt+h", "give-back": "Alt+b", "end": "Alt+e", "keys": "?"}


def doors(camera: Camera, place: Place, language: Language) -> None:
    """Sign in, join, one's own page."""
    page = place.page(language, "desk")
    for name, path in (("sign-in", "/staff/sign-in/"), ("join", "/staff/join/")):
        page.goto(path)
        camera.take(page, name, language, BOTH)
    page.locator("#id_username").fill("lin")
    page.locator("#id_password").fill("short")
    page.get_by_test_id("join").click()
    page.locator(".problem").first.wait_for()
    camera.take(page, "join-wrong", language, BOTH)
    page.goto("/staff/sign-in/")
    page.locator("#id_username").fill("lin")
    page.locator("#id_password").fill("not this one")
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("sign-in-problem").wait_for()
    camera.take(page, "sign-in-wrong", language, BOTH)
    page.context.close()
    page = place.staff(language, SCENES[language].counselor, "/staff/me/")
    camera.take(page, "me", language, BOTH)
    page.get_by_test_id("password-save").click()
    page.locator(".problem").first.wait_for()
    camera.take(page, "me-wrong", language, BOTH)
    # The demo's names are Chinese; whoever answers in English is called so in the pictures.
    page.locator("#id_alias").fill(SCENES[language].alias)
    page.get_by_test_id("me-save").click()
    page.get_by_test_id("messages").wait_for()
    camera.take(page, "me-kept", language, DESK)
    page.goto("/staff/board/")
    camera.take(page, "404-staff", language, DESK)
    page.context.close()
    page = place.staff(language, SCENES[language].counselor, "/staff/desk/", scripts=False)
    camera.take(page, "desk-noscript", language, BOTH)
    page.context.close()


def go_on_duty(desk: Page) -> Page:
    """Once the desk is live; nothing has the focus then."""
    desk.locator('#link[data-link="open"]').wait_for()
    desk.get_by_test_id("duty-on").check(force=True)
    desk.get_by_test_id("capacity").select_option("5")
    desk.get_by_test_id("take-next").and_(desk.locator('[aria-disabled="false"]')).wait_for()
    unfocus(desk)
    return desk


def unfocus(desk: Page) -> None:
    """Leave whatever field the hands are in."""
    desk.evaluate("document.activeElement.blur()")


def open_desk(camera: Camera, place: Place, language: Language) -> Page:
    """Sign in and go on duty."""
    desk = place.staff(language, SCENES[language].counselor, "/staff/desk/")
    desk.locator('#link[data-link="open"]').wait_for()
    camera.take(desk, "desk-empty", language, BOTH, whole=False)
    return go_on_duty(desk)


def talk_of(desk: Page, label: str) -> Locator:
    """The conversation with the one called ``label``."""
    return desk.get_by_test_id("talk").filter(has=desk.get_by_test_id("talk-label").filter(has_text=label))


def take_person(desk: Page, label: str) -> None:
    """Take the one called ``label`` from the queue, and leave the field for a reply."""
    row = desk.get_by_test_id("queue-row").filter(has_text=label)
    row.get_by_test_id("queue-claim").click()
    desk.get_by_test_id("talk-label").filter(has_text=label).wait_for()
    look_at_first(desk)


def look_at_first(desk: Page) -> None:
    """To press a button in the queue it was brought into view; whoever looks at a picture begins at the top."""
    desk.get_by_test_id("queue-rows").evaluate("rows => rows.scrollTo(0, 0)")


def turn_to(desk: Page, label: str) -> None:
    """Bring the one called ``label`` under the hands."""
    if not talk_of(desk, label).is_visible():
        desk.get_by_test_id("talk-tab").filter(has_text=label).click()
    talk_of(desk, label).get_by_test_id("talk-field").focus()
    desk.get_by_test_id("person-label").filter(has_text=label).wait_for()


def answer(desk: Page, label: str, *lines: str) -> None:
    """Reply to the one called ``label``."""
    turn_to(desk, label)
    talk = talk_of(desk, label)
    for line in lines:
        talk.get_by_test_id("talk-field").fill(line)
        talk.get_by_test_id("talk-send").click()
        talk.get_by_test_id("line-staff").filter(has_text=line).wait_for()


def converse(camera: Camera, place: Place, language: Language) -> tuple[Page, Page]:
    """The counselor takes three people; with one of them they talk."""
    scene = SCENES[language]
    desk = open_desk(camera, place, language)
    resident = residents.write_to_us(camera, place, language)
    camera.take(desk, "desk-queue", language, ("desk", "tablet"), whole=False)
    take_person(desk, scene.nickname)
    for reply, line in zip(scene.answers, scene.then, strict=True):
        answer(desk, scene.nickname, reply)
        resident.get_by_test_id("theirs").filter(has_text=reply).wait_for()
        residents.say(resident, line)
    camera.take(resident, "talk", language, (*PHONES, "desk"), whole=False)
    for label in scene.also_take:
        take_person(desk, label)
    answer(desk, scene.also_take[0], scene.greeting)
    residents.say(resident, scene.later)
    desk.get_by_test_id("tab-unread").filter(has_text="1").wait_for()
    return desk, resident


def places(camera: Camera, desk: Page, language: Language) -> None:
    """The desk with three conversations, its places on a phone, and everything it asks."""
    desk.get_by_test_id("talk-field").first.focus()
    desk.get_by_test_id("talk-field").nth(1).focus()
    desk.keyboard.press("Escape")
    camera.take(desk, "desk", language, ("desk", "tablet"), whole=False)
    for name in ("queue", "talks", "person"):
        desk.set_viewport_size(SIZES["phone"])
        desk.locator(f'#places-nav [data-place="{name}"]').click()
        camera.take(desk, f"desk-{name}", language, ("phone",), whole=False)
    desk.locator('#places-nav [data-place="talks"]').click()
    desk.set_viewport_size(SIZES["desk"])
    for name, key in DIALOGS.items():
        desk.keyboard.press(key)
        dialog = desk.locator(f"#dialog-{name}[open]")
        dialog.wait_for()
        camera.take(desk, f"dialog-{name}", language, BOTH, whole=False)
        if name != "keys":
            dialog.locator(".dialog-buttons button:not([type])").click()
            dialog.locator('[data-part="problem"]').wait_for()
            camera.take(desk, f"dialog-{name}-missing", language, DESK, whole=False)
        desk.keyboard.press("Escape")
        unfocus(desk)


def change_person(camera: Camera, desk: Page, resident: Page, language: Language) -> None:
    """A note, another level, and each side writing."""
    scene = SCENES[language]
    turn_to(desk, scene.nickname)
    desk.get_by_test_id("note-field").fill(scene.note)
    desk.get_by_test_id("note-save").click()
    desk.get_by_test_id("notes").filter(has_text=scene.note).wait_for()
    turn_to(desk, scene.also_take[0])
    unfocus(desk)
    desk.keyboard.press("Alt+o")
    desk.locator('#dialog-override input[value="imminent"]').check()
    desk.locator("#override-reason").fill(scene.reason)
    desk.get_by_test_id("override-save").click()
    desk.get_by_test_id("notes").filter(has_text=scene.reason).wait_for()
    turn_to(desk, scene.nickname)
    # Keys, not fill: marks of writing come from what is typed.
    resident.get_by_test_id("words").press_sequentially(scene.unsent)
    talk_of(desk, scene.nickname).get_by_test_id("talk-typing").filter(has_text="…").wait_for()
    camera.take(desk, "desk-writing", language, DESK, whole=False)
    resident.get_by_test_id("words").fill("")
    talk_of(desk, scene.nickname).get_by_test_id("talk-field").press_sequentially(scene.welcome_back)
    resident.get_by_test_id("typing").wait_for()
    camera.take(resident, "talk-writing", language, ("phone",), whole=False)
    talk_of(desk, scene.nickname).get_by_test_id("talk-field").fill("")


def ask_for_help(desk: Page, language: Language) -> None:
    """Ask the supervisors about the first of ``also_take``."""
    scene = SCENES[language]
    turn_to(desk, scene.also_take[0])
    unfocus(desk)
    desk.keyboard.press("Alt+s")
    desk.locator("#help-question").fill(scene.question)
    desk.get_by_test_id("help-send").click()
    desk.get_by_test_id("help-asked").wait_for()


def end_it(camera: Camera, desk: Page, resident: Page, language: Language) -> None:
    """End the conversation that is shown most."""
    scene = SCENES[language]
    turn_to(desk, scene.nickname)
    unfocus(desk)
    desk.keyboard.press("Alt+e")
    desk.locator('#dialog-end input[value="helped"]').check()
    desk.locator("#end-wrap-up").fill(scene.wrap_up)
    desk.get_by_test_id("end-send").click()
    residents.ended(camera, resident, language)
    camera.take(desk, "desk-ended", language, BOTH, whole=False)


def return_to(camera: Camera, desk: Page, resident: Page, language: Language) -> None:
    """The same person again: their earlier conversation in a dialog; then they erase everything."""
    scene = SCENES[language]
    talk_of(desk, scene.nickname).get_by_test_id("talk-put-away").click()
    residents.come_again(camera, resident, language)
    row = desk.get_by_test_id("queue-row").filter(has_text=scene.again[:4])
    newcomer = row if row.count() else desk.get_by_test_id("queue-row").last
    label = newcomer.get_by_test_id("queue-label").inner_text()
    newcomer.get_by_test_id("queue-claim").click()
    desk.get_by_test_id("earlier-open").wait_for()
    look_at_first(desk)
    answer(desk, label, scene.welcome_back)
    camera.take(desk, "desk-again", language, BOTH, whole=False)
    desk.set_viewport_size(SIZES["desk"])
    desk.get_by_test_id("earlier-open").click()
    desk.get_by_test_id("earlier-lines").get_by_test_id("line-resident").first.wait_for()
    camera.take(desk, "dialog-earlier", language, BOTH, whole=False)
    desk.get_by_test_id("earlier-close").click()
    resident.get_by_test_id("more-open").click()
    resident.get_by_test_id("erase-open").click()
    resident.get_by_test_id("erase-yes").click()
    resident.get_by_test_id("gone").wait_for()
    talk_of(desk, label).get_by_test_id("talk-put-away").wait_for()
    camera.take(desk, "desk-erased", language, DESK, whole=False)


def hand_over(camera: Camera, place: Place, desk: Page, language: Language) -> None:
    """Offered to a colleague, who accepts and has to give it back to the queue."""
    scene = SCENES[language]
    label = scene.also_take[0]
    other = go_on_duty(place.staff(language, scene.colleague, "/staff/desk/"))
    turn_to(desk, label)
    unfocus(desk)
    desk.keyboard.press("Alt+h")
    name = other.get_by_test_id("me").inner_text()
    choice = desk.locator("#handover-to option").filter(has_text=name)
    choice.wait_for(state="attached")
    desk.locator("#handover-to").select_option(choice.get_attribute("value"))
    desk.locator("#handover-note").fill(scene.handover)
    desk.get_by_test_id("handover-offer-send").click()
    talk_of(desk, label).get_by_test_id("handover-withdraw").wait_for()
    offer = other.get_by_test_id("handover-offer").filter(has_text=scene.handover)
    offer.wait_for()
    camera.take(desk, "desk-offered", language, BOTH, whole=False)
    camera.take(other, "desk-offer", language, BOTH, whole=False)
    offer.get_by_test_id("handover-accept").click()
    desk.get_by_test_id("notice").wait_for()
    camera.take(desk, "desk-notice", language, BOTH, whole=False)
    other.get_by_test_id("talk-label").filter(has_text=label).wait_for()
    unfocus(other)
    other.keyboard.press("Alt+b")
    other.locator("#give-back-note").fill(scene.given_back)
    other.get_by_test_id("give-back-send").click()
    other.get_by_test_id("queue-row").filter(has_text=label).wait_for()
    camera.take(other, "desk-given-back", language, BOTH, whole=False)
    other.get_by_test_id("duty-off").check(force=True)
    other.get_by_test_id("off-duty").wait_for()
    other.context.close()


def cut_off(camera: Camera, place: Place, language: Language) -> None:
    """The same desk on another screen, whose line is cut: words that could not be sent."""
    scene, line = SCENES[language], Line()
    desk = place.staff(language, scene.counselor, "/staff/desk/", line=line)
    label = scene.also_take[1]
    talk = talk_of(desk, label)
    talk.get_by_test_id("line-resident").first.wait_for()
    line.cut()
    desk.locator('#link[data-link="lost"]').wait_for()
    talk.get_by_test_id("talk-field").fill(scene.greeting)
    talk.get_by_test_id("talk-send").click()
    talk.get_by_test_id("line-retry").last.wait_for()
    camera.take(desk, "desk-lost", language, DESK, whole=False)
    desk.set_viewport_size(SIZES["phone"])
    desk.locator('#places-nav [data-place="talks"]').click()
    camera.take(desk, "desk-lost", language, ("phone",), whole=False)
    desk.context.close()
