"""The corpus' README tells how much the corpus holds now."""

import re

import pytest

from triage.core.levels import Level
from triage.learning import corpus, corpus_counts
from triage.learning.corpus import Line

PLAIN = re.compile(r"-pn|^p\d\dz?_")
"""How the families of plain files are called."""


def test_the_readme_tells_the_counts_of_the_lines_as_they_are():
    text = corpus_counts.README.read_text(encoding="utf-8")
    assert corpus_counts.replaced(text, corpus_counts.section()) == text, "to mend: manage.py count_corpus"


def test_a_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        corpus_counts.replaced("# The corpus", "1")


@pytest.mark.parametrize(
    ("file", "hands"),
    [
        ("zh_pairs.tsv", "oblique"),
        ("zh_plain_words_3.tsv", "oblique"),
        ("zh_everyday_risk_4.tsv", "hard"),
        ("en_plainly_7.tsv", "plain, files 4 to 7"),
        ("en_plainly_9.tsv", "plain, files 8 and 9"),
        ("en_plainly_10.tsv", "plain, files 10 to 13"),
        ("zh_plainly_14.tsv", "plain, files 14 to 18"),
        ("en_plainly_18.tsv", "plain, files 14 to 18"),
        ("zh_plainly_19.tsv", "plain, files 19 to 27"),
        ("conversations_en_19.jsonl", "plain, files 19 to 27"),
        ("conversations_en_2.jsonl", "oblique"),
        ("conversations_en_3.jsonl", "hard"),
        ("conversations_en_4.jsonl", "plain, files 4 to 7"),
        ("conversations_en_12.jsonl", "plain, files 10 to 13"),
    ],
)
def test_hands_are_known_by_the_name_of_the_file(file, hands):
    assert corpus_counts.hands_of(file) == hands


def test_plain_files_are_those_of_plain_families():
    for file, lines in corpus.read_by_file().items():
        is_plain = corpus_counts.hands_of(file).startswith("plain")
        assert all(bool(PLAIN.search(line.family)) == is_plain for line in lines), file


def test_a_twin_counts_once_a_family_and_only_beside_a_line_of_risk():
    def line(family, level, kind):
        return Line(family, "en", level, kind, "other", f"{family} {level} {kind}")

    told = corpus_counts.twins(
        [
            line("a", Level.HIGH, "ideation"),
            line("a", Level.LOW, "quoted"),
            line("a", Level.LOW, "quoted"),
            line("b", Level.IMMINENT, "third_person"),
            line("b", Level.MODERATE, "past"),
            line("c", Level.MODERATE, "passive"),
            line("c", Level.LOW, "idiom"),
            *(line("d", Level.LOW, kind) for kind in corpus.TWINS),
            line("d", Level.HIGH, "plan"),
        ]
    )
    assert "(0 zh and 3 en)" in told
    rows = {
        cells[1]: cells[2:-1] for row in told.splitlines() if (cells := [one.strip() for one in row.split("|")])[1:]
    }
    assert rows["any kind"] == ["0", "2", "0", "3"]
    assert rows["quoted"] == ["0", "2", "0", "2"]
    assert rows["past"] == ["0", "1", "0", "2"]
    assert rows["idiom"] == ["0", "1", "0", "1"]
    assert rows["third_person"] == ["0", "1", "0", "1"], "a line of risk is no twin"
    assert rows["all these five"] == ["0", "1", "0", "1"]
    assert "passive" not in rows
