"""The blind sets are for measuring: nothing that is counted of them may stand in what triage learns from."""

import numpy as np
import pytest

from triage.core.levels import Level
from triage.learning import blind_set, corpus, evaluation, methods

SHORT = {"zh": 10, "en": 24}
"""Letters of what anybody may say."""


@pytest.mark.parametrize(
    "hand", [*blind_set.HANDS, blind_set.PROBES, blind_set.TURNED, blind_set.POSTS, *blind_set.LATER]
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_counted_of_the_blind_sets_stands_nowhere_in_the_corpus(language, hand):
    lines, whole = corpus.read_lines(), blind_set.read(language, hand)
    kept = blind_set.apart(whole, lines)
    taught = {blind_set.bare(line.text) for line in lines}
    assert not [line for line in kept if blind_set.bare(line.text) in taught]
    # A third of hand 6 are the short words of every day, of which the corpus holds many.
    assert len(kept) >= 0.93 * len(whole), "few enough are left out for the set to stay what it is"


@pytest.mark.parametrize("hand", blind_set.CONVERSATIONS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_blind_conversation_stands_in_the_corpus(language, hand):
    told, whole = corpus.read_conversations(), blind_set.read_conversations(language, hand)
    assert blind_set.told_apart(whole, told) == whole
    known = {blind_set.bare(text) for one in told for text in one.turns}
    known |= {blind_set.bare(line.text) for line in corpus.read_lines()}
    turns = [blind_set.bare(text) for one in whole for text in one.turns]
    heard = [text for text in turns if text in known]
    assert len(heard) <= 0.15 * len(turns), "greetings and short answers"
    assert sum(len(text) > SHORT[language] for text in heard) <= 0.01 * len(turns), "and no more"


def test_a_conversation_with_other_signs_is_not_counted():
    def one(*turns):
        return corpus.Conversation("a", "en", "greeting", "other", turns, (Level.LOW,) * len(turns))

    assert blind_set.told_apart([one("hi.", "You there"), one("hi")], [one("Hi", "you there?")]) == [one("hi")]


def test_the_same_words_with_other_signs_are_not_counted():
    def line(text):
        return corpus.Line("a", "zh", Level.LOW, "greeting", "other", text)

    assert blind_set.apart([line("你好 ，在 吗？"), line("你好吗")], [line("你好，在吗")]) == [line("你好吗")]


def test_a_row_of_another_form_is_told_by_its_place(tmp_path):
    (tmp_path / "zh_2.tsv").write_text(
        "level\tkind\ttext\nlow\tordinary\t你好\nlow\tnonsense\t你好\n", encoding="utf-8"
    )
    with pytest.raises(corpus.BadCorpus, match=r"zh_2\.tsv:3"):
        blind_set.read("zh", 2, tmp_path)


def test_a_conversation_with_too_few_levels_is_told_by_its_place(tmp_path):
    row = '{"lang": "zh", "turns": ["你好", "在吗"], "levels": ["low"]}'
    (tmp_path / blind_set.CONVERSATIONS[2]).write_text(row + "\n", encoding="utf-8")
    with pytest.raises(corpus.BadCorpus, match=r":1: as many levels"):
        blind_set.read_conversations("zh", 2, tmp_path)


def test_the_tables_tell_alarms_by_level_of_each_hand_and_of_both(monkeypatch):
    levels = {1: [Level.LOW, Level.HIGH], 2: list(Level)}
    levels |= {hand: [Level.HIGH if hand in {3, 4, 7} else Level.LOW] for hand in range(3, 8)}

    def lines(_language, hand):
        return [corpus.Line("a", "en", level, "ordinary", "other", level.code) for level in levels[hand] * 10]

    monkeypatch.setattr(blind_set, "read", lines)

    class SaysHighOfAllButLow:
        def read(self, texts, _language):
            said = [Level.LOW if text == "low" else Level.HIGH for text in texts]
            return methods.Verdicts(np.array(said), np.array([int(one) / 2 for one in said]))

    told = evaluation.blind([], {methods.PRODUCT: SaysHighOfAllButLow()}, "en")
    titles = ["Blind set, en, hand 1", "Blind set, en, hand 2", "Probes, en", "Words turned round, en", "Posts, en"]
    titles += ["Blind set, en, hand 5", "Blind set, en, hand 6", "Blind set, en, both hands"]
    assert [one.title for one in told] == titles
    assert [len(one.level) for one in told] == [20, 40, 10, 10, 10, 10, 10, 60]
    del told[2:7]
    rows = [one.columns(one, methods.PRODUCT) for one in told]
    columns = ("crisis found", "PPV", "alarms, low", "alarms, moderate", "imminent said")
    assert [row["alarms, moderate"] for row in rows] == ["–", rows[1]["alarms, moderate"], rows[1]["alarms, moderate"]]
    assert [rows[1][one][:5] for one in columns] == ["1.000", "0.667", "0.000", "1.000", "0.000"]
