"""A process that has everything imported, and forks a child for each run of the program: a run in tens of milliseconds.

The child is a process of its own and dies as one. The zygote never has a second thread: forking one that has is not
safe. It reads commands as lines of JSON and answers each by one: `start` by the process id, `wait` and `poll` by the
exit code.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

_HEAVY = (
    "end_to_end.conditions",
    "runner.cli.fire",
    "runner.cli.ledgers",
    "runner.cli.plan",
    "runner.cli.progress",
    "runner.cli.reporting",
    "runner.definitions.load",
    "runner.fire.api",
    "runner.fire.run",
    "runner.fire.signals",
    "runner.ledger.ledger",
    "runner.report.document",
    "runner.report.run",
    "runner.files",
    "jsonschema",
    "jsonschema_rs",
    "requests",
    "rich.progress",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)


def main() -> None:
    """Serves until standard input ends."""
    _import_all()
    _say({"ready": os.getpid()})
    for line in iter(sys.stdin.buffer.readline, b""):
        command = json.loads(line)
        match command["do"]:
            case "start":
                _say(_start(command))
            case "wait":
                _say(_wait(command["process"], 0))
            case "poll":
                _say(_wait(command["process"], os.WNOHANG))


def _import_all() -> None:
    for name in _HEAVY:
        importlib.import_module(name)
    if importlib.util.find_spec("psycopg"):
        importlib.import_module("psycopg")
        importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")


def _start(command: dict[str, Any]) -> dict[str, int]:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of forks in a process with threads
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise SystemExit(f"the zygote has {threads} threads")
        process = os.fork()
    if not process:
        _be(command)
    return {"process": process}


def _be(command: dict[str, Any]) -> NoReturn:
    """The child: the program, as if it had been started so. Returns to nowhere."""
    from end_to_end import conditions

    from runner.cli import main as program

    code = 70
    try:
        _redirect(0, os.open(os.devnull, os.O_RDONLY))
        _redirect(1, os.open(command["output"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
        os.dup2(1, 2)
        os.chdir(command["folder"])
        os.environ.clear()
        os.environ.update(command["environment"])
        conditions.apply()
        program(command["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(descriptor: int, opened: int) -> None:
    os.dup2(opened, descriptor)
    os.close(opened)


def _wait(process: int, options: int) -> dict[str, int | None]:
    found, status = os.waitpid(process, options)
    return {"code": os.waitstatus_to_exitcode(status) if found else None}


def _say(answer: Mapping[str, int | None]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
