"""The blind set is for measuring: nothing that is counted of it may stand in what triage learns from."""

import pytest

from triage.core.levels import Level
from triage.learning import blind_set, corpus, evaluation


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_counted_of_the_blind_set_stands_nowhere_in_the_corpus(language):
    lines = corpus.read_lines()
    kept = blind_set.apart(blind_set.read(language), lines)
    taught = {blind_set.bare(line.text) for line in lines}
    assert not [line for line in kept if blind_set.bare(line.text) in taught]
    assert len(kept) >= 0.95 * len(blind_set.read(language)), "few enough are left out for the set to stay what it is"


def test_the_same_words_with_other_signs_are_not_counted():
    def line(text):
        return corpus.Line("a", "zh", Level.LOW, "greeting", "other", text)

    assert blind_set.apart([line("你好 ，在 吗？"), line("你好吗")], [line("你好，在吗")]) == [line("你好吗")]


def test_a_row_of_another_form_is_told_by_its_place(tmp_path):
    (tmp_path / "zh.tsv").write_text("level\tkind\ttext\nlow\tordinary\t你好\nlow\tnonsense\t你好\n", encoding="utf-8")
    with pytest.raises(corpus.BadCorpus, match=r"zh\.tsv:3"):
        blind_set.read("zh", tmp_path)


def test_the_table_tells_alarms_by_level(monkeypatch):
    levels = [Level.LOW, Level.MODERATE, Level.HIGH, Level.IMMINENT]
    lines = [corpus.Line(level.code, "en", level, "ordinary", "other", level.code) for level in levels * 10]
    monkeypatch.setattr(blind_set, "read", lambda _language: lines)

    def says_high_of_all_but_low(texts, _language):
        said = [Level.LOW if text == "low" else Level.HIGH for text in texts]
        return evaluation.Verdicts(evaluation.np.array(said), evaluation.np.array([int(one) / 2 for one in said]))

    count, [(name, row)] = evaluation.blind([], {evaluation.PRODUCT: says_high_of_all_but_low}, "en")
    assert (count, name) == (40, "this product")
    assert [row[one][:5] for one in ("crisis found", "alarms, low", "alarms, moderate", "imminent said")] == [
        "1.000", "0.000", "1.000", "0.000",
    ]  # fmt: skip
