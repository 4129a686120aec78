"""Signals at any moment of a run, from the start of its process to its end: is the exit code right, is anything lost?

    python tests/torture/signals.py --ledger sqlite --moments 200 --seed 1

Each moment has a site of its own. A run is started from nothing and gets a signal; then a second run completes the
work. A moment is drawn from the time that a whole run takes, measured before; every fourth lies among the requests.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import SIGNALS, Process, Site, outcomes

from torture.places import LEDGERS, must, new_site, server, verdict
from torture.processes import Start, ended, output, run, starter
from torture.promise import BrokenPromiseError

BULLETINS = 9
LATENCY_S = 0.03
SLOTS = 3
_NOISE = ("Traceback", "Exception ignored", "Error:", "Fatal Python", "KeyboardInterrupt")
_LAST_HANDLED = signal.SIGHUP  # once it has a handler, all have


@dataclass(frozen=True, slots=True)
class Moment:
    """What became of one run. `sent` is how many requests it made, `handled` whether it had its handlers by then."""

    number: signal.Signals
    code: int
    sent: int
    handled: bool


def main() -> int:
    """Prints the figures; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    parser.add_argument("--moments", type=int, default=200, help="for each of the three signals")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    _heed_signals()
    with server(options.ledger) as port, starter(spawn=True) as spawn, starter(spawn=False) as fork:
        try:
            found = list(interrupt(spawn, fork, options.seed, port, options.moments * len(SIGNALS)))
        except BrokenPromiseError as broken:
            print(f"BROKEN on {options.ledger}: {broken}")
            return 1
    for number in SIGNALS:
        codes = Counter(each.code for each in found if each.number is number)
        print(f"{options.ledger}, seed {options.seed}, {number.name}: exit codes {dict(sorted(codes.items()))}")
    cut = sum(0 < each.sent < BULLETINS for each in found)
    print(f"{len(found)} moments, {cut} of them in the middle of sending: no traceback, 0 sent after it, 0 lost")
    return 0


def _heed_signals() -> None:
    """Lets runs receive every signal, also where nohup or a shell's background job had this process ignore some."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def interrupt(start: Start, fork: Start, seed: object, port: int | None, moments: int) -> Iterator[Moment]:
    """A run for each moment, the signals taking turns. `fork` starts the runs that get none."""
    took_s = _length_of_a_run(start, seed, port)
    for moment in range(moments):
        number = list(SIGNALS)[moment % len(SIGNALS)]
        yield _interrupt(start, fork, f"{seed}.{moment}", port, number, took_s, close=moment % 4 == 3)


def _length_of_a_run(start: Start, seed: object, port: int | None) -> float:
    ids = [f"b-{number}" for number in range(BULLETINS)]
    with new_site(ids, latency_s=LATENCY_S, port=port) as site:
        began = time.monotonic()
        code = ended(start(site, "fire", "--yes"))
        must(code == 0, f"a run that nothing disturbs ended with {code}", seed, site)
        return time.monotonic() - began


def _interrupt(
    start: Start, fork: Start, seed: str, port: int | None, number: signal.Signals, took_s: float, *, close: bool
) -> Moment:
    ids = [f"b-{n}" for n in range(BULLETINS)]
    chance = random.Random(seed)
    with new_site(ids, latency_s=LATENCY_S, port=port) as site:
        process = start(site, "fire", "--yes")
        if close:
            _wait_for_request(site, process, chance.randint(0, BULLETINS // 2))
            time.sleep(chance.uniform(0.0, 2 * LATENCY_S))
        else:
            time.sleep(chance.uniform(0.0, 1.1 * took_s))
        handled, over = _handles(process.pid), process.poll() is not None
        if not over:
            os.kill(process.pid, number)
        before = site.sandbox.totals()[0]  # what comes later was on its way, or was sent against the person's will
        code = ended(process)
        sent = site.sandbox.totals()[0]
        _check(site, seed, ids, number, Moment(number, code, sent, handled), over=over, after=sent - before)
        must(run(fork, site, "fire", "--yes").code == 0, "the next run failed", seed, site)
        final = verdict(site, ids)
        must(not final.broken(over=True) and not final.in_doubt, final.broken(over=True), seed, site)
        return Moment(number, code, sent, handled)


def _wait_for_request(site: Site, process: Process, count: int) -> None:
    while site.sandbox.totals()[0] < count and process.poll() is None:
        time.sleep(0.001)


def _handles(pid: int) -> bool:
    """Whether the process catches signals, as the system knows it: before that, Python itself is being started."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (_LAST_HANDLED - 1) & 1)


def _check(
    site: Site, seed: str, ids: list[str], number: signal.Signals, moment: Moment, *, over: bool, after: int
) -> None:
    said = output(site)
    code, wanted = moment.code, SIGNALS[number]
    complete = moment.sent == len(ids)
    if over:
        must(code == 0 and complete, f"a run that was over ended with {code}", seed, site)
    elif moment.handled:
        # 0 where all was sent and recorded by then: what is left to do is only to report it.
        must(code == wanted or (code == 0 and complete), f"{number.name} ended a run with {code}", seed, site)
    else:
        # Python is being started, or has nothing left to do: it answers in its own way.
        must(moment.sent == 0 or complete, f"{number.name} ended the start of a run with {code}", seed, site)
    if moment.handled:
        must(not any(noise in said for noise in _NOISE), f"{number.name}: noise", seed, site)
    must(code == 0 or after <= SLOTS, f"{after} requests came after {number.name}", seed, site)
    now = verdict(site, ids)
    must(not now.broken(over=False), now.broken(over=False), seed, site)
    must(not now.in_doubt, f"{number.name} left in doubt what was in flight", seed, site)
    reports = site.reports()
    must(moment.sent == 0 or len(reports) == 1, f"{len(reports)} reports of {moment.sent} requests", seed, site)
    for report in reports:
        fired = {name for name, outcome in outcomes(report).items() if outcome == "fired"}
        must(fired == set(site.accepted()), "the report is not what was sent", seed, site)
        said_code = report["run"]["exit_code"]
        must(said_code == code or not moment.handled, f"{code} is {said_code} in the report", seed, site)


if __name__ == "__main__":
    sys.exit(main())
