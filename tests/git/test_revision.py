from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from git.repository import Repository, run_git
from runner.errors import ErrorCode, Exit, UserError
from runner.git import Base, base

HERE = Path(".")


@pytest.fixture
def branch(repository: Repository) -> tuple[str, str, str]:
    """The commits at which topic left main, and at the ends of main and topic; topic is checked out."""
    first = repository.commit({"a.yaml": "1"})
    repository.git("checkout", "--quiet", "-b", "topic")
    topic = repository.commit({"b.yaml": "1"})
    repository.git("checkout", "--quiet", "main")
    main = repository.commit({"c.yaml": "1"})
    repository.git("checkout", "--quiet", "topic")
    return first, main, topic


def refusal(ref: str, path: Path = HERE) -> UserError:
    with pytest.raises(UserError) as caught:
        base(path, ref)
    assert caught.value.exit_code is Exit.REFUSED
    assert caught.value.help
    return caught.value


def command(error: UserError) -> list[str]:
    """The git command that the help of an error names."""
    words = shlex.split(error.help[error.help.index("git fetch") :])
    return words[1 : words.index("and")] if "and" in words else words[1:]


def test_it_is_where_the_branch_left_and_not_where_the_ref_went_since(branch: tuple[str, str, str]) -> None:
    first, main, topic = branch
    assert base(HERE, "main") == Base("main", first)
    assert base(HERE, main) == Base(main, first)
    assert base(HERE, main[:9]) == Base(main[:9], first)
    assert base(HERE, "HEAD") == Base("HEAD", topic)
    assert base(HERE, "HEAD~1").commit == base(HERE, "refs/heads/main").commit == first


def test_a_tag_with_a_message_is_the_commit_it_names(repository: Repository, branch: tuple[str, str, str]) -> None:
    repository.git("tag", "--annotate", "--message", "x", "v1", branch[0])
    assert base(HERE, "v1").commit == branch[0]


def test_after_a_merge_of_the_ref_it_is_the_ref(repository: Repository, branch: tuple[str, str, str]) -> None:
    repository.git("merge", "--quiet", "--no-edit", "main")
    assert base(HERE, "main").commit == branch[1]


