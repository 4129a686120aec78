"""Three processes, one account, one ledger: how much of what the API allows is used, and is it ever exceeded?

    python tests/benchmarks/slots.py --ledger postgresql

Efficiency is the least time that the API's limit allows (bulletins x latency / 3), over the time from the first
request's arrival to the last answer. Fails below REQUIRED, or where more than three were in flight.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from torture.overlap import IN_FLIGHT, overlap
from torture.places import LEDGERS, server
from torture.processes import starter

REQUIRED = 0.90
PROCESSES = 3
BULLETINS = 300
LATENCY_S = 0.05


def main() -> int:
    """Prints the figures; 1 where they are below what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, action="append", help="both, where it is left out")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    missed = 0
    for ledger in options.ledger or LEDGERS:
        with server(ledger) as port, starter(spawn=False) as start:
            rounds = [
                overlap(start, f"slots {number}", port, processes=PROCESSES, bulletins=BULLETINS, latency_s=LATENCY_S)
                for number in range(options.rounds)
            ]
        efficiency = statistics.median(each.efficiency for each in rounds)
        peak = max(each.peak for each in rounds)
        print(
            f"{ledger}: {PROCESSES} processes, {BULLETINS} bulletins at {LATENCY_S * 1000:.0f} ms: efficiency"
            f" {efficiency:.1%} (of {', '.join(f'{each.efficiency:.1%}' for each in rounds)}; required {REQUIRED:.0%}),"
            f" peak in flight {peak}, refused {sum(each.refused for each in rounds)}"
        )
        missed += efficiency < REQUIRED or peak > IN_FLIGHT
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
