"""What the system knows of a process and its children: CPU time and memory."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROCESS_CLOCK = 2
"""Of the clocks that Linux has for each process, the one of CPU time in nanoseconds (clock_getcpuclockid)."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on (the second may hold blanks)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(pid: int) -> list[int]:
    """A process and all that it started, down to the last."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except OSError:
                continue
    found = [pid]
    for one in found:
        found.extend(parents.get(one, ()))
    return found


def cpu_seconds(*pids: int) -> float:
    """User and system time of these process trees, with that of children that have ended."""
    used = 0.0
    for one in {member for pid in pids for member in tree(pid)}:
        try:
            used += time.clock_gettime(~one << 3 | PROCESS_CLOCK)
            used += sum(int(field) for field in _stat(one)[13:15]) / TICK
        except OSError:
            continue
    return used


Threads = dict[tuple[str, int, int], float]
"""CPU seconds of each thread: by what its process is, the process and the thread."""
MAIN, DATABASE, OTHER, TRIAGE = "main threads", "database threads", "other threads", "triage"


def threads(*pids: int) -> Threads:
    """CPU seconds of every thread of these process trees, as the scheduler counts them.

    A process is named as its program is; Python's own are "server", and below such a server "triage".
    """
    found: Threads = {}
    for pid in pids:
        for member in tree(pid):
            try:
                name = Path(f"/proc/{member}/comm").read_text().strip()
                if name.startswith("python"):
                    name = "server" if member == pid else TRIAGE
                for task in Path(f"/proc/{member}/task").iterdir():
                    found[name, member, int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
            except (OSError, IndexError):
                continue
    return found


def parts(before: Threads, after: Threads) -> dict[str, float]:
    """CPU seconds between two looks: of each server's main thread, its database's, triage, and other programs.

    The database's thread has no name that the system knows: it is the one beside the main thread that computed most.
    """
    used: dict[str, float] = {}
    beside: dict[int, list[float]] = {}
    for (name, pid, thread), seconds in after.items():
        spent = seconds - before.get((name, pid, thread), 0.0)
        if name == "server" and thread != pid:
            beside.setdefault(pid, []).append(spent)
        else:
            part = MAIN if name == "server" else name
            used[part] = used.get(part, 0.0) + spent
    for spents in beside.values():
        busiest = max(spents)
        used[DATABASE] = used.get(DATABASE, 0.0) + busiest
        used[OTHER] = used.get(OTHER, 0.0) + sum(spents) - busiest
    return used


def resident_bytes(*pids: int) -> int:
    """Memory that these process trees hold."""
    pages = 0
    for one in {member for pid in pids for member in tree(pid)}:
        try:
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except OSError:
            continue
    return pages * PAGE


def describe() -> dict[str, object]:
    """The machine, for whoever compares figures of two of them."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average_before": os.getloadavg()[0],
    }
