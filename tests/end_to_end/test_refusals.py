"""What must stop a run before anything is sent, and what happens when the disk gives way in the middle of one."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from end_to_end.site import ROOT, TIMEOUT_S, Forks, Site, assert_refused, outcomes
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions and limits of POSIX")

LEDGER = ".bulletins/ledger.sqlite3"


@pytest.fixture
def site(tmp_path: Path, forked: Forks | None) -> Iterator[Site]:
    """As elsewhere, but the sandbox takes no time."""
    with Sandbox() as sandbox:
        made = Site(tmp_path, sandbox, forked=forked)
        made.write_accounts()
        made.make_ledger()
        yield made


@pytest.fixture
def due(site: Site) -> Site:
    """A site with three bulletins that are due."""
    site.write_bulletins(["b-1", "b-2", "b-3"])
    return site


def assert_nothing_sent(site: Site) -> None:
    assert site.sandbox.received() == ()


def test_no_ledger(due: Site) -> None:
    (due.folder / LEDGER).unlink()
    done = due.run("fire", "--yes")
    assert_refused(done, ErrorCode.LEDGER_MISSING, ".bulletins/ledger.sqlite3")
    assert "bulletins ledger init" in done.err
    assert not (due.folder / LEDGER).exists()
    assert_nothing_sent(due)


def test_another_ledger_than_the_pinned_one(due: Site) -> None:
    due.write_accounts("ledger: 01JDX0AAAAAAAAAAAAAAAAAAAA")
    assert_refused(due.run("fire", "--yes"), ErrorCode.WRONG_LEDGER, "01JDX0AAAAAAAAAAAAAAAAAAAA")
    assert_nothing_sent(due)
    (report,) = due.reports()
    assert (report["run"]["exit_code"], report["summary"]["skipped"]) == (5, 3)


def damage_nothing_left(ledger: Path) -> None:
    ledger.write_bytes(b"")


def damage_text(ledger: Path) -> None:
    ledger.write_text("all work and no play\n" * 1000)


def damage_truncated(ledger: Path) -> None:
    ledger.write_bytes(ledger.read_bytes()[:6000])


def damage_pages(ledger: Path) -> None:
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def damage_folder(ledger: Path) -> None:
    ledger.unlink()
    ledger.mkdir()


def damage_link(ledger: Path) -> None:
    ledger.unlink()
    ledger.symlink_to("nowhere.sqlite3")


DAMAGES: dict[Callable[[Path], None], ErrorCode] = {
    damage_nothing_left: ErrorCode.LEDGER_EMPTY,
    damage_text: ErrorCode.LEDGER_DAMAGED,
    damage_truncated: ErrorCode.LEDGER_DAMAGED,
    damage_pages: ErrorCode.LEDGER_DAMAGED,
    damage_folder: ErrorCode.NOT_A_LEDGER,
    damage_link: ErrorCode.LEDGER_UNUSABLE,
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_ledger(due: Site, damage: Callable[[Path], None]) -> None:
    for suffix in ("-wal", "-shm"):
        (due.folder / (LEDGER + suffix)).unlink(missing_ok=True)
    damage(due.folder / LEDGER)
    assert_refused(due.run("fire", "--yes"), DAMAGES[damage])
    assert_nothing_sent(due)


def without_privileges() -> list[str]:
    """A command to run the program by, so that permissions count: root is above them."""
    if os.geteuid() != 0:
        return []
    command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode != 0:
        pytest.skip("root's privileges can't be given up here")
    return command


def test_a_ledger_that_is_read_only(due: Site) -> None:
    (due.folder / LEDGER).chmod(0o444)
    (due.folder / ".bulletins").chmod(0o555)
    done = due.run("fire", "--yes", "--report", "reports/r.json", through=without_privileges())
    assert_refused(done, ErrorCode.LEDGER_NOT_WRITABLE, ".bulletins/ledger.sqlite3")
    assert_nothing_sent(due)


def test_a_place_for_reports_that_is_read_only(due: Site) -> None:
    (due.folder / "reports").mkdir(0o555)
    done = due.run("fire", "--yes", "--report", "reports/r.json", through=without_privileges())
    assert_refused(done, ErrorCode.CANNOT_WRITE, "reports/r.json", "Permission denied")
    assert_nothing_sent(due)


def file_size_limit(limit_bytes: int) -> Callable[[], None]:
    """What a child process does first so that no file grows beyond the limit: a disk that is full for it."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))


