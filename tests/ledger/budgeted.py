"""A process that claims within a budget: `python budgeted.py URL`. It waits for a line, and prints what it got."""

from __future__ import annotations

import sys

from plan import HOUR, NOW, make_bulletin, make_firings

from ledger import begin, claim_within
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Claim
from runner.plan.budget import DAY, Limit

FIRINGS = make_firings(*(make_bulletin(f"b{number}", name=str(number)) for number in range(40)))
BUDGET = (Limit("india", 13, HOUR), Limit("india", 14, DAY))


def main(url: str) -> None:
    """Claims whatever it gets."""
    with Ledger(parse_url(url)) as ledger:
        run = begin(ledger)
        print("ready", flush=True)  # noqa: T201
        sys.stdin.readline()
        for firing in FIRINGS:
            if isinstance(claim_within(ledger, run, firing, NOW, BUDGET), Claim):
                print(firing.key.bulletin)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
