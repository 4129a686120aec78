"""Whether a process that was seen earlier is gone for certain, or certainly still there.

A process id alone says little: it is used again, and containers have ids of their own. On Linux a process is told by
the boot, the id namespace, its id and its start time; elsewhere nothing is certain, and leases decide alone.
"""

from __future__ import annotations

import os
from pathlib import Path


def this_process() -> str:
    """What tells this process from every other, now and later; empty where the system gives no such thing."""
    try:
        return f"{_surroundings()} {os.getpid()} {_started(os.getpid())}"
    except (OSError, ValueError, IndexError):
        return ""


def is_gone(process: str) -> bool:
    """Whether the process that `this_process` described has ended. True only where that is certain."""
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
    """Whether the process that `this_process` described is still there, if only stopped. True only where certain."""
    try:
        surroundings, pid, started = process.rsplit(" ", 2)
        return surroundings == _surroundings() and _started(int(pid)) == started
    except (OSError, ValueError, IndexError):
        return False


def _surroundings() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {os.readlink('/proc/self/ns/pid')}"


def _started(pid: int) -> str:
    """The start time of a process, in clock ticks since the boot: field 22 of proc(5)'s stat."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    if fields[0] in ("Z", "X"):
        raise ProcessLookupError(pid)
    return fields[19]
