"""Triage in a process of its own: it answers as here, and whatever goes wrong there is an answer that does not come."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hotline import metrics
from tests.faults import unwell
from tests.triage.made import made_weights
from triage import child, exact, frames, line, process, reading, services
from triage.core.levels import Level
from triage.reading import Asked

PATIENT_SECONDS = 10.0
"""Of reads that must not fail because the machine is busy."""
HANGS_SECONDS = 0.2


@pytest.fixture
async def reads():
    """The process, as a server has it."""
    made = process.read_in_a_process()
    try:
        yield made
    finally:
        await made.end(PATIENT_SECONDS)
        reading.read_by(reading.here)
        services.read_elsewhere(None)


@pytest.fixture
async def ill(monkeypatch, reads):
    """One that reads each message as the message says, see tests/faults/unwell.py."""
    monkeypatch.setattr(line, "CODE", unwell.ill_code("by its words"))
    await anew(reads)
    return reads


async def anew(reads):
    """Another process in its place, started as ``line.CODE`` says now."""
    await reads.keep_up()
    before = reads._line
    before.kill_now("to be another")
    await until(lambda: reads._line not in {None, before} and reads._line.is_ready)
    # Only the faults of a test count.
    reads._lost_in_a_row = 0


async def until(condition):
    deadline = time.monotonic() + PATIENT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def is_gone(pid):
    return not (Path("/proc") / str(pid)).exists()


def asked(*texts, talk="a"):
    return Asked(talk, texts)


async def levels(reads, *texts, limit=PATIENT_SECONDS):
    """Of messages of as many conversations, asked at once."""
    found = await reads.read([asked(text, talk=str(number)) for number, text in enumerate(texts)], limit)
    return [one and (one.level, one.scored) for one in found]


async def remembered(reads):
    async with reads._turn:
        await reads._ask("forget", [], PATIENT_SECONDS)
    return metrics.triage_remembers._value.get()


async def test_what_was_asked_goes_along_with_the_answer(reads):
    question = Asked("a", ("最近很累", "有"), before=("", "你想过自杀吗"))
    [found] = await reads.read([question], PATIENT_SECONDS)
    assert found == services.believed(question.texts, before=question.before)
    assert found.level is Level.HIGH


# --- what it answers --------------------------------------------------------------------------------------------------
ODD = [
    "",
    "\x00我今晚就去死\x00",
    "\ud83d\ude00 halves of a pair, I want to kill myself tonight \udc00",
    "👨‍👩‍👧 𝓲 𝔀𝓪𝓷𝓽 to die 🏳️‍🌈 \u202e tonight",
    "撑不住了。" * 790 + "我想死。" * 12,
]


@pytest.mark.parametrize("text", ODD)
async def test_odd_and_long_texts_are_read_as_they_are_here(reads, text):
    [found] = await reads.read([asked(text)], PATIENT_SECONDS)
    assert found == services.believed([text])


async def test_a_conversation_is_read_as_it_is_here(reads):
    turns = ("我买了一瓶安眠药", "没什么", "我不想活了", "就是今晚")
    for upto in range(1, len(turns) + 1):
        [found] = await reads.read([asked(*turns[:upto])], PATIENT_SECONDS)
        assert found == services.believed(turns[:upto])
    assert found.level.is_crisis
    assert found.model_version == reads.model_version()


def test_it_knows_neither_django_nor_any_installed_package():
    code = line.CODE.replace("main({arguments})", "sys.stdout.write(' '.join(sys.modules))").format(root=str(line.ROOT))
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    found = {name.partition(".")[0] for name in done.stdout.split()}
    assert "triage" in found
    assert not found & {"django", "numpy", "scipy", "sklearn", "hotline", "counselors", "prometheus_client"}


def test_it_is_given_no_secrets(monkeypatch):
    monkeypatch.setenv("HOTLINE_KEYS", "2026a:secret")
    one = line.Line(lambda _: None)
    try:
        assert b"HOTLINE_KEYS" not in Path(f"/proc/{one.pid}/environ").read_bytes()
    finally:
        one.kill_now("seen")
        one._socket.close()


# --- what goes wrong --------------------------------------------------------------------------------------------------
async def test_one_that_hangs_is_not_scored_and_the_next_process_reads_what_waited(ill):
    hangs, pid = asyncio.create_task(levels(ill, "hangs: x", limit=HANGS_SECONDS)), ill._line.pid
    await asyncio.sleep(0)
    waited = await levels(ill, "我不想活了", "你好")
    assert waited == [(Level.HIGH, True), (Level.LOW, True)]
    assert await hangs == [None]
    assert ill._line.pid != pid
    await until(lambda: is_gone(pid))


@contextlib.contextmanager
def no_core_for(pid):
    """Another process wants the only core that this one may use, and goes before it."""
    os.sched_setaffinity(pid, {min(os.sched_getaffinity(0))})
    os.setpriority(os.PRIO_PROCESS, pid, 19)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    os.sched_setaffinity(busy.pid, os.sched_getaffinity(pid))
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells nothing of it")
@pytest.mark.parametrize(
    ("way", "place", "holds"),
    [
        ("hangs", contextlib.nullcontext, lambda ran, waited: ran + waited < 0.5),
        ("spins", contextlib.nullcontext, lambda ran, waited: ran > 0.05 and ran + waited > 0.5),
        ("spins", no_core_for, lambda ran, waited: waited > 0.5 > ran),
    ],
)
async def test_the_log_tells_whether_it_hung_or_had_no_core(ill, caplog, way, place, holds):
    with place(ill._line.pid):
        assert await levels(ill, f"{way}: x", limit=1.0) == [None]
    (told,) = (record.getMessage() for record in caplog.records if "why=hung" in record.getMessage())
    after, of, ran, waited = (
        float(re.search(rf"\b{name}=([\d.]+)", told)[1]) for name in "after of ran waited".split()
    )
    assert after >= 1.0
    assert 0 < of < after
    assert holds(ran / of, waited / of), told


async def test_one_that_hangs_or_kills_takes_none_of_its_batch_with_it(ill, monkeypatch):
    monkeypatch.setattr(process, "STARTS_AGAIN_AFTER_SECONDS", (0.0,))
    for way in ("hangs", "dies"):
        # So long that only what hangs is late, however busy the machine is.
        found = await levels(ill, "你好", f"{way}: x", "我不想活了", limit=3.0)
        assert found == [(Level.LOW, True), None, (Level.HIGH, True)]


async def test_faults_and_nonsense_are_not_scored_and_told_without_words(ill, caplog):
    found = await levels(ill, "raises: 秘密", "NaN: 秘密", *["nonsense: 秘密"] * 6, "你好")
    assert found[-1] == (Level.LOW, True)
    assert not any(scored for _, scored in found[:-1])
    assert all(level >= Level.MODERATE for level, _ in found[:-1])
    assert "fault=RuntimeError" in caplog.text
    assert "秘密" not in caplog.text


@pytest.mark.parametrize("body", [b"\xff\xfe nonsense", b"[1, 2]", b"NaN", b'{"number": 77, "read": []}', b"[" * 99999])
async def test_an_answer_that_is_none_ends_the_process_that_gave_it(reads, monkeypatch, body):
    await reads.keep_up()
    one = reads._line
    os.kill(one.pid, signal.SIGSTOP)
    reading_ = asyncio.create_task(levels(reads, "你好"))
    await until(lambda: one._answer is not None)
    one.data_received(len(body).to_bytes(4) + body)
    assert await reading_ == [None]
    await until(lambda: is_gone(one.pid))
    assert await levels(reads, "我不想活了") == [(Level.HIGH, True)]


@pytest.mark.parametrize(
    "answer",
    [None, "imminent", [None, 0.1], [[9, 0.5, [], "x", True, False], 0.1], [[0, 0.5, [[1]], "x", True, False], 0.1],
     [[0, "low", [], "x", True, False], 0.1], [[0, 0.5, [], "x" * 99, True, False], 0.1], [[0, 0.1, [], "x", True], 0]],
)  # fmt: skip
def test_what_cannot_be_believed_of_an_answer_is_not_scored(answer):
    assert (
        process._believed(answer, asked("你好")) == services.NOT_SCORED
        or not process._believed(answer, asked("你好")).scored
    )


async def test_where_none_can_start_nobody_waits_and_the_next_that_can_is_used(monkeypatch):
    monkeypatch.setattr(process, "STARTS_AGAIN_AFTER_SECONDS", (0.0, 0.05, 0.05, 3600.0))
    well = line.command
    monkeypatch.setattr(line, "command", lambda number, **_: ["/nowhere/python"])
    reads = process.InProcess()
    reads.start()
    try:
        for _ in range(5):
            assert await levels(reads, "你好", limit=HANGS_SECONDS) == [None]
        await until(lambda: reads._may_start_at > time.monotonic() + 60)
        before = time.monotonic()
        assert await levels(reads, "你好", limit=HANGS_SECONDS) == [None]
        assert time.monotonic() - before < 30, "it waited for a start that is an hour away"
        monkeypatch.setattr(line, "command", well)
        reads._may_start_at = 0.0
        assert await levels(reads, "你好") == [(Level.LOW, True)]
    finally:
        await reads.end(PATIENT_SECONDS)


async def test_one_of_another_version_is_asked_nothing(monkeypatch, reads, caplog):
    await reads.keep_up()
    monkeypatch.setattr(
        line,
        "CODE",
        line.CODE.replace("from triage.child", "import triage.frames as f; f.PROTOCOL = 99; from triage.child"),
    )
    monkeypatch.setattr(process, "STARTS_AGAIN_AFTER_SECONDS", (0.0, 3600.0))
    reads._line.kill_now("for another version")
    await until(lambda: "of another version" in caplog.text)
    assert await levels(reads, "你好") == [None]


async def test_one_that_is_killed_while_nobody_asks_is_replaced_by_itself(reads):
    await reads.keep_up()
    assert metrics.triage_up._value.get() == 1
    pid, restarts = reads._line.pid, metrics.triage_restarts._value.get()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: reads._line is not None and reads._line.pid != pid and reads._line.is_ready)
    assert is_gone(pid), "it stays in the table of processes"
    assert metrics.triage_up._value.get() == 1
    assert metrics.triage_restarts._value.get() == restarts + 1


# --- forgetting -------------------------------------------------------------------------------------------------------
async def test_what_is_forgotten_is_not_there_any_more_and_does_not_come_back(reads):
    await reads.read([asked("别留下这句", talk="a"), asked("留下这句", talk="b")], PATIENT_SECONDS)
    assert await remembered(reads) == 2
    await asyncio.to_thread(reads.forget, ["a"])
    assert await remembered(reads) == 1
    # A message that was on its way when its conversation was erased.
    found = await reads.read([asked("别留下这句", talk="a"), asked("留下这句", talk="b")], PATIENT_SECONDS)
    assert (found[0], found[1].scored) == (None, True)
    assert await remembered(reads) == 1
    await asyncio.to_thread(reads.forget_all)
    assert await remembered(reads) == 0


async def test_forgetting_in_the_loops_own_thread_does_not_stop_it(reads):
    await reads.read([asked("别留下这句")], PATIENT_SECONDS)
    reads.forget(["a"])
    await asyncio.sleep(0)
    assert await remembered(reads) == 0


async def test_one_that_does_not_forget_is_gone_when_forgetting_returns(reads, monkeypatch, caplog):
    monkeypatch.setattr(process, "FORGETS_WITHIN_SECONDS", 0.2)
    await reads.read([asked("别留下这句")], PATIENT_SECONDS)
    pid = reads._line.pid
    os.kill(pid, signal.SIGSTOP)
    await asyncio.to_thread(reads.forget, ["a"])
    assert is_gone(pid)
    assert await remembered(reads) == 0


def test_memory_is_bounded_by_words_and_by_time(monkeypatch):
    monkeypatch.setattr(child, "REMEMBERS_CHARACTERS", 10)
    kept = child.Memory()
    for name in ("a", "b", "c"):
        kept.put(name, {}, ["1234"])
    assert list(kept._kept) == ["b", "c"]
    kept.put("long", {}, ["1234" * 9])
    assert len(kept) == 0
    kept.put("d", {}, ["1"])
    monkeypatch.setattr(child, "REMEMBERS_SECONDS", -1.0)
    kept.put("e", {}, ["1"])
    assert len(kept) == 0
    assert kept._characters == 0


async def test_words_are_put_away_in_time_though_nobody_says_more(monkeypatch, reads):
    """A line that falls quiet at night keeps none of what was said on it."""
    soon = "import triage.child as c; c.REMEMBERS_SECONDS = 0.2; main("
    monkeypatch.setattr(line, "CODE", line.CODE.replace("main(", soon))
    await anew(reads)
    await reads.read([asked("别留下这句")], PATIENT_SECONDS)
    deadline = time.monotonic() + PATIENT_SECONDS
    while await remembered(reads):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


# --- which weights speak ----------------------------------------------------------------------------------------------
@pytest.fixture
def site(monkeypatch):
    """A site's choice, as the database would tell it: what speaks, and what reads along."""
    choice = [None, None]
    monkeypatch.setattr(services, "_chooser", lambda: tuple(choice))
    monkeypatch.setattr(services, "_look_at", 0.0)
    return choice


