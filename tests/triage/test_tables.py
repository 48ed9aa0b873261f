"""The tables tell every set, kind, persona and language of the product beside its baselines."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tools.local import ROOT
from triage import exact
from triage.core.levels import Level
from triage.learning import corpus, evaluation, methods, metrics, tables
from triage.management.commands import evaluate

GRADED = ("今天食堂的菜不错", "最近觉得活着没意思", "我不想活了，今晚就跳")
SPLIT = ["我", "想", "死", "哈哈", "天气不错"]
COLUMNS = ("crisis found", "PPV", "AUROC", "calibration error")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Some families and conversations, a set from elsewhere, twice the same weights, and few draws."""
    lines, told = corpus.read_lines(), corpus.read_conversations()
    some = set(sorted({line.family for line in lines})[::40])
    folder = tmp_path_factory.mktemp("sets")
    rows = [{"id": str(n), "lang": "en", "text": f"nice day {n}", "crisis": False} for n in range(8)]
    (folder / "ordinary_days.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    rows = [{"id": str(n), "lang": "zh", "text": text, "grade": n % 3} for n, text in enumerate(GRADED * 4)]
    (folder / "graded.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    rows = [{"id": "a", "lang": "zh", "turns": SPLIT, "crisis": True}, {"id": "b", "turns": ["你好"], "crisis": False}]
    (folder / "told.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    weights = exact.read(exact.WEIGHTS)
    few = [line for line in lines if line.family in some]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "RESAMPLES", 3)
        files = {line.text: name for name, some in corpus.read_by_file().items() for line in some}
        twins = [line for line in corpus.read_twins() if line.family in some]
        yield tables.measure(few, told[::20], weights, twins=twins, alone=weights, folder=folder, files=files)


@pytest.fixture(scope="module")
def groups(measured):
    return dict(tables.by_group(measured))


def test_every_set_tells_the_product_beside_every_baseline(measured):
    told = dict(tables.by_set(measured))
    assert len(told) == 2 + 2 + 2 * 8 + 6 + 2 + 3
    for title, rows in told.items():
        assert [name for name, _ in rows] == ["this product", "key words", "TF-IDF + LR", "filter + LR (CMD-1)"], title
        for _, figures in rows:
            assert "calibration error" in figures or "silencers" in title
            assert "silencers" in title or "ordinary" in title or title == "graded" or set(COLUMNS) <= set(figures), (
                title
            )


def test_a_set_without_danger_tells_alarms_and_how_honest_chances_are(measured):
    title = "ordinary_days (the half of which nothing was counted)"
    figures = dict(dict(tables.by_set(measured))[title])["this product"]
    assert set(figures) == {"alarms, ordinary", "at imminent", "calibration error"}


@pytest.mark.parametrize("by", tables.GROUPS)
@pytest.mark.parametrize("language", methods.LANGUAGES)
def test_kinds_and_personas_hold_each_test_line_once(measured, groups, by, language):
    rows = groups[f"Test families, {language}, by {by}"]
    of_product = [figures for name, figures in rows if name.endswith("this product")]
    sample = measured.families[language]
    assert sum(int(one["lines"]) for one in of_product) == len(sample.level)
    assert sum(int(one["in a crisis"]) for one in of_product) == sample.crisis.sum()
    assert len(rows) == 4 * len(of_product)


def test_graded_posts_tell_how_much_better_the_product_ranks_the_same_posts(measured):
    rows = dict(dict(tables.by_set(measured))["graded"])
    column = "the product's AUROC less this one's"
    product = float(rows["this product"]["AUROC of the top grade"].split()[0])
    assert column not in rows["this product"]
    for name in ("key words", "TF-IDF + LR", "filter + LR (CMD-1)"):
        gap, other = (float(rows[name][one].split()[0]) for one in (column, "AUROC of the top grade"))
        assert gap == pytest.approx(product - other, abs=2e-3)


def test_rows_of_several_turns_are_followed_as_conversations(measured):
    """As one text split words are three lines; turn by turn they are one wish."""
    sample = next(one for one in measured.elsewhere if one.title == "told")
    weights = exact.read(exact.WEIGHTS)
    followed = methods.Product(weights).follow(SPLIT, "zh")
    assert sample.said[methods.PRODUCT].levels.tolist() == [followed.levels.max(), 0]
    assert sample.said[methods.PRODUCT].chances[0] == followed.chances.max()
    assert sample.said[methods.PRODUCT].flags.tolist() == [True, False]


def test_lines_are_told_by_who_wrote_them_and_in_which_script(measured):
    told = dict(tables.by_writing(measured))
    sample = measured.families["zh"]
    for title in ("Test families, zh, by hands", "Test families, zh, by script"):
        counts = {name: int(row["lines"]) for name, row in told[title] if name.endswith("this product")}
        assert sum(counts.values()) == len(sample.level)
    some = set(sorted({line.family for line in corpus.read_lines()})[::40])
    calm = dict(told["Test families, zh, by script"])[f"{evaluation.OTHER}, this product"]["alarms, ordinary"]
    others = sample.script == evaluation.OTHER
    assert calm == str(metrics.rate(sample.flags("this product")[sample.calm & others]))
    files = corpus.read_by_file()
    traditional = [line for name in files if name.startswith(("zh_hant", "zh_dialect")) for line in files[name]]
    assert counts[f"{evaluation.TRADITIONAL}, this product"] == sum(
        line.is_test and line.family in some for line in traditional
    )
    assert "Test families, en, by script" not in told


def test_worst_kinds_and_personas_are_told_first_and_hold_everybody_once(measured):
    told = dict(tables.worst(measured))
    for by in tables.GROUPS:
        right = [rate for _, rate in told[f"Right alarm or none, by {by}"]]
        assert sum(rate.count for rate in right) == sum(len(one.level) for one in measured.families.values())
        assert [rate.value for rate in right] == sorted(rate.value for rate in right)
        found = [rate for _, rate in told[f"Crisis found, by {by}"]]
        assert sum(rate.count for rate in found) == sum(int(one.crisis.sum()) for one in measured.families.values())
        hits = sum(int(one.flags("this product")[one.crisis].sum()) for one in measured.families.values())
        assert sum(rate.hits for rate in found) == hits
        of_told = sum(rate.count for _, rate in told[f"Crisis found in conversations, by {by}"])
        assert of_told == sum(max(row.levels) >= Level.HIGH for one in measured.test.values() for row in one.rows)


def test_conversations_are_told_by_kind_and_persona(measured, groups):
    for by in tables.GROUPS:
        rows = groups[f"Test conversations, zh, by {by}"]
        counts = [int(figures["conversations"]) for name, figures in rows if name.endswith("key words")]
        assert sum(counts) == len(measured.test["zh"].rows)


def test_with_and_without_the_open_sets_stand_side_by_side(measured):
    rows = tables.with_and_without(measured)
    assert len(rows) == 2 * (2 + 2 + 2 + 6 + 3)
    for (title, figures), (other, same) in zip(rows[::2], rows[1::2], strict=True):
        assert title.removesuffix(", with") == other.removesuffix(", without")
        assert figures == same, "the same weights say the same"


def test_the_page_holds_every_row_and_the_names_of_what_was_measured(measured, groups):
    page = tables.document(measured, "make evaluate", ["Model a", "corpus b"])
    assert "`make evaluate`" in page
    assert "Model a, corpus b." in page
    for title, rows in [*tables.by_set(measured), *tables.by_twin(measured), *groups.items()]:
        assert f"**{title}**\n\n{tables.table(rows)}\n" in page
    assert tables.table(tables.with_and_without(measured)) in page
    assert [title for title, _ in tables.by_twin(measured)] == [one.title for one in measured.twinned.values()]
    assert all(len(rows) == 5 * 4 for _, rows in tables.by_twin(measured)), "five kinds by four methods"
    for title, shares in tables.worst(measured):
        assert f"**{title}**" in page
        assert f"| {shares[0][0]} | {shares[0][1]} | {shares[0][1].count} |" in page


class SaysWhatStands:
    """Each turn is its own verdict."""

    def follow(self, turns, _language):
        chances = np.array([float(turn) for turn in turns])
        return methods.Verdicts(np.where(chances >= 0.5, int(Level.HIGH), 0), chances)


def test_twins_are_measured_within_test_families_that_have_some(measured):
    for language, sample in measured.twinned.items():
        beside = [line for line in corpus.read_twins() if line.language == language and line.is_test]
        assert set(sample.family) <= {line.family for line in beside}
        assert (sample.kind == "flipped").any()
    with pytest.raises(ValueError, match="twins"):
        evaluation.with_twins(corpus.read_lines()[:9], [], {}, "zh")


def test_a_line_of_danger_is_told_beside_each_of_its_familys_twins():
    families = [
        ("a", Level.HIGH, "plan", 0.9),
        ("a", Level.LOW, "quoted", 0.4),
        ("a", Level.MODERATE, "past", 0.6),
        ("a", Level.LOW, "ordinary", 0.1),
        ("b", Level.IMMINENT, "underway", 0.3),
        ("b", Level.LOW, "quoted", 0.3),
        ("c", Level.LOW, "quoted", 0.9),
        ("d", Level.HIGH, "quoted", 0.9),
    ]
    lines = [
        corpus.Line(family, "zh", level, kind, "other", str(n)) for n, (family, level, kind, _) in enumerate(families)
    ]
    chances = np.array([chance for *_, chance in families])
    said = {"some method": methods.Verdicts(np.where(chances >= 0.5, int(Level.HIGH), 0), chances)}
    told = dict(evaluation.apart(evaluation._sample("", evaluation._of_families, lines, said)))
    quoted, past = told["quoted, some method"], told["past, some method"]
    assert (quoted["pairs"], quoted["ranked rightly"]) == ("2", str(metrics.Rate(1, 2))), "a tie is not ranked"
    assert quoted["told apart"] == str(metrics.Rate(1, 2))
    assert quoted["alarms at the twins"] == str(metrics.Rate(0, 2)), "a line whose family holds no danger is no twin"
    assert (past["ranked rightly"], past["told apart"]) == (str(metrics.Rate(1, 1)), str(metrics.Rate(0, 1)))
    assert told["idiom, some method"]["pairs"] == "0"


def test_a_conversation_is_found_at_its_first_alarm_and_told_by_its_gravest_turn():
    def one(said, *levels):
        return corpus.Conversation("f", "en", "ordinary", "other", said, tuple(Level(level) for level in levels))

    rows = [
        one(("0.1", "0.9", "0.2"), 0, 2, 2),
        one(("0.8", "0.2", "0.1"), 0, 3, 3),
        one(("0.1", "0.3"), 0, 2),
        one(("0.1", "0.6"), 0, 1),
        one(("0.1", "0.2"), 0, 0),
    ]
    told = evaluation.conversations("some", rows, {"it": SaysWhatStands()})
    figures = told.columns("it")
    assert figures["crisis found"].startswith("0.667")
    assert figures["PPV"].startswith("0.667")
    assert figures["false alarms"].startswith("0.500")
    # Of the two that are not in danger one is moderate.
    assert figures["of low ones alone"].startswith("0.000")
    # None may alarm of two: above .6 stand two of three.
    assert figures["found at .03"].startswith("0.667")
    assert figures["median delay, turns"] == "-0.5"
    assert figures["early by a turn or more"].startswith("0.500")
    # In danger .9, .8 and .3, not .6 and .2: one pair of six stands the wrong way.
    assert figures["AUROC"].startswith("0.833")
    assert told.common("it")["calibration error"].startswith("0.360")


def test_the_product_follows_a_conversation_as_it_is_served():
    weights = exact.read(exact.WEIGHTS)
    turns = next(one.turns for one in corpus.read_conversations() if one.language == "zh" and len(one.turns) > 4)
    found = methods.Product(weights).follow(turns, "zh")
    afresh = [methods.conversation.assess(turns[: last + 1], weights) for last in range(len(turns))]
    assert found.levels.tolist() == [int(one.level) for one in afresh]
    assert found.chances.tolist() == [one.probability for one in afresh]


def test_an_altered_weights_file_is_not_measured(tmp_path):
    altered = tmp_path / "weights.json"
    altered.write_text(exact.WEIGHTS.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("evaluate", weights=altered)


def test_weights_without_the_open_sets_never_replace_the_shipped_ones():
    before = exact.WEIGHTS.read_bytes()
    with pytest.raises(CommandError, match="--output"):
        call_command("train", without_background=True)
    assert exact.WEIGHTS.read_bytes() == before


def test_sets_beside_the_checkout_are_measured_unless_others_are_given(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "ELSEWHERE", tmp_path / "none")
    assert evaluate.folder_of(None) is None
    monkeypatch.setattr(evaluate, "ELSEWHERE", tmp_path)
    assert evaluate.folder_of(None) == tmp_path
    given = tmp_path / "given"
    with pytest.raises(CommandError, match="is not a folder"):
        evaluate.folder_of(given)
    given.mkdir()
    assert evaluate.folder_of(given) == given


def test_the_page_in_the_repository_is_of_the_rules_and_weights_that_are_shipped():
    """Whoever changes either measures again: `make evaluate` with --tables writes the page."""
    page = (ROOT / "docs" / "triage-tables.md").read_text(encoding="utf-8")
    told = page[: page.index("## Sets")]
    assert f".{exact.rules_digest()[:6]}+" in told
    assert exact.read(exact.WEIGHTS).version in told
    assert f"corpus {corpus.corpus_hash()[:8]}" in told
    assert f"twins {corpus.corpus_hash(corpus.BESIDE)[:8]}" in told
