"""`bulletins` as a process that counts its write transactions, and can make each of them slower.

    python tests/benchmarks/observed.py FIGURES DELAY_MS fire --yes

Writes a JSON object to the file FIGURES at the end: the number of write transactions and the seconds of CPU. DELAY_MS
is added to each write transaction right before its commit, while its locks are held, as a slow disk would.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

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


if __name__ == "__main__":
    figures, delay_ms = Path(sys.argv[1]), float(sys.argv[2])
    sys.argv = ["bulletins", *sys.argv[3:]]
    observe(delay_ms / 1000)
    try:
        main()
    finally:
        figures.write_text(json.dumps({"commits": commits, "cpu_s": time.process_time()}), encoding="utf-8")
