"""Danger beside words that sound harmless: what readers wrote against the silencers of the rules."""

import pytest

from triage.core import assess
from triage.core.levels import Level
from triage.learning import attacks, blind_set, corpus


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whatever_was_heard_once_is_heard(language):
    told = [one for one in attacks.read(language) if one.heard]
    assert len(told) > 1_000
    assert [one.text for one in told if assess.read(one.text).floor.level < Level.HIGH] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_called_unheard_is_not_heard_yet(language):
    """Whoever mends one of these writes the version of the rules beside it, so that it stays mended."""
    told = [one for one in attacks.read(language) if not one.heard]
    assert [one.text for one in told if assess.read(one.text).floor.level >= Level.HIGH] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_none_of_them_is_taught(language):
    taught = {blind_set.bare(line.text) for line in [*corpus.read_lines(), *corpus.read_twins()]}
    assert [one.text for one in attacks.read(language) if blind_set.bare(one.text) in taught] == []


@pytest.mark.parametrize(
    "row", ["low\tpast\t\t没事", "high\tpast\tonce\t想死", "high\t\t12\t想死", "high\tpast\t12\t "]
)
def test_a_row_of_another_form_is_told_by_its_place(tmp_path, row):
    (tmp_path / "zh.tsv").write_text(f"level\tsilencer\theard\ttext\n{row}\n", encoding="utf-8")
    with pytest.raises(corpus.BadCorpus, match=r"zh\.tsv:2"):
        attacks.read("zh", tmp_path)