def test_dirty_trees_detached_heads_sub_folders_and_worktrees_are_no_hindrance(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _, topic = branch
    repository.write({"a.yaml": "dirty", "sub/new.yaml": "untracked"})
    repository.git("checkout", "--quiet", "--detach", topic)
    assert base(HERE, "main").commit == first
    monkeypatch.chdir("sub")
    assert base(HERE, "main").commit == base(Path("new.yaml"), "main").commit == first
    repository.git("worktree", "add", "--quiet", "../worktree", "topic")
    monkeypatch.chdir(tmp_path)
    assert base(Path("worktree"), "main").commit == first


def test_outside_of_a_checkout(tmp_path: Path) -> None:
    error = refusal("main", tmp_path)
    assert error.code is ErrorCode.NO_CHECKOUT
    assert str(tmp_path) in error.message


def test_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    error = refusal("main")
    assert error.code is ErrorCode.GIT_MISSING


def test_without_a_commit(repository: Repository) -> None:
    assert refusal("main").code is ErrorCode.NO_COMMIT


@pytest.mark.parametrize(
    "ref", ["--all", "-h", "--git-dir=x", "--output=x", "-", "--", "", "a\0b", "^HEAD", "HEAD..HEAD", "HEAD^{tree}"]
)
def test_what_names_no_commit_is_no_option_of_git(repository: Repository, ref: str) -> None:
    repository.commit({"a.yaml": "1"})
    assert refusal(ref).code is ErrorCode.UNKNOWN_REF
    assert repr(ref) in refusal(ref).message
    assert sorted(path.name for path in repository.folder.iterdir()) == [".git", "a.yaml"]


@pytest.mark.parametrize("length", [40, 64])
def test_the_zeros_of_a_new_branch_are_explained(repository: Repository, length: int) -> None:
    repository.commit()
    assert refusal("0" * length).help == (
        "GitHub gives only zeros for a new branch: name the branch to compare with, such as origin/main."
    )


def test_a_misspelt_name_without_any_remote(branch: tuple[str, str, str]) -> None:
    assert refusal("mian").help.startswith("Check the spelling of the name; git branch --all")


def test_a_branch_that_is_only_on_the_remote(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path
) -> None:
    clone = repository.clone(tmp_path / "clone")
    assert refusal("main", clone.folder).help == "Did you mean origin/main?"
    assert base(clone.folder, "origin/main").commit == branch[0]


@pytest.mark.parametrize(
    ("ref", "fetch"),
    [
        ("origin/main", "git fetch origin main:refs/remotes/origin/main"),
        ("refs/remotes/origin/main", "git fetch origin main:refs/remotes/origin/main"),
        ("origin/a b;c", "git fetch origin 'a b;c:refs/remotes/origin/a b;c'"),
        ("main", "Compare with origin/main, after you fetched it: git fetch origin main:refs/remotes/origin/main"),
        ("refs/pull/7/head", "git fetch origin refs/pull/7/head:refs/pull/7/head"),
        ("1" * 40, f"git fetch origin {'1' * 40}"),
    ],
)
def test_what_is_not_fetched_yet_comes_with_the_command(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path, ref: str, fetch: str
) -> None:
    clone = repository.clone(tmp_path / "clone", "--single-branch")
    intro = "" if ref == "main" else "Check the spelling of the name, or fetch it: "
    assert refusal(ref, clone.folder).help == intro + fetch


@pytest.mark.parametrize("ref", ["origin/main", "main"])
def test_the_command_for_a_missing_ref_fixes_a_clone_of_one_branch(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path, ref: str
) -> None:
    clone = repository.clone(tmp_path / "clone", "--single-branch")
    clone.git(*command(refusal(ref, clone.folder)))
    assert base(clone.folder, "origin/main").commit == branch[0]


def test_the_command_for_a_missing_ref_fixes_a_shallow_clone_at_once(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path
) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "1")
    error = refusal("origin/main", clone.folder)
    assert error.help.endswith("git fetch --unshallow origin main:refs/remotes/origin/main")
    clone.git(*command(error))
    assert base(clone.folder, "origin/main").commit == branch[0]


def test_an_ancestor_that_a_shallow_clone_has_not(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path
) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "1")
    error = refusal("HEAD~1", clone.folder)
    assert error.help.endswith("git fetch --unshallow")
    clone.git(*command(error))
    assert base(clone.folder, "HEAD~1").commit == branch[0]


@pytest.mark.parametrize("ref", ["origin/main", "tip"])
def test_a_shallow_clone_says_so_and_how_to_complete_it(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path, ref: str
) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "1")
    clone.git("fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    clone.git("branch", "tip", "origin/main")
    error = refusal(ref, clone.folder)
    assert error.code is ErrorCode.SHALLOW_CLONE
    assert ref in error.message
    clone.git(*command(error))
    assert base(clone.folder, ref).commit == branch[0]


def test_a_shallow_clone_that_reaches_back_far_enough_will_do(
    repository: Repository, branch: tuple[str, str, str], tmp_path: Path
) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "2", "--no-single-branch")
    assert base(clone.folder, "origin/main").commit == branch[0]


def test_unrelated_histories(repository: Repository, branch: tuple[str, str, str]) -> None:
    repository.git("checkout", "--quiet", "--orphan", "other")
    repository.commit()
    assert refusal("main").message == "HEAD and main have no commit in common: their histories are unrelated"


def test_a_checkout_of_somebody_else_comes_with_the_command(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit()
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    # Only root can make a checkout of somebody else: git's own words, and its own exit code.
    said = f"fatal: detected dubious ownership in repository at '{repository.folder}'"
    script.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 128\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    assert refusal("main").help.endswith(f" git config --global --add safe.directory {repository.folder}")


def test_a_bare_repository_is_no_checkout(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    run_git(tmp_path, "clone", "--quiet", "--bare", str(repository.folder), "bare")
    assert "is not in a git checkout" in refusal("main", tmp_path / "bare").message
