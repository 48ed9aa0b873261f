"""`make bench-triage`: what one message costs triage, beside scikit-learn's own pipeline with the same weights' job.

Times are CPU seconds of one core, taken in turns in one run, so that ratios hold on a machine that others use too; each
is the best of seven rounds: what the work costs, and not what disturbed it. Beside a figure that has a bound stands
whether it is met.
"""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

CRAFTED = {
    "one character": "死",
    "spaces between": "我 想 ",
    "signs between": "k.i.l.l.",
    "a quotation": "他说我没有不是想",
    "means and times": "刀在手里今晚我不想活了，",
    "emoji": "😭🔪",
    "full width": "ＡＢ１２",
    "brackets": "((((",
}
ROUNDS = 7
SAMPLED = 900
"""Lines of each language, from the first to the last."""
CHINESE_MEDIAN, LATE, LOADED, GROWN = 200.0, 1000.0, 0.3, 60.0
"""What was asked: microseconds at the median of Chinese messages, and at p99 of messages of up to 200 characters, both
with rules, model and evidence; seconds of CPU until weights are loaded; megabytes by which the process grows."""
EIGHTH = 8
"""The last place of which a conversation's messages are measured: so many are looked at."""


def _sample(language: str) -> list[str]:
    """Lines of up to 200 characters from all files alike, letters and posts among them."""
    from triage.learning.corpus import read_lines

    found = [line.text for line in read_lines() if line.language == language and len(line.text) <= 200]
    return found[:: len(found) // SAMPLED][:SAMPLED]


def _cpu(call: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Microseconds of CPU per text, the best of some rounds each: what the work costs, without what disturbed it."""
    best = [float("inf")] * len(texts)
    gc.disable()
    for _ in range(ROUNDS):
        for place, text in enumerate(texts):
            began = time.process_time_ns()
            call(text)
            best[place] = min(best[place], (time.process_time_ns() - began) / 1000)
    gc.enable()
    return best


def _within(language: str, place: int, *, remembered: bool) -> list[float]:
    """Microseconds of CPU for a message at this place of a conversation; with what serving remembers of those before.

    Each round begins anew, since a message that was read once is remembered itself.
    """
    from triage import services
    from triage.learning.corpus import read_conversations

    told = [one.turns[:place] for one in read_conversations() if one.language == language and len(one.turns) >= EIGHTH]
    best = [float("inf")] * len(told)
    gc.disable()
    for _ in range(ROUNDS):
        for at, turns in enumerate(told):
            readings: services.Readings = {}
            if remembered:
                for count in range(1, place):
                    services.assess(turns[count - 1], earlier=turns[: count - 1], readings=readings)
            began = time.process_time_ns()
            services.assess(turns[-1], earlier=turns[:-1], readings=readings)
            best[at] = min(best[at], (time.process_time_ns() - began) / 1000)
    gc.enable()
    return best


def beside(figure: float, bound: float, unit: str) -> str:
    """The bound that was asked, and whether a figure keeps to it."""
    if figure <= bound:
        return f"asked {bound:g} {unit}: met"
    return f"asked {bound:g} {unit}: MISSED, {figure / bound:.2f} times as much"


def row(name: str, times: Sequence[float], median: float | None = None, late: float | None = None) -> str:
    """Median and p99 of times in microseconds, with the bounds on either, where there are such."""
    ranked = sorted(times)
    middle, last = statistics.median(ranked), ranked[int(len(ranked) * 0.99)]
    bounds = (("median", middle, median), ("p99", last, late))
    told = [f"; {what}: {beside(figure, bound, 'µs')}" for what, figure, bound in bounds if bound is not None]
    return f"{name:34} median {middle:8.0f} µs   p99 {last:8.0f} µs{''.join(told)}"


def started(weights: float, both: float, grown: float) -> str:
    """What a start costs: seconds of CPU for weights, and with words and patterns; megabytes; beside the bounds."""
    return (
        f"weights load in {weights:.3f} s of CPU, {beside(weights, LOADED, 's')}; with words and patterns of both"
        f" languages in {both:.3f} s\nand the process grows by {grown:.0f} MB, {beside(grown, GROWN, 'MB')}"
    )


def _start() -> str:
    """What a start costs a process of its own: the least CPU of some rounds, and the greatest growth."""
    script = (
        "import os, time\n"
        "from pathlib import Path\n"
        "page = os.sysconf('SC_PAGE_SIZE')\n"
        "def resident(): return int(Path('/proc/self/statm').read_text().split()[1]) * page / 1e6\n"
        "from triage import services\n"
        "before = resident()\n"
        "began = time.process_time()\n"
        "services.model_version()\n"
        "weights = time.process_time() - began\n"
        "services.assess('你好'); services.assess('hello there')\n"
        "both = time.process_time() - began\n"
        "grown = resident() - before\n"
        "print(weights, both, grown)\n"
    )
    rounds = []
    for _ in range(ROUNDS):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        rounds.append([float(figure) for figure in done.stdout.split()])
    weights, both, grown = zip(*rounds, strict=True)
    return started(min(weights), min(both), max(grown))


def main() -> None:
    """Print the figures."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from triage import services
    from triage.learning.corpus import read_lines

    print(f"times are CPU of one core, the best of {ROUNDS} rounds of each message")
    print(_start())
    for language in ("zh", "en"):
        texts = _sample(language)
        lines = [line for line in read_lines() if line.language == language and not line.is_test]
        pipeline = make_pipeline(
            TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2), LogisticRegression(solver="liblinear")
        ).fit([line.text for line in lines], [line.level.is_crisis for line in lines])
        ours = _cpu(services.assess, texts)
        theirs = _cpu(lambda text, model=pipeline: model.predict_proba([text]), texts)
        bound = CHINESE_MEDIAN if language == "zh" else None
        print(row(f"{language}: this product, everything", ours, bound, LATE))
        print(row(f"{language}: scikit-learn's Pipeline", theirs))
        for place in (1, 2, EIGHTH):
            print(row(f"{language}: conversation's message {place}", _within(language, place, remembered=True)))
        print(row(f"{language}: the same, nothing remembered", _within(language, EIGHTH, remembered=False)))
        ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
        print(f"{language}: median of ratios {ratio:.2f}")
    print("linear in length, µs per character:")
    for name, piece in CRAFTED.items():
        per = []
        for length in (250, 1000, 4000, 8000):
            text = (piece * length)[:length]
            per.append(f"{_cpu(services.assess, [text])[0] / min(length, 4000):6.1f}")
        print(f"  {name:18} at 250, 1,000, 4,000, 8,000 characters: {'  '.join(per)}")
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, with scikit-learn")


if __name__ == "__main__":
    main()
