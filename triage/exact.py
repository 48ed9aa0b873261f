"""Which rules and which weights, exactly: names that change whenever what they name does. Free of Django."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from triage.core import additions
from triage.core.assess import RULES_VERSION
from triage.core.scorer import BadWeights, Weights, load

WEIGHTS = Path(__file__).with_name("weights") / "current.json"
"""The shipped weights: version zero of every site."""
_CORE = Path(__file__).with_name("core")


def read(path: Path, *, checksum: str = "") -> Weights:
    """The weights in a file, their version followed by the first digits of their checksum.

    Args:
        path: where they are.
        checksum: the one they must have; any that fits the file, where none is given.

    Raises:
        BadWeights: missing, altered, or not of this form.
    """
    weights = load(path)
    with path.open(encoding="utf-8") as file:
        told = file.readline().strip()
    if checksum and told != checksum:
        raise BadWeights("another file")
    return replace(weights, version=version(weights, told))


def version(weights: Weights, checksum: str) -> str:
    """The exact version of weights as their file tells it."""
    return f"{weights.version}.{checksum[:8]}"


@lru_cache(maxsize=1)
def rules_digest() -> str:
    """SHA-256 over code and shipped word lists of ``triage.core``: weights learned with others do not suit these."""
    seen = hashlib.sha256()
    for path in sorted([*_CORE.glob("*.py"), *_CORE.glob("lexicon/*.toml")]):
        seen.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return seen.hexdigest()


def lexicon() -> str:
    """What this site's own lexicon is called; "" where there is none."""
    digest = additions.current().digest
    return f"lexicon-{digest[:8]}" if digest else ""


def reading_digest() -> str:
    """The rules, and what this site added to their lexicon: what figures were measured with.

    Weights belong to the rules alone: what a site adds feeds features that they know.
    """
    return ":".join(filter(None, [rules_digest(), additions.current().digest[:8]]))


def name(told: str) -> str:
    """An assessment's model version with what spoke, exactly: ``rules-13.1a2b3c+linear-14-...``.

    With a lexicon of this site ``rules-13.1a2b3c+lexicon-4d5e6f70+linear-14-...``.
    """
    rules = "+".join(filter(None, [f"{RULES_VERSION}.{rules_digest()[:6]}", lexicon()]))
    return told.replace(RULES_VERSION, rules, 1)
