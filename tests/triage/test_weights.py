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
from sklearn.svm import LinearSVC

from triage import services
from triage.core import assess, scorer
from triage.core.features import features
from triage.core.levels import Level
from triage.learning import corpus, training

SOME = 400


@pytest.fixture(scope="module")
def shipped():
    return scorer.load(services.WEIGHTS)


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
    for place in range(len(scorer.HEADS)):
        head = LinearSVC()
        head.classes_ = np.array([False, True])
        head.coef_, head.intercept_ = columns[:, [place]].T, np.array([model.bias[place]])
        theirs = head.decision_function(rows)
        ours = np.array([model.scores(text)[place] for text in texts])
        assert np.abs(ours - theirs).max() < 1e-6
        calibrator = LogisticRegression()
        calibrator.classes_ = np.array([False, True])
        calibrator.coef_, calibrator.intercept_ = np.array([[model.slope[place]]]), np.array([model.shift[place]])
        chances = np.array([model.probabilities(model.scores(text))[place] for text in texts])
        most = calibrator.predict_proba(theirs.reshape(-1, 1))[:, 1]
        assert (chances <= most + 1e-6).all(), "made to agree, a higher level is never likelier than a lower"
        assert place or np.abs(chances - most).max() < 1e-6


@pytest.mark.parametrize("units", [(0, 0, 0), (1, -1, 1), (-5, 7, -9), (-(1 << 38), (1 << 38), -1), (0, -1, 0)])
def test_weights_joined_in_one_number_come_apart_again(units):
    assert scorer.part(scorer.join(units)) == list(units)
    assert scorer.part(scorer.join(units) + scorer.join((3, -2, 1))) == [units[0] + 3, units[1] - 2, units[2] + 1]


def test_a_weight_that_could_flow_over_is_refused():
    heavy = {name: scorer.pack([scorer.HEAVIEST * scorer.UNIT * 2]) for name in scorer.HEADS}
    rows = dict.fromkeys(("bias", "slope", "shift", "thresholds", "later"), [0.5] * 3)
    language = {"features": ["我"], **heavy, **rows, "story": [[0.0]] * 3, "doubt": 0.5}
    with pytest.raises(scorer.BadWeights):
        scorer.parse(scorer.dump({"version": "x", "languages": {"zh": language}}))


def test_training_twice_gives_the_same_file():
    lines = [line for line in corpus.read_lines() if not line.is_test][::9]
    first = training.build(lines, corpus="0" * 64, with_background=False)
    second = training.build(lines, corpus="0" * 64, with_background=False)
    assert first.text == second.text
    assert first.errors == second.errors
    agree(first)


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
    assert scorer.parse(scorer.dump(data)) == built.weights


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
    with pytest.raises(scorer.BadWeights):
        scorer.load(path)


def test_a_file_that_weighs_other_figures_of_a_conversation_is_refused(tmp_path):
    data = json.loads(services.WEIGHTS.read_text(encoding="utf-8").partition("\n")[2])
    data["languages"]["en"]["story"][1].append(0.0)
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
