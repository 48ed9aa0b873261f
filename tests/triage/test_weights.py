"""The weights that are served: plain numbers, checked, and the same model as scikit-learn's."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures
from sklearn.svm import LinearSVC

from tests.triage.made import made_weights
from triage import services
from triage.core import assess, conversation, scorer, story
from triage.core.features import features
from triage.core.levels import Level
from triage.learning import corpus, training

SOME = 400


@pytest.fixture(scope="module")
def shipped():
    return scorer.load(services.WEIGHTS)


def as_scikit_learn(kind, weights, bias):
    """One of scikit-learn's linear models for two classes, with these numbers."""
    made = kind()
    made.classes_ = np.array([False, True])
    made.coef_, made.intercept_ = np.array([weights]), np.array([bias])
    return made


def agreeing(chances):
    """Of scikit-learn's chances by head: a higher level is never likelier than a lower."""
    return np.minimum.accumulate(np.column_stack(chances), axis=1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_serving_equals_scikit_learn(shipped, language):
    model = shipped.languages[language]
    names = list(model.table)
    texts = [
        features(reading.normal.text, language, reading.scoped)
        for line in corpus.read_lines()
        if line.language == language and line.is_test
        for reading in [assess.read(line.text)]
    ][:SOME]
    counts = CountVectorizer(analyzer=lambda words: words, vocabulary=names).transform(texts)
    rows = diags([1 / len(text) ** 0.5 for text in texts]) @ counts
    columns = np.array([scorer.part(model.table[name]) for name in names]) * scorer.UNIT
    ours = np.array([model.scores(text) for text in texts])
    heads = [as_scikit_learn(LinearSVC, columns[:, place], bias) for place, bias in enumerate(model.bias)]
    theirs = np.column_stack([head.decision_function(rows) for head in heads])
    assert np.abs(ours - theirs).max() < 1e-6
    near = np.clip(theirs, *np.array(model.reach).T)
    squares = PolynomialFeatures(2, include_bias=False).fit_transform(near)
    joined = [as_scikit_learn(LogisticRegression, row[:-1], row[-1]) for row in model.heads]
    told = agreeing([one.predict_proba(squares)[:, 1] for one in joined])
    chances = np.array([scorer.probabilities(model.odds(scores)) for scores in ours.tolist()])
    assert np.abs(chances - told).max() < 1e-6
    assert (np.ptp(chances, axis=0) > 0.5).all(), "of every level there are likely and unlikely texts among these"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_regression_of_conversations_equals_scikit_learn(shipped, language):
    """With the numbers of the file; training has rounded those to four decimals."""
    model = shipped.languages[language]
    figures = []
    for one in corpus.read_conversations():
        if one.language == language and one.is_test:
            alone = [model.odds(model.scores(words_of(turn, language))) for turn in one.turns]
            for last in range(len(one.turns)):
                whole = conversation.together(one.turns[: last + 1], language)
                odds = model.odds(model.scores(words_of(whole, language)))
                figures.append(story.figures(alone[: last + 1], odds))
    heads = [as_scikit_learn(LogisticRegression, row[:-1], row[-1]) for row in model.story]
    told = agreeing([head.predict_proba(np.array(figures))[:, 1] for head in heads])
    ours = np.array([model.of_conversation(one) for one in figures])
    assert len(figures) > SOME
    assert np.abs(ours - told).max() < 1e-6
    assert (np.ptp(ours, axis=0) > 0.5).all()


def words_of(text, language):
    """The features of a message."""
    reading = assess.read(text)
    return features(reading.normal.text, language, reading.scoped)


@pytest.mark.parametrize("units", [(0, 0, 0), (1, -1, 1), (-5, 7, -9), (-(1 << 38), (1 << 38), -1), (0, -1, 0)])
def test_weights_joined_in_one_number_come_apart_again(units):
    assert scorer.part(scorer.join(units)) == list(units)
    assert scorer.part(scorer.join(units) + scorer.join((3, -2, 1))) == [units[0] + 3, units[1] - 2, units[2] + 1]


def made(**about):
    return made_weights("x", bias=0.5, thresholds=0.5, **about).encode()


def test_a_weight_that_could_flow_over_is_refused():
    assert scorer.part(scorer.parse(made(weight=scorer.HEAVIEST)).languages["zh"].table["我"]) == [scorer.HEAVIEST] * 3
    with pytest.raises(scorer.BadWeights):
        scorer.parse(made(weight=scorer.HEAVIEST + 1))


@pytest.mark.parametrize("places", [(), (1,), (-1,), (0, 0)])
def test_a_feature_without_weights_of_its_own_is_refused(places):
    with pytest.raises(scorer.BadWeights):
        scorer.parse(made(places=places))


@pytest.fixture(scope="module")
def taught():
    """A file learned of every ninth training line, by itself and together with the models it was written from.

    It stands for the shipped one, which takes minutes to learn: whether ``make train`` gives that anew is for whoever
    runs it to see.
    """
    lines = [line for line in corpus.read_lines() if not line.is_test][::9]
    trained = []

    def kept(*arguments):
        trained.append(training_of(*arguments))
        return trained[-1]

    training_of = training.train_language
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train_language", kept)
        built = training.build(lines, corpus="0" * 64, with_background=False)
    return lines, built, dict(zip(training.RECIPES, trained, strict=True))


def test_training_twice_gives_the_same_file(taught):
    lines, first, _ = taught
    second = training.build(lines, corpus="0" * 64, with_background=False)
    assert first.text == second.text
    assert first.errors == second.errors
    agree(first)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_file_scores_as_the_model_that_was_trained(taught, language):
    _, built, trained = taught
    texts = [line.text for line in corpus.read_lines() if line.language == language and line.is_test][:SOME]
    words = [words_of(text, language) for text in texts]
    theirs = trained[language].model.decision_function(words)
    ours = np.array([built.weights.languages[language].scores(one) for one in words])
    assert np.abs(ours - theirs).max() < 1e-6
    assert (np.ptp(ours, axis=0) > 1).all()


def agree(built):
    """The file holds its own figures, which agree with the counts of errors; serving reads the same without them."""
    data = json.loads(built.text.partition("\n")[2])
    assert data["figures"] == built.figures
    assert set(built.figures) == {"zh", "en"}
    for language, told in built.figures.items():
        counts = built.errors[language]
        alarms = {code: sum(row[3:]) for code, row in counts.items()}
        crisis = sum(counts["high"]) + sum(counts["imminent"])
        assert told["crisis found"] == [alarms["high"] + alarms["imminent"], crisis]
        assert told["imminent said"] == [counts["imminent"][4], sum(counts["imminent"])]
        assert told["alarms, calm"] == [alarms["low"], told["calm"]]
        assert sum(told["lines"].values()) == data["lines"][language]
        assert 0.5 < told["AUROC"] < 1
        assert 0 < told["calibration error"] < 0.1
    del data["figures"]
    assert scorer.parse(scorer.dump(data).encode()) == built.weights


def test_an_altered_file_is_refused(tmp_path):
    text = services.WEIGHTS.read_text(encoding="utf-8")
    altered = tmp_path / "weights.json"
    altered.write_text(text.replace("0", "1", 1), encoding="utf-8")
    with pytest.raises(scorer.BadWeights):
        scorer.load(altered)


def test_a_file_of_another_form_is_refused(tmp_path):
    body = json.dumps({"version": "x", "languages": {"zh": {"features": ["我"]}}})
    path = tmp_path / "weights.json"
    path.write_text(f"{scorer.checksum(body)}\n{body}", encoding="utf-8")
    with pytest.raises(scorer.BadWeights, match="without"):
        scorer.load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("doubt", float("nan")), ("bias", [0.0, float("inf"), 0.0]), ("reach", [[1.0, -1.0], [-1.0, 1.0], [-1.0, 1.0]])],
)
def test_a_file_whose_numbers_tell_nothing_is_refused(name, value):
    data = json.loads(made().decode().partition("\n")[2])
    data["languages"]["zh"][name] = value
    with pytest.raises(scorer.BadWeights):
        scorer.parse(scorer.dump(data).encode())


