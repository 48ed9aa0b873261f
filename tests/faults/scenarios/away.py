"""No process answers, behind nginx, and somebody asks for help; see also tests/faults/test_behind_nginx.py."""

import asyncio
import signal
import time

import pytest

from tests.faults.campaign import scenario
from tests.faults.figures import Figures
from tests.faults.nginx import Front
from tests.faults.stage import Stage
from tests.servers import free_port

PATHS = ("/", "/begin/", "/talk/", "/help/", "/staff/")
OWN_NUMBERS = '[{"number": "988", "zh": "生命热线", "en": "lifeline"}]'
SHOWN = ('href="tel:988"', "生命热线", "lifeline")
HANGS = "1s"
"""Here nginx waits so long for a process that hangs; 15 s at a site."""
BACK_WITHIN_SECONDS = 60.0
ASKED_AGAIN_WITHIN_SECONDS = 2.5
"""Its fail_timeout of a second, told in whole seconds, and the page that is asked for."""


@scenario("All processes gone, and a new page asks for help", full=20, short=0, storage=("sqlite", "postgresql+redis"))
async def all_gone(stage: Stage, rounds: int) -> Figures:
    """They are killed or, every other time, held: each page that is asked for shows the site's own numbers."""
    figures = Figures(rounds=rounds)
    site = stage.site(HTTPS="true", EMERGENCY_NUMBERS=OWN_NUMBERS)
    written = await asyncio.to_thread(site.manage, "away_page")
    assert written.returncode == 0, written.stderr
    processes = await asyncio.to_thread(stage.serve, site)
    folder = stage.folder / "nginx"
    folder.mkdir()
    ports = [process.port for process in processes]
    front = Front(site, folder, [*ports, *(free_port() for _ in range(3 - len(ports)))], patience=HANGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(front.certificate))
        try:
            await asyncio.to_thread(front.start)
            for number in range(rounds):
                held = number % 2 == 1
                for process in processes:
                    if held:
                        process.popen.send_signal(signal.SIGSTOP)
                    else:
                        process.kill()
                await asyncio.to_thread(_ask, front, figures)
                if held:
                    for process in processes:
                        process.popen.send_signal(signal.SIGCONT)
                else:
                    processes = [await asyncio.to_thread(site.start, port) for port in ports]
                await asyncio.to_thread(_back, front, figures)
        finally:
            front.stop()
    return figures


def _ask(front: Front, figures: Figures) -> None:
    for path in PATHS:
        before = time.monotonic()
        status, text = front.get(path)
        figures.most("longest until the numbers were there, s", round(time.monotonic() - before, 2))
        assert status in {502, 504}, f"{path} was answered: {status}"
        figures.add("pages asked for", 1)
        figures.keeps("pages without the site's own numbers", sum(one not in text for one in SHOWN), 0)


def _back(front: Front, figures: Figures) -> None:
    """Processes answer again: so does nginx, once it looks for them anew. Of 5 s pages need up to three."""
    before = time.monotonic()
    while front.get("/")[0] != 200:
        assert time.monotonic() - before < BACK_WITHIN_SECONDS, "nginx asks nobody any more"
        time.sleep(0.1)
    figures.keeps("nginx asks them again within (s)", time.monotonic() - before, ASKED_AGAIN_WITHIN_SECONDS)
