"""How a line of the log is written: what happened, never what was said.

The text of an error may repeat what somebody wrote (a database quotes the row that it refuses, a parser the words that
it stumbled on). So tracebacks tell where and what kind, and leave the errors' own words out.
"""

from __future__ import annotations

import logging
import re
import traceback
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

_FACT = re.compile(r"\b([a-z_]+)=([^\s;,]+)")


class _NoWords(logging.Formatter):
    """Tracebacks without the text of errors."""

    def formatException(  # noqa: N802 - logging's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Files, lines and kinds of an error and of those that led to it."""
        told: list[str] = []
        error = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
            told.insert(0, f"{frames}\n{type(error).__module__}.{type(error).__qualname__}".lstrip())
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nthen\n".join(told)


class Plain(_NoWords):
    """A line for people."""


class Json(_NoWords, JsonFormatter):
    """A line for programs: one JSON object, with the facts of the message (``name=value``) as fields of their own."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """What the library adds, and the message's facts; they overwrite nothing."""
        super().add_fields(log_data, record, message_dict)
        for name, value in _FACT.findall(record.getMessage()):
            log_data.setdefault(name, value)
