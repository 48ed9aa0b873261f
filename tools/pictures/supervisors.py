"""What supervisors and coordinators see: board, reading along, reviews, triage in numbers, people."""

from __future__ import annotations

from playwright.sync_api import Page

from tools.pictures import residents
from tools.pictures.camera import BOTH, DESK, DESKS, Camera, Place
from tools.pictures.scenes import SCENES, Language

ABSENT_WITHIN_MS = 90_000
"""Somebody whose page is closed counts as absent after a while, not at once."""


def board(camera: Camera, place: Place, language: Language) -> None:
    """Board, reading along with advice, reviews."""
    page = place.staff(language, "shen", "/staff/board/")
    page.get_by_test_id("board-row").first.wait_for()
    camera.take(page, "board", language, DESKS, whole=False)
    page.get_by_test_id("board-talking").get_by_test_id("board-open").filter(has_text="Y").first.click()
    page.get_by_test_id("line-resident").first.wait_for()
    camera.take(page, "conversation", language, DESKS, whole=False)
    page.context.close()


def reviews(camera: Camera, place: Place, language: Language) -> None:
    """What waits for a decision, a decision that lacks something, one that is made."""
    page = place.staff(language, "shen", "/staff/reviews/?status=decided")
    camera.take(page, "reviews-decided", language, BOTH)
    page.get_by_test_id("review-open").first.click()
    page.get_by_test_id("review-lines").wait_for()
    camera.take(page, "review-decided", language, BOTH)
    page.goto("/staff/reviews/")
    camera.take(page, "reviews", language, DESKS)
    page.get_by_test_id("review-open").first.click()
    page.get_by_test_id("review-lines").wait_for()
    camera.take(page, "review", language, DESKS)
    page.get_by_test_id("decide").click()
    page.locator(".problem").first.wait_for()
    camera.take(page, "review-missing", language, BOTH)
    page.locator('input[name="decision"][value="agree"]').check()
    page.locator("#id_reason").fill(SCENES[language].decision)
    page.get_by_test_id("decide").click()
    page.get_by_test_id("messages").wait_for()
    camera.take(page, "reviews-kept", language, DESK)
    page.goto("/staff/triage/")
    camera.take(page, "triage", language, DESKS)
    page.context.close()


def help_asked(camera: Camera, place: Place, language: Language) -> None:
    """A counselor asks: on the board, in the conversation, and the advice."""
    scene = SCENES[language]
    page = place.staff(language, "shen", "/staff/board/")
    row = page.get_by_test_id("board-row").filter(has=page.locator('[data-testid="board-help"]:not([hidden])'))
    row = row.filter(has=page.get_by_test_id("board-holder").filter(has_text=scene.alias))
    row.first.wait_for()
    camera.take(page, "board-help", language, BOTH, whole=False)
    row.first.get_by_test_id("board-open").click()
    page.get_by_test_id("help-asked").wait_for()
    camera.take(page, "conversation-help", language, BOTH, whole=False)
    page.get_by_test_id("advice-field").fill(scene.advice)
    page.get_by_test_id("advice-send").click()
    page.get_by_test_id("notes").filter(has_text=scene.advice).wait_for()
    camera.take(page, "conversation-advised", language, BOTH, whole=False)
    page.get_by_test_id("act-override").click()
    page.locator("#dialog-override[open]").wait_for()
    camera.take(page, "dialog-override-reader", language, BOTH, whole=False)
    page.context.close()


def close_absent(camera: Camera, place: Place, language: Language) -> None:
    """Somebody waits whose page is closed: a supervisor closes it, and they come back to that."""
    scene = SCENES[language]
    gone = residents.go_away(place, language)
    page = place.staff(language, "shen", "/staff/board/")
    mine = page.get_by_test_id("board-waiting").get_by_test_id("board-row").filter(has_text=scene.absent_name)
    mine.filter(has=page.locator('[data-part="away"]:not([hidden])')).wait_for(timeout=ABSENT_WITHIN_MS)
    camera.take(page, "board-away", language, BOTH, whole=False)
    mine.get_by_test_id("board-open").click()
    page.get_by_test_id("act-close").wait_for()
    camera.take(page, "conversation-away", language, BOTH, whole=False)
    page.get_by_test_id("act-close").click()
    page.locator("#dialog-close[open]").wait_for()
    camera.take(page, "dialog-close", language, BOTH, whole=False)
    page.get_by_test_id("close-send").click()
    page.locator('#dialog-close [data-part="problem"]').wait_for()
    camera.take(page, "dialog-close-missing", language, DESK, whole=False)
    page.locator("#closing-reason").fill(scene.closing)
    page.get_by_test_id("close-send").click()
    page.locator("#dialog-close:not([open])").wait_for(state="attached")
    page.get_by_test_id("act-close").wait_for(state="hidden")
    camera.take(page, "conversation-closed", language, BOTH, whole=False)
    page.context.close()
    residents.closed_meanwhile(camera, gone, language)


def erased(camera: Camera, place: Place, language: Language) -> None:
    """What is left for a supervisor of somebody who erased everything."""
    page = place.staff(language, "shen", "/staff/reviews/")
    row = page.get_by_test_id("review-row").filter(has=page.locator(".kinds .quiet"))
    row.last.get_by_test_id("review-open").click()
    page.get_by_test_id("review").wait_for()
    camera.take(page, "review-erased", language, BOTH)
    page.context.close()


def people(camera: Camera, place: Place, language: Language) -> None:
    """Accounts, an invitation, and an account that is closed and opened again."""
    page = place.staff(language, "gu", "/staff/people/")
    camera.take(page, "people", language, DESKS)
    page.get_by_test_id("invite-form").evaluate("form => form.noValidate = true")
    page.get_by_test_id("invite").click()
    page.locator(".problem").first.wait_for()
    camera.take(page, "people-missing", language, BOTH)
    page.locator("#id_name").fill(SCENES[language].invited)
    page.get_by_test_id("invite").click()
    page.get_by_test_id("invite-code").wait_for()
    camera.take(page, "people-invited", language, BOTH)
    page.goto("/staff/people/")
    row = page.locator('[data-testid="person-row"][data-username="an"]')
    row.get_by_test_id("skills-ask").click()
    camera.take(page, "people-skills", language, BOTH)
    row.get_by_test_id("skills-ask").click()
    row.get_by_test_id("deactivate-ask").click()
    camera.take(page, "people-deactivate", language, BOTH)
    _coordinators_board(camera, page, language)
    page.context.close()


def deactivated(camera: Camera, place: Place, language: Language) -> None:
    """The last of all, since whoever they talk with goes back to the queue."""
    page = place.staff(language, "gu", "/staff/people/")
    row = page.locator('[data-testid="person-row"][data-username="an"]')
    row.get_by_test_id("deactivate-ask").click()
    row.get_by_test_id("deactivate").click()
    page.get_by_test_id("messages").wait_for()
    camera.take(page, "people-deactivated", language, BOTH)
    row.get_by_test_id("reactivate").click()
    page.get_by_test_id("deactivate-ask").first.wait_for()
    page.context.close()


def _coordinators_board(camera: Camera, page: Page, language: Language) -> None:
    page.goto("/staff/board/")
    page.get_by_test_id("board-row").first.wait_for()
    camera.take(page, "board-coordinator", language, DESK, whole=False)
