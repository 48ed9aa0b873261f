"""Weights files of one feature, made by hand."""

from collections.abc import Sequence

from triage.core import scorer, squares, story

HEADS = len(scorer.HEADS)
FIGURES = {"heads": squares.TERMS, "story": story.width(HEADS)}


def made_weights(
    version: str, *, bias: float, thresholds: float, weight: int = 2, places: Sequence[int] = (0,), doubt: float = 1.0
) -> str:
    """A file whose model says the same odds of whatever it reads.

    Args:
        version: what it calls itself.
        bias: the logarithm of the odds of each level.
        thresholds: the probability from which each is said.
        weight: of its one feature, 我, in units.
        places: for each feature which of its weights it has: one, of one.
        doubt: the probability of doubt.
    """
    language = {
        "features": ["我"],
        "weights": scorer.pack(places),
        **{name: scorer.pack([weight]) for name in scorer.HEADS},
        "bias": [bias] * HEADS,
        "reach": [[-1.0, 1.0]] * HEADS,
        **{name: [[0.0] * width + [bias]] * HEADS for name, width in FIGURES.items()},
        **dict.fromkeys(("thresholds", "later"), [thresholds] * HEADS),
        "doubt": doubt,
    }
    return scorer.dump({"version": version, "languages": {"zh": language, "en": language}})
