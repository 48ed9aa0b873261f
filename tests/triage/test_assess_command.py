"""`manage.py assess`: JSON lines in, JSON lines out, in order; it needs no secrets and no database."""

import json
import os
import subprocess
import sys

import pytest

from tools.local import ROOT
from triage.jsonlines import BadRow, answer


def run(lines):
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "manage.py", "assess"]
    return subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, cwd=ROOT, env=bare)


def test_rows_are_answered_in_order_and_need_no_settings():
    done = run(
        [
            json.dumps({"id": "a", "text": "我想自杀"}),
            json.dumps({"id": 2, "turns": ["你好", "我刚刚把一整瓶安眠药都吃了", "没事了"]}),
        ]
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["id"], first["level"]) == ("a", "high")
    evidence = first["evidence"][0]
    assert "自杀" in "我想自杀"[evidence["start"] : evidence["end"]]
    assert evidence["reason"] == "intent"
    assert (second["id"], second["level"]) == (2, "imminent")
    assert second["levels"][1:] == ["imminent", "imminent"]


def test_a_bad_row_is_told_without_its_words_and_fails_at_the_end():
    done = run(['{"id": 1, "words": "secret thing"}', json.dumps({"id": 2, "text": "你好"})])
    assert done.returncode != 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines() if line.startswith('{"id": 2')] == [2]
    assert "secret thing" not in done.stderr


def test_what_a_counselor_asked_is_read_with_the_answer_and_gets_no_level():
    turns = ["最近很累", {"by": "counselor", "text": "你想过自杀吗？"}, {"by": "resident", "text": "有"}]
    found = answer(json.dumps({"id": 1, "turns": turns}))
    assert found["levels"] == ["low", "high"]
    assert found["evidence"] == [{"start": 0, "end": 1, "reason": "asked_intent", "turn": 0}]


@pytest.mark.parametrize(
    "line",
    [
        '{"id": 1, "turns": [{"by": "counselor", "text": "你想过自杀吗？"}]}',
        '{"id": 1, "turns": [{"by": "somebody", "text": "有"}]}',
        '{"id": 1, "turns": [{"by": "resident"}]}',
    ],
)
def test_turns_of_nobody_we_know_or_without_the_resident_are_refused(line):
    with pytest.raises(BadRow):
        answer(line)


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", "{}", '{"id": 1}', '{"id": 1, "turns": []}', '{"id": 1, "turns": [2]}']
)
def test_what_is_no_row_is_refused(line):
    with pytest.raises(BadRow):
        answer(line)


def of(*turns):
    return answer(json.dumps({"id": 1, "turns": turns}))


def test_a_conversation_shows_what_set_its_level_and_not_its_last_words():
    turns = ("我在楼顶，不想活了，马上跳", "哈哈", "天气不错")
    found = of(*turns)
    assert (found["level"], found["decided"]) == ("imminent", 0)
    assert found["levels"] == ["imminent"] * 3
    assert found["evidence"]
    for piece in found["evidence"]:
        assert piece["turn"] == 2, "counted back from the newest"
    first = found["evidence"][0]
    alone = answer(json.dumps({"id": 1, "text": turns[0]}))["evidence"][0]
    assert (first["start"], first["end"], first["reason"]) == (alone["start"], alone["end"], alone["reason"])


def test_who_is_in_a_crisis_is_not_in_doubt():
    found = of("我", "不", "想", "活", "了")
    assert found["level"] == "high"
    assert not found["doubtful"]
    assert found["evidence"][0]["turn"] == len(found["levels"]) - 1 - found["decided"]


@pytest.mark.parametrize(
    ("turns", "scored"),
    [
        (("Je ne comprends rien à ma vie", "ok"), False),
        (("ok", "Je ne comprends rien à ma vie"), False),
        (("ok", "fine"), True),
        (("Je ne comprends rien à ma vie", "I want to kill myself"), True),
    ],
)
def test_a_turn_that_could_not_be_read_leaves_a_conversation_unscored_until_a_crisis(turns, scored):
    assert of(*turns)["scored"] is scored


def test_an_early_doubt_stays_and_is_shown():
    calm, unclear = "最近很累", {"by": "resident", "text": "不知道"}
    found = of(calm, {"by": "counselor", "text": "你想过自杀吗？"}, unclear, "今天食堂的菜不错")
    assert found["level"] in {"low", "moderate"}
    assert found["doubtful"]


def test_the_help_tells_what_is_read_and_what_is_answered():
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    asked = [sys.executable, "manage.py", "assess", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, env=bare, check=True)
    told = answer(json.dumps({"id": 1, "turns": ["你好"]}))
    for name in ("text", "turns", *told):
        assert name in done.stdout
