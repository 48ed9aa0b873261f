"""How triage errs, as training tells the simulator."""

import json

import pytest

from triage.core import scorer
from triage.core.levels import Level
from triage.exact import WEIGHTS
from triage.learning import corpus, errors


def test_the_errors_belong_to_the_shipped_model_and_corpus():
    told = json.loads(errors.beside(WEIGHTS).read_text(encoding="utf-8"))
    assert told["version"] == scorer.load(WEIGHTS).version
    assert told["corpus"] == corpus.corpus_hash()


def test_the_errors_count_every_line_of_risk_and_every_calm_one_that_is_learned_from():
    told = json.loads(errors.beside(WEIGHTS).read_text(encoding="utf-8"))
    for language, counts in told["languages"].items():
        lines = [line for line in corpus.read_lines() if line.language == language and not line.is_test]
        calm = sum(corpus.calm_lines(lines))
        for level in Level:
            wanted = calm if level is Level.LOW else sum(line.level is level for line in lines)
            assert sum(counts[level.code]) == wanted, f"{language} {level.code}"


def test_shares_are_the_mean_of_the_languages_and_doubt_counts_only_for_a_low(tmp_path):
    path = tmp_path / "weights.errors.json"
    low, high = Level.LOW, Level.HIGH
    one = errors.count([(high, low, False), (high, low, True), (high, high, True), (high, Level.IMMINENT, False)])
    other = errors.count([(high, high, False)])
    for counts in (one, other):
        for level in Level:
            counts[level.code][int(level) + 1] += level is not high
    errors.write(path, version="x", corpus="0", counts={"zh": one, "en": other})
    assert errors.read(path)[high] == (0.125, 0.125, 0.0, 0.625, 0.125)


def test_errors_with_other_columns_are_refused(tmp_path):
    path = tmp_path / "weights.errors.json"
    path.write_text(json.dumps({"said": ["low"], "languages": {}}), encoding="utf-8")
    with pytest.raises(ValueError, match="columns"):
        errors.read(path)
