"""The ledger's server goes down and comes back, again and again, in the middle of a run.

    python tests/torture/restarts.py --restarts 5 --bulletins 500 --mode immediate --rounds 3

Whatever the run makes of it, it must end by itself, its exit code must go with its report, nothing may be sent twice,
and what it did not send must be there for the next run.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Process, Site, outcomes
from servers.postgres import PrivatePostgres

from torture.places import must, new_site, verdict
from torture.processes import ended, output, run, starter
from torture.promise import BrokenPromiseError, Verdict, code_for

LATENCY_S = 0.05
MODES = ("fast", "immediate", "kill")


@dataclass(frozen=True, slots=True)
class Round:
    """What one run made of its restarts, and what was left to the one after it."""

    code: int
    restarts: int
    outcomes: Counter[str | None]
    took_s: float
    final: Verdict


def main() -> int:
    """Prints a line for each run; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=("postgresql",), default="postgresql", help="a file has no server")
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--bulletins", type=int, default=500)
    parser.add_argument("--mode", choices=MODES, default="fast", help="kill: kill -9 of the whole server")
    parser.add_argument("--down-s", type=float, default=1.0, help="it stays down for a random time up to this")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with PrivatePostgres() as postgres:
        for number in range(options.rounds):
            try:
                _show(_round(postgres, f"{options.seed}.{number}", options), options)
            except BrokenPromiseError as broken:
                print(f"BROKEN in mode {options.mode}: {broken}")
                return 1
    return 0


def _round(postgres: PrivatePostgres, seed: str, options: argparse.Namespace) -> Round:
    ids = [f"b-{number}" for number in range(options.bulletins)]
    chance = random.Random(seed)
    with new_site(ids, latency_s=LATENCY_S, port=postgres.port) as site, starter(spawn=False) as start:
        started = time.monotonic()
        process = start(site, "fire", "--yes", "--max", "1000")
        restarts = _restart_during(process, postgres, site, chance, options)
        code = ended(process)
        took_s = time.monotonic() - started
        must(code >= 0, f"the run did not end by itself, but by signal {-code}", seed, site)
        result = _check_report(site, code, seed)
        _check_first(site, ids, result, seed)
        must(run(start, site, "fire", "--yes", "--max", "1000").code in (0, 4), "the next run failed", seed, site)
        final = verdict(site, ids)
        must(not final.broken(over=True), final.broken(over=True), seed, site)
        return Round(code, restarts, result, took_s, final)


def _restart_during(
    process: Process, postgres: PrivatePostgres, site: Site, chance: random.Random, options: argparse.Namespace
) -> int:
    """Takes the server down after random numbers of requests; how often it came to that before the run ended."""
    moments = sorted(chance.sample(range(1, options.bulletins), options.restarts))
    for done, moment in enumerate(moments):
        while site.sandbox.totals()[0] < moment:
            if process.poll() is not None:
                return done
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, LATENCY_S))
        if options.mode == "kill":
            postgres.kill()
        else:
            postgres.stop(options.mode)
        time.sleep(chance.uniform(0.0, options.down_s))
        postgres.start()
    return len(moments)


def _check_report(site: Site, code: int, seed: str) -> Counter[str | None]:
    """The one report there is; returns how often it contains each outcome."""
    reports = site.reports()
    must(len(reports) == 1, f"{len(reports)} reports of one run", seed, site)
    result = Counter(outcomes(reports[0]).values())
    expected = code_for(result, cut_short="the run was cut short" in output(site))
    written = reports[0]["run"]["exit_code"]
    must(
        code == expected == written,
        f"exit code {code}, in the report {written}, by its outcomes {expected}",
        seed,
        site,
    )
    return result


def _check_first(site: Site, ids: list[str], result: Counter[str | None], seed: str) -> None:
    """What the first run left: all that people got is remembered, and all that it says agrees with the ledger."""
    first = verdict(site, ids)
    must(not first.broken(over=False), first.broken(over=False), seed, site)
    raised = len(site.accepted())
    must(result["fired"] <= raised, f"{result['fired']} reported as fired, {raised} raised", seed, site)
    must(
        raised <= result["fired"] + result["in_doubt"],
        f"{raised} raised, but reported: {dict(result)}",
        seed,
        site,
    )


def _show(done: Round, options: argparse.Namespace) -> None:
    print(
        f"postgresql, {options.mode}: {done.restarts} restarts in a run of {options.bulletins} bulletins"
        f" ({done.took_s:.1f} s): exit code {done.code}, {done.outcomes['fired']} fired,"
        f" {done.outcomes['failed']} failed, {done.outcomes['skipped']} left to the next run;"
        f" after that one {len(done.final.in_doubt)} in doubt, {len(done.final.sent_twice)} sent twice,"
        f" {len(done.final.pending)} lost",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