def test_no_room_from_the_start(due: Site) -> None:
    assert_refused(due.run("fire", "--yes", preexec_fn=file_size_limit(0)), ErrorCode.LEDGER_NOT_WRITABLE)
    assert_nothing_sent(due)


def test_no_room_in_the_middle(site: Site) -> None:
    ids = [f"b-{number}" for number in range(150)]
    site.write_bulletins(ids)
    done = site.run("fire", "--yes", preexec_fn=file_size_limit(300_000))
    (report,) = site.reports()
    raised = site.accepted()
    reported = outcomes(report)
    assert 0 < len(raised) < len(ids)
    assert done.code == report["run"]["exit_code"] == (4 if "in_doubt" in reported.values() else 1)
    assert "error: the run was cut short: " in done.err
    assert "Traceback" not in done.err
    assert {id for id, outcome in reported.items() if outcome in ("fired", "in_doubt")} >= raised.keys()  # noqa: A001
    assert {id for id, outcome in reported.items() if outcome == "fired"} <= raised.keys()  # noqa: A001
    assert {outcome for id, outcome in reported.items() if id not in raised} <= {"skipped", "in_doubt"}  # noqa: A001

    again = site.run("fire", "--yes")  # there is room again
    assert again.code in (0, 4)
    doubtful = set(site.query("SELECT bulletin FROM firings WHERE state = 'in_doubt'"))
    assert len(doubtful) <= 5
    assert max(site.accepted().values()) == 1
    assert site.accepted().keys() >= set(ids) - doubtful


FULL_DISK = """
set -eu
mount -t tmpfs -o size=8m tmpfs "$1"
cp -r bulletins.d "$1" && cd "$1"
python=$2
run() { "$python" -m runner "$@"; }
run ledger init > /dev/null 2>&1
head -c 7000000 /dev/zero > ballast
code=0; run fire --yes || code=$?
echo "first: $code"
rm ballast
code=0; run fire --yes > /dev/null || code=$?
echo "second: $code"
run ledger show
"""


def test_a_disk_that_fills_up_in_the_middle(site: Site) -> None:
    """A real full disk: a small one of its own, which holds the ledger and the reports."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("unshare is not here")
    small = site.folder / "small"
    small.mkdir()
    unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    mounts = subprocess.run([*unshare, f"mount -t tmpfs tmpfs {small}"], capture_output=True, check=False)
    if mounts.returncode != 0:
        pytest.skip("a file system can't be mounted here")
    ids = [f"b-{number}" for number in range(150)]
    site.write_bulletins(ids)
    done = subprocess.run(
        [*unshare, FULL_DISK, "sh", str(small), sys.executable],
        cwd=site.folder,
        env={**os.environ, **site.environment, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "first: 4" in done.stdout or "first: 5" in done.stdout, done
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert "second: 0" in done.stdout or "second: 4" in done.stdout, done
    accepted = site.accepted()
    assert max(accepted.values()) == 1
    assert len(accepted) >= len(ids) - 5


def test_no_credentials(due: Site) -> None:
    due.environment.clear()
    done = due.run("fire", "--yes")
    assert_refused(done, ErrorCode.CREDENTIALS_MISSING, "ID_INDIA", "PASSCODE_INDIA")
    assert_nothing_sent(due)


def test_more_than_the_maximum(due: Site) -> None:
    done = due.run("fire", "--yes", "--max", "2")
    assert_refused(done, ErrorCode.TOO_MANY_FIRINGS, "--max")
    assert "--max 3" in done.err
    assert_nothing_sent(due)
    (report,) = due.reports()
    assert (report["run"]["exit_code"], set(outcomes(report).values())) == (5, {"skipped"})
    assert due.states() == {}


def test_nobody_to_ask(due: Site) -> None:
    assert_refused(due.run("fire"), ErrorCode.NO_TERMINAL)
    assert_nothing_sent(due)
