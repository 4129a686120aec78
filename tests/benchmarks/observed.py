"""`bulletins` as a process that counts its write transactions, and can make each of them slower.

    python tests/benchmarks/observed.py FIGURES DELAY_MS fire --yes

Writes a JSON object to the file FIGURES at the end: the number of write transactions and the seconds of CPU. DELAY_MS
is added to each write transaction right before its commit, while its locks are held, as a slow disk would.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parents[2]))

from sqlalchemy import Connection, Engine, event

from runner.cli import main

commits = 0


def observe(delay_s: float) -> None:
    """Count and delay the commits of all engines of this process."""

    def committing(connection: Connection) -> None:
        global commits
        if connection.get_execution_options().get("reading"):
            return
        commits += 1
        if delay_s:
            time.sleep(delay_s)

    event.listen(Engine, "commit", committing)


def write(figures: Path) -> None:
    """Write the figures so far."""
    figures.write_text(json.dumps({"commits": commits, "cpu_s": time.process_time()}), encoding="utf-8")


def write_before_leaving(figures: Path) -> None:
    """Write the figures also if the program ends with `os._exit`, because threads of the run are alive."""
    leave = os._exit

    def end(code: int) -> NoReturn:
        write(figures)
        leave(code)

    os._exit = end  # type: ignore[assignment]


if __name__ == "__main__":
    path = Path(sys.argv[1])
    observe(float(sys.argv[2]) / 1000)
    write_before_leaving(path)
    sys.argv = ["bulletins", *sys.argv[3:]]
    try:
        main()
    finally:
        write(path)