@pytest.mark.parametrize("name", ["heads", "story", "reach"])
def test_a_file_that_weighs_other_figures_is_refused(tmp_path, name):
    data = json.loads(services.WEIGHTS.read_text(encoding="utf-8").partition("\n")[2])
    data["languages"]["en"][name][1].append(0.0)
    path = tmp_path / "weights.json"
    path.write_text(scorer.dump(data), encoding="utf-8")
    with pytest.raises(scorer.BadWeights):
        scorer.load(path)


def test_without_weights_a_human_comes_first_and_rules_still_speak(monkeypatch):
    monkeypatch.setattr(services, "_weights", lambda: None)
    calm = services.assess("今天食堂的菜不错")
    assert not calm.scored
    assert calm.level is Level.MODERATE
    assert services.assess("我刚刚把一整瓶安眠药都吃了").level is Level.IMMINENT


def test_a_fault_inside_counts_as_not_scored(monkeypatch):
    def broken(*_args):
        raise RuntimeError("broken")

    monkeypatch.setattr(services.conversation, "assess", broken)
    found = services.assess("随便什么")
    assert not found.scored
    assert found.level is Level.MODERATE


def test_the_server_has_read_its_weights_before_anybody_writes():
    script = "import hotline.asgi; from triage import services; print(services._weights.cache_info().currsize)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
