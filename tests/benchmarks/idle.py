"""What a cron minute costs when nothing is due: `fire` over a set that was sent long ago, and over ten bulletins.

    python tests/benchmarks/idle.py                        # 73,000 bulletins in 366 files, a year of 200 a day
    python tests/benchmarks/idle.py --days 30 --further 0  # smaller and faster

`ledger baseline` records the set as sent. Both sets have a ledger, state folder and cache folder of their own. Runs
over the two sets alternate, so that other load on the machine falls on both. `--further` adds as many firings of
bulletins that no longer exist to the ledger, and measures again. With `--ledger postgresql`, each set has a database of
a server of its own. Fails if a figure is not what is required.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from servers.postgres import new_database
from sqlalchemy import text
from torture.places import LEDGERS, server

from runner.ledger.database import connect
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import firings

ROOT = Path(__file__).parents[2]
FEW = 10  # bulletins of the small set
IDLE_RUNS = 10  # after which the size of the reports is looked at
CPU_RATIO, MEMORY_RATIO, REPORT_KIB, EDIT_S, BASELINE_S, GROWTH = 1.5, 1.3, 64, 0.3, 6.0, 1.2

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: INDIA_ACCOUNT_ID, passcode_env: INDIA_PASSCODE}\n"
CATALOG = """\
business_events:
  Program Released:
    required: [program_id, language]
    properties: {program_id: {pattern: '^[0-9]+$'}, language: {enum: [Hindi, Tamil]}, title: {}}
"""
DEFAULTS = "defaults: {business_event: Program Released, c-by: releases@example.com, accounts: [india]}\nbulletins:\n"
BULLETIN = """\
  - id: show-{number:07}
    name: सा रे गा मा, एपिसोड {number}
    properties: {{program_id: "{number}", language: Hindi, title: सा रे गा मा}}
    schedule: {{at: "{day}T{hour:02}:{minute:02}:00+05:30", grace: 2h}}
    tags: [hindi, music]
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Site:
    """A folder with a set and a ledger, and the environment of its processes."""

    folder: Path
    environment: dict[str, str]
    port: int | None = None  # of the PostgreSQL server of its ledger

    def run(self, *arguments: str) -> Cost:
        """Run the program here. Raises CalledProcessError unless it exits with 0."""
        command = [sys.executable, "-m", "runner", *arguments]
        begun = time.perf_counter()
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            errors = process.stderr.read() if process.stderr else b""
            _, status, usage = os.wait4(process.pid, 0)  # the peak of this child alone
            wall_s = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.stderr.buffer.write(errors[-2000:])
            raise subprocess.CalledProcessError(process.returncode, command)
        return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    @property
    def ledger(self) -> str:
        """The place of the ledger."""
        return self.environment.get("BULLETINS_LEDGER", str(self.folder / ".bulletins" / "ledger.sqlite3"))

    def idle(self) -> Cost:
        """One run of `fire` with nothing to do."""
        return self.run("fire", "--yes", "--quiet")


