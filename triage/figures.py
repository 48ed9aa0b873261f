"""What a weights file says of itself: figures by folds, put there by training. Serving does not look at them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SHOWN = ("crisis found", "imminent found", "right alarms", "alarms, calm", "conversations found")


def read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Figures by language; none where the file is older than they are.

    Raises:
        OSError: no such file.
        ValueError: it is none of ours.
    """
    data = json.loads(path.read_text(encoding="utf-8").partition("\n")[2])
    found: Mapping[str, Mapping[str, Any]] = data.get("figures", {})
    return found


def shown(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The main ones in a line for each language."""
    for language, told in sorted(figures.items()):
        rates = [f"{name} {_share(*told[name])}" for name in SHOWN if name in told]
        count = sum(told["lines"].values())
        yield (
            f"{language} by folds of {count:,} lines: {'; '.join(rates)}; "
            f"AUROC {told['AUROC']}; calibration error {told['calibration error']}"
        )


def _share(hits: int, count: int) -> str:
    return f"{hits / count:.3f} ({hits}/{count})" if count else "-"
