"""Words for what the protocol says in codes: for the resident's page, and for the transcript they keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hotline.chat.protocol import Line
from hotline.chat.selectors import Story


def events() -> dict[str, str]:
    """What happened, by the event's code; {name} is a counselor's alias."""
    return {
        "opened": _("You are here. You can write at once; whoever comes reads it first."),
        "joined": _("{name} is here now and reads what you wrote."),
        "left": _(
            "{name} could not stay. It is not because of anything you wrote. You are at the front of the line again;"
            " only somebody in danger goes before you."
        ),
        "handed": _("{name} goes on with you from here and has read what came before."),
        "danger": _("You said that you are in danger now. You go first."),
        "returned": _("Welcome back. It is all still here."),
        "closed.helped": _("This conversation has ended."),
        "closed.left_waiting": _("You ended it before anybody came. You can come back whenever you like."),
        "closed.left_during": _("You ended the conversation."),
        "closed.handed_on": _("This conversation has ended; somebody else goes on helping."),
        "closed.closed_by_staff": _("This conversation was closed. You can begin a new one at any time."),
        "erased": _("All of it has been erased."),
    }


def for_page() -> dict[str, str]:
    """Every word that the page's script shows."""
    words = {f"event.{code}": text for code, text in events().items()}
    return words | {
        "state.connecting": _("Connecting"),
        "state.lost": _("The connection is gone; it comes back by itself. Go on writing, we keep it for you."),
        "state.ended": _("This page is no longer connected."),
        "place.next": _("You are next."),
        "place.one": _("{n} person is before you."),
        "place.some": _("{n} people are before you."),
        "place.range": _("Between {least} and {most} people are before you."),
        "place.nobody": _("Nobody is on duty just now. Your place is kept; whoever comes next reads you."),
        "place.danger": _("Somebody in great danger is being answered first. We have not gone away."),
        "place.given_back": _("Somebody whose conversation broke off goes first. We have not gone away."),
        "place.sooner": _("Somebody who may need an answer sooner goes first. We have not gone away."),
        "care": _("Your life matters to us. If it cannot wait, please call now; we stay here too."),
        "bubble.sending": _("sending"),
        "bubble.sent": _("sent"),
        "bubble.failed": _("not sent yet, we keep it for you"),
        "bubble.retry": _("try again"),
        "who.me": _("You"),
        "typing": _("{name} is writing"),
        "with": _("{name} is with you"),
        "waiting": _("Somebody will come. We have not gone away."),
        "over": _("Ended"),
        "today": _("Today"),
        "left": _("{n} characters left"),
        "over_by": _("{n} characters too many"),
        "error.message.too_long": _(
            "That is more than fits into one message. Send it in two; the words are still in the field."
        ),
        "error.message.empty": _("There is nothing in it yet."),
        "error.conversation.closed": _("The conversation had just ended. Your words are still in the field."),
        "error.frame.too_fast": _("That was very quick. We send it in a moment."),
        "error.other": _("That did not go through. Nothing is lost; please try once more."),
        "copied": _("copied"),
        "thanks": _("Thank you."),
        "erased": _("All of it has been erased."),
        "home": _("To the first page"),
    }


def event_text(event: str) -> str:
    """An event in words, in the reader's language; "" for a code nobody knows."""
    code, _colon, argument = event.partition(":")
    words = events()
    return words.get(f"{code}.{argument}") or words.get(code, "").replace("{name}", argument)


def as_text(stories: Iterable[Story]) -> str:
    """Conversations as plain text, oldest first."""
    parts: list[str] = []
    for story in stories:
        parts.append(date_format(timezone.localtime(story.conversation.opened_at), "DATETIME_FORMAT"))
        parts += [_line(line) for line in story.lines]
        parts.append("")
    return "\r\n".join(parts)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line in words: when ("21:40"), by whom ("" for what happened), what; ``mine`` is the resident's own."""

    clock: str
    who: str
    text: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ShownStory:
    """A conversation in words; ``begun`` is an aware time."""

    begun: datetime
    lines: list[ShownLine]


def shown(stories: Iterable[Story]) -> list[ShownStory]:
    """Conversations for a page that shows them as they were."""
    return [ShownStory(one.conversation.opened_at, [_shown_line(line) for line in one.lines]) for one in stories]


def _shown_line(line: Line) -> ShownLine:
    if line.event:
        return ShownLine(_clock(line), "", event_text(line.event), mine=False)
    mine = line.author == "resident"
    return ShownLine(_clock(line), _("You") if mine else line.name, line.text, mine)


def _clock(line: Line) -> str:
    at = parse_datetime(line.at)
    return timezone.localtime(at).strftime("%H:%M") if at else ""


def _line(line: Line) -> str:
    clock = _clock(line)
    if line.event:
        return f"{clock}  ({event_text(line.event)})"
    who = _("You") if line.author == "resident" else line.name
    return f"{clock}  {who}: {line.text}"
