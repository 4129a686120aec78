"""Folders that can't be read, names too long, a working directory that no longer exists: words, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Write
from end_to_end.site import Done as Ended
from torture.processes import Zygote

from cli.conftest import Bulletins

Run = Callable[..., Ended]
LONG = "l" * 5000
SET = {
    "accounts.yaml": "accounts: {india: {region: in1, account_id_env: A, passcode_env: P}}",
    "sub/b.yaml": "bulletins: [{id: a, business_event: Ev, name: N, properties: {}, c-by: a@example.com}]",
    "sub/payload.json": json.dumps({"business_event": "Ev", "name": "N"}),
}


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs the program as a process that reads no more than the permissions of files allow, also where root tests."""
    through: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root can't give up the right to read every file here")
        through = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    with Zygote(through) as zygote:
        yield lambda *arguments, folder: zygote.run(folder, os.environ, arguments)


def is_in_words(done: Ended) -> bool:
    return done.code in (2, 3, 5) and "Traceback" not in done.err and "Permission denied" in done.err


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """The folder of a set with a folder in its middle that may not be read."""
    for name, text in SET.items():
        path = tmp_path / "bulletins.d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    sub = tmp_path / "bulletins.d" / "sub"
    sub.chmod(0)
    yield tmp_path
    sub.chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize(
    "command",
    [
        "validate",
        "plan",
        "fire --yes",
        "expand",
        "import json bulletins.d --event Ev",
        "validate bulletins.d/sub/b.yaml",
        "ledger import bulletins.d/sub/e.jsonl",
        "ledger show --ledger bulletins.d/sub/ledger.sqlite3",
        "plan --ledger bulletins.d/sub/ledger.sqlite3 bulletins.d/accounts.yaml",
    ],
)
def test_a_folder_that_may_not_be_read(run: Run, closed: Path, command: str) -> None:
    done = run(*command.split(), folder=closed)
    assert is_in_words(done), done


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("command", ["validate", "plan", "fire --yes", "expand"])
def test_a_set_that_may_not_be_read(run: Run, closed: Path, command: str) -> None:
    done = run(*command.split(), "bulletins.d/sub", folder=closed)
    assert done.code == 5
    assert is_in_words(done), done


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("command", ["fire --yes", "report"])
def test_a_file_in_a_folder_that_may_not_be_read(run: Run, closed: Path, command: str) -> None:
    done = run(*command.split(), "bulletins.d/sub/x.json", folder=closed)
    assert (done.code in (2, 5), "Traceback" in done.err) == (True, False), done


@pytest.mark.parametrize(
    "command",
    ["validate", "plan", "fire --yes", "report", "init", "plan --out", "ledger import", "ledger export", "import json"],
)
@pytest.mark.parametrize("name", [LONG, f"{LONG}.json", f"a/{LONG}.yaml"])
def test_a_name_that_is_too_long(bulletins: Bulletins, small_set: Path, command: str, name: str) -> None:
    done = bulletins(*command.split(), name)
    assert done.code in (2, 5)
    assert "Traceback" not in done.err


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the working directory")
@pytest.mark.parametrize(
    "command",
    [
        "validate",
        "plan",
        "fire --yes",
        "plan --out plan.json {set}",
        "plan --against HEAD {set}",
        "fire --yes {set}",
        "fire --dry-run {set}",
        "fire --sandbox --yes {set}",
        "fire --yes --metrics-file metrics {set}",
        "expand",
        "init",
        "ledger init",
        "ledger show",
        "status",
        "report",
        "import json x",
        "import csv x",
        "plan --against HEAD",
    ],
)
def test_a_working_directory_that_no_longer_exists(
    bulletins: Bulletins, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    definitions = write(SET)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    done = bulletins(*command.format(set=definitions).split())
    os.chdir(tmp_path)
    assert done.code in (1, 2, 5)
    assert "Traceback" not in done.err
    assert "fault of bulletins" not in done.err
