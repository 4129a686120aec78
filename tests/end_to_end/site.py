"""A folder where bulletins are fired for real: definitions, credentials, a ledger, the API's stand-in, processes."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

import jsonschema
from new_ledger import make_ledger_file
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import URL

import runner
from runner.errors import ErrorCode
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.sandbox.record import Received
from runner.sandbox.server import Sandbox

ROOT = Path(runner.__file__).parents[1]
TIMEOUT_S = 120.0  # of one process: a busy machine fails no test
_TESTS = Path(__file__).parents[1]
_SCHEMA = ROOT / "schemas" / "report.schema.json"


class Hold:
    """Called by a sandbox before it answers: may keep answers back, so that a run can't be over before a test acts."""

    def __init__(self) -> None:
        self._first = math.inf
        self._gone = threading.Event()

    def __call__(self, received: Received) -> None:
        if received.number >= self._first:
            self._gone.wait(TIMEOUT_S)

    @contextmanager
    def from_request(self, number: int) -> Iterator[None]:
        """Keeps back the answers to the nth request and all later ones, until the block is left."""
        self._first = number
        try:
            yield
        finally:
            self._gone.set()


@dataclass(frozen=True, slots=True)
class Done:
    """A process that ended."""

    code: int
    out: str
    err: str


class Process(Protocol):
    """A run under way, as `subprocess.Popen` has it; `communicate` where its output goes to pipes."""

    pid: int
    stdout: IO[str] | None
    stderr: IO[str] | None

    @property
    def returncode(self) -> int | Any:
        """Its exit code, once `wait` or `poll` found that it has ended; negative where a signal ended it."""

    def kill(self) -> None:
        """SIGKILL."""

    def send_signal(self, number: int, /) -> None:
        """Any signal."""

    def poll(self) -> int | None:
        """The same as `wait`, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended."""

    def communicate(self) -> tuple[str, str]:
        """All that it still says on its two streams, once it has ended."""


class Forks(Protocol):
    """Runs in processes that need not import the program."""

    def started(
        self, folder: Path, environment: Mapping[str, str], arguments: Sequence[str], *, stdin: bool = False
    ) -> AbstractContextManager[Process]:
        """A run under way; with `stdin`, its standard input never ends."""

    def run(self, folder: Path, environment: Mapping[str, str], arguments: Sequence[str]) -> Done:
        """A run to its end."""


