"""The other side of the state machine: the product's services and tables, and the comparison with them."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from pathlib import Path

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from counselors import services as desk_services
from counselors.models import Duty
from counselors.roles import Role
from hotline.chat import queue, selectors
from hotline.chat.errors import Refused
from hotline.chat.models import Conversation, Handover, Message, Resident
from hotline.chat.services import opening
from tests.chat.schedules.model import World
from tests.chat.schedules.pages import DeskTab, Differs, ResidentTab
from tests.factories import staff
from tests.wire import sign_in

CURRENT_WITHIN_SECONDS = 5.0
"""A page that was brought up to date shows what a fresh read gives, at the latest so long after."""
WORD = re.compile(r"w\d{6}w")


class Cast:
    """Accounts that stay for all schedules, and their sessions."""

    capacity = 2

    def __init__(self) -> None:
        self.counselors = [staff(alias=f"灯{number}", username=f"lamp-{number}") for number in range(3)]
        self.supervisor = staff(Role.SUPERVISOR, alias="沈老师", username="shen", on_duty=False)
        self.cookies = {member.pk: sign_in(member) for member in [*self.counselors, self.supervisor]}

    def begin(self) -> None:
        """Nobody is on duty yet; and this process forgets who waited in tables that are empty now."""
        queue.forget()
        Duty.objects.update(state=Duty.OFF, capacity=self.capacity, seen_at=None)

    def end(self) -> None:
        """Everything that a schedule made goes, so that the next one begins with empty tables."""
        with transaction.atomic():
            for label in ("chat", "counselors", "triage"):
                for model in apps.get_app_config(label).get_models():
                    if model.__name__ not in {"StaffMember", "Duty", "Version"}:
                        model.objects.all()._raw_delete(model.objects.db)


class Hints:
    """Hints of the channel layer, which may be lost on their way."""

    def __init__(self) -> None:
        self.lost = False
        layer = get_channel_layer()
        self.layer, real = layer, layer.tell

        def tell(group, message):
            if not self.lost:
                real(group, message)

        layer.tell = tell

    def stop(self) -> None:
        """The layer goes its own way again."""
        del self.layer.tell


# --- what happens without a page ------------------------------------------------------------------------------------
@sync_to_async
def begin(hex_: str | None) -> tuple[str, str]:
    """A conversation opens, of a new resident or of the one who has ``hex_``. Returns its id and the visit's token."""
    resident = Resident.objects.get(conversations=hex_) if hex_ else None
    opened = opening.open_conversation(language="zh-hans", resident=resident)
    return opened.conversation.hex, opened.visit_token


@sync_to_async
def redeem(code: str) -> str | None:
    """A visit by return code; None where the code opens nothing."""
    try:
        return opening.redeem_code(code)
    except Refused:
        return None


@sync_to_async
def vanish(staff_id: int) -> None:
    """Let a desk have been silent for long, and the watch come by."""
    Duty.objects.filter(staff_id=staff_id).update(seen_at=timezone.now() - timedelta(days=1))
    desk_services.release_vanished()
    Duty.objects.filter(staff_id=staff_id).update(seen_at=timezone.now())


def open_offer(hex_: str) -> int:
    """The id of the open offer of a conversation."""
    return Handover.objects.get(conversation=hex_, answer="").pk


# --- the record -----------------------------------------------------------------------------------------------------
def check_record(world: World) -> None:
    """Every line where the model has it, one row for each client id, numbers without gaps, exactly one holder."""
    rows = {row.hex: row for row in Conversation.objects.select_related("holder")}
    assert set(rows) == {story.hex for story in world.stories}
    for story in world.stories:
        row = rows[story.hex]
        assert (row.state, row.holder and row.holder.alias) == (story.state, story.holder and story.holder.alias)
        assert row.last_seq == len(story.lines)
        now = (len(story.lines), story.erased)
        if world.looked_at.get(story.hex) == now:
            continue
        world.looked_at[story.hex] = now
        found = [] if story.erased else selectors.lines_after(row, 0)
        shown = [(line.seq, line.author, line.text or line.event, line.client_id) for line in found]
        wanted = [] if story.erased else story.lines
        assert shown == [(n, line.author, line.words, line.client_id) for n, line in enumerate(wanted, 1)]
        assert Message.objects.filter(conversation=row).count() == len(shown)
    for helper in world.helpers:
        held = {row.hex for row in rows.values() if row.holder_id == helper.number}
        assert held == {story.hex for story in world.held(helper)}