def made(folder, *, stern):
    """A weights file that always alarms, or never."""
    bias = 3.0 if stern else -3.0
    version = "stern" if stern else "mild"
    text = made_weights(version, bias=bias, thresholds=0.5)
    path = folder / f"{version}.json"
    path.write_text(text, encoding="utf-8")
    checksum = text.partition("\n")[0]
    return services.Chosen(f"{version}.{checksum[:8]}", checksum, str(path), exact.rules_digest())


async def says(reads):
    """Level and version of a harmless message read next."""
    services.look_at_once()
    [found] = await reads.read([asked("今天食堂的菜不错")], PATIENT_SECONDS)
    assert reads.model_version() == found.model_version
    return found.level, found.model_version.partition("+")[2]


async def test_what_is_activated_and_taken_back_speaks_from_the_next_message_on(reads, site, tmp_path):
    _, shipped = await says(reads)
    site[0] = made(tmp_path, stern=True)
    assert await says(reads) == (Level.IMMINENT, site[0].version)
    await reads.keep_up()
    # So does the one that takes its place.
    well = reads._line
    well.kill_now("to see the next one")
    await until(lambda: reads._line not in {None, well} and reads._line.is_ready)
    assert await says(reads) == (Level.IMMINENT, site[0].version)
    site[0] = None
    assert await says(reads) == (Level.LOW, shipped)


