"""Finds out whether a process seen earlier has certainly ended, or certainly still exists.

A process id alone is not enough: the system reuses ids, and each container has ids of its own. On Linux, the boot, the
id namespace, the id and the start time identify a process. Other systems have no such data; there only leases decide.
"""

from __future__ import annotations

import os
from pathlib import Path


def this_process() -> str:
    """Return a text that identifies this process among all others, also later. Empty if the system has no such data."""
    try:
        return f"{_surroundings()} {os.getpid()} {_started(os.getpid())}"
    except (OSError, ValueError, IndexError):
        return ""


def has_ended(process: str) -> bool:
    """Whether the process that `this_process` identified has ended. True only if that is certain."""
    try:
        surroundings, pid, started = process.rsplit(" ", 2)
        if surroundings != _surroundings():
            return False
        return _started(int(pid)) != started
    except (FileNotFoundError, ProcessLookupError):
        return True
    except (OSError, ValueError, IndexError):
        return False


def is_here(process: str) -> bool:
    """Whether the process that `this_process` identified still exists, running or stopped. True only if certain."""
    try:
        surroundings, pid, started = process.rsplit(" ", 2)
        return surroundings == _surroundings() and _started(int(pid)) == started
    except (OSError, ValueError, IndexError):
        return False


def _surroundings() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}"


def _started(pid: int) -> str:
    """Return the start time of a process in clock ticks since the boot: field 22 of /proc/PID/stat, see proc(5)."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = stat.rpartition(")")[2].split()  # the program's name may contain spaces and brackets
    if fields[0] in ("Z", "X"):
        raise ProcessLookupError(pid)
    return fields[19]
