"""What a process counts about itself, for Prometheus. Counts and times only: no label holds an id, a name or a word.

Each process answers for itself at ``/metrics``. What is read from the database (who waits) is the same in all of them:
a dashboard takes the highest of those and adds up the rest. Hot code calls these objects in one line; nothing here
imports anything of ours.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

LOOP_LOOKED_AT_EVERY_SECONDS = 0.25
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of buckets, in seconds."""
PATIENT = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0)
"""Those of people's waits, with the alerts' two minutes and half an hour among them."""

disable_created_metrics()  # type: ignore[no-untyped-call]
registry: Final = CollectorRegistry()
ProcessCollector(registry=registry)
"""CPU, memory and open files of this process, under the names that every Prometheus knows (process_...)."""


def _counter(name: str, told: str, *labels: str) -> Counter:
    return Counter(f"hotline_{name}", told, labels, registry=registry)


def _gauge(name: str, told: str, *labels: str) -> Gauge:
    return Gauge(f"hotline_{name}", told, labels, registry=registry)


def _seconds(name: str, told: str, *labels: str, buckets: tuple[float, ...] = QUICK) -> Histogram:
    return Histogram(f"hotline_{name}_seconds", told, labels, registry=registry, buckets=buckets)


# --- the line, read from the database when somebody asks: the same in every process -----------------------------------
waiting_people = _gauge("waiting_people", "People who wait, by level", "level")
longest_wait = _gauge("longest_wait_seconds", "The longest that somebody has waited up to now, by level", "level")
active_conversations = _gauge("active_conversations", "Conversations that somebody holds")
counselors_on_duty = _gauge("counselors_on_duty", "Counselors on duty whose desks are there")
reviews_open = _gauge("reviews_open", "Flagged conversations that nobody has reviewed")
reviews_overdue = _gauge("reviews_overdue", "Of those, the ones beyond their time")
last_backup = _gauge("last_backup_timestamp_seconds", "When this machine last finished a backup; 0: never")
database_up = _gauge("database_up", "Whether the database answered when it was asked for the above")

# --- this process -----------------------------------------------------------------------------------------------------
_acknowledgement = _seconds("acknowledgement", "From a message's words to its receipt, which is sent at once", "author")
_acknowledgements = {author: _acknowledgement.labels(author) for author in ("resident", "counselor")}
_not_kept = _counter("messages_not_kept", "Frames that the database did not take: answered as not sent")
_waited = _seconds(
    "finished_wait", "How long people had waited who were taken, or left, by level", "level", "outcome", buckets=PATIENT
)
_waits = {
    (level, outcome): _waited.labels(level, outcome)
    for level in ("low", "moderate", "high", "imminent")
    for outcome in ("taken", "left")
}
_replayed = _counter("lines_replayed", "Lines sent because a page asked what it lacks", "asked_by")
_replays = {asked_by: _replayed.labels(asked_by) for asked_by in ("hello", "sync", "ping")}
_hints = _counter("hints", "Hints to other sockets: published, or missed while the layer did not take them", "outcome")
_published, _missed = _hints.labels("published"), _hints.labels("missed")
_layer_up = _gauge("layer_up", "Whether other processes are told and heard; 1 also where there are none", "way")
for _way in ("told", "heard"):
    _layer_up.labels(_way).set(1)
_sockets = _gauge("sockets", "Open sockets", "kind")
for _kind in ("resident", "desk"):
    # Told as none before the first comes.
    _sockets.labels(_kind)
writes_queued = _gauge("writes_queued", "Messages that wait for their transaction in this process")
_loop_lag = _seconds("event_loop_lag", "How much later than it asked the event loop woke somebody")
_triage = _seconds("triage", "How long triage read one message")
_not_scored = _counter("triage_not_scored", "Messages that triage did not score: a human looks first", "why")
_triage_answer = _seconds("triage_answer", "From asking triage's process to its answer, with what waited before")
triage_up = _gauge("triage_up", "Whether triage's process answers; 0 also where triage reads in this process")
triage_restarts = _counter("triage_restarts", "Times that triage's process died, hung or did not start")
triage_queued = _gauge("triage_queued", "Messages that triage has not read yet")
triage_remembers = _gauge("triage_conversations", "Conversations of which triage's process remembers words")
_late, _unreadable = _not_scored.labels("late"), _not_scored.labels("unreadable")
watch_kept = _gauge("watch_kept_timestamp_seconds", "When this process last finished a round of the watch")
not_journalled = _counter("erasures_not_journalled", "Erasures that the journal did not take: a restore may miss them")


def acknowledged(author: str, began: float) -> None:
    """A message has its receipt; ``began`` is when its words came, by ``time.perf_counter``."""
    _acknowledgements[author].observe(time.perf_counter() - began)


def not_kept() -> None:
    """The database did not take what a frame asked for."""
    _not_kept.inc()


def waited(level: str, seconds: float, *, taken: bool) -> None:
    """Somebody of this level has waited so long until a counselor took them; or else they left, or it was closed."""
    _waits[level, "taken" if taken else "left"].observe(seconds)


def replayed(asked_by: str, lines: int) -> None:
    """A page asked for what it lacks, by ``hello``, ``sync`` or ``ping``, and was sent so many lines."""
    if lines > 0:
        _replays[asked_by].inc(lines)


def hints_published(count: int) -> None:
    """The layer took so many hints."""
    _published.inc(count)


def hints_missed(count: int) -> None:
    """So many hints were to be told while the layer took none: pages at other processes find out later."""
    _missed.inc(count)


def layer_up(way: str, is_up: bool) -> None:
    """Other processes are ``told``, or ``heard``, from now on, or no more."""
    _layer_up.labels(way).set(is_up)


def socket_opened(kind: str) -> None:
    """A socket of a ``resident`` or a ``desk`` is served from now on."""
    _sockets.labels(kind).inc()


def socket_closed(kind: str) -> None:
    """It is served no more."""
    _sockets.labels(kind).dec()


def triage_read(seconds: float, *, scored: bool) -> None:
    """Triage read a message in so many seconds. Without a score it could not read it."""
    _triage.observe(seconds)
    if not scored:
        _unreadable.inc()


def triage_answered(seconds: float) -> None:
    """Triage's process answered after so many seconds."""
    _triage_answer.observe(seconds)


def triage_late() -> None:
    """Triage did not answer within its time."""
    _late.inc()


async def watch_loop() -> None:
    """Measure the event loop's lag for ever: what everybody on this process waits before anything of theirs begins."""
    while True:
        due = time.perf_counter() + LOOP_LOOKED_AT_EVERY_SECONDS
        await asyncio.sleep(LOOP_LOOKED_AT_EVERY_SECONDS)
        _loop_lag.observe(max(0.0, time.perf_counter() - due))


def exposition() -> tuple[bytes, str]:
    """All of it in Prometheus's text form, and that form's content type."""
    return generate_latest(registry), CONTENT_TYPE_LATEST
