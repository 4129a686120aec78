"""Many accounts at once: `fire` and a plain script with `requests`, three threads an account, and no ledger.

    python tests/benchmarks/accounts.py [--accounts 50 200] [--ledger sqlite] [--commit-delay-ms 5] [--repeat 3]

The server, the script and `fire` each run in a process of their own; what counts is what the server saw, from the
first request's arrival to the last answer. Prints the rates in requests a second, the ratio to the script, the most
requests in flight in an account, the 429s, and the write transactions and CPU of `fire` for each firing. With
`--commit-delay-ms`, `fire` runs once more with that time added to each commit. With `--repeat`, it runs so often in
turns with and without that time, and the medians count. Fails below REQUIRED (with PostgreSQL below ON_SERVER of it),
with slow commits below OF_UNDELAYED of the rate without, above three in flight, or after a 429.
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
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from servers.postgres import new_database
from torture.places import LEDGERS, server

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IN_FLIGHT = 3
REQUIRED = {50: 1.0, 200: 1.3}  # rate of `fire` over that of the script, by number of accounts
ON_SERVER = 0.8  # share of REQUIRED with PostgreSQL, which runs on the same processors here
OF_UNDELAYED = 0.9  # rate with slow commits over that without


@dataclass(frozen=True, slots=True)
class Measure:
    """What a server saw of one client, and what `fire` counted itself; `rate` in requests a second."""

    rate: float
    peak: int
    refused: int
    server_cpu_s: float
    commits: float = 0.0  # for each firing
    cpu_ms: float = 0.0  # for each firing

    def __str__(self) -> str:
        own = f", {self.commits:.2f} commits and {self.cpu_ms:.1f} ms of CPU a firing" if self.cpu_ms else ""
        server = f", CPU of the server {self.server_cpu_s:.1f} s"
        return f"{self.rate:.0f}/s, peak in flight {self.peak}, 429s {self.refused}{own}{server}"


def main() -> int:
    """Print the figures; return 1 where they are below what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=list(REQUIRED))
    parser.add_argument("--bulletins", type=int, default=20, help="for each account")
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--ledger", choices=LEDGERS, nargs="+", default=list(LEDGERS))
    parser.add_argument("--commit-delay-ms", type=float, default=0.0)
    parser.add_argument("--repeat", type=int, default=1, help="runs of `fire` with each ledger; the medians count")
    parser.add_argument("--server", choices=("sandbox", "counting"), default="sandbox")
    options = parser.parse_args()
    missed = 0
    for accounts in options.accounts:
        load = Load(accounts, options.bulletins, options.latency_ms, options.server)
        limit = accounts * IN_FLIGHT * 1000 / options.latency_ms
        script = load.script()
        print(
            f"{accounts} accounts x {options.bulletins} at {options.latency_ms} ms, at most {limit:.0f}/s", flush=True
        )
        print(f"  script: {script}", flush=True)
        rates: dict[str, float] = {}
        for ledger in options.ledger:
            runs = [
                (load.fire(ledger), load.fire(ledger, options.commit_delay_ms) if options.commit_delay_ms else None)
                for _ in range(options.repeat)
            ]
            fired = middle([first for first, _ in runs])
            rates[ledger] = fired.rate
            ratio, required = fired.rate / script.rate, REQUIRED.get(accounts, 0.0)
            of_sqlite = fired.rate / rates["sqlite"] if "sqlite" in rates else 1.0
            if ledger != "sqlite":
                required *= ON_SERVER
            print(
                f"  {ledger}: {fired}: {ratio:.2f} of the script (required {required:.2f}), {of_sqlite:.2f} of sqlite",
                flush=True,
            )
            missed += ratio < required or fired.peak > IN_FLIGHT or fired.refused > 0
            if delayed := [slow for _, slow in runs if slow is not None]:
                slow = middle(delayed)
                kept = statistics.median(slow.rate / fired.rate for fired, slow in runs if slow is not None)
                print(
                    f"    {options.commit_delay_ms:g} ms more a commit: {slow}: {kept:.2f} of the rate without"
                    f" (required {OF_UNDELAYED})",
                    flush=True,
                )
                missed += kept < OF_UNDELAYED or slow.peak > IN_FLIGHT or slow.refused > 0
    return 1 if missed else 0


def middle(measures: Sequence[Measure]) -> Measure:
    """Return the medians of each figure, and the worst of what may not happen."""
    figures = {name: statistics.median(getattr(each, name) for each in measures) for name in Measure.__slots__}
    worst = {name: max(getattr(each, name) for each in measures) for name in ("peak", "refused")}
    return Measure(**{**figures, **worst})


