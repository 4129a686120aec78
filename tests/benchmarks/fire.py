"""How close `fire` comes to what the API's limit of requests in flight allows.

    python tests/benchmarks/fire.py [--bulletins 300] [--repeat 3] [--latency-ms 50 20]

The sandbox and `fire` each run in a process of their own; what counts is what the sandbox saw. Efficiency is the
least time that the limit allows (bulletins x latency / 3), over the time from the first request's arrival to the
last answer.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
IN_FLIGHT = 3
REQUIRED = {50: 0.97, 20: 0.95}  # efficiency, by latency in milliseconds


@dataclass(frozen=True, slots=True)
class Measure:
    """One run of `fire`, in seconds; `efficiency` of 1 is the limit. `refused` counts the answers 429."""

    efficiency: float
    peak: int
    wall_s: float
    cpu_s: float
    refused: int


def main() -> int:
    """Prints a line for each latency; 1 where a requirement is not met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulletins", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--latency-ms", type=int, nargs="+", default=list(REQUIRED))
    options = parser.parse_args()
    met = True
    for latency_ms in options.latency_ms:
        measures = [measure(options.bulletins, latency_ms) for _ in range(options.repeat)]
        efficiency = statistics.median(each.efficiency for each in measures)
        peak = max(each.peak for each in measures)
        required = REQUIRED.get(latency_ms, 0.0)
        met = met and efficiency >= required and peak <= IN_FLIGHT
        print(
            f"{options.bulletins} bulletins at {latency_ms} ms: efficiency {efficiency:.1%}"
            f" (of {', '.join(f'{each.efficiency:.1%}' for each in measures)}; required {required:.0%}),"
            f" peak in flight {peak}, wall {statistics.median(each.wall_s for each in measures):.2f} s,"
            f" CPU {statistics.median(each.cpu_s for each in measures):.2f} s"
        )
    return 0 if met else 1


def measure(bulletins: int, latency_ms: int, release_ms: int = 0) -> Measure:
    """One run of `fire` against a fresh sandbox, in a fresh folder with a new ledger.

    The sandbox counts each request until `release_ms` after its answer, and so does the efficiency.
    """
    with tempfile.TemporaryDirectory() as name, sandbox(latency_ms, release_ms) as base_url:
        folder = Path(name)
        write_definitions(folder / "bulletins.d", bulletins, base_url)
        call(folder, "ledger", "init")
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        call(folder, "fire", "--yes", "--quiet", "--max", str(bulletins))
        wall_s, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        with urllib.request.urlopen(f"{base_url}/_sandbox/requests") as answer:
            record = json.load(answer)
    requests = record["requests"]
    refused = sum(each["status"] == 429 for each in requests)
    accepted = sum(each["accepted"] for each in requests)
    if accepted != bulletins or len(requests) != bulletins + refused:
        raise SystemExit(f"{len(requests)} requests, of which {accepted} were accepted, for {bulletins} bulletins")
    took_s = max(each["answered_at_s"] for each in requests) - min(each["at_s"] for each in requests)
    cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    least_s = bulletins * (latency_ms + release_ms) / 1000 / IN_FLIGHT
    return Measure(least_s / took_s, record["peak_in_flight"]["benchmark"], wall_s, cpu_s, refused)


@contextmanager
def sandbox(latency_ms: int, release_ms: int = 0) -> Iterator[str]:
    """A sandbox in its own process; its address."""
    command = [sys.executable, "-m", "runner", "sandbox", "--port", "0", "--latency", f"{latency_ms}ms"]
    command += ["--release-after", f"{release_ms}ms"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(), cwd=ROOT
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def write_definitions(folder: Path, bulletins: int, base_url: str) -> None:
    """An account at `base_url`, and that many bulletins that are due at once."""
    folder.mkdir()
    account = {"base_url": base_url, "account_id_env": "BENCHMARK_ID", "passcode_env": "BENCHMARK_PASSCODE"}
    (folder / "accounts.yaml").write_text(json.dumps({"accounts": {"benchmark": account}}), encoding="utf-8")
    entries = [
        {
            "id": f"episode-{number}",
            "business_event": "Program Released",
            "name": f"Sa Re Ga Ma episode {number}",
            "c-by": "releases@example.com",
            "properties": {"program_id": str(234567 + number), "language": "Hindi", "title": "सा रे गा मा"},
        }
        for number in range(bulletins)
    ]
    (folder / "bulletins.yaml").write_text(json.dumps({"bulletins": entries}), encoding="utf-8")


def call(folder: Path, *arguments: str) -> None:
    """One call of the program, which has to succeed."""
    subprocess.run(
        [sys.executable, "-m", "runner", *arguments], cwd=folder, env=environment(), check=True, capture_output=True
    )


def environment() -> dict[str, str]:
    """This process's environment, with the checkout importable and credentials for the sandbox."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "BENCHMARK_ID": "benchmark", "BENCHMARK_PASSCODE": "sandbox"}


if __name__ == "__main__":
    sys.exit(main())
