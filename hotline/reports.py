"""What an error report may hold: the fault, never what people wrote."""

from __future__ import annotations

from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class NothingSaidFilter(SafeExceptionReporterFilter):
    """Leaves every local variable and every posted field out of error reports, in debug too."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """No posted field: forms of this site hold what people wrote."""
        return {}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> list[tuple[str, str]]:  # type: ignore[override]
        """No local variable: any of them may be a message."""
        return []
