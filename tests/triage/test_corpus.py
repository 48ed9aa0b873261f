"""The corpus is whole, and what is tested was never taught."""

import pytest

from triage.core.levels import Level
from triage.learning import corpus


def test_families_stay_within_one_file_and_one_part():
    owners = {}
    for line in corpus.read_lines():
        assert owners.setdefault(line.family, line.language) == line.language
    assert len(owners) > 700


def test_every_level_is_there_in_both_languages():
    found = {(line.language, line.level) for line in corpus.read_lines()}
    assert found == {(language, level) for language in ("zh", "en") for level in Level}


@pytest.mark.parametrize(
    "row",
    [
        "f-1\tdreadful\tordinary\tteen\t你好",
        "f-1\tlow\tnonsense\tteen\t你好",
        "f-1\tlow\tordinary\tteen",
        "f-1\tlow\tordinary\tteen\t ",
    ],
)
def test_a_broken_row_names_its_place_and_not_its_words(tmp_path, row):
    (tmp_path / "zh_some.tsv").write_text("\t".join(corpus.COLUMNS) + "\n" + row + "\n", encoding="utf-8")
    with pytest.raises(corpus.BadCorpus, match=r"zh_some.tsv:2") as told:
        corpus.read_lines(tmp_path)
    assert "你好" not in str(told.value)


def test_the_same_text_twice_is_refused(tmp_path):
    rows = ["\t".join(corpus.COLUMNS), "f-1\tlow\tordinary\tteen\t你好呀", "f-2\tlow\tordinary\tteen\t你好呀"]
    (tmp_path / "zh_some.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(corpus.BadCorpus, match="same text"):
        corpus.read_lines(tmp_path)


def test_what_stands_in_twins_gives_families_of_the_corpus_all_five_and_stands_in_no_other_file():
    lines, beside = corpus.read_lines(), corpus.read_twins()
    risky = {line.family for line in lines if line.level.is_crisis}
    assert {line.family for line in beside} <= risky
    owners = {line.family: line.language for line in lines}
    assert all(owners[line.family] == line.language for line in beside)
    kinds = {}
    for line in beside:
        kinds.setdefault(line.family, set()).add((line.kind, line.level.is_crisis))
    assert len(kinds) > 7000
    wanted = {*((kind, False) for kind in corpus.TWINS), ("flipped", True)}
    assert all(some == wanted for some in kinds.values())
    assert not {line.text for line in lines} & {line.text for line in beside}
