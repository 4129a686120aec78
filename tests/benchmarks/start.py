"""What a start costs: `--help` compared with the import of click, and a plan with the imports that it can't do without.

    python tests/benchmarks/start.py
    python tests/benchmarks/start.py --runs 40  # where the figures vary

The pairs run in turns, so that other load on the machine falls on both. Fails if a figure is not what is required.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).with_name("bulletins")
OURS = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "runner"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A command of the program, the imports that it is compared with, and by how much more CPU it may take."""

    arguments: tuple[str, ...]
    imports: str
    most: float


COMPARISONS = (
    Comparison(("--help",), "import click", 1.2),
    Comparison(("plan", "bulletins.d"), "import sqlalchemy, yaml, click", 1.5),
)


def main() -> int:
    """Print the figures. Return 1 if one is not what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="pairs of runs; medians are shown")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="bulletins-bench-") as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BULLETINS_")}
        for name in ("STATE", "CACHE"):
            environment[f"XDG_{name}_HOME"] = str(Path(folder) / name.lower())
        verdicts = [compare(each, runs, environment) for each in COMPARISONS]
    return 0 if all(verdicts) else 1


def compare(comparison: Comparison, runs: int, environment: dict[str, str]) -> bool:
    """Print the CPU seconds of both, and their ratio. Return whether it is reached. A first pair does not count."""
    ours, theirs = [*OURS, *comparison.arguments], [sys.executable, "-c", comparison.imports]
    pairs = [(cpu_s(ours, environment), cpu_s(theirs, environment)) for _ in range(runs + 1)][1:]
    print(f"{statistics.median(one for one, _ in pairs):8.3f}s CPU  bulletins {' '.join(comparison.arguments)}")
    print(f"{statistics.median(other for _, other in pairs):8.3f}s CPU  python -c '{comparison.imports}'")
    ratio = statistics.median(one / other for one, other in pairs)
    is_reached = ratio <= comparison.most
    print(f"{'ok  ' if is_reached else 'MISS'} {ratio:8.2f} the first by the second (at most {comparison.most:g})\n")
    return is_reached


def cpu_s(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run the command, and return its CPU seconds. Raises CalledProcessError if it fails."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
