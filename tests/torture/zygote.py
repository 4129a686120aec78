"""A process that has everything imported, and forks a child for each run of the program: a run in tens of milliseconds.

The child is a process of its own and dies as one. The zygote never has a second thread: forking one that has is not
safe. Its standard input is a socket of packets, each a command as JSON, answered by a line of JSON: `start`, which has
the three streams of the child attached, by the process id, `wait` and `poll` by the exit code. With `script`, the child
is that Python file instead of the program. With `finalizes`, it ends as the interpreter does, which takes longer.
Whoever knocks at its door, a socket too, gets a run with the streams, arguments, folder and environment of a process of
theirs, as CLIENT does; the answer is the exit code.
"""

from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import gc
import importlib.util
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import tempfile
import termios
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import statement_cache
from end_to_end.site import Site

import runner
from runner.cli import main as program
from runner.sandbox.server import Sandbox

_LIBRARIES = (  # that the program imports where it needs them
    "jsonschema",
    "jsonschema_rs",
    "requests",
    "rich.progress",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)

PACKET_BYTES = 200_000  # the most that a command may have
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
    """Serves at standard input, and at the door whose path is the argument, until standard input ends."""
    # A background job of a script ignores SIGINT, and so do its children; what the shell of a terminal starts does not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _import_all()
    _compile_statements()
    gc.freeze()  # what children share stays shared
    with socket.socket(fileno=0) as commands, socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen(64)
        _say({"ready": os.getpid()})
        called: set[int] = set()
        while True:
            ready, _, _ = select.select([commands, door], [], [])
            if commands in ready and not _obey(commands):
                return
            if door in ready:
                caller, _ = door.accept()
                with caller:
                    called.add(_fork(lambda caller=caller: _be_called(caller)))  # type: ignore[misc]
                called -= {process for process in called if _wait(process, os.WNOHANG)["code"] is not None}


def _obey(commands: socket.socket) -> bool:
    """Does what the next packet says; False where there is no more."""
    packet, streams, _, _ = socket.recv_fds(commands, PACKET_BYTES, 3)
    if not packet:
        return False
    command = json.loads(packet)
    match command["do"]:
        case "start":
            _say({"process": _fork(lambda: _be_started(command, streams))})
            for stream in streams:
                os.close(stream)
        case "wait":
            _say(_wait(command["process"], 0))
        case "poll":
            _say(_wait(command["process"], os.WNOHANG))
    return True


def _import_all() -> None:
    modules = (module.name for module in pkgutil.walk_packages(runner.__path__, "runner."))
    for name in (*_LIBRARIES, "end_to_end.conditions", *modules):
        if name != "runner.__main__":
            importlib.import_module(name)
    if importlib.util.find_spec("psycopg"):
        importlib.import_module("psycopg")
        importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")


def _compile_statements() -> None:
    """Runs the program once, so that children find the statements of a run compiled, as they find its modules."""
    statement_cache.share()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    outside, environment = os.getcwd(), dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="bulletins-zygote-") as folder, Sandbox() as sandbox:
        site = Site(Path(folder), sandbox, {f"XDG_{each}_HOME": folder for each in ("STATE", "CACHE")})
        site.write_accounts()
        site.write_bulletins(["a"])
        os.environ.update(site.environment)
        os.chdir(folder)
        for arguments in (("ledger", "init"), ("fire", "--yes"), ("status",)):
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
                code = _code_of(arguments)
            assert code == 0, said.getvalue()
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()  # the one that enforces deadlines ends by itself, a second later
    os.chdir(outside)
    os.environ.clear()
    os.environ.update(environment)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _code_of(arguments: Sequence[str]) -> int:
    try:
        program(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _be_called(caller: socket.socket) -> NoReturn:
    said, streams, _, _ = socket.recv_fds(caller, 1 << 16, 3)
    while not said.endswith(b"\n"):
        more = caller.recv(1 << 16)
        if not more:
            raise EOFError("the caller has ended")
        said += more
    command = json.loads(said)
    for descriptor, stream in enumerate(streams):
        _redirect(descriptor, stream)
    _be(command, lambda code: caller.sendall(b"%d\n" % code))


def _be_started(command: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    for descriptor, stream in enumerate(streams):
        _redirect(descriptor, stream)
    if command["on_terminal"]:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
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
        except SystemExit:
            raise
        except BaseException:  # noqa: BLE001 - it must not go on as a second zygote
            traceback.print_exc()
        os._exit(70)
    return process


def _be(command: dict[str, Any], tell: Callable[[int], object]) -> NoReturn:
    """The child: the program, as if it had been started so. Returns to nowhere."""
    from end_to_end import conditions

    code = 70
    faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
    os.environ.clear()
    os.environ.update(command["environment"])
    # Anew: what they knew of the zygote's own need not be true of these.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = _output(1, "strict")
    sys.stderr = _output(2, "backslashreplace", line_buffering=True)
    try:
        os.chdir(command["folder"])
        conditions.apply()
        if script := command.get("script"):
            sys.argv = [script, *command["arguments"]]
            runpy.run_path(script, run_name="__main__")
            raise SystemExit(0)
        program(command["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - as Python says it
        traceback.print_exc()
    if command.get("finalizes"):
        raise SystemExit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    tell(code)
    os._exit(code)


def _output(descriptor: int, errors: str, *, line_buffering: bool = False) -> io.TextIOWrapper:
    """A stream as Python makes it when it starts."""
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    binary = open(descriptor, "wb", 0 if unbuffered else -1, closefd=False)  # noqa: SIM115 - the stream keeps it
    line_buffering = line_buffering or os.isatty(descriptor)
    return io.TextIOWrapper(
        binary, encoding="utf-8", errors=errors, line_buffering=line_buffering, write_through=unbuffered
    )


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