@dataclass(frozen=True)
class Site:
    """`bulletins` runs in `folder`; the account `india` is served by `sandbox`.

    `ledger` is the URL of a database; where it is left out, the ledger is a file at its usual place. `hold` is what the
    sandbox asks before it answers, where it was made so. `forked` runs the program without the second that Python takes
    to import it: in a process of its own that is forked off another.
    """

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=dict)
    ledger: str | None = None
    hold: Hold = field(default_factory=Hold)
    forked: Forks | None = None

    def write_accounts(self, text: str = "", **base_urls: str) -> None:
        """An account for each name. Its id is its name, and its passcode is in a variable; `text` is added to each."""
        lines = ["accounts:"]
        for name, base_url in (base_urls or {"india": self.sandbox.base_url}).items():
            variable = name.upper().replace("-", "_").replace(".", "_")
            lines += [
                f'  "{name}":',
                f"    base_url: {base_url}",
                f"    account_id_env: ID_{variable}",
                f"    passcode_env: PASSCODE_{variable}",
            ]
            lines += [f"    {text}"] if text else []
            self.environment[f"ID_{variable}"] = name
            self.environment.setdefault(f"PASSCODE_{variable}", "sandbox")
        self.write("bulletins.d/accounts.yaml", "\n".join(lines) + "\n")

    def write_bulletins(
        self, ids: Iterable[str], *, name: str = "all", fields: str = "", account: str = "india"
    ) -> None:
        """A file of bulletins in one account that are due at once; each one's name is its id."""
        head = (
            f"defaults: {{business_event: Program Released, c-by: a@example.com, accounts: [{account}]}}\nbulletins:\n"
        )
        more = f", {fields}" if fields else ""
        entries = (f'  - {{id: "{id}", name: "{id}", properties: {{program_id: "{id}"}}{more}}}\n' for id in ids)  # noqa: A001
        self.write(f"bulletins.d/{name}.yaml", head + "".join(entries))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str, hurried: bool = False, through: Sequence[str] = (), **options: Any) -> Done:
        """Runs `bulletins` to its end; `hurried` with hardly any back-off, `through` another command."""
        if self.forked is not None and not through and not options:
            return self.forked.run(self.folder, self._forked_environment(hurried), arguments)
        done = subprocess.run(
            [*through, *_command(arguments, hurried)],
            cwd=self.folder,
            env=self.whole_environment(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
            **options,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(self, *arguments: str, hurried: bool = False, stdin: bool = False) -> Iterator[Process]:
        """The same, under way; with `stdin`, its standard input never ends.

        It is killed if it has not ended in time, or when the block is left.
        """
        if self.forked is not None:
            environment = self._forked_environment(hurried)
            with self.forked.started(self.folder, environment, arguments, stdin=stdin) as forked:
                yield forked
            return
        with subprocess.Popen(
            _command(arguments, hurried),
            cwd=self.folder,
            env=self.whole_environment(),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            watchdog = threading.Timer(TIMEOUT_S, process.kill)
            watchdog.start()
            try:
                yield process
            finally:
                watchdog.cancel()
                watchdog.join()
                process.kill()

    def whole_environment(self) -> dict[str, str]:
        """What its processes run with."""
        paths = [str(ROOT), str(_TESTS)]
        ledger = {"BULLETINS_LEDGER": self.ledger} if self.ledger else {}
        python = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONWARNINGS": "error"}
        return {**os.environ, **python, **ledger, **self.environment}

    def _forked_environment(self, hurried: bool) -> dict[str, str]:
        return {**self.whole_environment(), **({"BULLETINS_TEST_HURRY": "1"} if hurried else {})}

    def make_ledger(self) -> str:
        """Makes the ledger at its place; returns its id."""
        now = datetime.now(UTC)
        if self.ledger_url.drivername == "sqlite":
            make_ledger_file(Path(self.ledger_url.database or ""), now=now, who="tests")
        else:
            create(self.ledger_url, now=now, who="tests")
        return str(self.query("SELECT id FROM ledger")[0])

    @property
    def ledger_url(self) -> URL:
        """Where the ledger is."""
        return parse_url(self.ledger or str(self.folder / ".bulletins" / "ledger.sqlite3"))

    def accepted(self) -> Counter[str]:
        """How often each bulletin was raised, by name."""
        return Counter(received.name or "" for received in self.sandbox.accepted())

    def wait_received(self, count: int, process: Process) -> None:
        """Returns once so many requests have come in all, or the run that should make them has ended before."""
        while self.sandbox.totals()[0] < count and process.poll() is None:
            time.sleep(0.002)

    def wait_for(self, name: str) -> None:
        """Returns once a request for the bulletin of that name has come."""
        received = self.sandbox.received()
        while all(each.name != name for each in received):
            received = self.sandbox.wait_received(len(received) + 1, timeout_s=TIMEOUT_S)

    def requests(self) -> Counter[str]:
        """How many requests came, by name."""
        return Counter(received.name or "" for received in self.sandbox.received())

    def reports(self) -> list[dict[str, Any]]:
        """The reports, oldest first, each checked against its schema. Of idle runs, only the last has one."""
        paths = (self.folder / ".bulletins" / "reports").glob("*.json")
        return sorted(map(valid_report, paths), key=lambda report: str(report["run"]["id"]))

    def states(self) -> Counter[str]:
        """How many rows of the ledger are in which state."""
        return Counter(self.query("SELECT state FROM firings"))

    def query(self, statement: str, *values: object) -> list[Any]:
        """The first column of what the ledger answers, by SQL with `?` for values: the program itself is not asked."""
        is_file = self.ledger_url.drivername == "sqlite"
        engine = create_engine(self.ledger_url, poolclass=NullPool, connect_args={"timeout": 30} if is_file else {})
        with engine.begin() as connection:
            done = connection.exec_driver_sql(statement if is_file else statement.replace("?", "%s"), values)
            return list(done.scalars()) if done.returns_rows else []


def _command(arguments: Sequence[str], hurried: bool) -> list[str]:
    return [sys.executable, "-m", "end_to_end.hurried" if hurried else "runner", *arguments]


def valid_report(path: Path) -> dict[str, Any]:
    """The report at `path`, once it is valid by its schema."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8"))).validate(document)
    return document


def outcomes(report: dict[str, Any]) -> dict[str, str | None]:
    """The outcome of each bulletin of a report, by id."""
    return {result["id"]: result["outcome"] for result in report["results"]}


def reason_codes(report: dict[str, Any]) -> dict[str, str | None]:
    """The code of each bulletin's reason, by id."""
    return {result["id"]: result["reason_code"] for result in report["results"]}


def assert_refused(done: Done, code: ErrorCode, *values: str) -> None:
    """Exit code 5, one line with this code and these values, one with the way out, and no traceback."""
    lines = done.err.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert done.code == 5, done
    assert len(errors) == 1, done.err
    assert errors[0].endswith(f" [{code}]"), done.err
    assert [value for value in values if value not in errors[0]] == []
    assert sum(line.startswith("help: ") for line in lines) == 1, done.err
    assert "Traceback" not in done.err


SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
