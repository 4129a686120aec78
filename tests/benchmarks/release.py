"""How `fire` gets on with a server that counts a request for a moment after its answer, and refuses the next with 429.

    python tests/benchmarks/release.py [--bulletins 300] [--repeat 10]

Each run has a sandbox, a folder and a ledger of its own. Efficiency is the least time that such a server allows
(bulletins x (latency + release) / 3), over the time from the first request's arrival to the last answer.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).parents[1]))

from benchmarks.fire import measure


class Case(NamedTuple):
    """A server in milliseconds, and what each run against it has to reach."""

    latency_ms: int
    release_ms: int
    efficiency: float
    most_refused: int


CASES = (Case(50, 5, 0.95, 1), Case(30, 5, 0.95, 1), Case(50, 20, 0.85, 10))


def main() -> int:
    """Prints a line for each server; 1 where a run misses a requirement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulletins", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=10)
    options = parser.parse_args()
    missed = 0
    for case in CASES:
        measures = [measure(options.bulletins, case.latency_ms, case.release_ms) for _ in range(options.repeat)]
        reached = [each.efficiency >= case.efficiency and each.refused <= case.most_refused for each in measures]
        missed += not all(reached)
        print(
            f"{options.bulletins} bulletins at {case.latency_ms} ms, counted {case.release_ms} ms longer:"
            f" {sum(reached)} of {len(measures)} runs as required (efficiency {case.efficiency:.0%},"
            f" at most {case.most_refused} refused): efficiency"
            f" {', '.join(f'{each.efficiency:.1%}' for each in measures)}; refused"
            f" {', '.join(str(each.refused) for each in measures)}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
