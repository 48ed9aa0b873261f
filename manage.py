#!/usr/bin/env python
"""Administrative commands."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run what the command line asks for."""
    from triage import commands

    command = sys.argv[1] if sys.argv[1:] else ""
    settings = "triage.alone" if command in commands.ALONE else "hotline.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    if command in commands.AS_SHIPPED:
        os.environ["TRIAGE_LEXICON"] = ""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as trouble:
        sys.exit(f"Not started: {trouble}")


if __name__ == "__main__":
    main()
