"""Repositories and settings that a pull request brings, or somebody left in the set: git obeys none of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from refusals import refused

from git.repository import Repository, run_git
from runner import git
from runner.definitions.load import load_sources
from runner.errors import ErrorCode, UserError
from runner.git.command import setting

PATH = Path("bulletins.d")
ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
FILES: dict[str | bytes, str | None] = {
    "bulletins.d/accounts.yaml": ACCOUNTS,
    "bulletins.d/2026/b.yaml": "bulletins: []\n",
}


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[Path]:
    """A file that only a command of the pull request's would make."""
    path = tmp_path / "ran"
    yield path
    assert not path.exists()


@pytest.fixture
def evil(tmp_path: Path, mark: Path) -> Path:
    """A bare repository with a commit of its own on main, and settings that run a command."""
    source = Repository.new(tmp_path / "source")
    source.commit(
        {"bulletins.d/accounts.yaml": ACCOUNTS.replace("india", "elsewhere"), ".gitattributes": "* diff=x filter=x"}
    )
    run_git(tmp_path, "clone", "--quiet", "--bare", "source", "evil")
    command = f"echo >> '{mark}'; false"
    (tmp_path / "evil" / "config").write_text(
        f'[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n\tfsmonitor = "{command}"\n'
        f'\tsshCommand = "{command}"\n\tpager = "{command}"\n\teditor = "{command}"\n\thooksPath = hooks\n'
        f'[diff]\n\texternal = "{command}"\n[diff "x"]\n\ttextconv = "{command}"\n'
        f'[filter "x"]\n\tclean = "{command}"\n\tsmudge = "{command}"\n\tprocess = "{command}"\n\trequired = true\n'
        "[user]\n\temail = evil@example.com\n"
    )
    return tmp_path / "evil"


def ask_everything(repository: Repository, path: Path = PATH) -> None:
    """Uses all that reads git, and finds what the outer repository holds."""
    head = repository.head
    found = git.checkout(path)
    assert found is not None
    assert found.commit == head
    assert git.base(path, "main").commit == repository.git("rev-parse", "main")
    assert list(load_sources(git.definitions_at(head, path)).accounts) == ["india"]
    assert setting(path, "user.email") != "evil@example.com"


def as_bare(evil: Path, folder: Path) -> None:
    for name in ("HEAD", "config", "objects", "refs", "packed-refs"):
        if (evil / name).is_dir():
            shutil.copytree(evil / name, folder / name, dirs_exist_ok=True)
            (folder / name / "kept").touch()
        else:
            shutil.copy(evil / name, folder / name)


def as_common_folder(evil: Path, folder: Path) -> None:
    shutil.copytree(evil, folder / "common")
    shutil.copy(evil / "HEAD", folder / "HEAD")
    shutil.copy(evil / "config", folder / "config")
    (folder / "commondir").write_text("common\n")


@pytest.mark.parametrize("plant", [as_bare, as_common_folder])
@pytest.mark.parametrize("where", ["releases/bulletins.d", "releases/bulletins.d/2026", "releases", "."])
def test_a_bare_repository_that_was_committed_is_not_obeyed(
    repository: Repository, evil: Path, plant: Callable[[Path, Path], None], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({f"releases/{os.fsdecode(name)}": text for name, text in FILES.items()})
    repository.git("checkout", "--quiet", "-b", "topic")
    plant(evil, repository.folder / where)
    repository.git("add", "--force", "--all", ".")
    repository.git("commit", "--quiet", "--message", "pull request")
    path = Path("releases/bulletins.d")
    for folder in (".", "releases", "releases/bulletins.d"):
        monkeypatch.chdir(repository.folder / folder)
        ask_everything(repository, repository.folder / path)
        ask_everything(repository, Path(os.path.relpath(repository.folder / path)))
    if where in (".", "releases"):
        git.require_committed([repository.folder / path])
    else:
        with refused(ErrorCode.LOOKS_LIKE_REPOSITORY):
            git.require_committed([repository.folder / path])


@pytest.mark.parametrize("folder", ["bulletins.d", "bulletins.d/2026"])
@pytest.mark.parametrize("as_file", [False, True])
def test_a_repository_in_the_set_is_not_obeyed(repository: Repository, evil: Path, folder: str, as_file: bool) -> None:
    repository.commit(FILES)
    if as_file:
        shutil.copytree(evil, repository.folder / ".cache")
        (repository.folder / folder / ".git").write_text(f"gitdir: {repository.folder / '.cache'}\n")
    else:
        shutil.copytree(evil, repository.folder / folder / ".git")
    found = git.checkout(PATH)
    assert found == git.Checkout(repository.head, dirty=False)
    if folder == "bulletins.d":
        for ask in (lambda: git.require_committed([PATH]), lambda: git.base(PATH, "main")):
            with refused(ErrorCode.NESTED_REPOSITORY):
                ask()
    else:
        ask_everything(repository)
        git.require_committed([PATH])


def test_what_the_checkout_itself_would_run_is_not_run(repository: Repository, evil: Path) -> None:
    repository.commit(FILES | {".gitattributes": "* filter=x diff=x\n"})
    shutil.copy(evil / "config", repository.folder / ".git" / "config")
    repository.git("config", "--unset", "core.worktree")
    repository.git("config", "user.email", "own@example.com")
    repository.write({"bulletins.d/accounts.yaml": ACCOUNTS + "\n"})
    assert git.checkout(PATH) == git.Checkout(repository.head, dirty=True)
    ask_everything(repository)


def test_no_program_of_the_working_folder_is_taken_for_git(
    repository: Repository, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(FILES | {"git": f"#!/bin/sh\necho >> '{mark}'\n"})
    (repository.folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    assert git.checkout(PATH) == git.Checkout(commit, dirty=False)
    monkeypatch.setenv("PATH", ".")
    assert git.checkout(PATH) is None


def test_nothing_is_fetched_into_a_partial_clone(repository: Repository, tmp_path: Path, mark: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    first = repository.commit(FILES)
    repository.commit({"bulletins.d/accounts.yaml": ACCOUNTS + "# more\n"})
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none")
    clone.git("config", "remote.origin.uploadpack", f"echo >> '{mark}'; git-upload-pack")
    with suppress(UserError):  # an older git stops where a newer one says that it does not have it
        assert load_sources(git.definitions_at(first, clone.folder / PATH)).problems
    git.require_committed([clone.folder / PATH])


def test_a_commit_that_was_replaced_is_still_what_it_was(repository: Repository) -> None:
    first = repository.commit(FILES)
    second = repository.commit({"bulletins.d/accounts.yaml": ACCOUNTS.replace("india", "elsewhere")})
    repository.git("replace", second, first)
    assert list(load_sources(git.definitions_at(second, PATH)).accounts) == ["elsewhere"]


def test_a_checkout_of_somebody_else_is_refused_with_the_way_out(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(FILES)
    script = repository.folder.parent / "bin" / "git"
    script.parent.mkdir()
    # Stands for another user: git has this variable for its own tests, but the environment drops all of git's.
    script.write_text('#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec /usr/bin/git "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    assert git.checkout(PATH) is None
    for ask in (lambda: git.require_committed([PATH]), lambda: git.base(PATH, "main")):
        with refused(ErrorCode.GIT_FAILED, "safe.directory") as caught:
            ask()
        assert "safe.directory" in caught.value.help
