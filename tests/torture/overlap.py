"""Many runs at once over one ledger: is each bulletin raised once, with never more than three requests in flight?

    python tests/torture/overlap.py --ledger postgresql --processes 10 --rounds 5

Efficiency is the least time that the API's limit allows (bulletins x latency / 3), over the time from the first
request's arrival to the last answer.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Site, outcomes

from torture.places import LEDGERS, must, new_site, server, verdict
from torture.processes import Start, ended, starter
from torture.promise import BrokenPromiseError

IN_FLIGHT = 3  # the API's limit for an account


@dataclass(frozen=True, slots=True)
class Round:
    """What one round showed. `shares` is how many bulletins each run fired."""

    efficiency: float
    peak: int
    refused: int
    shares: tuple[int, ...]


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--processes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bulletins", type=int, default=100)
    parser.add_argument("--latency-ms", type=int, default=50)
    parser.add_argument("--stagger-ms", type=int, default=0, help="start the runs at random moments of so long a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spawn", action="store_true", help="start each run as a process from nothing: slower")
    options = parser.parse_args()
    with server(options.ledger) as port, starter(spawn=options.spawn) as start:
        try:
            rounds = [_round(start, f"{options.seed}.{number}", port, options) for number in range(options.rounds)]
        except BrokenPromiseError as broken:
            print(f"BROKEN on {options.ledger}: {broken}")
            return 1
    print(
        f"{options.ledger}: {options.rounds} rounds of {options.processes} runs over {options.bulletins} bulletins at"
        f" {options.latency_ms} ms: each raised once, none in doubt, peak in flight {max(r.peak for r in rounds)},"
        f" {sum(r.refused for r in rounds)} refused,"
        f" efficiency {statistics.median(r.efficiency for r in rounds):.1%}"
        f" (least {min(r.efficiency for r in rounds):.1%}), fired by each run {_spread(rounds)}"
    )
    return 0


def _round(start: Start, seed: str, port: int | None, options: argparse.Namespace) -> Round:
    return overlap(
        start,
        seed,
        port,
        processes=options.processes,
        bulletins=options.bulletins,
        latency_s=options.latency_ms / 1000,
        stagger_s=options.stagger_ms / 1000,
    )


def overlap(
    start: Start,
    seed: str,
    port: int | None,
    *,
    processes: int,
    bulletins: int,
    latency_s: float,
    stagger_s: float = 0.0,
) -> Round:
    """So many runs at once on a site of its own. Raises BrokenPromiseError."""
    ids = [f"b-{number}" for number in range(bulletins)]
    chance = random.Random(seed)
    delays_s = sorted(chance.uniform(0, stagger_s) for _ in range(processes))
    with new_site(ids, latency_s=latency_s, port=port) as site:
        began, running = time.monotonic(), []
        for delay_s in delays_s:
            time.sleep(max(0.0, began + delay_s - time.monotonic()))
            running.append(start(site, "fire", "--yes"))
        codes = [ended(process) for process in running]
        _check(site, ids, codes, seed)
        received = site.sandbox.received()
        took_s = max(each.answered_at_s or 0.0 for each in received) - min(each.at_s for each in received)
        return Round(
            efficiency=len(ids) * latency_s / IN_FLIGHT / took_s,
            peak=max(site.sandbox.peaks_in_flight().values()),
            refused=sum(each.status == 429 for each in received),
            shares=tuple(list(outcomes(report).values()).count("fired") for report in site.reports()),
        )


def _check(site: Site, ids: list[str], codes: list[int], seed: str) -> None:
    final = verdict(site, ids)
    must(not final.broken(over=True), final.broken(over=True), seed, site)
    must(not final.in_doubt, f"{len(final.in_doubt)} in doubt", seed, site)
    must(site.accepted() == dict.fromkeys(ids, 1), "not every bulletin was raised once", seed, site)
    peaks = site.sandbox.peaks_in_flight()
    must(max(peaks.values()) <= IN_FLIGHT, f"peak in flight {peaks}", seed, site)
    refused = sum(each.status == 429 for each in site.sandbox.received())
    must(not refused, f"{refused} requests were refused with 429", seed, site)
    must(set(codes) == {0}, f"exit codes {codes}", seed, site)
    reported = [id for report in site.reports() for id, outcome in outcomes(report).items() if outcome == "fired"]  # noqa: A001
    must(sorted(reported) == sorted(ids), "the reports do not contain each bulletin once", seed, site)


def _spread(rounds: list[Round]) -> str:
    shares = [share for each in rounds for share in each.shares]
    return f"{min(shares)} to {max(shares)}" if shares else "none"


if __name__ == "__main__":
    sys.exit(main())
