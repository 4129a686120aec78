"""A year of recurring schedules, planned at each of its 105,120 steps of five minutes: is a time sent twice, or lost?

    python tests/torture/recurring.py --years 5 --seed 1

In each year there are gaps of up to three days in which no run comes, and three of ten runs with something to do are
killed on their way. `tests/fire/test_recurring_year.py` is the same for some weeks, and passes over the steps at which
nothing is due.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from fire.year import Year


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the ledgers lie, such as /dev/shm")
    options = parser.parse_args()
    for seed in range(options.seed, options.seed + options.years):
        started = time.monotonic()
        place = tempfile.TemporaryDirectory(prefix="bulletins-year-", dir=options.folder)
        with place as folder, Year(Path(folder), seed, every_step=True) as year:
            year.pass_by()
            broken = year.broken()
            sent = sum(year.accepted.values())
        for fault in broken:
            print(f"BROKEN: {fault}")
        if broken:
            return 1
        print(
            f"seed {seed}: {year.idle:,} idle steps, {len(year.runs)} runs, {sum(year.kills.values())} killed,"
            f" {year.gaps} gaps, {sent} sent, none twice, none lost, {time.monotonic() - started:.0f} s",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
