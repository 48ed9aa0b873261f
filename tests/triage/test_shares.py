"""What fewer or more alarms would find: each share is kept, and more alarms never find less."""

import os
import subprocess
import sys

from tools.local import ROOT
from triage.learning import corpus, shares


def test_more_alarms_find_more_and_each_share_is_kept():
    """On a tenth of the English corpus, some families of each kind."""
    families = sorted({line.family for line in corpus.read_lines() if line.language == "en" and not line.is_test})
    some = set(families[::10])
    lines = [line for line in corpus.read_lines() if line.family in some]
    few, more = shares.measure(lines, [], "en", shares=(0.01, 0.2))
    assert few.found.value < more.found.value
    assert few.below.value < more.below.value
    assert few.calm.value <= 0.01 < more.calm.value <= 0.2
    assert few.found.count == sum(line.level.is_crisis for line in lines)
    assert few.imminent_found.count < few.found.count


def test_the_command_needs_no_site():
    """As the model card tells it, in a fresh clone: without secrets, settings or database."""
    bare = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    asked = [sys.executable, "manage.py", "shares", "--help"]
    done = subprocess.run(asked, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "fewer or more alarms" in done.stdout
