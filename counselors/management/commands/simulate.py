"""`manage.py simulate`: an evening that happens by itself, on a server that is running."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import urllib.parse
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from counselors.demo import people
from counselors.demo.pages import Gone, Refused
from counselors.demo.simulation import Evening, Plan


class Command(BaseCommand):
    """Reads no database: everything goes through the server's pages and sockets."""

    help = "Simulated residents and counselors talk on a running server. Sign in meanwhile and take part."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What kind of evening."""
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the server is (%(default)s)")
        parser.add_argument("--residents", type=int, default=12, help="how many come (%(default)s)")
        parser.add_argument("--counselors", type=int, default=3, help=f"0 to {len(people.SIMULATED)} (%(default)s)")
        parser.add_argument("--minutes", type=float, default=10.0, help="in which they arrive (%(default)s)")
        parser.add_argument("--speed", type=float, default=1.0, help="times as quick as people (%(default)s)")
        parser.add_argument("--seed", type=int, help="the same number, the same evening")
        parser.add_argument("--language", choices=("mix", "zh", "en"), default="mix", help="(%(default)s)")
        parser.add_argument("--patience", type=float, default=20.0, help="seconds a server may be away (%(default)s)")
        parser.add_argument("--elsewhere", action="store_true", help="allow a server that is not on this machine")

    def handle(self, *args: Any, **options: Any) -> None:
        """Let the evening happen; fails when the server goes away or a message is lost."""
        _check(options)
        seed = options["seed"] if options["seed"] is not None else random.SystemRandom().randrange(10_000)
        plan = Plan(
            url=options["url"].rstrip("/"),
            residents=options["residents"],
            counselors=options["counselors"],
            minutes=options["minutes"],
            speed=options["speed"],
            seed=seed,
            language={"zh": "zh-hans"}.get(options["language"], options["language"]),
            patience=options["patience"],
        )
        self.stdout.write(
            f"{plan.residents} simulated residents come within {plan.minutes:g} minutes, {plan.counselors} simulated"
            f" counselors answer (--seed {seed}). Sign in and take part; Ctrl-C ends it."
        )
        evening = Evening(plan)
        # Without a terminal there is nobody to watch a bar.
        with tqdm(total=evening.messages, unit="message", desc="Residents' messages", disable=None) as bar:
            evening.progress = bar.update
            try:
                asyncio.run(evening.happen())
            except (Gone, Refused) as fault:
                raise CommandError(str(fault)) from None
            except KeyboardInterrupt:
                self.stderr.write("Stopped.")
        for line in evening.tally.lines():
            self.stdout.write(line)
        if not evening.tally.is_clean:
            raise CommandError("Something that was acknowledged is missing or out of order: this is a defect.")


def _check(options: dict[str, Any]) -> None:
    """Refuse what cannot be simulated, before anything is touched."""
    parts = urllib.parse.urlsplit(options["url"])
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CommandError(f"--url {options['url']} is no address: give one such as http://127.0.0.1:8000")
    if not options["elsewhere"] and not _is_here(parts.hostname):
        raise CommandError(
            f"{parts.hostname} is not this machine. People may wait there: simulated ones must not stand before them."
            " Add --elsewhere if it is a server of your own for trying things out."
        )
    if not 0 <= options["counselors"] <= len(people.SIMULATED):
        raise CommandError(f"--counselors: there are {len(people.SIMULATED)} simulated counselors")
    if options["residents"] < 1 or options["minutes"] < 0 or options["speed"] <= 0 or options["patience"] <= 0:
        raise CommandError("--residents, --speed and --patience must be above 0, --minutes not below")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
