"""The disk is full at each write of a run to its ledger, one after the other; and a disk that really is.

    python tests/torture/disk.py --bulletins 12
    python tests/torture/disk.py --real 30 --seed 1

The first: the n-th write and all later ones find no room, for each n until a run comes through; then there is room
again, and the next run must send what is left, and nothing twice. The second needs the right to mount: the ledger lies
on a tmpfs that is filled up to a few kilobytes while a run goes on.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from end_to_end.site import Site

from torture.places import must, new_site, verdict
from torture.processes import Start, ended, output, run, starter
from torture.promise import BrokenPromiseError

LATENCY_S = 0.005
SAID = "disk is full"


@dataclass(frozen=True, slots=True)
class Round:
    """What a run with a full disk came to, and what was in doubt after the next one. `met` is whether it was full."""

    met: bool
    code: int
    in_doubt: int
    sent_twice: int
    lost: int


def main() -> int:
    """Prints the figures; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulletins", type=int, default=12)
    parser.add_argument("--real", type=int, default=0, help="so many rounds on a real small disk instead")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        with starter(spawn=False) as start:
            if options.real:
                rounds = [really_fill(start, f"{options.seed}.{n}", options.bulletins) for n in range(options.real)]
            else:
                rounds = list(fill_at_each_write(start, options.bulletins))
    except BrokenPromiseError as broken:
        print(f"BROKEN: {broken}")
        return 1
    full = [each for each in rounds if each.met]
    codes = ", ".join(f"{code} {count} times" for code, count in sorted(Counter(r.code for r in full).items()))
    print(
        f"sqlite: disk full in {len(full)} of {len(rounds)} runs of {options.bulletins} bulletins (exit code {codes}):"
        f" {sum(r.in_doubt for r in rounds)} in doubt after the next run, {sum(r.sent_twice for r in rounds)} sent"
        f" twice, {sum(r.lost for r in rounds)} lost"
    )
    return 0


def fill_at_each_write(start: Start, bulletins: int) -> Iterator[Round]:
    """A run for each of its writes, until one meets no full disk."""
    number, met = 0, True
    while met:
        number += 1
        each = _round(start, f"write {number}", bulletins, {"BULLETINS_TEST_FULL_FROM": str(number)})
        met = each.met
        yield each


def _round(start: Start, seed: str, bulletins: int, conditions: dict[str, str]) -> Round:
    ids = [f"b-{number}" for number in range(bulletins)]
    with new_site(ids, latency_s=LATENCY_S, port=None) as site:
        site.environment.update(conditions)
        code = run(start, site, "fire", "--yes").code
        for name in conditions:
            del site.environment[name]
        return _judge(start, site, ids, code, seed)


def _judge(start: Start, site: Site, ids: list[str], code: int, seed: str) -> Round:
    """Whatever the run came to, the next one finds room, and completes it."""
    met = SAID in output(site)
    must(code in ((1, 4, 5) if met else (0,)), f"the run ended with {code}", seed, site)
    must("Traceback" not in output(site), "a traceback", seed, site)
    must(not verdict(site, ids).broken(over=False), verdict(site, ids).broken(over=False), seed, site)
    must(run(start, site, "fire", "--yes").code in (0, 4), "the next run failed", seed, site)
    final = verdict(site, ids)
    must(not final.broken(over=True), final.broken(over=True), seed, site)
    return Round(met, code, len(final.in_doubt), len(final.sent_twice), len(final.pending))


def really_fill(start: Start, seed: str, bulletins: int) -> Round:
    """One run over a ledger on a small disk of its own, that is filled while it goes on."""
    ids = [f"b-{number}" for number in range(bulletins)]
    chance = random.Random(seed)
    with new_site(ids, latency_s=LATENCY_S, port=None) as site, _small_disk(site) as disk:
        site.environment["BULLETINS_LEDGER"] = str(disk / "ledger.sqlite3")
        must(run(start, site, "ledger", "init").code == 0, "no ledger could be made", seed, site)
        process = start(site, "fire", "--yes")
        site.sandbox.wait_received(chance.randint(1, bulletins // 2), timeout_s=60)
        ballast = disk / "ballast"
        _fill(ballast, leave=chance.randrange(0, 64, 4) * 1024)
        code = ended(process)
        ballast.unlink()
        (site.folder / ".bulletins" / "ledger.sqlite3").unlink()
        (site.folder / ".bulletins" / "ledger.sqlite3").symlink_to(disk / "ledger.sqlite3")
        return _judge(start, site, ids, code, seed)


@contextmanager
def _small_disk(site: Site) -> Iterator[Path]:
    disk = site.folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def _fill(path: Path, *, leave: int) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    with path.open("r+b") as file:
        file.truncate(max(0, path.stat().st_size - leave))


if __name__ == "__main__":
    sys.exit(main())
