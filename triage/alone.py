"""Settings for the commands of triage that need neither a database nor secrets."""

SECRET_KEY = "unused: these commands sign nothing"  # noqa: S105 - no secret
INSTALLED_APPS = ["triage"]
DATABASES: dict[str, object] = {}
USE_TZ = True
COMMANDS = frozenset({"assess", "train", "evaluate", "count_background", "rules", "shares"})
"""Those that manage.py runs with these settings."""
