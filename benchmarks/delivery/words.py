"""What is said: messages from the triage corpus, the same ones in the same order for everybody who is measured."""

from __future__ import annotations

import random

LONGEST = 160


def messages(count: int, *, seed: int = 4) -> list[str]:
    """So many texts, Chinese and English in turns, as people write them."""
    from triage.learning.corpus import read_lines

    chance = random.Random(seed)  # noqa: S311 - the same for all, no secret
    found: dict[str, list[str]] = {"zh": [], "en": []}
    for line in read_lines():
        if line.language in found and len(line.text) <= LONGEST:
            found[line.language].append(line.text)
    for texts in found.values():
        chance.shuffle(texts)
    return [found["en" if number % 2 else "zh"][(number // 2) % 500] for number in range(count)]
