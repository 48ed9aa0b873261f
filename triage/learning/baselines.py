"""What one could use instead, trained on the same lines: measured beside the product in the same table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from triage.core.normalise import normalise
from triage.learning.corpus import Line, calm_lines
from triage.learning.training import RECIPES

KEYWORDS = {
    "zh": (
        "自杀 自尽 轻生 寻死 想死 去死 不想活 活不下去 活够了 想不开 结束生命 结束自己 一了百了 "
        "跳楼 跳河 跳桥 割腕 割脉 上吊 烧炭 卧轨 服毒 吞药 安眠药 农药 遗书 遗言 绝笔 自残 自伤"
    ).split(),
    "en": (
        "suicide,suicidal,kill myself,killing myself,want to die,wanna die,wish i was dead,wish i were dead,"
        "better off dead,end my life,ending my life,take my life,end it all,don't want to live,dont want to live,"
        "no reason to live,overdose,hang myself,jump off,cut myself,cutting myself,hurt myself,self harm,self-harm,"
        "unalive,kms"
    ).split(","),
}
"""The word list that a line's staff would write down; looked for in texts as :func:`_plain` has them."""


_ENGLISH_WORD = re.compile(r"\b\w\w+\b")
"""As the vectorizer has them whose words are the filter's."""


def _plain(text: str) -> str:
    """A text in one spelling, as the product has it too: small letters, one width, simplified characters."""
    return normalise(text).text.replace("’", "'")


class Baseline(Protocol):
    """Something that gives P(level >= HIGH) and a threshold, after it has seen the training lines of one language."""

    name: str
    threshold: float

    def fit(self, lines: Sequence[Line]) -> None:
        """Learn from training lines."""

    def chances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """P(level >= HIGH), shape (texts,)."""


class Keywords:
    """A list of key words: an alarm when one stands in the text, in whichever script."""

    name = "key words"
    threshold = 0.5

    def fit(self, lines: Sequence[Line]) -> None:
        """Nothing to learn but the language."""
        self.words_ = KEYWORDS[lines[0].language]

    def chances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The share of key words found, pushed above one half by the first."""
        counts = np.array([sum(word in text for word in self.words_) for text in map(_plain, texts)])
        return np.asarray(np.where(counts > 0, 0.5 + counts / (2 * len(self.words_)), 0.0))


class PlainTfidf:
    """Character 1- to 4-grams, TF-IDF, logistic regression: scikit-learn's textbook."""

    name = "TF-IDF + LR"
    threshold = 0.5

    def _new(self) -> Pipeline:
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
        return make_pipeline(vectorizer, LogisticRegression(C=4.0, solver="liblinear"))

    def fit(self, lines: Sequence[Line]) -> None:
        """Fit, with a threshold at which as many calm lines alarm out of fold as the product's may."""
        texts = np.array([line.text for line in lines], dtype=object)
        truth = np.array([line.level.is_crisis for line in lines])
        families = [line.family for line in lines]
        apart = np.zeros(len(lines))
        for seen, unseen in GroupKFold(n_splits=5).split(texts, groups=families):
            apart[unseen] = self._predict(self._new().fit(texts[seen], truth[seen]), texts[unseen].tolist())
        calm = np.array(calm_lines(lines))
        self.threshold = float(np.quantile(apart[calm], 1 - RECIPES[lines[0].language].alarms[1]))
        self.pipeline_ = self._new().fit(texts, truth)

    def _predict(self, pipeline: Pipeline, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.asarray(pipeline.predict_proba(texts)[:, 1])

    def chances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """P(level >= HIGH)."""
        return self._predict(self.pipeline_, texts)


class FilterThenRegression(PlainTfidf):
    """A filter of terms, then logistic regression on what passes: the recipe of CMD-1 (npj Digit Med 2023;6:213)."""

    name = "filter + LR (CMD-1)"

    def fit(self, lines: Sequence[Line]) -> None:
        """The filter's terms are the words, or pairs of characters, that crisis lines hold most often beside others."""
        language = lines[0].language
        tokens = {"analyzer": "char", "ngram_range": (2, 2)} if language == "zh" else {"analyzer": "word"}
        vectorizer = TfidfVectorizer(min_df=4, binary=True, use_idf=False, norm=None, **tokens)
        rows = vectorizer.fit_transform([_plain(line.text) for line in lines])
        crisis = np.array([line.level.is_crisis for line in lines])
        lift = (np.asarray(rows[crisis].mean(axis=0))[0] + 1e-4) / (np.asarray(rows[~crisis].mean(axis=0))[0] + 1e-3)
        names = vectorizer.get_feature_names_out()
        self.are_words_ = language != "zh"
        self.terms_ = [str(names[i]) for i in np.argsort(-lift)[:300]]
        self.listed_ = KEYWORDS[language]
        super().fit(lines)

    def _predict(self, pipeline: Pipeline, texts: Sequence[str]) -> NDArray[np.float64]:
        passed = np.array([self._passes(text) for text in map(_plain, texts)])
        return np.where(passed, super()._predict(pipeline, texts), 0.0)

    def _passes(self, text: str) -> bool:
        """Whether a term stands in a text, in English as a word ("end" does not in "weekend"), or one of the list."""
        held = _ENGLISH_WORD.findall(text) if self.are_words_ else text
        return any(term in held for term in self.terms_) or any(term in text for term in self.listed_)


BASELINES: tuple[type[Keywords] | type[PlainTfidf], ...] = (Keywords, PlainTfidf, FilterThenRegression)