def main() -> int:
    """Print the figures. Return 1 if one is not what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365, help="files, one for each day")
    parser.add_argument("--per-day", type=int, default=200, help="bulletins in each file")
    parser.add_argument("--further", type=int, default=0, help="firings of other bulletins, added to the ledger")
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs; medians are shown")
    parser.add_argument("--catalog", action="store_true", help="with a catalog of business events")
    parser.add_argument("--ledger", choices=LEDGERS, default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bulletins-bench-") as folder, server(options.ledger) as port:
        many = make_site(Path(folder) / "many", options.days, options.per_day, catalog=options.catalog, port=port)
        few = make_site(Path(folder) / "few", 1, FEW, catalog=options.catalog, port=port)
        verdicts = [*baseline(many, few), *idle(many, few, options.runs), *edited(many, options.runs)]
        verdicts += baseline_after_idle(many)
        if options.further:
            verdicts += with_further(many, few, options.further, options.runs)
    return 0 if all(verdicts) else 1


def make_site(folder: Path, days: int, per_day: int, *, catalog: bool, port: int | None = None) -> Site:
    """Write a set whose schedules are over, with an empty ledger: a file, or on the PostgreSQL server at `port`."""
    site = new_site(folder, port)
    definitions = site.folder / "bulletins.d"
    definitions.mkdir()
    (definitions / "accounts.yaml").write_text(ACCOUNTS, encoding="utf-8")
    if catalog:
        (definitions / "events.yaml").write_text(CATALOG, encoding="utf-8")
    first = datetime.now(UTC).date() - timedelta(days=days + 2)
    for number in range(days):
        day = first + timedelta(days=number)
        (definitions / f"{day}.yaml").write_text(day_file(day, number * per_day, per_day), encoding="utf-8")
    if port is not None:
        site.environment["BULLETINS_LEDGER"] = new_database(port)
    site.run("ledger", "init")
    return site


def new_site(folder: Path, port: int | None = None) -> Site:
    """Make an empty working folder, with a state folder and a cache folder of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BULLETINS_")}
    (folder / "work").mkdir(parents=True)
    for name in ("state", "cache"):
        (folder / name).mkdir()
        environment[f"XDG_{name.upper()}_HOME"] = str(folder / name)
    return Site(folder / "work", {**environment, "PYTHONPATH": str(ROOT)}, port)


def day_file(day: date, first: int, count: int) -> str:
    """The text of the definition file of one day."""
    entries = (
        BULLETIN.format(number=number, day=day, hour=number % 24, minute=number % 60)
        for number in range(first, first + count)
    )
    return DEFAULTS + "".join(entries)


def baseline(many: Site, few: Site) -> Iterator[bool]:
    """Record both sets as sent. The time for the large one counts."""
    few.run("ledger", "baseline", "--yes")
    cost = many.run("ledger", "baseline", "--yes")
    show("ledger baseline of the large set", cost)
    yield required("wall seconds", cost.wall_s, BASELINE_S)


def idle(many: Site, few: Site, runs: int) -> Iterator[bool]:
    """Compare idle runs over the two sets. The first run over each fills the cache and does not count."""
    show("first idle fire, large set", many.idle())
    few.idle()
    of_many, of_few = pairs(many.idle, few.idle, runs)
    yield required("CPU of the large by the small set", ratio(of_many, of_few, "cpu_s"), CPU_RATIO)
    yield required("memory of the large by the small set", ratio(of_many, of_few, "peak_mib"), MEMORY_RATIO)
    for _ in range(max(0, IDLE_RUNS - runs - 1)):
        many.idle()
    reports = sum(file.stat().st_size for file in (many.folder / ".bulletins" / "reports").rglob("*"))
    yield required(f"KiB of reports after {IDLE_RUNS} runs", reports / 1024, REPORT_KIB)


def baseline_after_idle(many: Site) -> Iterator[bool]:
    """Record the large set in a second ledger, now that the cache holds its files."""
    second = ("--ledger", new_database(many.port) if many.port else str(many.folder / "second.sqlite3"))
    many.run("ledger", "init", *second)
    cost = many.run("ledger", "baseline", "--yes", *second)
    show("ledger baseline of the large set, from the cache", cost)
    yield required("wall seconds", cost.wall_s, BASELINE_S)


