"""Wrong answers at random on kept connections: interim, late, short, doubled, contradictory and malformed ones.

    python tests/torture/answers.py --sequences 2000 --sites 10 --seed 1

A sequence is a few requests of one client, each sent when the server has written all that it had to. A site is a folder
where `fire` runs until nothing is left to send. The server records what it really raised.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from fire import CREDENTIALS
from fire.answers import TruthfulServer, exchange

from runner.fire.api.client import Client
from runner.fire.api.endpoint import Endpoint
from runner.fire.api.network import Network
from torture.places import LEDGERS, must, new_site, server, verdict
from torture.processes import Start, ended, starter
from torture.promise import BrokenPromiseError

BULLETINS = 30
MOST_RUNS = 12


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--sites", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    requests, faults = play(str(options.seed), options.sequences)
    for fault in faults:
        print(f"BROKEN, seed {options.seed}: {fault}")
    print(f"seed {options.seed}: {requests} requests in {options.sequences} sequences, {len(faults)} faults")
    try:
        with server(options.ledger) as port, starter(spawn=False) as start:
            counts = sum((befall(start, f"{options.seed}.{n}", port) for n in range(options.sites)), Counter[str]())
    except BrokenPromiseError as broken:
        print(f"BROKEN on {options.ledger}: {broken}")
        return 1
    print(
        f"{options.ledger}: {options.sites} sites of {BULLETINS} bulletins: {counts['runs']} runs,"
        f" {counts['requests']} requests, {counts['raised']} raised, each once, {counts['in doubt']} in doubt"
    )
    return 1 if faults else 0


def play(seed: str, sequences: int) -> tuple[int, list[str]]:
    """How many requests were sent, and what was found wrong."""
    network = Network(version="1.2.3")
    with TruthfulServer(seed).serving() as served:
        faults = [fault for number in range(sequences) for fault in _sequence(served, network, f"{seed}.{number}")]
        return sum(served.requests.values()), faults


def _sequence(served: TruthfulServer, network: Network, seed: str) -> Iterator[str]:
    client = Client(Endpoint(served.base_url, CREDENTIALS, network))
    count = random.Random(seed).randint(2, 8)
    yield from exchange(served, client, [f"{seed}.{number}" for number in range(count)])
    client.close()


def befall(start: Start, seed: str, port: int | None, *, bulletins: int = BULLETINS) -> Counter[str]:
    """Runs on a site of its own until all is settled, or in doubt; what happened there."""
    names = [f"b-{number}" for number in range(bulletins)]
    with new_site(names, latency_s=0, port=port) as site, TruthfulServer(seed, prompt=True).serving() as served:
        site.environment["BULLETINS_TEST_HURRY"] = "1"
        site.write_accounts(india=served.base_url)
        runs, code = 0, -1
        while code != 0 and runs < MOST_RUNS:
            runs += 1
            code = ended(start(site, "fire", "--yes"))
            must(code in (0, 1, 4), f"a run ended with {code}", seed, site)
            found = verdict(site, names, served.raised)
            must(not found.broken(over=False), found.broken(over=False), seed, site)
        return Counter(
            {
                "runs": runs,
                "requests": sum(served.requests.values()),
                "raised": sum(served.raised.values()),
                "in doubt": len(found.in_doubt),
            }
        )


if __name__ == "__main__":
    sys.exit(main())