async def test_weights_that_were_altered_leave_the_shipped_ones_to_speak(reads, site, tmp_path, caplog):
    _, shipped = await says(reads)
    site[0] = made(tmp_path, stern=True)
    os.truncate(site[0].path, 200)
    assert await says(reads) == (Level.LOW, shipped)
    assert f"triage weights {site[0].version} cannot be used" in caplog.text


async def test_a_candidate_reads_along_and_says_nothing(reads, site, tmp_path):
    _, shipped = await says(reads)
    assert not services.has_shadow()
    assert await asyncio.to_thread(services.assess_in_shadow, ["你好"]) is None
    site[1] = made(tmp_path, stern=True)
    assert await says(reads) == (Level.LOW, shipped)
    assert services.has_shadow()
    found = await asyncio.to_thread(services.assess_in_shadow, ["今天食堂的菜不错"])
    assert (found.level, found.model_version.partition("+")[2]) == (Level.IMMINENT, site[1].version)
    site[1] = None
    await says(reads)
    assert not services.has_shadow()


# --- its end ----------------------------------------------------------------------------------------------------------
async def test_signals_of_a_terminal_or_service_manager_do_not_end_it(reads):
    await reads.keep_up()
    pid = reads._line.pid
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, one)
    assert await levels(reads, "你好") == [(Level.LOW, True)]
    assert reads._line.pid == pid


