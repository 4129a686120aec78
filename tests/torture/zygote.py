"""A process that has everything imported, and forks a child for each run of the program: a run in tens of milliseconds.

The child is a process of its own and dies as one. The zygote never has a second thread: forking one that has is not
safe. It reads commands as lines of JSON and answers each by one: `start` by the process id, `wait` and `poll` by the
exit code. With the path of a socket as its argument it serves whoever knocks there, as CLIENT does: with the streams,
arguments, folder and environment of a process of theirs; the answer is the exit code.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib.util
import json
import os
import select
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

_HEAVY = (
    "end_to_end.conditions",
    "runner.cli.commands.fire",
    "runner.jobs.firing.fire",
    "runner.jobs.ledgers",
    "runner.cli.commands.plan",
    "runner.cli.terminal.fire_display",
    "runner.cli.terminal.progress",
    "runner.jobs.firing.publishing",
    "runner.definitions.load",
    "runner.fire.api.client",
    "runner.fire.run",
    "runner.fire.signals",
    "runner.ledger.ledger",
    "runner.report.document.run",
    "runner.report.text.run",
    "runner.files",
    "jsonschema",
    "jsonschema_rs",
    "requests",
    "rich.progress",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)

PATIENCE_S = 180.0  # of one run: then it ends with a word where it was, before whoever waits for it kills it

CLIENT = """
import json, os, socket, sys
command = {"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}
with socket.socket(socket.AF_UNIX) as door:
    door.connect(DOOR)
    socket.send_fds(door, [json.dumps(command).encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(door.makefile().readline() or 70))
"""


def main() -> None:
    """Serves until standard input ends."""
    _import_all()
    if len(sys.argv) > 1:
        _serve(sys.argv[1])
        return
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
    gc.freeze()  # what children share stays shared


def _serve(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(64)
        _say({"ready": os.getpid()})
        running: set[int] = set()
        while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
            caller, _ = door.accept()
            with caller:
                running.add(_fork(lambda caller=caller: _be_called(caller)))  # type: ignore[misc]
            running -= {process for process in running if _wait(process, os.WNOHANG)["code"] is not None}


def _be_called(caller: socket.socket) -> NoReturn:
    said, streams, _, _ = socket.recv_fds(caller, 1 << 16, 3)
    while not said.endswith(b"\n"):
        more = caller.recv(1 << 16)
        if not more:
            raise EOFError("the caller has gone")
        said += more
    command = json.loads(said)
    for descriptor, stream in enumerate(streams):
        _redirect(descriptor, stream)
    _be(command, lambda code: caller.sendall(b"%d\n" % code))


def _start(command: dict[str, Any]) -> dict[str, int]:
    return {"process": _fork(lambda: _be_started(command))}


def _be_started(command: dict[str, Any]) -> NoReturn:
    _redirect(0, os.open(os.devnull, os.O_RDONLY))
    for descriptor, name in ((1, "output"), (2, "errors")):
        _redirect(descriptor, os.open(command[name], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    _be(command, lambda code: None)


def _fork(be: Callable[[], NoReturn]) -> int:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # of forks in a process with threads
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise SystemExit(f"the zygote has {threads} threads")
        process = os.fork()
    if not process:
        try:
            be()
        except BaseException:  # noqa: BLE001 - it must not go on as a second zygote
            traceback.print_exc()
        os._exit(70)
    return process


def _be(command: dict[str, Any], tell: Callable[[int], object]) -> NoReturn:
    """The child: the program, as if it had been started so. Returns to nowhere."""
    from end_to_end import conditions

    from runner.cli import main as program

    code = 70
    faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
    # Anew: what they knew of the zygote's own need not be true of these.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)
    try:
        os.chdir(command["folder"])
        os.environ.clear()
        os.environ.update(command["environment"])
        conditions.apply()
        program(command["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - as Python says it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        tell(code)
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
