"""Makes a database full of people who talk: run in the surroundings of a scratch site, prints who they are as JSON.

`python -m benchmarks.delivery.cast SHAPE`, a shape of benchmarks.delivery.peers.base as JSON. Everything goes through
the product's own services, as if the people had come in by its pages.
"""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
AT_ONCE = 100
MOST_EACH = 12
ONE_IN_DANGER_OF = 20


def main() -> None:
    """Residents and desks, each conversation with one of the desks."""
    import django

    django.setup()
    from django.conf import settings

    # Nobody is served from here: there is nobody to tell.
    settings.CHANNEL_LAYERS = {}
    shape = json.loads(sys.argv[1])
    read_every = shape["read_every"]
    cookies, conversations = _desks(shape["desks"]), _conversations(shape["rooms"], waiting=shape["waiting"])
    supervisor = _staff("supervisor", "supervisor") if read_every else None
    json.dump(
        {
            "residents": [token for token, _ in conversations],
            "conversations": [hex_ for _, hex_ in conversations],
            "desks": cookies,
            "supervisor": _cookie(supervisor) if supervisor is not None else "",
            "read": [hex_ for _, hex_ in conversations[::read_every]] if read_every else [],
        },
        sys.stdout,
    )


def _staff(username: str, role: str):  # noqa: ANN202 - models exist only once Django is set up
    from counselors.models import StaffMember

    member = StaffMember(username=username, alias=username, role=role, languages=["zh-hans", "en"])
    member.set_password("only-for-the-benchmark")
    member.save()
    return member


def _cookie(member) -> str:  # noqa: ANN001 - as above
    """A signed-in session, without the page."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(member)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _desks(count: int) -> list[str]:
    from counselors import services
    from counselors.models import Duty

    cookies = []
    for number in range(count):
        member = _staff(f"desk{number}", "counselor")
        services.set_duty(member, state=Duty.ON, capacity=MOST_EACH)
        cookies.append(_cookie(member))
    return cookies


def _conversations(rooms: int, *, waiting: bool) -> list[tuple[str, str]]:
    """Visit token and conversation of each. Room n is with desk n modulo their number, or all wait, some in danger."""
    from django.db import transaction

    from counselors.models import StaffMember
    from hotline.chat.services import moves, opening

    staff = list(StaffMember.objects.filter(username__startswith="desk").order_by("pk"))
    made = []
    for start in range(0, rooms, AT_ONCE):
        with transaction.atomic():
            for number in range(start, min(rooms, start + AT_ONCE)):
                danger = waiting and number % ONE_IN_DANGER_OF == 0
                opened = opening.open_conversation(language="en" if number % 2 else "zh-hans", danger=danger)
                if not waiting:
                    moves.accept(opened.conversation.hex, by=staff[number % len(staff)])
                made.append((opened.visit_token, opened.conversation.hex))
    return made


if __name__ == "__main__":
    main()