@pytest.mark.parametrize("asked_for", ["你好", "hangs: x"])
def test_it_ends_with_the_process_that_asks_whatever_it_is_at(asked_for):
    """Even one that hangs, though nobody is left to kill it."""
    script = f"""
import asyncio, os, signal
from tests.faults import unwell
from triage import line, process, reading
soon = "import triage.child as c; c.ENDS_ITSELF_AFTER_SECONDS = 1; main("
line.CODE = unwell.ill_code("by its words").replace("main(", soon)
async def main():
    made = process.InProcess()
    made.start()
    await made.keep_up()
    print(made._line.pid, flush=True)
    asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGKILL)
    await made.read([reading.Asked("a", ({asked_for!r},))], 60)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=line.ROOT, stdout=subprocess.PIPE, check=False)
    assert done.returncode == -signal.SIGKILL
    pid, deadline = int(done.stdout), time.monotonic() + PATIENT_SECONDS
    while not is_gone(pid) and not is_zombie(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_zombie(pid):
    """Nobody in a container may be there to bury what lost its parent."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


async def test_at_the_servers_end_it_is_gone_and_nothing_more_is_read(reads):
    await reads.keep_up()
    pid = reads._line.pid
    await reads.end(PATIENT_SECONDS)
    assert is_gone(pid)
    with pytest.raises(asyncio.CancelledError):
        await reads.read([asked("你好")], HANGS_SECONDS)


def test_frames_hold_whatever_a_string_may():
    said = {"number": 1, "read": [["a", [*ODD, "\udfff\ud800"]]]}
    packed = frames.pack(said)
    assert frames.length(packed[: frames.HEAD]) == len(packed) - frames.HEAD
    assert frames.unpack(packed[frames.HEAD :]) == said
