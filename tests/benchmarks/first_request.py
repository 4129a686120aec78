"""How soon the first request leaves: `fire` over a set with 10,000 bulletins that wait and 200 that are due.

    python tests/benchmarks/first_request.py                   # SQLite
    python tests/benchmarks/first_request.py --ledger URL      # an empty PostgreSQL database; one run

The sandbox runs in this process and notes when the first request arrives. Time counts from the start of the process.
A plan fills the definitions cache first, as the runs before do under cron; one run without the cache is shown too.
Fails if the median is above REQUIRED_S.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.idle import DEFAULTS, Site, new_site, required

from runner.sandbox.server import Sandbox

REQUIRED_S = 1.5
PER_FILE = 200
ACCOUNTS = (
    "accounts:\n  india: {{base_url: '{base_url}', account_id_env: SANDBOX_ID, passcode_env: SANDBOX_PASSCODE}}\n"
)
BULLETIN = """\
  - id: show-{number:07}
    name: सा रे गा मा, एपिसोड {number}
    properties: {{program_id: "{number}", language: Hindi, title: सा रे गा मा}}
    schedule: {{at: "{at:%Y-%m-%dT%H:%M:%SZ}", grace: 2h}}
    tags: [hindi, music]
"""


def main() -> int:
    """Print the times. Return 1 if their median is above what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=10_000, help="bulletins that are due on later days")
    parser.add_argument("--due", type=int, default=200, help="bulletins that are due now")
    parser.add_argument("--runs", type=int, default=5, help="runs with a new SQLite ledger each; the median counts")
    parser.add_argument("--ledger", help="URL of an empty database for the only run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bulletins-bench-") as folder, Sandbox(latency_s=0.05) as sandbox:
        site = new_site(Path(folder))
        site.environment.update(SANDBOX_ID="TEST-1", SANDBOX_PASSCODE="sandbox")
        write_set(site.folder / "bulletins.d", sandbox.base_url, options.waiting, options.due)
        ledgers = [options.ledger] if options.ledger else [f"ledger-{number}.sqlite3" for number in range(options.runs)]
        site.run("plan")
        times = [first_request(site, sandbox, ledger, options.due) for ledger in ledgers]
        print("seconds to the first request:", *(f"{each:.2f}" for each in times), flush=True)
        if not options.ledger:
            cold = first_request(site, sandbox, "cold.sqlite3", options.due, "--no-cache")
            print(f"without the cache: {cold:.2f}", flush=True)
    return 0 if required("seconds from the start to the first request", statistics.median(times), REQUIRED_S) else 1


def write_set(folder: Path, base_url: str, waiting: int, due: int) -> None:
    """Write a set in which `due` bulletins are due, and all others wait for a later day."""
    folder.mkdir()
    now = datetime.now(UTC)
    (folder / "accounts.yaml").write_text(ACCOUNTS.format(base_url=base_url), encoding="utf-8")
    entries = [BULLETIN.format(number=number, at=now - timedelta(minutes=1)) for number in range(due)]
    entries += [
        BULLETIN.format(number=due + number, at=now + timedelta(days=1, minutes=number)) for number in range(waiting)
    ]
    for first in range(0, len(entries), PER_FILE):
        text = DEFAULTS + "".join(entries[first : first + PER_FILE])
        (folder / f"{first:07}.yaml").write_text(text, encoding="utf-8")


def first_request(site: Site, sandbox: Sandbox, ledger: str, due: int, *options: str) -> float:
    """Fire what is due. Return the seconds from the start of the process to the arrival of its first request."""
    site.run("ledger", "init", "--ledger", ledger)
    before, begun = len(sandbox.received()), time.monotonic()
    site.run("fire", "--yes", "--quiet", "--ledger", ledger, *options)
    received = sandbox.received()[before:]
    if len(received) != due:
        raise SystemExit(f"{len(received)} requests arrived for {due} bulletins")
    return min(each.at_s for each in received) - begun


if __name__ == "__main__":
    sys.exit(main())
