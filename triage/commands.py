"""Which commands of manage.py are run how. Imports nothing."""

from __future__ import annotations

ALONE = frozenset(
    {"assess", "train", "evaluate", "count_background", "count_corpus", "rules", "shares", "curve", "lexicon"}
)
"""Those that need neither a database nor secrets, and are run with the settings of triage.alone."""
AS_SHIPPED = frozenset({"train", "count_background", "count_corpus", "shares", "curve", "backup", "restore"})
"""Those that make or measure what is shipped, or read no words: a site's lexicon, be it broken, is not theirs."""
