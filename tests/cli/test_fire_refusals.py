"""`fire` where something is missing or wrong: exit code 5, one sentence, the way out, and nothing sent."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from conftest import Write

from cli.conftest import Bulletins, account, only_report, outcomes
from runner.cli import main
from runner.errors import ErrorCode
from runner.fire.api.client import Client
from runner.reason import ReasonCode
from runner.sandbox.server import Sandbox


@pytest.fixture(autouse=True)
def _nothing_is_sent(sandbox: Sandbox) -> Iterator[None]:
    yield
    assert sandbox.received() == ()


def assert_reported(folder: Path, *values: str) -> None:
    """The report says that the run was refused, and why each firing that was due was skipped."""
    report = only_report(folder)
    assert report["run"]["exit_code"] == 5
    skipped = [result for result in report["results"] if result["outcome"] == "skipped"]
    assert {result["id"] for result in skipped} == {"now-1", "now-2"}
    assert {result["reason_code"] for result in skipped} == {ReasonCode.RUN_REFUSED}
    assert all(value in result["reason"] for result in skipped for value in values)
    assert set(outcomes(report).values()) == {"skipped"}
    assert (report["summary"]["selected"], report["summary"]["skipped"]) == (5, 2)


def test_no_ledger(bulletins: Bulletins, small_set: Path, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes")
    assert done.refused_with(ErrorCode.LEDGER_MISSING, ".bulletins/ledger.sqlite3")
    assert not (tmp_path / ".bulletins").exists()


def test_a_file_that_is_no_ledger(bulletins: Bulletins, small_set: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("not a database, whatever it is called" * 100)
    done = bulletins("fire", "--yes", "--ledger", "x")
    assert done.refused_with(ErrorCode.LEDGER_DAMAGED)


def test_an_account_that_is_pinned_to_another_ledger(
    bulletins: Bulletins, ledger: str, write: Write, sandbox: Sandbox, tmp_path: Path
) -> None:
    write({"accounts.yaml": account(sandbox.base_url, "ledger: 01AAAAAAAAAAAAAAAAAAAAAAAA")})
    done = bulletins("fire", "--yes")
    pinned = "01AAAAAAAAAAAAAAAAAAAAAAAA"
    assert done.refused_with(ErrorCode.WRONG_LEDGER, ".bulletins/ledger.sqlite3", "india", pinned, ledger, "--ledger")
    assert_reported(tmp_path, "india", pinned)


def test_all_missing_credentials_are_named(
    bulletins: Bulletins, ledger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("INDIA_ID")
    monkeypatch.setenv("INDIA_PASSCODE", "")
    done = bulletins("fire", "--yes")
    assert done.refused_with(ErrorCode.CREDENTIALS_MISSING, "INDIA_ID", "INDIA_PASSCODE")
    assert_reported(tmp_path, "INDIA_ID", "INDIA_PASSCODE")


def test_a_passcode_file_that_is_not_there(bulletins: Bulletins, ledger: str, write: Write, sandbox: Sandbox) -> None:
    text = account(sandbox.base_url).replace("passcode_env: INDIA_PASSCODE", "passcode_file: /nowhere/passcode")
    write({"accounts.yaml": text})
    done = bulletins("fire", "--yes")
    assert done.refused_with(ErrorCode.CREDENTIALS_MISSING, "bulletins.d/accounts.yaml")


def test_more_than_max(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes", "--max", "1")
    assert done.refused_with(ErrorCode.TOO_MANY_FIRINGS, "--max", "--max 2")
    assert_reported(tmp_path, "--max")
    assert done.out == ""


def test_a_refusal_in_json_is_the_report(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes", "--max", "0", "--format", "json")
    assert done.refused_with(ErrorCode.TOO_MANY_FIRINGS, "--max 2")
    assert done.json == only_report(tmp_path)


def test_a_foreign_host(bulletins: Bulletins, ledger: str, write: Write, tmp_path: Path) -> None:
    write({"accounts.yaml": account("https://nowhere.invalid")})
    done = bulletins("fire", "--yes")
    assert done.refused_with(ErrorCode.FOREIGN_HOST, "india", "https://nowhere.invalid", "--allow-host nowhere.invalid")
    assert_reported(tmp_path, "india", "https://nowhere.invalid")


def test_another_allowed_host_is_not_enough(bulletins: Bulletins, ledger: str, write: Write) -> None:
    write({"accounts.yaml": account("https://nowhere.invalid")})
    assert bulletins("fire", "--yes", "--allow-host", "invalid").code == 5


def test_nobody_can_be_asked(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    done = bulletins("fire")
    assert done.refused_with(ErrorCode.NO_TERMINAL, "--yes")
    assert_reported(tmp_path)


def test_with_nothing_to_send_nobody_is_asked(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("fire", "--id", "later-1").out.startswith("nothing to send\n")


def test_a_report_that_could_not_be_written(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = bulletins("fire", "--yes", "--report", "file/r.json")
    assert done.refused_with(ErrorCode.CANNOT_WRITE, "file/r.json", "--report")
    assert bulletins("fire", "--yes", "--report", ".").code == 2


class TestRequireCommitted:
    """Definitions that differ from git HEAD in any way."""

    @pytest.fixture(autouse=True)
    def _repository(self, ledger: str, tmp_path: Path) -> None:
        (tmp_path / ".gitignore").write_text("*.draft.yaml\nsecret/\n.bulletins/\n")
        git("init", "--quiet")
        git("add", ".")
        git("commit", "--quiet", "--message", "set")

    def test_a_clean_set_passes(self, bulletins: Bulletins) -> None:
        done = bulletins("fire", "--require-committed", "--id", "later-1")
        assert done.code == 0

    def test_the_report_names_the_commit(self, bulletins: Bulletins, tmp_path: Path) -> None:
        assert bulletins("fire", "--id", "later-1").code == 0
        commit = git("rev-parse", "HEAD").strip()
        assert only_report(tmp_path)["run"]["git"] == {"commit": commit, "dirty": False}

    def test_what_is_no_definition_may_differ(self, bulletins: Bulletins, write: Write, tmp_path: Path) -> None:
        write({"README.md": "new\n"})
        (tmp_path / "other.yaml").write_text("new: 1\n")
        assert bulletins("fire", "--require-committed", "--id", "later-1").code == 0

    @pytest.mark.parametrize("name", ["new.yaml", "new.draft.yaml", "secret/new.yml", "deep/ü x.yaml", "NEW.YAML"])
    def test_a_file_that_git_does_not_have(self, bulletins: Bulletins, write: Write, name: str) -> None:
        write({name: "bulletins: []\n"})
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NOT_COMMITTED, name)

    def test_a_file_that_was_edited(self, bulletins: Bulletins, small_set: Path) -> None:
        path = small_set / "all.yaml"
        path.write_text(path.read_text().replace("Now 1", "Now one"))
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NOT_COMMITTED, "bulletins.d/all.yaml")
        git("add", ".")
        assert bulletins("fire", "--yes", "--require-committed").code == 5

    def test_a_file_that_was_deleted_or_renamed(self, bulletins: Bulletins, small_set: Path) -> None:
        (small_set / "all.yaml").rename(small_set / "every.yaml")
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NOT_COMMITTED, "bulletins.d/all.yaml", "bulletins.d/every.yaml")
        git("add", "--all", ".")
        assert bulletins("fire", "--yes", "--require-committed").code == 5

    def test_a_file_whose_edits_git_ignores(self, bulletins: Bulletins, small_set: Path) -> None:
        git("update-index", "--assume-unchanged", "bulletins.d/all.yaml")
        path = small_set / "all.yaml"
        path.write_text(path.read_text().replace("Now 1", "Now one"))
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NOT_COMMITTED, "bulletins.d/all.yaml", "update-index")

    @pytest.mark.parametrize("as_submodule", [False, True])
    def test_a_repository_inside_the_set(self, bulletins: Bulletins, small_set: Path, as_submodule: bool) -> None:
        inner = small_set / "team"
        inner.mkdir()
        (inner / "more.yaml").write_text("bulletins: []\n")
        git("-C", str(inner), "init", "--quiet")
        git("-C", str(inner), "add", ".")
        git("-C", str(inner), "commit", "--quiet", "--message", "inner")
        if as_submodule:
            git("-c", "advice.addEmbeddedRepo=false", "add", ".")
            git("commit", "--quiet", "--message", "submodule")
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NOT_COMMITTED, "bulletins.d/team/more.yaml", "bulletins.d/team")

    def test_a_set_that_is_a_repository_inside_the_checkout(self, bulletins: Bulletins, small_set: Path) -> None:
        git("-C", str(small_set), "init", "--quiet")
        git("-C", str(small_set), "add", ".")
        git("-C", str(small_set), "commit", "--quiet", "--message", "inner")
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NESTED_REPOSITORY, "bulletins.d")
        assert bulletins("fire", "--dry-run").code == 0
        assert bulletins("plan", "--against", "HEAD").code == 5

    def test_many_files_are_counted(self, bulletins: Bulletins, write: Write) -> None:
        write({f"new-{number}.yaml": "bulletins: []\n" for number in range(5)})
        done = bulletins("fire", "--yes", "--require-committed")
        assert done.refused_with(ErrorCode.NOT_COMMITTED, "new-2.yaml")


def test_require_committed_without_a_repository(
    bulletins: Bulletins, ledger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    done = bulletins("fire", "--yes", "--require-committed")
    assert done.refused_with(ErrorCode.NO_COMMIT)
    git("init", "--quiet")
    assert bulletins("fire", "--yes", "--require-committed").code == 5


def git(*arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.run(["git", *who, *arguments], capture_output=True, check=True, encoding="utf-8").stdout


def test_a_fault_of_the_program_shows_no_passcode(
    ledger: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(self: Client, body: bytes) -> NoReturn:
        raise RuntimeError("no header: 'sesame'")

    monkeypatch.setattr(Client, "prepare", broken)
    with pytest.raises(SystemExit):
        main(["fire", "--yes"])
    shown = capsys.readouterr()
    assert "sesame" not in shown.out + shown.err
    assert not any(b"sesame" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
