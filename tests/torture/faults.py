"""Faults of the wire at random, request by request, in several accounts, until a person has settled all of it.

    python tests/torture/faults.py --ledger postgresql --sites 10 --seed 1

Two thirds of the requests meet a fault: statuses, time-outs, resets before and after, answers that break off, a 429
that blocks its account for a while. After each run a person settles what is in doubt, as the activity log says, and
sometimes two runs overlap.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Site

from torture.people import settle_doubts
from torture.places import LEDGERS, must, new_site, server
from torture.processes import Start, ended, starter
from torture.promise import BrokenPromiseError, judge

BULLETINS = 40
ACCOUNTS = ("india", "europe", "gulf")
MOST_RUNS = 60
STICKY = 0.3  # of the runs meet a server at which a 429 blocks its account for a while
KINDS = (
    "400", "429", "500", "500-after", "502", "503-after", "timeout", "timeout-after", "reset", "reset-after",
    "close", "close-after", "truncated", "foreign", "no-status", "fail:Business Event Not Found", "redirect", "huge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reported:
    """What one site came to."""

    runs: int
    requests: int
    faults: int
    settled: int
    sent_twice: int
    lost: int


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    reported = []
    with server(options.ledger) as port, starter(spawn=False) as start:
        try:
            reported = [befall(start, f"{options.seed}.{number}", port) for number in range(options.sites)]
        except BrokenPromiseError as broken:
            print(f"BROKEN on {options.ledger}: {broken}")
            return 1
    print(
        f"{options.ledger}, seed {options.seed}: {sum(t.runs for t in reported)} runs over {len(reported)} sites of"
        f" {BULLETINS} bulletins in {len(ACCOUNTS)} accounts: {sum(t.requests for t in reported)} requests,"
        f" {sum(t.faults for t in reported)} met a fault, {sum(t.settled for t in reported)} settled by a person,"
        f" {sum(t.sent_twice for t in reported)} sent twice, {sum(t.lost for t in reported)} lost"
    )
    return 0


def befall(start: Start, seed: str, port: int | None, *, bulletins: int = BULLETINS) -> Reported:
    """Runs on a site of its own until each bulletin went out in each account, once."""
    names = [f"b-{number}" for number in range(bulletins)]
    chance = random.Random(seed)
    with new_site(names, latency_s=0.002, port=port) as site:
        site.environment.update({"BULLETINS_TEST_HURRY": "1", "BULLETINS_TEST_ANSWER_S": "0.3"})
        site.write_accounts(**dict.fromkeys(ACCOUNTS, site.sandbox.base_url))
        site.write_bulletins(names, account=", ".join(ACCOUNTS))
        runs = settled = 0
        while len(site.sandbox.accepted()) < len(names) * len(ACCOUNTS) or _pending(site):
            must(runs < MOST_RUNS, f"not done after {runs} runs", seed, site)
            site.sandbox.clear_faults()
            for kind in chance.sample(KINDS, 6) if runs < MOST_RUNS // 2 else ():
                site.sandbox.add_fault(f"{kind}~0.15")
            if runs < MOST_RUNS // 2 and chance.random() < STICKY:
                site.sandbox.add_fault("sticky-429:300ms")
            processes = [start(site, "fire", "--yes") for _ in range(chance.choice((1, 1, 2)))]
            codes = {ended(process) for process in processes}
            must(codes <= {0, 1, 4}, f"runs ended with {codes}", seed, site)
            # What a run gave up waiting for may still have to be read there: until then, nobody knows.
            site.sandbox.wait_received(site.query("SELECT count(*) FROM attempts")[0], timeout_s=60)
            runs += len(processes)
            _check(site, names, seed, over=False)
            settled += settle_doubts(start, site, seed)
        _check(site, names, seed, over=True)
        received = site.sandbox.received()
        return Reported(
            runs,
            len(received),
            sum(each.fault is not None for each in received),
            settled,
            sum(count > 1 for count in _raised(site).values()),
            len(names) * len(ACCOUNTS) - len(_raised(site)),
        )


def _raised(site: Site) -> Counter[str]:
    return Counter(f"{received.name} {received.account_id}" for received in site.sandbox.accepted())


def _pending(site: Site) -> bool:
    """Whether the ledger still waits for a person, or a run, though people got all of it."""
    return bool(site.query("SELECT 1 FROM firings WHERE state IN ('claimed', 'in_doubt')"))


def _check(site: Site, names: list[str], seed: str, *, over: bool) -> None:
    rows = site.query("SELECT bulletin || ' ' || account || '=' || state FROM firings")
    keys = [f"{name} {account}" for name in names for account in ACCOUNTS]
    found = judge(keys, _raised(site), [tuple(row.split("=")) for row in rows])
    must(not found.broken(over=over), found.broken(over=over), seed, site)


if __name__ == "__main__":
    sys.exit(main())
