"""How long a large set takes to check, in files or as rows of a table; and how fast `--version` answers.

The files are checked by check-jsonschema too, for comparison.

Prints figures and the commands that gave them; asserts nothing. Wants the extra `bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="bulletins, each in a file of its own")
    parser.add_argument("--rows", type=int, default=50_000, help="rows of a CSV file of one entry")
    parser.add_argument("--runs", type=int, default=3, help="of each check; the medians are shown")
    parser.add_argument("--starts", type=int, default=20, help="of each start of the program, taken in turns")
    options = parser.parse_args()
    if not (BIN / "check-jsonschema").exists():
        parser.error("check-jsonschema is not installed with this Python: install the extra bench")
    with tempfile.TemporaryDirectory() as folder:
        names = write_set(Path(folder), options.files)
        check(folder, names, options.runs)
    with tempfile.TemporaryDirectory() as folder:
        write_table(Path(folder), options.rows)
        check_table(folder, options.rows, options.runs)
    start(options.starts)


def check(folder: str, names: Sequence[str], runs: int) -> None:
    ours = [sys.executable, "-m", "runner", "validate", "."]
    theirs = [str(BIN / "check-jsonschema"), "--schemafile", str(ROOT / "schemas" / "bulletins.schema.json"), *names]
    costs: dict[str, list[Cost]] = {"ours": [], "theirs": []}
    for _ in range(runs):
        costs["ours"].append(cost(ours, folder))
        costs["theirs"].append(cost(theirs, folder))
    print(f"{len(names):,} files of one bulletin, accounts and a catalog; medians of {runs}")
    print(f"{'wall':>9}  {'CPU':>9}  {'peak':>10}  command")
    show(costs["ours"], "python -m runner validate .")
    show(costs["theirs"], "check-jsonschema --schemafile schemas/bulletins.schema.json FILE...")
    print(f"{ratio(costs['theirs'], costs['ours']):8.1f}x  wall, the second by the first\n")


def check_table(folder: str, rows: int, runs: int) -> None:
    ours = [sys.executable, "-m", "runner", "validate", "."]
    costs = [cost(ours, folder) for _ in range(runs)]
    print(f"{rows:,} rows of a CSV file, one entry with seven templates, accounts and a catalog; medians of {runs}")
    show(costs, "python -m runner validate .\n")


def start(runs: int) -> None:
    script = BIN / "bulletins"
    ours = [str(script), "--version"] if script.exists() else [sys.executable, "-m", "runner", "--version"]
    click = [sys.executable, "-c", "import click"]
    costs: dict[str, list[Cost]] = {"ours": [], "click": []}
    for _ in range(runs):  # in turns, so that what else the machine does falls on both
        costs["ours"].append(cost(ours, str(ROOT)))
        costs["click"].append(cost(click, str(ROOT)))
    print(f"start of the program; medians of {runs} pairs")
    show(costs["ours"], "bulletins --version" if script.exists() else "python -m runner --version")
    show(costs["click"], "python -c 'import click'")
    print(f"{ratio(costs['ours'], costs['click']):8.2f}x  wall, the first by the second")


def cost(command: Sequence[str], folder: str) -> Cost:
    """Runs the command in the folder. Raises CalledProcessError where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        errors = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)  # alone knows the peak of this one child
        wall_s = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command[:4], stderr=errors[-2000:])
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def show(costs: Sequence[Cost], command: str) -> None:
    wall_s, cpu_s, peak_mib = (
        statistics.median(getattr(one, field) for one in costs) for field in ("wall_s", "cpu_s", "peak_mib")
    )
    print(f"{wall_s:8.3f}s  {cpu_s:8.3f}s  {peak_mib:7.1f}MiB  {command}")


def ratio(first: Sequence[Cost], second: Sequence[Cost]) -> float:
    """The median of the ratios of each pair's wall times."""
    return statistics.median(one.wall_s / other.wall_s for one, other in zip(first, second, strict=True))


def write_set(folder: Path, count: int) -> list[str]:
    """Writes the set and returns the names of its files with bulletins, relative to the folder."""
    write_shared(folder)
    names = []
    for number in range(count):
        name = f"{number // 100:03}/{number:05}.yaml"
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(BULLETIN.format(number=number), encoding="utf-8")
        names.append(name)
    return names


def write_table(folder: Path, count: int) -> None:
    """Writes a set of one entry and the table with its rows."""
    write_shared(folder)
    (folder / "shows.yaml").write_text(TEMPLATE, encoding="utf-8")
    with (folder / "shows.csv").open("w", encoding="utf-8") as file:
        file.write("show,episode,program_id,language,title,date,time\n")
        for number in range(count):
            show, language = f"Sa Re Ga Ma {number % 500}", ("Hindi", "Tamil")[number % 2]
            when = f"2036-12-{number % 28 + 1:02},{number % 24:02}:{number % 60:02}"
            file.write(f"{show},{number // 500},{number},{language},सा रे गा मा {number},{when}\n")


def write_shared(folder: Path) -> None:
    (folder / "accounts.yaml").write_text(
        "accounts:\n  india: {region: in1, account_id_env: INDIA_ACCOUNT_ID, passcode_env: INDIA_PASSCODE}\n"
    )
    (folder / "events.yaml").write_text(
        "business_events:\n  Program Released:\n    required: [program_id, language]\n    properties:\n"
        "      program_id: {pattern: '^[0-9]+$'}\n      language: {enum: [Hindi, Tamil]}\n      title: {}\n"
    )


BULLETIN = """\
bulletins:
  - id: sa-re-ga-ma-{number}
    business_event: Program Released
    name: सा रे गा मा, एपिसोड {number}
    properties:
      program_id: "{number}"
      language: Hindi
      title: सा रे गा मा
    c-by: releases@example.com
    accounts: [india]
    schedule: {{at: 2036-12-01T18:30:00+05:30, grace: 2h}}
    tags: [hindi, music]
"""

TEMPLATE = """\
defaults: {business_event: Program Released, c-by: releases@example.com, accounts: [india]}
bulletins:
  - for_each: {csv: shows.csv}
    id: "{{ row.show | slug }}-{{ row.episode }}"
    name: "{{ row.show }} episode {{ row.episode }}"
    properties: {program_id: "{{ row.program_id }}", language: "{{ row.language }}", title: "{{ row.title }}"}
    schedule: {at: "{{ row.date }}T{{ row.time }}:00", timezone: Asia/Kolkata, grace: 2h}
    tags: ["{{ row.language | lower }}"]
"""

if __name__ == "__main__":
    main()
