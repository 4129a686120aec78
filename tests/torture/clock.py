"""Machines whose clocks are set back and forth while overlapping runs go on, and some of them are killed.

    python tests/torture/clock.py --ledger postgresql --sites 5 --seed 1

With a file as the ledger, all runs see the one clock of their machine jump; with a server, each run is a machine of its
own, with a clock of its own. Jumps are of seconds to days, both ways.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Process, Site

from torture.people import settle_doubts
from torture.places import LEDGERS, must, new_site, server, verdict
from torture.processes import Start, ended, run, starter
from torture.promise import BrokenPromiseError

BULLETINS = 100
LATENCY_S = 0.02
OVERLAPPING = 3
JUMPS_S = (2, 31, 3600, 90_000, 864_000)


@dataclass(frozen=True, slots=True)
class Reported:
    """What one site came to."""

    runs: int
    killed: int
    jumps: int
    settled: int
    sent_twice: int
    lost: int


class Clocks:
    """One wrong clock for all runs, or one for each; they are set anew every few milliseconds."""

    def __init__(self, site: Site, chance: random.Random, *, shared: bool) -> None:
        self._chance = chance
        self._paths = [site.folder / f"clock-{number}" for number in range(1 if shared else OVERLAPPING)]
        for path in self._paths:
            path.write_text("0", encoding="ascii")
        self.jumps = 0

    def of(self, number: int) -> str:
        """The clock of one of the runs."""
        return str(self._paths[number % len(self._paths)])

    @contextmanager
    def jumping(self) -> Iterator[None]:
        """Sets them back and forth meanwhile."""
        over = threading.Event()

        def jump() -> None:
            while not over.wait(self._chance.uniform(0.05, 0.3)):
                path = self._chance.choice(self._paths)
                wrong_by_s = self._chance.choice((-1, 1)) * self._chance.choice(JUMPS_S)
                new = path.with_suffix(".new")
                new.write_text(str(wrong_by_s), encoding="ascii")
                new.replace(path)
                self.jumps += 1

        thread = threading.Thread(target=jump)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--sites", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    reported = []
    with server(options.ledger) as port, starter(spawn=False) as start:
        try:
            reported = [set_clocks(start, f"{options.seed}.{number}", port) for number in range(options.sites)]
        except BrokenPromiseError as broken:
            print(f"BROKEN on {options.ledger}: {broken}")
            return 1
    print(
        f"{options.ledger}, seed {options.seed}: {sum(t.runs for t in reported)} runs over {len(reported)} sites of"
        f" {BULLETINS}, {OVERLAPPING} at a time, {sum(t.killed for t in reported)} of them killed, with"
        f" {sum(t.jumps for t in reported)} jumps of their clocks:"
        f" {sum(t.settled for t in reported)} settled by a person,"
        f" {sum(t.sent_twice for t in reported)} sent twice, {sum(t.lost for t in reported)} lost"
    )
    return 0


def set_clocks(start: Start, seed: str, port: int | None, *, bulletins: int = BULLETINS) -> Reported:
    """Overlapping runs on a site of its own, until all went out; then a person settles the rest."""
    ids = [f"b-{number}" for number in range(bulletins)]
    chance = random.Random(seed)
    runs = killed = 0
    with new_site(ids, latency_s=LATENCY_S, port=port) as site:
        clocks = Clocks(site, chance, shared=port is None)
        with clocks.jumping():
            while verdict(site, ids).pending and runs < 20 * OVERLAPPING:
                processes = []
                for number in range(OVERLAPPING):
                    site.environment["BULLETINS_TEST_CLOCK"] = clocks.of(number)
                    processes.append(start(site, "fire", "--yes"))
                if chance.random() < 0.5:
                    killed += _kill_one(processes, site, chance)
                codes = {ended(process) for process in processes}
                must(codes <= {-9, 0, 4, 5}, f"runs ended with {codes}", seed, site)
                runs += OVERLAPPING
                must(not verdict(site, ids).broken(over=False), verdict(site, ids).broken(over=False), seed, site)
        del site.environment["BULLETINS_TEST_CLOCK"]
        # A lease that was given by a clock far ahead is ended by finding its process gone, here or by its machine.
        must(run(start, site, "fire", "--yes").code in (0, 4), "the run with a right clock failed", seed, site)
        settled = settle_doubts(start, site, seed)
        must(run(start, site, "fire", "--yes").code == 0, "the last run failed", seed, site)
        final = verdict(site, ids)
        must(not final.broken(over=True) and not final.in_doubt, final.broken(over=True) or "doubts", seed, site)
        return Reported(runs, killed, clocks.jumps, settled, len(final.sent_twice), len(final.pending))


def _kill_one(processes: list[Process], site: Site, chance: random.Random) -> int:
    threading.Event().wait(chance.uniform(0.05, 0.5))
    victim = chance.choice(processes)
    if victim.poll() is not None:
        return 0
    victim.kill()
    return 1


if __name__ == "__main__":
    sys.exit(main())
