"""Runs that are killed at any moment, hundreds of times: is anything sent twice, is anything lost?

    python tests/torture/kills.py --ledger postgresql --kills 1000 --seed 1 --workers 2

Each site has 150 bulletins at 20 ms. Its runs are killed until it is used up; then one runs to its end, the promise is
checked, and another site is made. A run is forked off a process that has all imported, unless --spawn is given.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Site, outcomes

from torture.places import LEDGERS, must, new_site, server, verdict
from torture.processes import Start, ended, run, starter
from torture.promise import BrokenPromiseError, code_for

BULLETINS = 150
LATENCY_S = 0.02
MOST_DOUBTS_A_KILL = 5  # concurrency + 2
_ENOUGH = 20  # with fewer left to send, a run might end before it is killed


@dataclass(frozen=True, slots=True)
class Figures:
    """What a worker did; `+` adds two up."""

    kills: int = 0
    sites: int = 0
    raised: int = 0
    in_doubt: int = 0
    most_for_one_kill: int = 0
    sent_twice: int = 0  # counted and not assumed, though one would have ended the worker
    lost: int = 0

    def __add__(self, other: Figures) -> Figures:
        added = [a + b for a, b in zip(astuple(self), astuple(other), strict=True)]
        most = max(self.most_for_one_kill, other.most_for_one_kill)
        total: Figures = replace(Figures(*added), most_for_one_kill=most)
        return total


@dataclass(frozen=True, slots=True)
class Task:
    """The share of one worker. `port` is that of the PostgreSQL server, if the ledger is one."""

    seed: str
    kills: int
    port: int | None
    spawn: bool


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="sites at a time")
    parser.add_argument("--spawn", action="store_true", help="start each run as a process from nothing: slower")
    options = parser.parse_args()
    started = time.monotonic()
    with server(options.ledger) as port:
        shares = [len(range(worker, options.kills, options.workers)) for worker in range(options.workers)]
        tasks = [Task(f"{options.seed}.{n}", share, port, options.spawn) for n, share in enumerate(shares)]
        # Spawned, so that no sandbox's threads and no lock are inherited.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
            try:
                total = sum(pool.map(torture, tasks), Figures())
            except BrokenPromiseError as broken:
                print(f"BROKEN on {options.ledger}: {broken}")
                return 1
    print(
        f"{options.ledger}, seed {options.seed}: {total.kills} kills over {total.sites} sites of {BULLETINS},"
        f" {total.raised} raised, {total.sent_twice} sent twice, {total.lost} lost, {total.in_doubt} in doubt,"
        f" at most {total.most_for_one_kill} for one kill (allowed {MOST_DOUBTS_A_KILL}),"
        f" {time.monotonic() - started:.0f} s"
    )
    return 0


def torture(task: Task) -> Figures:
    """One worker's share: site after site, until there were kills enough."""
    total = Figures()
    with starter(spawn=task.spawn) as start:
        while total.kills < task.kills:
            seed = f"{task.seed}.{total.sites}"
            total += _torture_site(start, seed, task.kills - total.kills, task)
    return total


def _torture_site(start: Start, seed: str, kills: int, task: Task) -> Figures:
    ids = [f"b-{number}" for number in range(BULLETINS)]
    chance = random.Random(seed)
    with new_site(ids, latency_s=LATENCY_S, port=task.port) as site:
        done, most, before = 0, 0, verdict(site, ids)
        while done < kills and len(before.pending) > _ENOUGH:
            code = _start_and_kill(start, site, chance, spawn=task.spawn)
            must(code in (-9, 0, 4), f"run {done} ended with {code} before it was killed", seed, site)
            after = verdict(site, ids)
            must(not after.broken(over=False), f"after kill {done}: {after.broken(over=False)}", seed, site)
            doubts = len(after.in_doubt - before.in_doubt)
            must(doubts <= MOST_DOUBTS_A_KILL, f"kill {done} left {doubts} in doubt", seed, site)
            done, most, before = done + (code == -9), max(most, doubts), after
        _finish(start, site, ids, seed)
        final = verdict(site, ids)
        return Figures(
            kills=done,
            sites=1,
            raised=sum(site.accepted().values()),
            in_doubt=len(final.in_doubt),
            most_for_one_kill=most,
            sent_twice=len(final.sent_twice),
            lost=len(final.pending),
        )


def _start_and_kill(start: Start, site: Site, chance: random.Random, *, spawn: bool) -> int:
    """Kills a run while it starts, or some requests later and up to a request's time further; its exit code."""
    seen = site.sandbox.totals()[0]
    process = start(site, "fire", "--yes")
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0.0, 1.0 if spawn else 0.3))  # how long it takes to start
    else:
        try:
            site.sandbox.wait_received(seen + chance.randint(1, 12), timeout_s=60)
        except TimeoutError:
            must(False, "a run with enough to send sent nothing for 60 s", "as below", site)
        time.sleep(chance.uniform(0.0, 1.5 * LATENCY_S))
    process.kill()
    return ended(process)


def _finish(start: Start, site: Site, ids: list[str], seed: str) -> None:
    """A run to its end leaves nothing to do, and the next one does nothing."""
    done = run(start, site, "fire", "--yes")
    report = site.reports()[-1]
    expected = code_for(outcomes(report).values())
    must(done.code == expected == report["run"]["exit_code"], f"the last run ended with {done.code}", seed, site)
    final = verdict(site, ids)
    must(not final.broken(over=True), final.broken(over=True), seed, site)
    requests = site.sandbox.totals()[0]
    again = run(start, site, "fire", "--yes")
    must((again.code, site.sandbox.totals()[0]) == (0, requests), "a run with nothing to do did something", seed, site)


if __name__ == "__main__":
    sys.exit(main())
