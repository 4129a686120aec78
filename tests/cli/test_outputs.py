"""The files that commands write: never in the ledger's place, and never where the repository's links lead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git.repository import Repository, run_git

from cli.conftest import Bulletins
from runner.errors import ErrorCode, Exit
from runner.sandbox.server import Sandbox

LEDGER = ".bulletins/ledger.sqlite3"
WRITING = {
    "report": ("fire", "--yes", "--report"),
    "dry run": ("fire", "--dry-run", "--report"),
    "metrics": ("fire", "--yes", "--metrics-file"),
    "plan": ("plan", "--out"),
    "export": ("ledger", "export"),
}
writing = pytest.mark.parametrize("command", WRITING.values(), ids=WRITING)


@writing
def test_a_link_is_replaced_and_its_end_left_alone(
    bulletins: Bulletins, ledger: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    before = (tmp_path / LEDGER).stat().st_ino
    for target in (LEDGER, "notes.txt", "nowhere"):
        (tmp_path / "notes.txt").write_text("kept")
        link = tmp_path / "out.json"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        assert bulletins(*command, "out.json").code in (Exit.OK, Exit.FAILED)
        assert not link.is_symlink()
        assert link.read_text(encoding="utf-8") not in ("", "kept")
        assert (tmp_path / "notes.txt").read_text() == "kept"
        assert not (tmp_path / "nowhere").exists()
    assert (tmp_path / LEDGER).stat().st_ino == before
    assert bulletins("ledger", "check").code == 0


@writing
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize("folder", [".bulletins", ".bulletins/../.bulletins", "state"])
def test_nothing_takes_the_place_of_the_ledger(
    bulletins: Bulletins,
    ledger: str,
    sandbox: Sandbox,
    tmp_path: Path,
    command: tuple[str, ...],
    suffix: str,
    folder: str,
) -> None:
    (tmp_path / "state").symlink_to(".bulletins")
    done = bulletins(*command, f"{folder}/ledger.sqlite3{suffix}")
    assert done.refused_with(ErrorCode.FILE_OF_LEDGER)
    assert bulletins("ledger", "check").code == 0
    assert not sandbox.received()


def test_nothing_takes_the_place_of_a_ledger_named_by_an_option(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert bulletins("ledger", "init", "--ledger", "other.sqlite3").code == 0
    for where in ("other.sqlite3", str(tmp_path / "other.sqlite3"), "other.sqlite3-journal"):
        done = bulletins("fire", "--yes", "--ledger", "other.sqlite3", "--report", where)
        assert done.refused_with(ErrorCode.FILE_OF_LEDGER, "--report")
    assert not sandbox.received()


@writing
def test_a_link_to_a_folder_outside_is_followed_only_where_it_was_not_committed(
    bulletins: Bulletins, ledger: str, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, outside = tmp_path / "checkout", tmp_path / "outside"
    checkout.mkdir()
    outside.mkdir()
    (tmp_path / "bulletins.d").rename(checkout / "bulletins.d")
    (tmp_path / ".bulletins").rename(checkout / ".bulletins")
    (checkout / "out").symlink_to("../outside")
    (checkout / "inside").symlink_to("bulletins.d")
    monkeypatch.chdir(checkout)
    run_git(checkout, "init", "--quiet")
    run_git(checkout, "add", "bulletins.d", "inside")
    run_git(checkout, "commit", "--quiet", "--message", "set")
    assert bulletins(*command, "out/file").code in (Exit.OK, Exit.FAILED)
    assert (outside / "file").exists()
    (outside / "file").unlink()

    run_git(checkout, "add", "out")
    run_git(checkout, "commit", "--quiet", "--message", "link")
    assert bulletins(*command, "out/file").refused_with(ErrorCode.COMMITTED_LINK)
    assert bulletins(*command, "inside/file").code in (Exit.OK, Exit.FAILED)
    assert not list(outside.iterdir())


def test_a_committed_link_is_found_from_a_folder_above_the_checkout(
    bulletins: Bulletins, ledger: str, tmp_path: Path
) -> None:
    inner = Repository.new(tmp_path / "inner")
    inner.commit({"out": "-> ../outside"})
    (tmp_path / "outside").mkdir()
    run_git(tmp_path, "init", "--quiet")
    run_git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "outer")
    done = bulletins("fire", "--dry-run", "--report", "inner/out/report.json")
    assert done.refused_with(ErrorCode.COMMITTED_LINK, "--report")
    assert not list((tmp_path / "outside").iterdir())


def test_a_committed_link_behind_a_link_of_the_user_is_found(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    checkout = Repository.new(tmp_path / "checkout")
    (tmp_path / "outside").mkdir()
    checkout.commit({"out": "-> ../outside"})
    (tmp_path / "mine").symlink_to("checkout/out")
    done = bulletins("fire", "--dry-run", "--report", "mine/report.json")
    assert done.refused_with(ErrorCode.COMMITTED_LINK, "--report")


@pytest.mark.parametrize("link", [".bulletins", ".bulletins/ledger.sqlite3"])
def test_a_committed_link_does_not_choose_the_ledger(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path, link: str
) -> None:
    assert bulletins("ledger", "init", "--ledger", "other/ledger.sqlite3").code == Exit.OK
    (tmp_path / link).rename(tmp_path / "old")
    (tmp_path / link).symlink_to(tmp_path / "other" / link.removeprefix(".bulletins").lstrip("/"))
    run_git(tmp_path, "init", "--quiet")
    assert bulletins("fire", "--dry-run", "--report", "report.json").code == Exit.OK
    run_git(tmp_path, "add", "--force", link)
    run_git(tmp_path, "commit", "--quiet", "--message", "link")
    assert bulletins("fire", "--yes", "--report", "report.json").refused_with(ErrorCode.COMMITTED_LINK, "--ledger")
    assert not sandbox.received()


def test_a_committed_link_into_the_folder_of_git_is_refused(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    run_git(tmp_path, "init", "--quiet")
    (tmp_path / "out").symlink_to(".git/hooks")
    run_git(tmp_path, "add", "out")
    run_git(tmp_path, "commit", "--quiet", "--message", "link")
    done = bulletins("fire", "--dry-run", "--report", "out/post-checkout")
    assert done.refused_with(ErrorCode.COMMITTED_LINK, "--report")


@pytest.mark.parametrize(
    ("script", "code"),
    [("exec /usr/bin/git", ErrorCode.GIT_FAILED), (None, ErrorCode.GIT_MISSING)],
    ids=["a checkout of somebody else", "no git"],
)
def test_a_link_that_git_cannot_judge_is_not_followed(
    bulletins: Bulletins,
    ledger: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    code: ErrorCode,
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    checkout = Repository.new(tmp_path / "checkout")
    checkout.commit({"out": "-> ../outside"})
    programs = tmp_path / "bin"
    programs.mkdir()
    if script:
        (programs / "git").write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 {script} "$@"\n')
        (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    done = bulletins("fire", "--dry-run", "--report", "checkout/out/report.json")
    assert done.refused_with(code, "checkout/out")
    assert not list(outside.iterdir())


def test_the_usual_place_of_reports_is_not_moved_by_a_committed_link(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / ".bulletins" / "reports").symlink_to("../..")
    run_git(tmp_path, "init", "--quiet")
    run_git(tmp_path, "add", "--force", ".bulletins/reports")
    run_git(tmp_path, "commit", "--quiet", "--message", "link")
    assert bulletins("fire", "--yes").refused_with(ErrorCode.COMMITTED_LINK, "--report")
    assert not sandbox.received()
    assert bulletins("fire", "--yes", "--report", "report.json").code == Exit.FAILED  # past-1 is expired
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["summary"]["fired"] == 2
