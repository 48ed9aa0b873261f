#!/usr/bin/env python
"""Administrative commands."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run what the command line asks for."""
    from triage import alone

    settings = "triage.alone" if sys.argv[1:2] and sys.argv[1] in alone.COMMANDS else "hotline.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
