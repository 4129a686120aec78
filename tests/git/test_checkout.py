from __future__ import annotations

from pathlib import Path

import pytest

from git.repository import Repository
from runner import git
from runner.errors import UserError

PATH = Path("bulletins.d")
FILES = {"bulletins.d/a.yaml": "bulletins: []\n"}


def test_a_clean_checkout_is_its_commit(repository: Repository) -> None:
    commit = repository.commit(FILES)
    assert git.checkout(PATH) == git.Checkout(commit, dirty=False)
    git.require_committed([PATH])


def test_an_edited_definition_makes_it_dirty_and_nothing_else_does(repository: Repository) -> None:
    commit = repository.commit(FILES)
    repository.write({"notes.txt": "x", "bulletins.d/notes.txt": "x"})
    assert git.checkout(PATH) == git.Checkout(commit, dirty=False)
    repository.write({"bulletins.d/b.yml": "x"})
    assert git.checkout(PATH) == git.Checkout(commit, dirty=True)
    with pytest.raises(UserError, match=r"definitions differ from git HEAD: bulletins\.d/b\.yml"):
        git.require_committed([PATH])


@pytest.mark.parametrize("path", ["bulletins.d", "bulletins.d/a.yaml"])
@pytest.mark.parametrize("table", ["bulletins.d/shows.csv", "bulletins.d/2026/SHOWS.CSV"])
def test_an_edited_table_is_an_edited_definition(repository: Repository, path: str, table: str) -> None:
    commit = repository.commit({**FILES, table: "show\nA\n", "other.csv": "x\n"})
    repository.write({"other.csv": "y\n"})
    assert git.checkout(Path(path)) == git.Checkout(commit, dirty=False)
    git.require_committed([Path(path)])
    repository.write({table: "show\nB\n"})
    assert git.checkout(Path(path)) == git.Checkout(commit, dirty=True)
    with pytest.raises(UserError, match=rf"definitions differ from git HEAD: {table}"):
        git.require_committed([Path(path)])


def test_a_detached_head_and_a_worktree_are_checkouts(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(FILES)
    repository.git("worktree", "add", "--quiet", "--detach", "../worktree")
    monkeypatch.chdir(tmp_path / "worktree")
    assert git.checkout(PATH) == git.Checkout(commit, dirty=False)


def test_what_a_hook_of_another_repository_sets_is_not_obeyed(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(FILES)
    other = Repository.new(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    assert git.checkout(PATH) == git.Checkout(commit, dirty=False)


def test_outside_of_a_checkout_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert git.checkout(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert git.checkout(tmp_path) is None
    with pytest.raises(UserError, match="not in a git checkout with a commit"):
        git.require_committed([tmp_path])


def test_without_a_commit_there_is_none(repository: Repository) -> None:
    assert git.checkout(repository.folder) is None
