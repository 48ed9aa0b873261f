"""What monitors are told: how the line stands and how this process does, without an id, and not without the token."""

import asyncio
import time
from datetime import timedelta

import pytest
from channels.layers import get_channel_layer
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from counselors import services as desk
from hotline import metrics, monitoring
from hotline.chat import events, queue
from hotline.chat.models import Conversation
from hotline.chat.recorder import recorder
from hotline.chat.services import moves, opening
from hotline.layer import ProcessLayer
from tests.wire import desk_page, resident_page, there

TOKEN = "a-token-that-is-long-enough-for-this"
BEARER = f"Bearer {TOKEN}"


@pytest.fixture(autouse=True)
def token(settings, monkeypatch):
    """The page is there, and reads the line afresh."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(monitoring, "_read_at", float("-inf"))


def ask(authorization=BEARER):
    return Client().get("/metrics", headers={"Authorization": authorization} if authorization else {})


def samples(text):
    """Name with labels -> value."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told():
    answer = ask()
    assert answer.status_code == 200
    return samples(answer.content.decode())


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", f"{BEARER}x", "Bearer é"]
)
def test_without_the_token_there_is_no_such_page(db, authorization):
    assert ask(authorization).status_code == 404


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer", BEARER])
def test_without_the_setting_nobody_has_the_token(db, settings, authorization):
    settings.METRICS_TOKEN = ""
    assert ask(authorization).status_code == 404


