"""Times and bounds of a page, in seconds, as static/js/lib/link.js and outbox.js have them: read from these files."""

from __future__ import annotations

import re
from pathlib import Path

_LIB = Path(__file__).parents[2] / "static" / "js" / "lib"


def _number(file: str, name: str) -> int:
    return int(re.search(rf"^const {name} = (\d+);", (_LIB / file).read_text(), re.M)[1])


def _link(name: str) -> float:
    return _number("link.js", f"{name}_MS") / 1000


def _outbox(name: str) -> float:
    return _number("outbox.js", f"{name}_MS") / 1000


BASE, CAP = _link("BASE"), _link("CAP")
PONG_WITHIN, HELLO_WITHIN = _link("PONG_WITHIN"), _link("HELLO_WITHIN")
HELLO_PATIENCE = _number("link.js", "HELLO_PATIENCE")
SPARE_AFTER, SPARE_AFTER_MOST = _link("SPARE_AFTER"), _link("SPARE_AFTER_MOST")
QUIET = _link("QUIET")
AT_ONCE, PACE = _number("outbox.js", "AT_ONCE"), _outbox("PACE")
AGAIN, AGAIN_MOST, ANSWER_WITHIN = _outbox("AGAIN"), _outbox("AGAIN_MOST"), _outbox("ANSWER")