@dataclass(frozen=True, slots=True)
class Load:
    """So many accounts, so many bulletins in each, and a server with that latency."""

    accounts: int
    bulletins: int
    latency_ms: int
    server: str

    def script(self) -> Measure:
        """Run the plain script once."""
        with served(self.server, self.latency_ms) as stand_in:
            command = [HERE / "plain_script.py", stand_in.base_url]
            command += ["--accounts", self.accounts, "--bulletins", self.bulletins]
            call(ROOT, [sys.executable, *command])
            seen = self._seen(stand_in.base_url)
        return replace(seen, server_cpu_s=stand_in.cpu_s)

    def fire(self, ledger: str, commit_delay_ms: float = 0.0) -> Measure:
        """Run `fire` once, in a new folder with a new ledger."""
        with (
            tempfile.TemporaryDirectory(prefix="bulletins-bench-") as name,
            served(self.server, self.latency_ms) as stand_in,
            server(ledger) as port,
        ):
            folder = Path(name)
            self._write(folder / "bulletins.d", stand_in.base_url)
            place = new_database(port) if port else str(folder / "ledger.sqlite3")
            call(folder, [sys.executable, "-m", "runner", "ledger", "init", "--ledger", place])
            figures = folder / "figures.json"
            fire = ["fire", "--yes", "--quiet", "--max", self.accounts * self.bulletins, "--ledger", place]
            command = [sys.executable, HERE / "observed.py", figures, commit_delay_ms, *fire]
            call(folder, command)
            own = json.loads(figures.read_text(encoding="utf-8"))
            seen = self._seen(stand_in.base_url, own["commits"], own["cpu_s"])
        return replace(seen, server_cpu_s=stand_in.cpu_s)

    def _seen(self, base_url: str, commits: int = 0, cpu_s: float = 0.0) -> Measure:
        total = self.accounts * self.bulletins
        seen = figures_of_sandbox(base_url) if self.server == "sandbox" else get(f"{base_url}/figures")
        if seen["accepted"] != total:
            raise SystemExit(f"{seen['accepted']} requests were accepted for {total} bulletins")
        rate = total / seen["took_s"]
        return Measure(rate, seen["peak"], seen["refused"], 0.0, commits / total, cpu_s / total * 1000)

    def _write(self, folder: Path, base_url: str) -> None:
        folder.mkdir()
        names = [f"account-{number}" for number in range(self.accounts)]
        accounts = {
            name: {"base_url": base_url, "account_id_env": variable(name), "passcode_env": "BENCHMARK_PASSCODE"}
            for name in names
        }
        (folder / "accounts.yaml").write_text(json.dumps({"accounts": accounts}), encoding="utf-8")
        entries = [
            {
                "id": f"episode-{number}",
                "accounts": names,
                "business_event": "Program Released",
                "name": f"Sa Re Ga Ma episode {number}",
                "c-by": "releases@example.com",
                "properties": {"program_id": str(234567 + number), "language": "Hindi", "title": "सा रे गा मा"},
            }
            for number in range(self.bulletins)
        ]
        (folder / "bulletins.yaml").write_text(json.dumps({"bulletins": entries}), encoding="utf-8")


def figures_of_sandbox(base_url: str) -> dict[str, Any]:
    """Return what a sandbox counted, in the form of `counting_server.Figures`."""
    record = get(f"{base_url}/_sandbox/requests")
    requests = record["requests"]
    return {
        "accepted": sum(each["accepted"] for each in requests),
        "refused": sum(each["status"] == 429 for each in requests),
        "peak": max(record["peak_in_flight"].values()),
        "took_s": max(each["answered_at_s"] for each in requests) - min(each["at_s"] for each in requests),
    }


def get(url: str) -> dict[str, Any]:
    """Return the JSON object at that address."""
    with urllib.request.urlopen(url) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@dataclass(slots=True)
class StandIn:
    """The address of a server, and the CPU time that it used, known after its end."""

    base_url: str
    cpu_s: float = 0.0


@contextmanager
def served(kind: str, latency_ms: int) -> Iterator[StandIn]:
    """Run a server of that kind in its own process."""
    commands: dict[str, Sequence[object]] = {
        "sandbox": ("-m", "runner", "sandbox", "--port", 0, "--latency", f"{latency_ms}ms"),
        "counting": (HERE / "counting_server.py", "--latency-ms", latency_ms),
    }
    process = subprocess.Popen(
        [sys.executable, *map(str, commands[kind])],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        stand_in = StandIn(process.stdout.readline().strip())
        yield stand_in
    finally:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process.terminate()
        process.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)  # only this child ended between the two
    stand_in.cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def call(folder: Path, command: Sequence[object]) -> None:
    """Run a command that has to succeed."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=environment(), capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")


def environment() -> dict[str, str]:
    """Return this process's environment, with the checkout importable and an id for each account."""
    ids = {variable(f"account-{number}"): f"account-{number}" for number in range(1000)}
    return {**os.environ, "PYTHONPATH": str(ROOT), "BENCHMARK_PASSCODE": "sandbox", **ids}


def variable(account: str) -> str:
    """Return the name of the variable that holds an account's id."""
    return f"BENCHMARK_{account.upper().replace('-', '_')}"


if __name__ == "__main__":
    sys.exit(main())
