"""`python manage.py seed_demo`: accounts and an evening to look at."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from counselors.demo import evening, people
from counselors.demo.script import Story, read_stories
from hotline.chat.models import Conversation
from triage import services as triage

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Command(BaseCommand):
    """Makes demo accounts and tells the demo's stories; an evening that is not over yet is left as it is."""

    help = "Demo accounts and an evening that looks real, for this machine only; again within 12 hours changes nothing."
    requires_system_checks = ()
    """It needs no pages; `make run` starts the server right after it."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option."""
        parser.add_argument("--again", action="store_true", help="forget the demo's evening and begin it anew")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses where strangers could sign in: the password is printed, and the same everywhere."""
        if not settings.DEBUG and not THIS_MACHINE.issuperset(settings.ALLOWED_HOSTS):
            raise CommandError(
                "seed_demo makes accounts with a known password: only with DEBUG, or where ALLOWED_HOSTS names this"
                " machine alone."
            )
        cast = people.accounts(people.SIGN_INS, may_sign_in=True)
        people.accounts(people.SIMULATED, may_sign_in=True)
        colleagues = people.accounts(people.COLLEAGUES, may_sign_in=False)
        stories = read_stories("ended.toml", "talking.toml", "waiting.toml")
        now = timezone.now()
        if options["again"] or not _evening_goes_on(stories):
            triage.prepare()
            people.keep_on_duty(colleagues.values(), until=now + evening.EVENING)
            with transaction.atomic():
                evening.clear(stories)
            for story in stories:
                evening.tell(story, cast | colleagues, now=now)
        self.stdout.write(_summary(stories))


def _evening_goes_on(stories: list[Story]) -> bool:
    latest = evening.demo_conversations(stories).order_by("-opened_at").first()
    return latest is not None and latest.opened_at > timezone.now() - evening.EVENING


def _summary(stories: list[Story]) -> str:
    mine = evening.demo_conversations(stories)
    counts = {state: mine.filter(state=state).count() for state in ("waiting", "active", "closed")}
    everyone = Conversation.objects.count()
    told = f"{counts['waiting']} people waiting, {counts['active']} in conversation, {counts['closed']} ended"
    rows = [
        f"Demo: {told} ({everyone} conversations in all).",
        f"Sign in under /staff/ with the password {people.PASSWORD!r}:",
    ]
    rows += [f"  {person.username:<6} {person.role:<12} {person.alias}" for person in people.SIGN_INS]
    rows.append("Their colleagues mei and an are scenery: they count as present for 12 hours and say nothing new.")
    return "\n".join(rows)
