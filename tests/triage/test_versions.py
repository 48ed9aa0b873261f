"""Weights of this site: made from agreed words, compared, activated, taken back; the server follows by itself."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.utils import IntegrityError

from tests.triage.made import made_weights
from triage import exact, feedback, services, tallies, versions
from triage.core import scorer
from triage.core.levels import Level
from triage.feedback import Said
from triage.learning import corpus, safety, training
from triage.models import Activation, ModelVersion, Tally

pytestmark = pytest.mark.django_db
LINES, CONVERSATIONS = corpus.read_lines()[::30], corpus.read_conversations()[::36]
SECRET = "我住在槐树巷七号的王小明家隔壁"
"""What one person wrote and nobody else."""


@pytest.fixture(autouse=True)
def a_small_world(monkeypatch, settings, tmp_path):
    """A small part of the corpus, a folder of its own, and a server that looks at every message."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(corpus, "read_lines", lambda: LINES)
    monkeypatch.setattr(corpus, "read_conversations", lambda: CONVERSATIONS)
    monkeypatch.setattr(training, "drawn_examples", lambda _language: [])
    monkeypatch.setattr(services, "LOOK_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(services, "LOOK_AGAIN_SECONDS", 0.0)
    forget_what_speaks()
    yield
    forget_what_speaks()


def forget_what_speaks():
    services._site = services._behind = services._Speaking()
    services._look_at = 0.0
    tallies._noted.clear()


class Open:
    """A keeper that seals nothing and hands out the words it was given, by reference."""

    def __init__(self):
        self.said = {}

    def seal(self, reference, ref, plain):
        return plain

    def unseal(self, reference, ref, sealed):
        return sealed

    def words(self, reference, part):
        return self.said.get(reference)


@pytest.fixture
def kept(monkeypatch):
    """The words of examples whose writers agreed, by reference."""
    keeper = Open()
    monkeypatch.setattr(feedback, "_keeper", keeper)
    return keeper.said


def run(name, *arguments):
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def decide(reference, turns, level, decision="override"):
    feedback.record(
        reference=reference,
        part="",
        turns=turns,
        said=Said(Level.LOW, scored=True, probability=0.1, model_version="then"),
        decided=level,
        decision=decision,
        source="counselor",
    )


def weights(*, version="made-00000000", stern=False, deaf=False):
    """A weights file of one feature per language, which always alarms, or never."""
    threshold = 1.0 if deaf else 0.0
    return made_weights(version, bias=3.0 if stern else -3.0, thresholds=threshold)


def candidate(**about):
    return versions.keep(weights(**about), corpus="0" * 64, examples=0)[0]


def measured(row, *, worse=()):
    now = versions.speaking_now().version
    versions.compared(row, versions.Comparison({}, now, corpus.corpus_hash(), exact.rules_digest(), list(worse)))
    return row


def speaks():
    services.look()
    found = services.assess("你好")
    assert found.model_version == services.model_version()
    return found.model_version


# --- making ------------------------------------------------------------------------------------------------------
def test_a_candidate_is_learned_from_agreed_words_and_comes_out_the_same_twice(kept):
    kept["a"] = ["我想把那件事做了", "今晚"]
    decide("a", kept["a"], Level.HIGH)
    decide("b", ["这些话没有同意"], Level.HIGH)
    first = run("retrain")
    assert "1 conversations of this site" in first
    assert "a new candidate" in first
    assert "was there already" in run("retrain")
    [row] = ModelVersion.objects.all()
    assert (row.role, row.examples) == ("candidate", 1)
    assert versions.load(row).version == row.version
    kept.clear()
    run("retrain")
    assert ModelVersion.objects.count() == 2, "words that were taken back are learned from no more"
    assert "site-" not in speaks(), "a candidate does not speak"


def test_what_one_person_alone_wrote_stands_in_no_weights_file(kept):
    from triage.learning import site

    lessons = [site.Lesson((f"{SECRET} {number}号",), "zh", Level.HIGH) for number in "一二三四"]
    lines = site.lines_of(lessons, LINES)
    [examples] = site.examples_of(lines, LINES, CONVERSATIONS).values()
    pieces = {piece for one in examples for window in one.windows for piece in window}
    assert not {piece for piece in pieces if "槐" in piece or "王小明" in piece}
    assert pieces
    lines = site.lines_of([*lessons, site.Lesson((f"{SECRET} 五号",), "zh", Level.HIGH)], LINES)
    [examples] = site.examples_of(lines, LINES, CONVERSATIONS).values()
    assert {piece for one in examples for window in one.windows for piece in window if "槐" in piece}


def test_lessons_never_reach_the_safety_set_or_the_budget_of_alarms():
    from triage.learning import site

    lessons = [site.Lesson((f"歌词 {number}",), "zh", Level.LOW) for number in range(60)]
    lines = site.lines_of(lessons, LINES)
    assert len(lines) == 60
    assert not any(line.is_test for line in lines)
    assert not any(corpus.calm_lines(lines))
    assert site.lines_of(reversed(lessons), LINES) == lines


# --- comparing ---------------------------------------------------------------------------------------------------
def test_a_worse_candidate_is_refused_and_stays_refused():
    row = candidate(deaf=True)
    with pytest.raises(CommandError, match="REFUSED") as told:
        run("compare")
    assert "zh crisis found" in str(told.value)
    with pytest.raises(CommandError, match="not activated"):
        run("activate", row.version)
    assert versions.active() is None


def test_one_that_alarms_at_everything_is_refused_too():
    candidate(stern=True)
    with pytest.raises(CommandError, match="false alarms"):
        run("compare")


def test_the_same_weights_under_another_name_are_not_worse():
    text = exact.WEIGHTS.read_text(encoding="utf-8")
    body = text.partition("\n")[2].replace('"version": "linear', '"version": "again')
    versions.keep(f"{scorer.checksum(body)}\n{body}", corpus="0" * 64, examples=0)
    assert "Not worse" in run("compare")


@pytest.mark.parametrize(
    ("name", "before", "after", "refused"),
    [
        ("imminent found", [100, 100], [99, 100], True),
        ("imminent found", [99, 100], [100, 100], False),
        ("crisis found", [400, 400], [398, 400], False),
        ("crisis found", [400, 400], [397, 400], True),
        ("false alarms", [2, 400], [4, 400], False),
        ("false alarms", [2, 400], [5, 400], True),
        ("AUROC", [0.99], [0.984], True),
        ("crisis found", [0, 0], [0, 0], False),
        ("crisis found", [4, 4], [0, 0], True),
    ],
)
def test_tolerance_is_kept_to_the_last_message(name, before, after, refused):
    assert bool(safety.worse({"zh": {name: after}}, {"zh": {name: before}})) is refused


# --- activating --------------------------------------------------------------------------------------------------
def test_one_that_was_not_compared_is_refused():
    row = candidate()
    with pytest.raises(CommandError, match="was not compared"):
        run("activate", row.version)


def test_one_that_was_compared_with_other_weights_is_refused():
    first, second = measured(candidate(version="one-00000000")), measured(candidate(version="two-00000000"))
    run("activate", first.version)
    with pytest.raises(CommandError, match="compare it anew"):
        run("activate", second.version)


@pytest.mark.parametrize("changed", ["corpus", "rules"])
def test_one_that_was_compared_before_an_update_is_refused(changed):
    row = measured(candidate())
    row.metrics[changed] = "of another time"
    row.save()
    with pytest.raises(CommandError, match="compare it anew"):
        run("activate", row.version)


def test_the_server_follows_an_activation_and_a_rollback_without_a_restart():
    shipped = speaks()
    row = measured(candidate())
    run("activate", row.version, "--by", "沈")
    assert speaks().endswith(f"+{row.version}")
    row.refresh_from_db()
    assert (row.role, row.by, row.activated_at is not None) == ("active", "沈", True)
    run("rollback")
    assert speaks() == shipped
    row.refresh_from_db()
    assert row.role == "retired"
    run("rollback")
    assert speaks().endswith(row.version)


def test_shipped_weights_are_held_to_the_same_gate_as_a_sites(tmp_path, monkeypatch):
    before, deaf = tmp_path / "before.json", tmp_path / "deaf.json"
    before.write_bytes(exact.WEIGHTS.read_bytes())
    deaf.write_text(weights(version="deaf-00000000", deaf=True))
    assert "Not worse." in run("compare", "--release", str(before))
    monkeypatch.setattr(exact, "WEIGHTS", deaf)
    with pytest.raises(CommandError, match=r"(?s)REFUSED.*zh crisis found"):
        run("compare", "--release", str(before))
    assert not ModelVersion.objects.exists()


def test_a_rollback_does_not_bring_back_what_was_activated_by_force():
    worse = measured(candidate(), worse=["zh crisis found"])
    run("activate", worse.version, "--force", "--reason", "on trial")
    run("activate", "shipped")
    spoke = speaks()
    with pytest.raises(CommandError, match="by force"):
        run("rollback")
    assert speaks() == spoke


def test_kinds_of_words_in_misses_and_false_alarms_are_told_without_words(kept):
    for number in range(3):
        decide(f"missed-{number}", ["我想跳桥，站在桥上"], Level.HIGH)
        decide(f"right-{number}", ["今天吃了面"], Level.LOW)
    decide("alone", ["我割过手腕"], Level.HIGH)
    decide("right-0", ["今天吃了面"], Level.LOW, "follow_up")
    told = run("decisions")
    assert told.startswith("7 conversations that a human judged; differences between so few are mostly chance")
    assert "zh: 4 misses, 3 others" in told
    assert "c:place:now" in told
    assert "in 3 of 4, else 0" in told
    assert "self_harm" not in told, "it stands in one conversation alone"
    assert "zh: 0 false alarms, 7 others" in told
    assert not {"桥", "跳", "面", "腕"} & set(told)


def test_an_override_needs_a_reason_and_is_recorded():
    row = measured(candidate(), worse=["zh crisis found"])
    with pytest.raises(CommandError, match="--reason"):
        run("activate", row.version, "--force")
    run("activate", row.version, "--force", "--reason", "新的说法漏得太多", "--by", "沈")
    [done] = Activation.objects.all()
    assert (done.version, done.by, done.forced, done.reason) == (row, "沈", True, "新的说法漏得太多")
    assert "(forced): 新的说法漏得太多" in run("models")


def test_only_one_speaks():
    measured(candidate(version="one-00000000"))
    with pytest.raises(IntegrityError):
        ModelVersion.objects.bulk_create(
            [
                ModelVersion(version=f"v{n}", checksum=f"{n}", corpus="", rules="", examples=0, role="active")
                for n in range(2)
            ]
        )


def test_nothing_is_taken_back_where_nothing_was_activated():
    with pytest.raises(CommandError, match="shipped weights speak"):
        run("rollback")


# --- in the shadow ---------------------------------------------------------------------------------------------------
def read_along(*turns):
    """A message is read, and the shadow has caught up."""
    services.look()
    found = services.assess(turns[-1], earlier=turns[:-1])
    feedback.seen(found, alarmed=False, turns=turns)
    feedback._reader.submit(lambda: None).result()
    return found


def test_the_shadow_decides_nothing_and_only_counts_are_kept():
    row = candidate(stern=True)
    before = services.assess("今天食堂的菜不错")
    run("shadow", row.version)
    assert read_along("今天食堂的菜不错") == before
    read_along("今天食堂的菜不错")
    read_along("我今晚就去死")
    tallies.keep()
    counted = Tally.objects.filter(what="shadow")
    assert {(one.said, one.count) for one in counted} == {(before.level, 2), (Level.IMMINENT, 1)}
    assert {one.beside for one in counted} == {Level.IMMINENT}
    assert {one.other.partition("+")[2] for one in counted} == {row.version}
    told = run("compare", "--shadow")
    assert "| low | 0 | 0 | 0 | 2 |" in told
    assert "Alarms it would add: 2, leave out: 0, of 3 messages" in told
    assert "Nothing was read along" in run("compare", "--shadow", candidate(version="other-00000000").version)


def test_the_shadow_is_switched_off_and_ends_when_it_speaks_itself():
    row = measured(candidate(stern=True))
    run("shadow")
    read_along("你好")
    run("shadow", "--off")
    row.refresh_from_db()
    assert row.role == "candidate"
    read_along("你好")
    run("shadow", row.version)
    run("activate", row.version)
    read_along("你好")
    tallies.keep()
    assert Tally.objects.get(what="shadow").count == 1
    with pytest.raises(CommandError, match="no shadow of itself"):
        run("shadow", row.version)


def test_a_shadow_that_fails_or_is_behind_delays_nobody(monkeypatch, caplog):
    run("shadow", candidate().version)
    monkeypatch.setattr(services, "assess_in_shadow", lambda turns: 1 / 0)
    assert read_along("你好").scored
    assert "ZeroDivisionError" in caplog.text
    assert "你好" not in caplog.text
    monkeypatch.setattr(feedback._room, "acquire", lambda blocking: False)
    read_along("你好")
    tallies.keep()
    assert not Tally.objects.filter(what="shadow").exists()


# --- what goes wrong -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("harm", ["missing", "altered", "another", "rules"])
def test_weights_that_cannot_be_used_leave_the_shipped_ones_to_speak(harm, caplog):
    shipped = speaks()
    row = measured(candidate())
    run("activate", row.version)
    path = versions.path_of(row)
    if harm == "missing":
        path.unlink()
    elif harm == "altered":
        path.write_text(path.read_text(encoding="utf-8").replace("3.0", "9.0", 1), encoding="utf-8")
    elif harm == "another":
        path.write_text(weights(version="other-00000000"), encoding="utf-8")
    else:
        ModelVersion.objects.update(rules="of another time")
    forget_what_speaks()
    assert speaks() == shipped
    assert services.assess("我今晚就去死").level.is_crisis
    assert "cannot be used" in caplog.text
    assert "cannot be used" in run("models")


def test_a_database_that_does_not_answer_changes_nothing(monkeypatch, caplog):
    def away():
        raise RuntimeError("away")

    monkeypatch.setattr(services, "_chooser", away)
    services.look()
    assert services.assess("你好").scored
    assert "not known" in caplog.text


def test_a_version_names_rules_and_weights_exactly():
    rules, _, told = services.model_version().partition("+")
    assert rules.rpartition(".")[2] == exact.rules_digest()[:6]
    assert told.rpartition(".")[2] == exact.WEIGHTS.read_text(encoding="utf-8")[:8]
    assert len(services.model_version()) <= 64
