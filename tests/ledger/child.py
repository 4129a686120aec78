"""What the tests do in processes of their own: `python child.py race|hold|fill|lock|make URL`.

Each says `ready` and waits for a line before it does what counts. `race` claims the 40 firings of all racers and
prints those it got; `hold` claims one and stays; `fill` claims until it can't and prints why; `lock` takes the
lock for writing and stays; `make` creates a ledger, and stays when its tables are written.
"""

from __future__ import annotations

import sqlite3
import sys

from plan import NOW, make_bulletin, make_firings

from ledger import begin, claim_one
from runner.errors import UserError
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger

FIRINGS = make_firings(*(make_bulletin(f"b{number}", name=str(number)) for number in range(40)))


def wait() -> None:
    """Until the test says go."""
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()


def race(url: str) -> None:
    """Claims whatever it gets."""
    with Ledger(parse_url(url)) as ledger:
        run = begin(ledger)
        wait()
        for firing in FIRINGS:
            if claim_one(ledger, run, firing, NOW):
                print(firing.key.bulletin)  # noqa: T201


def hold(url: str) -> None:
    """Claims one, and waits to be killed."""
    with Ledger(parse_url(url)) as ledger:
        run = begin(ledger)
        assert claim_one(ledger, run, FIRINGS[0], NOW)
        wait()


def fill(url: str) -> None:
    """Claims until the disk is full, then asks the ledger once more."""
    create(parse_url(url), now=NOW, who="asha")
    claimed = 0
    with Ledger(parse_url(url)) as ledger:
        run = begin(ledger)
        try:
            for number in range(10_000):
                (firing,) = make_firings(make_bulletin(f"b{number}", properties={"text": "x" * 500}))
                assert claim_one(ledger, run, firing, NOW)
                claimed += 1
        except UserError as error:
            print(f"{int(error.exit_code)} {error.message} {error.help}")  # noqa: T201
    with Ledger(parse_url(url)) as ledger:
        print(f"{claimed} claimed, {ledger.describe().states['claimed']} recorded")  # noqa: T201


def lock(url: str) -> None:
    """Holds the lock for writing."""
    connection = sqlite3.connect(url, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    wait()
    connection.close()


def make(url: str) -> None:
    """Creates a ledger, and waits to be killed before that is committed."""
    create(parse_url(url), now=NOW, who="asha", fill=lambda connection: wait())


if __name__ == "__main__":
    {"race": race, "hold": hold, "fill": fill, "lock": lock, "make": make}[sys.argv[1]](sys.argv[2])