def all_that_is_sealed(hexes: list[str]) -> list[bytes]:
    """Every sealed piece of these conversations, and the keys that open them, as the tables hold them."""
    found = []
    for model in apps.get_app_config("chat").get_models():
        names = {one.name for one in model._meta.get_fields()}
        fields = [name for name in names if name.endswith("_sealed") or name == "wrapped_key"]
        path = "pk" if model is Conversation else "message__conversation" if "message" in names else "conversation"
        if fields:
            for row in model.objects.filter(**{f"{path}__in": hexes}).values_list(*fields):
                found.extend(bytes(value) for value in row if value)
    return found


def check_erased(sealed: list[bytes], hexes: list[str]) -> None:
    """None of it stands in any table, nor in the bytes of SQLite's files; PostgreSQL tidies its own by itself."""
    assert not all_that_is_sealed(hexes)
    if connection.vendor != "sqlite":
        return
    main = Path(connection.settings_dict["NAME"])
    bytes_of_files = b"".join(path.read_bytes() for path in sorted(main.parent.glob(f"{main.name}*")))
    assert bytes_of_files.startswith(b"SQLite format 3"), "these are not the database's files"
    left = [piece for piece in sealed if piece in bytes_of_files]
    assert not left, f"{len(left)} of {len(sealed)} sealed pieces are still in the database's files"


# --- pages ----------------------------------------------------------------------------------------------------------
async def until_same(page: ResidentTab | DeskTab, world: World) -> None:
    """Wait until a page shows what a page opened now shows.

    Raises:
        Differs: it does not, for too long.
    """
    deadline = time.monotonic() + CURRENT_WITHIN_SECONDS
    while page.is_there:
        differs = await difference(page, world)
        if not differs:
            return
        if time.monotonic() > deadline:
            raise Differs(differs)
        await asyncio.sleep(0.1)
        await page.catch_up()
    if not page.ended:
        raise Differs("the page was cut off, and not told why")


async def difference(page: ResidentTab | DeskTab, world: World) -> str:
    """What a page shows otherwise than one opened now; "" for nothing."""
    fresh = page.twin()
    await fresh.connect()
    # What follows a welcome stands before the answer to this.
    await fresh.ask("ping", **fresh.holds())
    try:
        mine = {hex_ for hex_, one in fresh.seen().items() if one.view.get("mine")}
        if isinstance(page, DeskTab) and mine != {one.hex for one in world.stories if one.holder is page.helper}:
            return f"a fresh page holds {mine}"
        if page.ended or fresh.ended:
            return ""
        shown, wanted = page.shows(), fresh.shows()
        return next(
            (f"{name}: {shown[name]} instead of {wanted[name]}" for name in wanted if shown[name] != wanted[name]), ""
        )
    finally:
        await fresh.drop()


def check_words(page: ResidentTab | DeskTab, world: World) -> None:
    """No frame that ever came carried a word that was not for this page."""
    words = {word for raw in page.raw for word in WORD.findall(raw)}
    if isinstance(page, ResidentTab):
        strange = {word for word in words if world.owner[word] is not page.story.person}
    elif page.helper.number:
        strange = {word for word in words if page.helper.alias not in world.shown[word]}
    else:
        strange = set()
    if strange:
        raise Differs(f"{page.path} of {getattr(page, 'helper', 'a resident')} was sent {strange}")
    page.raw.clear()
