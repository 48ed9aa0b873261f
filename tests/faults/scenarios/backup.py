"""Backups while people write, and back."""

import asyncio

from tests.faults.campaign import scenario
from tests.faults.figures import Figures
from tests.faults.restoring import there_and_back
from tests.faults.stage import Stage


@scenario("backed up while people write, and restored", full=10, short=0, storage=("sqlite", "postgresql"))
async def backed_up(stage: Stage, rounds: int) -> Figures:
    """Again and again on the same site; some people are erased before the backup, and some after it."""
    figures = Figures(rounds=rounds)
    site = stage.site()
    process = await asyncio.to_thread(site.start)
    for number in range(rounds):
        process = await there_and_back(site, process, stage.folder / f"copy-{number}", figures)
    return figures
