"""A run is frozen (SIGSTOP) past its lease, another one takes over, and the first goes on (SIGCONT).

    python tests/torture/frozen.py --ledger postgresql --rounds 20 --seed 1

What the frozen run held goes in doubt; a person settles it as the activity log says, and the next run sends what was
not sent. The frozen one must send nothing of all that. A process that is frozen between its last look and its first
byte can't be distinguished from one that has sent: the program refuses --not-sent while such a process exists on
its machine.
Half of the rounds play another machine, where nobody can see it; they are frozen while every slot is at the sandbox.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Process, Site

from torture.people import settle_doubts
from torture.places import LEDGERS, must, new_site, server, verdict
from torture.processes import Start, ended, run, starter
from torture.promise import BrokenPromiseError

BULLETINS = 60
LATENCY_S = 0.05
LEASE_S = 0.4
SLOTS = 3
_STANDING = "TZX"  # stopped, ended, and gone, in the words of /proc
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one freeze. `freed` are firings that a person freed while the process that held them was frozen."""

    code: int
    settled: int
    freed: int
    sent_twice: int
    lost: int


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rounds = []
    with server(options.ledger) as port, starter(spawn=False) as start:
        try:
            for number in range(options.rounds):
                rounds.append(freeze(start, f"{options.seed}.{number}", port, elsewhere=number % 2 == 1))
        except BrokenPromiseError as broken:
            print(f"BROKEN on {options.ledger}: {broken}")
            return 1
    codes = ", ".join(f"{code} {count} times" for code, count in sorted(Counter(r.code for r in rounds).items()))
    print(
        f"{options.ledger}, seed {options.seed}: {len(rounds)} runs of {BULLETINS} frozen past their lease and thawed:"
        f" {sum(r.settled for r in rounds)} settled by a person, {sum(r.freed for r in rounds)} of them freed"
        f" meanwhile and sent by another run, {sum(r.sent_twice for r in rounds)} sent twice,"
        f" {sum(r.lost for r in rounds)} lost, exit code {codes}"
    )
    return 0


def freeze(start: Start, seed: str, port: int | None, *, elsewhere: bool, bulletins: int = BULLETINS) -> Round:
    """One round on a site of its own."""
    ids = [f"b-{number}" for number in range(bulletins)]
    chance = random.Random(seed)
    with new_site(ids, latency_s=LATENCY_S, port=port) as site:
        site.environment["BULLETINS_TEST_LEASE_S"] = str(LEASE_S)
        frozen = start(site, "fire", "--yes")
        try:
            with site.hold.from_request(bulletins - 5):  # it must not be over before, on a machine that is slow
                is_full = _stop_somewhere(frozen, site, chance, full=elsewhere, latest=bulletins - 20)
            time.sleep(LEASE_S + 0.1)
            _takes_over(start, site, seed)
            settled, freed = _meanwhile(start, site, seed, bulletins, elsewhere=elsewhere and is_full)
        finally:
            frozen.send_signal(signal.SIGCONT)  # unless it has ended by itself, on a machine that is slow
        code = ended(frozen)
        must(code in (0, 1, 4), f"the frozen run ended with {code}", seed, site)
        must(not verdict(site, ids).broken(over=False), verdict(site, ids).broken(over=False), seed, site)
        settled += settle_doubts(start, site, seed)
        must(run(start, site, "fire", "--yes").code == 0, "the last run failed", seed, site)
        final = verdict(site, ids)
        must(not final.broken(over=True) and not final.in_doubt, final.broken(over=True), seed, site)
        return Round(code, settled, freed, len(final.sent_twice), len(final.pending))


def _stop_somewhere(process: Process, site: Site, chance: random.Random, *, full: bool, latest: int) -> bool:
    """Stops the process in the middle; whether every slot was at the sandbox when it was stopped."""
    site.sandbox.wait_received(chance.randint(1, latest), timeout_s=60)
    time.sleep(chance.uniform(0.0, LATENCY_S))
    while True:
        os.kill(process.pid, signal.SIGSTOP)
        _wait_until_it_is_frozen(process.pid)
        in_flight = sum(received.answered_at_s is None for received in site.sandbox.received())
        if process.poll() is not None or (not _has_locked(site) and (not full or in_flight == SLOTS)):
            return in_flight == SLOTS
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(chance.uniform(0.001, LATENCY_S))


def _wait_until_it_is_frozen(pid: int) -> None:
    """Returns once each of its threads has stopped or the process has ended: the signal only says that they should."""
    over_at = time.monotonic() + _PATIENCE_S
    while not all(state in _STANDING for state in _states(pid)):
        if time.monotonic() > over_at:
            raise TimeoutError(f"the process {pid} does not stop")
        time.sleep(0.001)


def _states(pid: int) -> Iterator[str]:
    """The state of each of its threads, one letter; nothing if the system does not say, or for an ended one."""
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):
            yield stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]


def _has_locked(site: Site) -> bool:
    """Whether it is in the middle of a write to a file, which keeps all others from writing until it goes on.

    A server ends such a transaction by itself.
    """
    if site.ledger is not None:
        return False
    with closing(sqlite3.connect(site.ledger_url.database or "", timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def _takes_over(start: Start, site: Site, seed: str) -> None:
    second = run(start, site, "fire", "--yes")
    must(second.code in (0, 4), f"the run that takes over ended with {second.code}", seed, site)


def _meanwhile(start: Start, site: Site, seed: str, bulletins: int, *, elsewhere: bool) -> tuple[int, int]:
    """What happens while it is frozen; how many doubts were settled, and how many of them freed."""
    if not elsewhere:
        return settle_doubts(start, site, seed, not_sent=False), 0
    site.query("UPDATE runs SET process = ''")  # nobody here can know that it still exists
    before = len(site.accepted())
    settled = settle_doubts(start, site, seed)
    must(run(start, site, "fire", "--yes").code == 0, "the run after the person's word failed", seed, site)
    must(len(site.accepted()) == bulletins, "what was freed was not sent", seed, site)
    return settled, bulletins - before


if __name__ == "__main__":
    sys.exit(main())
