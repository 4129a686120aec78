"""Which checkout a set belongs to, and which links lead out of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.checkouts import checkout_of, ignored_checkout, links_on_the_way, links_out_of_checkout


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that holds bulletins.d/2026, in which the test runs."""
    folder = tmp_path / "checkout"
    (folder / "bulletins.d" / "2026").mkdir(parents=True)
    repository_at(folder)
    monkeypatch.chdir(folder)
    return folder


def repository_at(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")


def bare_at(folder: Path) -> None:
    for name in ("objects", "refs"):
        (folder / name).mkdir()
    (folder / "HEAD").write_text("ref: refs/heads/main\n")


@pytest.mark.parametrize("path", [".", "bulletins.d", "bulletins.d/2026", "bulletins.d/a.yaml", "not/there/yet.yaml"])
def test_the_checkout_is_the_nearest_folder_with_a_git_entry(top: Path, path: str) -> None:
    bare_at(top / "bulletins.d")
    bare_at(top)
    assert checkout_of(Path(path)) == checkout_of(top / path) == top
    assert ignored_checkout(Path(path)) is None


def test_a_linked_worktree_and_a_submodule_have_a_file_of_that_name(top: Path) -> None:
    inner = top / "module" / "bulletins.d"
    inner.mkdir(parents=True)
    (inner.parent / ".git").write_text("gitdir: ../.git/modules/module\n")
    assert checkout_of(inner) == inner.parent


def test_an_empty_entry_is_no_repository(top: Path) -> None:
    (top / "bulletins.d" / "2026" / ".git").mkdir()
    assert checkout_of(top / "bulletins.d" / "2026") == top


def test_outside_of_a_checkout_there_is_none(tmp_path: Path) -> None:
    bare_at(tmp_path)
    assert checkout_of(tmp_path) is None
    assert ignored_checkout(tmp_path) is None


def test_a_set_inside_another_checkout_is_no_repository_of_its_own(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = top / "bulletins.d"
    repository_at(inner)
    for folder in (top, tmp_path):
        monkeypatch.chdir(folder)
        assert (checkout_of(inner), ignored_checkout(inner)) == (top, inner)
    for folder in (inner, inner / "2026"):
        monkeypatch.chdir(folder)
        assert (checkout_of(inner), ignored_checkout(inner)) == (inner, None)


def test_a_set_that_was_cloned_by_itself_is_its_own_checkout(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert (checkout_of(top), ignored_checkout(top)) == (top, None)


def test_links_are_followed_before_the_checkout_is_looked_for(top: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(top / "bulletins.d")
    assert checkout_of(tmp_path / "link") == top


def test_a_link_in_a_checkout_may_lead_to_another_part_of_it(top: Path, tmp_path: Path) -> None:
    (top / "current").symlink_to("bulletins.d")
    (tmp_path / "link").symlink_to(top)
    assert not list(links_out_of_checkout(Path("current/2026")))
    assert not list(links_out_of_checkout(tmp_path / "link" / "current"))


@pytest.mark.parametrize("target", ["/", "../elsewhere", "bulletins.d/../../elsewhere", "other/elsewhere"])
def test_a_link_that_leads_out_is_found_wherever_it_is_on_the_way(top: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere" / "sub").mkdir(parents=True)
    repository_at(tmp_path / "elsewhere")
    (top / "other").symlink_to("..")
    (top / "link").symlink_to(target)
    for path in ("link", "link/sub"):
        assert next(links_out_of_checkout(Path(path))) == top / "link"
    assert not list(links_out_of_checkout(top / "bulletins.d"))


def test_a_link_into_the_folder_of_git_leads_out(top: Path) -> None:
    (top / "link").symlink_to(".git")
    assert list(links_out_of_checkout(Path("link/hooks"))) == [top / "link"]


def test_links_that_a_link_leads_through_are_found(top: Path, tmp_path: Path) -> None:
    (top / "first").symlink_to("second/../second")
    (top / "second").symlink_to(tmp_path / "third")
    (tmp_path / "third").symlink_to("loop")
    (tmp_path / "loop").symlink_to("loop")
    found = list(links_on_the_way(Path("first/file")))
    assert found[:2] == [top / "first", top / "second"]
    assert found[-1] == tmp_path / "loop"


def test_a_link_that_lies_in_no_checkout_may_lead_anywhere(top: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    assert not list(links_out_of_checkout(tmp_path / "link"))