def edited(many: Site, runs: int) -> Iterator[bool]:
    """Compare an idle run after an edit of one file with an idle run without one."""
    file = sorted((many.folder / "bulletins.d").glob("2*.yaml"))[len(list(many.folder.glob("bulletins.d/2*"))) // 2]

    def after_edit() -> Cost:
        file.write_text(file.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        return many.idle()

    after, before = pairs(after_edit, many.idle, runs, names=("after an edit of one file", "without an edit"))
    more_s = statistics.median(a.wall_s - b.wall_s for a, b in zip(after, before, strict=True))
    yield required("seconds more after an edit", more_s, EDIT_S)


def with_further(many: Site, few: Site, count: int, runs: int) -> Iterator[bool]:
    """Compare idle runs over the large set before and after firings of other bulletins were added to its ledger."""
    before = [many.idle() for _ in range(runs)]
    add_further(many.ledger, count)
    many.idle()
    after, beside = pairs(many.idle, few.idle, runs)
    yield required("CPU of the large by the small set", ratio(after, beside, "cpu_s"), CPU_RATIO * GROWTH)
    growth = statistics.median(each.cpu_s for each in after) / statistics.median(each.cpu_s for each in before)
    yield required("CPU by that before", growth, GROWTH)


def add_further(ledger: str, count: int) -> None:
    """Add firings of bulletins that no set defines, each like one that the ledger holds. Their ids lie between others.

    One statement adds all, because an import of a million rows takes longer than everything that is measured.
    """
    url = parse_url(ledger)
    numbers = f"generate_series(0, {count - 1}) AS each(number)"
    hashed = "'sha256:' || lpad(to_hex(number), 64, '0')"
    row_id, bulletin = "lpad(number::text, 26, '0')", "'show-' || lpad((number % 73000)::text, 7, '0') || '-old'"
    if url.drivername == "sqlite":
        numbers = "each"
        hashed, row_id = "'sha256:' || printf('%064x', number)", "printf('%026d', number)"
        bulletin = "printf('show-%07d-old', number % 73000)"
    other = {
        "id": row_id,
        "bulletin": bulletin,
        "occurrence": "'r' || (number / 73000 + 2)",
        "payload_hash": hashed,
        "fingerprint": hashed,
    }
    columns = [column.name for column in firings.c]
    values = ", ".join(other.get(name, f"known.{name}") for name in columns)
    known = "(SELECT * FROM firings LIMIT 1) AS known"
    statement = f"INSERT INTO firings ({', '.join(columns)}) SELECT {values} FROM {numbers}, {known}"
    if url.drivername == "sqlite":
        more = f"SELECT 0 UNION ALL SELECT number + 1 FROM each WHERE number < {count - 1}"
        statement = f"WITH RECURSIVE each(number) AS ({more}) {statement}"
    engine = connect.open_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def pairs(
    first: Callable[[], Cost],
    second: Callable[[], Cost],
    runs: int,
    names: Sequence[str] = ("large set", "ten bulletins"),
) -> tuple[list[Cost], list[Cost]]:
    """Run the two in turns, and show the medians."""
    costs = [(first(), second()) for _ in range(runs)]
    firsts, seconds = [one for one, _ in costs], [other for _, other in costs]
    for name, each in zip(names, (firsts, seconds), strict=True):
        show(f"idle fire, {name}, median of {runs}", median(each))
    return firsts, seconds


def median(costs: Sequence[Cost]) -> Cost:
    """The medians of each figure."""
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in Cost.__slots__))


def ratio(of_many: Sequence[Cost], of_few: Sequence[Cost], figure: str) -> float:
    """The median of the ratios of each pair."""
    ratios: list[float] = [getattr(a, figure) / getattr(b, figure) for a, b in zip(of_many, of_few, strict=True)]
    return statistics.median(ratios)


def show(what: str, cost: Cost) -> None:
    """Print one line."""
    print(f"{cost.wall_s:8.3f}s  {cost.cpu_s:8.3f}s CPU  {cost.peak_mib:7.1f} MiB  {what}", flush=True)


def required(what: str, found: float, most: float) -> bool:
    """Print a figure and what is required. Return whether it is reached."""
    print(f"{'ok  ' if found <= most else 'MISS'} {found:8.2f} {what} (at most {most:g})", flush=True)
    return found <= most


if __name__ == "__main__":
    sys.exit(main())
