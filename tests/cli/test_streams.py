"""Standard output on a full disk, left by its reader, or closed, and standard error the same: in real processes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pytest
from conftest import Write
from torture.processes import Zygote

import runner
from cli.conftest import Bulletins, only_report, outcomes
from runner.errors import OutputLost
from runner.sandbox.server import Sandbox

ROOT = Path(runner.__file__).parents[1]
PATIENCE_S = 120.0
FULL = Path("/dev/full")
_LOST = OutputLost(OSError(errno.ENOSPC, "No space left on device"))
LOST = f"error: {_LOST.message} [{_LOST.code}]\nhelp: {_LOST.help}\n"

needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="descriptors are closed so on POSIX only")


# As containers often have it; None is the usual.
both_ways = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


Ended = Callable[..., tuple[int, str]]


@pytest.fixture
def ended(zygote: Zygote, tmp_path: Path) -> Ended:
    """Runs the program to its end; Python ends as it always does.

    Returns the exit code, and what came on standard error where that was not sent elsewhere.
    """

    def run(
        arguments: Sequence[str],
        stdout: IO[Any] | int,
        stderr: IO[Any] | int = subprocess.PIPE,
        *,
        unbuffered: str = "",
    ) -> tuple[int, str]:
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        with open(os.devnull, "r+") as nothing, TemporaryFile("w+", encoding="utf-8") as said:
            known: dict[IO[Any] | int, IO[Any] | int] = {subprocess.DEVNULL: nothing, subprocess.PIPE: said}
            streams = (known.get(stream, stream) for stream in (subprocess.DEVNULL, stdout, stderr))
            descriptors = [stream if isinstance(stream, int) else stream.fileno() for stream in streams]
            process = zygote.start(tmp_path, environment, arguments, descriptors, finalizes=True)
            try:
                code = process.wait(PATIENCE_S)
            finally:
                process.kill()
            said.seek(0)
            return code, said.read()

    return run


COMMANDS = [
    "--help",
    "--version",
    "validate",
    "validate --format json",
    "expand",
    "plan",
    "plan --format json",
    "status",
    "report",
    "ledger show",
    "ledger export",
    "ledger --help",
    "schema",
    "schema plan",
    "schema --for-set",
    "explain",
    "explain yaml-key",
    "completion bash",
    "fire --dry-run",
    "fire --dry-run --format json",
]


@needs_full
@both_ways
def test_a_full_disk_is_reported_as_one(bulletins: Bulletins, ended: Ended, ledger: str, unbuffered: str) -> None:
    assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    with FULL.open("w") as full:
        for command in COMMANDS:
            code, said = ended(command.split(), full, unbuffered=unbuffered)
            assert (code, said.count("error: "), said.endswith(LOST)) == (5, 1, True), (command, said)
            assert "Traceback" not in said


@needs_full
@pytest.mark.parametrize(("format_", "unbuffered"), [("text", ""), ("json", "1")])
def test_what_is_fired_is_recorded_and_reported(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path, format_: str, unbuffered: str, ended: Ended
) -> None:
    with FULL.open("w") as full:
        command = ["fire", "--yes", "--id", "now-*", "--metrics-file", "fire.prom", "--format", format_]
        code, said = ended(command, full, unbuffered=unbuffered)
    assert code == 1
    report = only_report(tmp_path)
    assert outcomes(report) == {"now-1": "fired", "now-2": "fired"}
    assert len(sandbox.accepted()) == 2
    last = "error: standard output can't be written: No space left on device; what the run did is recorded, and in "
    assert said.splitlines()[-1] == f"{last}.bulletins/reports/{report['run']['id']}.json"
    assert "bulletins_last_run_exit_code 1.0\n" in (tmp_path / "fire.prom").read_text(encoding="utf-8")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert len(sandbox.accepted()) == 2


@needs_full
def test_what_ended_otherwise_keeps_its_exit_code(ledger: str, sandbox: Sandbox, ended: Ended) -> None:
    sandbox.add_fault("503@Now 2*1")
    with FULL.open("w") as full:
        assert ended(["fire", "--yes", "--id", "now-*"], full)[0] == 4


@needs_full
@pytest.mark.parametrize("streams", ["both", "stderr"])
def test_a_run_goes_on_where_its_log_is_full(
    ledger: str, sandbox: Sandbox, tmp_path: Path, streams: str, ended: Ended
) -> None:
    with FULL.open("w") as full:
        out = full if streams == "both" else subprocess.DEVNULL
        code, _ = ended(["fire", "--yes", "--id", "now-*", "--verbose"], out, full)
    assert code == (1 if streams == "both" else 0)
    assert outcomes(only_report(tmp_path)) == {"now-1": "fired", "now-2": "fired"}


@needs_posix
def test_all_is_settled_although_nobody_reads_of_it(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, ended: Ended
) -> None:
    sandbox.add_fault("503")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 4
    reader, writer = os.pipe()
    os.close(reader)
    try:
        code, said = ended(["resolve", "now-1", "now-2", "--sent", "--note", "in the log"], writer)
    finally:
        os.close(writer)
    assert (code, said) == (5, "")
    assert bulletins("status").out.startswith("nothing is in doubt\n")


@needs_full
@needs_posix
def test_what_was_left_alone_is_reported_although_the_rest_is_lost(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox
) -> None:
    sandbox.add_fault("503")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 4
    terminal, keyboard = os.openpty()
    command = [sys.executable, "-m", "runner", "resolve", "now-1", "now-2", "--not-sent", "--note", "not there"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (
        os.fdopen(terminal, "wb", buffering=0) as typed,
        os.fdopen(keyboard, "rb") as stdin,
        FULL.open("w") as full,
        subprocess.Popen(command, env=environment, stdin=stdin, stdout=full, stderr=subprocess.PIPE) as process,
    ):
        killed = threading.Timer(PATIENCE_S, process.kill)
        killed.start()
        try:
            assert process.stderr is not None
            asked = b""
            while b"[y/N]: " not in asked and (piece := process.stderr.read(1)):
                asked += piece
            assert bulletins("resolve", "now-1", "--sent", "--note", "by somebody else meanwhile").code == 0
            typed.write(b"y\n")
            said = process.stderr.read().decode()
            assert process.wait() == 5
        finally:
            killed.cancel()
            process.kill()
    left = "error: now-1 in india (r1) is no longer in doubt, and was not changed [firing-changed]\n"
    left += "help: bulletins status ID shows what happened meanwhile.\n"
    assert said == f"{left}{LOST}"
    assert "now: retry in india" in bulletins("status", "now-2").out


@needs_full
def test_a_dry_run_that_can_show_nothing_leaves_its_report(ledger: str, tmp_path: Path, ended: Ended) -> None:
    with FULL.open("w") as full:
        assert ended(["fire", "--dry-run", "--id", "now-1"], full) == (5, LOST)
    (result,) = only_report(tmp_path)["results"]
    assert (result["outcome"], result["reason_code"]) == ("skipped", "run-refused")
    assert "No space left on device" in result["reason"]


@needs_full
@pytest.mark.parametrize(("arguments", "code"), [(["validate", "nowhere"], 2), (["plan"], 0), (["status"], 5)])
def test_without_standard_error_the_exit_code_shows(
    small_set: Path, arguments: list[str], code: int, ended: Ended
) -> None:
    with FULL.open("w") as full:
        assert ended(arguments, subprocess.DEVNULL, full)[0] == code


@needs_posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(small_set: Path, closed: str) -> None:
    """No file takes their descriptors, and nothing breaks: what is said there was not wanted."""
    command = f'exec "{sys.executable}" -m runner plan --out plan.json {closed}'
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(Path("plan.json").read_text(encoding="utf-8"))["summary"]["fire"] == 2


@needs_posix
@both_ways
def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path, unbuffered: str) -> None:
    """A part of the text fits: it is not taken for the whole."""
    command = f'ulimit -f 1; exec "{sys.executable}" -m runner schema plan > part'
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        5,
        "error: standard output can't be written: File too large [output-lost]",
    )
    assert (tmp_path / "part").stat().st_size == 1024


@needs_posix
@pytest.mark.parametrize(
    ("command", "code", "unbuffered"),
    [("schema plan", 5, ""), ("schema plan", 5, "1"), ("fire --yes --id now-*", 1, "")],
)
def test_nothing_is_reported_to_a_reader_who_has_left(
    ledger: str, command: str, code: int, unbuffered: str, ended: Ended
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        found, said = ended(command.split(), writer, unbuffered=unbuffered)
    finally:
        os.close(writer)
    assert found == code
    assert "error: " not in said
    assert "Traceback" not in said


@needs_posix
@pytest.mark.parametrize(
    ("command", "stream", "unbuffered"),
    [("validate", "stdout", ""), ("validate", "stdout", "1"), ("plan", "stderr", "")],
)
def test_a_reader_is_waited_for(write: Write, command: str, stream: str, unbuffered: str, ended: Ended) -> None:
    """Also at a pipe that never waits by itself, as a parent such as Node may make it; more is said than it holds."""
    write({f"{'many-' * 40}.yaml": "bulletins:\n" + "".join(f"  - {{id: a{number}}}\n" for number in range(240))})
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    out, err = (writer if stream == name else subprocess.DEVNULL for name in ("stdout", "stderr"))
    with open(reader, encoding="utf-8") as pipe, ThreadPoolExecutor() as pool:
        text = pool.submit(pipe.read)
        try:
            code, _ = ended([command], out, err, unbuffered=unbuffered)
        finally:
            os.close(writer)
        said = text.result(timeout=PATIENCE_S)
    assert code == 3
    assert len(said) > 200_000
    assert said.count("error[missing-field]") == 960
    assert "960 problems in 1 of 1 file\n" in said
