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
