"""`plan` of 10,000 bulletins over a ledger with 1,000,000 firings: what the ledger costs, in time and memory.

    python tests/benchmarks/plan.py --ledger postgresql

The set's own firings are spread among those of old releases; a fifth of them went out. Time is what `plan` takes beyond
`validate`; memory is the peak of `plan` over that ledger against one over a ledger with 10,000 firings. Fails where the
time is REQUIRED_S or more, or the memory grows by a twentieth.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from servers.postgres import new_database
from sqlalchemy import create_engine, insert
from torture.places import LEDGERS, server

from runner.definitions.load import load
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import firings as table
from runner.ledger.ledger import Ledger
from runner.ledger.records.firings import row_values
from runner.ledger.values import Identity, Origin
from runner.plan.firing import firings
from runner.plan.history import State

REQUIRED_S = 2.0
MOST_GROWTH = 1.05
BULLETINS = 10_000
FIRINGS = 1_000_000
REPEATS = 5
_ROOT = Path(__file__).parents[2]


def main() -> int:
    """Prints the figures; 1 where they are not what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, action="append", help="both, where it is left out")
    options = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="bulletins-bench-") as folder:
        definitions = write_set(Path(folder))
        for ledger in options.ledger or LEDGERS:
            with server(ledger) as port:
                small = make_ledger(Path(folder) / "small.sqlite3", port, definitions, BULLETINS)
                large = make_ledger(Path(folder) / "large.sqlite3", port, definitions, FIRINGS)
                missed += measure(ledger, definitions, small, large)
    return 1 if missed else 0


def measure(ledger: str, definitions: Path, small: str, large: str) -> bool:
    """Prints one line; whether it is worse than required."""
    calls = {"validate": ["validate", str(definitions)], "plan": ["plan", str(definitions), "--ledger", large]}
    took: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(REPEATS):
        for name, call in calls.items():
            took[name].append(run(call)[0])
    peaks = [run(["plan", str(definitions), "--ledger", url])[1] for url in (small, large)]
    plan_s, validate_s = (statistics.median(took[name]) for name in ("plan", "validate"))
    print(
        f"{ledger}: plan of {BULLETINS:,} over {FIRINGS:,} firings: {plan_s - validate_s:.2f} s beyond validate"
        f" ({plan_s:.2f} s and {validate_s:.2f} s, medians of {REPEATS}; required {REQUIRED_S:g} s);"
        f" peak memory {peaks[1]:.1f} MiB, over {BULLETINS:,} firings {peaks[0]:.1f} MiB"
    )
    return plan_s - validate_s >= REQUIRED_S or peaks[1] > MOST_GROWTH * peaks[0]


def run(call: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of one call as a whole process."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "runner", *call], stdout=subprocess.DEVNULL, env=environment
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(call)} ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def write_set(folder: Path) -> Path:
    """10,000 bulletins in 100 files; a fifth of them will have been sent."""
    path = folder / "bulletins.d"
    path.mkdir()
    (path / "accounts.yaml").write_text(
        "accounts:\n  india: {region: in1, account_id_env: ID, passcode_env: PASSCODE}\n", encoding="utf-8"
    )
    for number in range(100):
        head = "defaults: {business_event: Program Released, c-by: a@example.com}\nbulletins:\n"
        entries = (
            f'  - {{id: "show-{n * 100:07}", name: Show {n}, properties: {{program_id: "{n}"}}}}\n'
            for n in range(number * 100, number * 100 + 100)
        )
        (path / f"{number:03}.yaml").write_text(head + "".join(entries), encoding="utf-8")
    return path


def make_ledger(path: Path, port: int | None, definitions: Path, count: int) -> str:
    """A ledger with so many firings; its URL."""
    url = new_database(port) if port else str(path)
    create(parse_url(url), now=datetime.now(UTC), who="benchmark")
    with Ledger(parse_url(url)) as ledger:
        run_id = ledger.start_run(Origin("fire", "1"), Identity("benchmark", "here", 1), lease=timedelta())
        ledger.finish_run(run_id, exit_code=0, interrupted=False)
    engine = create_engine(parse_url(url))
    rows = itertools.chain.from_iterable((of_the_set(definitions, run_id), of_old_releases(definitions, run_id, count)))
    statement = insert(table)
    for batch in batches(rows, 10_000):
        with engine.begin() as connection:
            connection.execute(statement, batch)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return url


def of_the_set(definitions: Path, run_id: str) -> Iterator[dict[str, Any]]:
    """Every fifth firing of the set, sent a month ago."""
    ago = datetime.now(UTC) - timedelta(days=30)
    for firing in itertools.islice(firings(load([definitions]), ago), 0, None, 5):
        yield {**row_values(run_id, firing, ago, State.FIRED), "settled_at": ago}


def of_old_releases(definitions: Path, run_id: str, count: int) -> Iterator[dict[str, Any]]:
    """Firings of the past, of bulletins that nobody defines any more; their keys lie between those of the set."""
    ago = datetime.now(UTC) - timedelta(days=300)
    like = next(firings(load([definitions]), ago))
    for number in range(count - BULLETINS // 5):
        row = {**row_values(run_id, like, ago, State.FIRED), "settled_at": ago}
        yield {**row, "bulletin": f"show-{number:07}-old", "payload_hash": f"sha256:{number:064x}"}


def batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """The rows in lists of that size."""
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


if __name__ == "__main__":
    sys.exit(main())
