"""What a site adds to the shipped lexicon: words and patterns that stand beside it, and take nothing away.

Read and checked by triage.site_lexicon; concepts.py, words.py, scope.py and alike.py look here when they first read a
language.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Entries: TypeAlias = "Mapping[str, Sequence[str]]"
"""By concept, group, scope or kind."""


@dataclass(frozen=True, slots=True)
class Additions:
    """Of each language: what is added.

    Attributes:
        concepts: patterns of concepts; words are patterns of themselves.
        groups: alternatives of groups that patterns name in <>, each plain words.
        scopes: patterns of what stands around a mention.
        kinds: words of kinds, for the linear model.
        alike: spellings; of each the word that it stands for, how sure that is, and the words that speak against it.
    """

    concepts: Mapping[str, Entries] = field(default_factory=dict)
    groups: Mapping[str, Entries] = field(default_factory=dict)
    scopes: Mapping[str, Entries] = field(default_factory=dict)
    kinds: Mapping[str, Entries] = field(default_factory=dict)
    alike: Mapping[str, Entries] = field(default_factory=dict)

    def told(self) -> dict[str, Mapping[str, Entries]]:
        """All of it as plain data, as JSON can carry it."""
        return {
            "concepts": self.concepts,
            "groups": self.groups,
            "scopes": self.scopes,
            "kinds": self.kinds,
            "alike": self.alike,
        }

    @property
    def count(self) -> int:
        """How many entries there are."""
        return sum(len(some) for part in self.told().values() for one in part.values() for some in one.values())

    @property
    def digest(self) -> str:
        """SHA-256 over all entries; "" where there are none. Comments and the order of tables do not matter."""
        if not self.count:
            return ""
        return hashlib.sha256(json.dumps(self.told(), sort_keys=True).encode()).hexdigest()


NONE = Additions()
_current = NONE


def current() -> Additions:
    """What this process reads with."""
    return _current


def use(added: Additions) -> None:
    """Read with these from now on; to be called before anything is read, see triage.site_lexicon.use."""
    global _current
    _current = added