def test_a_monitor_beside_the_process_needs_no_certificate(db, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = ask()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_who_waits_is_told_by_level(waiting, another_resident, conversation, plain_triage):
    waiting.says("high: 我撑不住了")
    Conversation.objects.filter(pk=waiting.hex).update(waiting_since=waiting.row.waiting_since.replace(year=2001))
    found = told()
    assert found["hotline_waiting_people", "high"] == 1
    assert found["hotline_longest_wait_seconds", "high"] > 3600
    assert found["hotline_waiting_people", "low"] == 1
    assert found["hotline_waiting_people", "imminent"] == found["hotline_longest_wait_seconds", "imminent"] == 0
    assert found["hotline_active_conversations",] == 1
    assert found["hotline_counselors_on_duty",] == 1
    assert found["hotline_reviews_open",] == 1
    assert found["hotline_reviews_overdue",] == 0


def test_who_waits_no_more_is_counted_no_more(waiting, monkeypatch):
    assert told()["hotline_waiting_people", "low"] == 1
    moves.leave_locked(waiting.row)
    monkeypatch.setattr(monitoring, "_read_at", float("-inf"))
    assert told()["hotline_waiting_people", "low"] == 0


def test_a_level_that_cannot_be_opened_is_counted_all_the_same(waiting):
    Conversation.objects.filter(pk=waiting.hex).update(risk_sealed=b"altered altered altered")
    assert told()["hotline_waiting_people", "moderate"] == 1


def finished(level, outcome):
    """How many such waits there were, and their seconds in all."""
    labels = {"level": level, "outcome": outcome}
    return tuple(
        metrics.registry.get_sample_value(f"hotline_finished_wait_seconds_{what}", labels) for what in ("count", "sum")
    )


def test_a_wait_is_told_once_it_has_ended(waiting, counselor, plain_triage, django_capture_on_commit_callbacks):
    waiting.says("high: 我撑不住了")
    began = waiting.row.waiting_since - timedelta(minutes=10)
    Conversation.objects.filter(pk=waiting.hex).update(waiting_since=began)
    before = finished("high", "taken")
    with django_capture_on_commit_callbacks(execute=True):
        desk.claim(waiting.hex, by=counselor)
    after = finished("high", "taken")
    assert after[0] == before[0] + 1
    assert 600 <= after[1] - before[1] < 3600


def test_who_was_given_back_begins_a_wait_anew(conversation, counselor, django_capture_on_commit_callbacks):
    Conversation.objects.filter(pk=conversation.hex).update(waiting_since=timezone.now() - timedelta(hours=3))
    taken, left = finished("low", "taken"), finished("low", "left")
    with django_capture_on_commit_callbacks(execute=True):
        moves.give_back(conversation.hex, by=counselor, note="换一位")
        moves.leave_locked(conversation.row)
    assert finished("low", "taken") == taken
    after = finished("low", "left")
    assert after[0] == left[0] + 1
    assert after[1] - left[1] < 3600


def test_who_ends_a_conversation_that_goes_on_has_waited_no_longer(conversation, django_capture_on_commit_callbacks):
    before = finished("low", "taken"), finished("low", "left")
    with django_capture_on_commit_callbacks(execute=True):
        moves.leave_locked(conversation.row)
    assert (finished("low", "taken"), finished("low", "left")) == before


def test_nothing_in_it_leads_to_anybody(conversation, waiting, counselor, plain_triage):
    opening.set_about(waiting.row, topic="sleep", nickname="月亮邮差", age_band="18_24")
    waiting.says("high: 今晚的月亮")
    text = ask().content.decode()
    for secret in (waiting.hex, conversation.hex, str(waiting.resident.pk), counselor.alias, "月亮", "sleep"):
        assert secret not in text
    labels = {name for family in text_string_to_metric_families(text) for one in family.samples for name in one.labels}
    assert labels == {"level", "author", "asked_by", "outcome", "kind", "why", "way", "le"}


def test_asking_again_at_once_does_not_read_the_line_again(waiting, django_assert_num_queries):
    told()
    with django_assert_num_queries(0):
        told()


def test_while_the_database_is_away_the_process_still_answers(db, monkeypatch):
    def away():
        raise DatabaseError("gone")

    monkeypatch.setattr(queue, "waits_by_level", away)
    found = told()
    assert found["hotline_database_up",] == 0
    assert found["process_open_fds",] > 0


def test_what_happens_here_is_counted():
    before = samples(metrics.exposition()[0].decode())
    metrics.acknowledged("resident", time.perf_counter())
    metrics.replayed("hello", 20)
    metrics.replayed("sync", 0)
    metrics.hints_published(1)
    metrics.hints_missed(1)
    metrics.socket_opened("desk")
    metrics.socket_opened("desk")
    metrics.socket_closed("desk")
    metrics.not_kept()
    metrics.triage_late()
    metrics.triage_read(0.001, scored=False)
    after = samples(metrics.exposition()[0].decode())
    changed = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    counted = {key: value for key, value in changed.items() if not key[0].endswith(("_bucket", "_sum"))}
    assert {key: value for key, value in counted.items() if key[0].startswith("hotline_")} == {
        ("hotline_acknowledgement_seconds_count", "resident"): 1,
        ("hotline_triage_seconds_count",): 1,
        ("hotline_lines_replayed_total", "hello"): 20,
        ("hotline_hints_total", "published"): 1,
        ("hotline_hints_total", "missed"): 1,
        ("hotline_sockets", "desk"): 1,
        ("hotline_messages_not_kept_total",): 1,
        ("hotline_triage_not_scored_total", "late"): 1,
        ("hotline_triage_not_scored_total", "unreadable"): 1,
    }
    metrics.socket_closed("desk")


async def test_a_loop_that_is_held_up_shows():
    def slow():
        found = samples(metrics.exposition()[0].decode())
        return found["hotline_event_loop_lag_seconds_count",] - found["hotline_event_loop_lag_seconds_bucket", "0.1"]

    before = slow()
    task = asyncio.create_task(metrics.watch_loop())
    try:
        while slow() == before:
            await asyncio.sleep(0)
            time.sleep(metrics.LOOP_LOOKED_AT_EVERY_SECONDS + 0.2)  # noqa: ASYNC251 - what is to be noticed
    finally:
        task.cancel()
    assert slow() > before


def count(*key):
    return samples(metrics.exposition()[0].decode()).get(key, 0.0)


async def test_a_conversation_is_counted_as_it_goes(transactional_db, conversation, counselor, plain_triage, pages):
    staff_page = await there(desk_page, counselor)
    sockets = count("hotline_sockets", "resident"), count("hotline_sockets", "desk")
    page, desk = await pages(resident_page(conversation)), await pages(staff_page)
    await page.ask("hello")
    await desk.ask("hello")
    assert (count("hotline_sockets", "resident"), count("hotline_sockets", "desk")) == (sockets[0] + 1, sockets[1] + 1)
    before = {
        key: count(*key)
        for key in (
            ("hotline_acknowledgement_seconds_count", "resident"),
            ("hotline_triage_seconds_count",),
            ("hotline_hints_total", "published"),
            ("hotline_lines_replayed_total", "sync"),
        )
    }
    await page.say("你好")
    await desk.until(lambda frame: frame["type"] == "lines" and frame["lines"][-1]["text"] == "你好")
    await recorder().rest()
    await page.send("sync", after=0)
    await page.catch_up()
    grown = [key[0] for key, value in before.items() if count(*key) <= value]
    assert not grown, f"not counted: {grown}"
    for one in (page, desk):
        await one.leave()
    assert (count("hotline_sockets", "resident"), count("hotline_sockets", "desk")) == sockets


async def test_a_hint_that_the_layer_did_not_take_is_counted(transactional_db, conversation, pages, monkeypatch):
    async def refuse(hints):
        raise OSError("away")

    page = await pages(resident_page(conversation))
    await page.ask("hello")
    before = count("hotline_hints_total", "missed")
    layer = get_channel_layer()
    monkeypatch.setattr(layer, "has_others", True)
    monkeypatch.setattr(layer, "tell_others", refuse)
    await page.say("你好")
    await page.catch_up()
    assert count("hotline_hints_total", "missed") > before


class Layer(ProcessLayer):
    """Others hear what is told here, unless it is away; each attempt is noted."""

    has_others, is_away, tries = True, True, 0

    async def tell_others(self, hints):
        self.tries += 1
        if self.is_away:
            raise OSError("away")


async def becomes(condition):
    """Returns once it is so."""
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_an_outage_goes_on_being_counted(monkeypatch):
    """Hints about one conversation, one after the other, as they are while somebody talks."""
    layer = Layer()
    monkeypatch.setattr(events, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(events, "AGAIN_SECONDS", 0.01)
    publisher = events._Publisher(asyncio.get_running_loop())
    before = count("hotline_hints_total", "missed")

    async def tells(number):
        publisher.put("conversation.1", {"kind": "lines", "conversation": "1", "upto": number})
        await becomes(lambda: not publisher.fresh)

    for number in range(1, 21):
        await tells(number)
        await becomes(lambda: layer.tries)
    await becomes(lambda: publisher.away)
    assert count("hotline_hints_total", "missed") == before + 20
    assert count("hotline_layer_up", "told") == 0
    layer.is_away = False
    await becomes(publisher.task.done)
    assert count("hotline_layer_up", "told") == 1
    await tells(21)
    await becomes(publisher.task.done)
    assert count("hotline_hints_total", "missed") == before + 20
