"""The hook `bulletins-validate`, run by pre-commit in a real repository, installed from a clone of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from git.repository import Repository, run_git

import runner

ROOT = Path(runner.__file__).parents[1]
TIMEOUT_S = 300.0
GOOD = """
bulletins:
  - id: tonight
    business_event: Program Released
    name: Tonight
    c-by: a@example.com
    accounts: [india]
    properties: {program_id: "234567"}
"""
ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: ID, passcode_env: PASSCODE}\n"


@dataclass(frozen=True, slots=True)
class Committed:
    """A try to commit: whether git did it, and what it and the hook said."""

    done: bool
    output: str


@dataclass(frozen=True)
class Hooked:
    """A repository in which git runs the hook before every commit."""

    repository: Repository
    environment: dict[str, str]

    def commit(self, **texts: str) -> Committed:
        """Tries to commit these files of bulletins, and all else that is there."""
        self.repository.write({f"bulletins.d/{name}.yaml": text for name, text in texts.items()})
        self.repository.git("add", "--all", ".")
        done = self.run("git", "commit", "--quiet", "--message", "change")
        return Committed(done.returncode == 0, done.stdout)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the repository."""
        return subprocess.run(
            command,
            cwd=self.repository.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, package_index: None) -> Hooked:
    """The hook as of this working tree, installed once; a repository with an account.

    It has the dependencies of this interpreter, for they take the time.
    """
    folder = tmp_path_factory.mktemp("hooks")
    source = Repository.new(folder / "source")
    for name in run_git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (source.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source.folder / name)
    revision = source.commit()
    repository = Repository.new(folder / "releases")
    hook = f"repos:\n  - repo: {source.folder}\n    rev: {revision}\n    hooks: [{{id: bulletins-validate}}]\n"
    repository.commit({".pre-commit-config.yaml": hook, "bulletins.d/accounts.yaml": ACCOUNTS})
    repository.git("config", "user.name", "A")
    repository.git("config", "user.email", "a@example.com")
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_HOME": str(folder / "cache"),
        "PIP_NO_COMPILE": "1",
        "PYTHONPATH": str(dependencies(folder / "dependencies")),
    }
    made = Hooked(repository, {**outer, **own})
    done = made.run(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    assert done.returncode == 0, done.stdout
    return made


def dependencies(folder: Path) -> Path:
    """A folder of all that is installed here but the program itself."""
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.lstrip("_").startswith(("bulletins", "pip")):
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def hooked(installed: Hooked) -> Iterator[Hooked]:
    """The repository as it was made; what a test does there is undone."""
    start = installed.repository.head
    yield installed
    installed.repository.git("reset", "--quiet", "--hard", start)


def test_a_good_file_passes(hooked: Hooked) -> None:
    committed = hooked.commit(good=GOOD)

    assert committed.done, committed.output
    assert "Passed" in committed.output


def test_a_bad_file_is_blocked_at_its_line_and_column(hooked: Hooked) -> None:
    head = hooked.repository.head
    committed = hooked.commit(bad=GOOD.replace('"234567"', "234567"))

    assert not committed.done
    assert "bulletins.d/bad.yaml:8:30: error[property-not-string]" in committed.output
    assert hooked.repository.head == head


def test_a_file_is_blocked_for_what_another_holds(hooked: Hooked) -> None:
    assert hooked.commit(one=GOOD).done
    committed = hooked.commit(two=GOOD)

    assert not committed.done
    assert "bulletins.d/two.yaml:3:9: error[duplicate-id]" in committed.output


def test_a_commit_without_bulletins_is_not_held_up(hooked: Hooked) -> None:
    hooked.repository.write({"notes.txt": "nothing to fire"})
    committed = hooked.commit()

    assert committed.done, committed.output
    assert "Passed" in committed.output


def test_a_commit_that_only_deletes_is_blocked_where_it_leaves_what_is_invalid(hooked: Hooked) -> None:
    assert hooked.commit(good=GOOD).done
    hooked.repository.git("rm", "--quiet", "bulletins.d/accounts.yaml")
    committed = hooked.commit()

    assert not committed.done
    assert "bulletins.d/good.yaml" in committed.output
