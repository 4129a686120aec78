from __future__ import annotations

import os
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from git.repository import Repository
from runner import git
from runner.errors import ErrorCode, Exit

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
    with refused(ErrorCode.NOT_COMMITTED, "bulletins.d/b.yml"):
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
    with refused(ErrorCode.NOT_COMMITTED, table):
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
    with refused(ErrorCode.NO_COMMIT):
        git.require_committed([tmp_path])


def test_without_a_commit_there_is_none(repository: Repository) -> None:
    assert git.checkout(repository.folder) is None


def test_a_set_that_is_a_repository_is_checked_by_its_own_commit(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit({"a.yaml": "bulletins: []\n", "sub/t.csv": "a\n"})
    for folder, path in (("/", repository.folder), (str(repository.folder), Path(".")), ("sub", Path(".."))):
        monkeypatch.chdir(folder)
        git.require_committed([path])
        assert git.checkout(path) == git.Checkout(commit, dirty=False)


def refusal(path: Path = PATH) -> str:
    """What require_committed says of a set that is not committed."""
    found = git.checkout(path)
    assert found is not None
    assert found.dirty
    with refused(ErrorCode.NOT_COMMITTED) as caught:
        git.require_committed([path])
    assert caught.value.exit_code is Exit.REFUSED
    return caught.value.message


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_the_index_hides_is_seen(repository: Repository, flag: str) -> None:
    repository.commit(FILES)
    repository.git("update-index", flag, "bulletins.d/a.yaml")
    git.require_committed([PATH])
    repository.write({"bulletins.d/a.yaml": "bulletins: [{}]\n"})
    assert "bulletins.d/a.yaml" in refusal()


def test_an_edit_of_the_same_size_at_the_same_time_is_seen(repository: Repository) -> None:
    repository.commit(FILES)
    repository.git("config", "core.trustctime", "false")
    path = repository.folder / "bulletins.d" / "a.yaml"
    old = path.stat().st_mtime_ns - 10_000_000_000
    os.utime(path, ns=(old, old))
    repository.git("update-index", "--refresh")
    path.write_text(FILES["bulletins.d/a.yaml"].replace("[]", "{}"), encoding="utf-8")
    os.utime(path, ns=(old, old))
    assert repository.git("status", "--porcelain") == ""
    assert "bulletins.d/a.yaml" in refusal()


def test_a_file_that_a_sparse_checkout_leaves_out_is_missing(repository: Repository) -> None:
    repository.commit({**FILES, "bulletins.d/more/b.yaml": "bulletins: []\n"})
    repository.git("sparse-checkout", "set", "--no-cone", "/bulletins.d/a.yaml")
    assert "bulletins.d/more/b.yaml" in refusal()


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ("*.yaml ident", "bulletins: [] # $Id$\n"),
        ("*.yaml working-tree-encoding=UTF-16LE eol=lf", "bulletins: []\n"),
        ("*.csv ident", "bulletins: []\n"),
    ],
)
def test_what_gitattributes_turn_into_something_else_is_seen(
    repository: Repository, attributes: str, text: str
) -> None:
    repository.commit({"bulletins.d/a.yaml": text, "bulletins.d/t.csv": "id\n$Id$\n"})
    git.require_committed([PATH])
    repository.commit({".gitattributes": attributes + "\n"})
    for name in ("a.yaml", "t.csv"):
        (repository.folder / "bulletins.d" / name).unlink()
    repository.git("checkout", "HEAD", "--", "bulletins.d")
    assert repository.git("status", "--porcelain") == ""
    assert "bulletins.d/" in refusal()


def test_the_ends_of_lines_may_be_those_of_the_system(repository: Repository) -> None:
    repository.commit({**FILES, "bulletins.d/t.csv": "id\na\n", ".gitattributes": "*.yaml eol=crlf\n*.csv eol=crlf\n"})
    for name in ("a.yaml", "t.csv"):
        (repository.folder / "bulletins.d" / name).unlink()
    repository.git("checkout", "--", ".")
    assert b"\r\n" in (repository.folder / "bulletins.d" / "t.csv").read_bytes()
    git.require_committed([PATH])
    repository.write({"bulletins.d/t.csv": "id\r\nb\r\n"})
    assert "bulletins.d/t.csv" in refusal()


def test_a_repository_inside_the_set_is_not_committed(repository: Repository) -> None:
    repository.commit(FILES)
    inner = Repository.new(repository.folder / "bulletins.d" / "inner")
    inner.commit({"table.csv": "id\n"})
    assert "bulletins.d/inner/table.csv" in refusal()
    repository.git("-c", "advice.addEmbeddedRepo=false", "add", ".")
    repository.git("commit", "--quiet", "--message", "submodule")
    assert "bulletins.d/inner/table.csv" in refusal()


def test_links_are_compared_by_where_they_end(repository: Repository) -> None:
    files = {"bulletins.d/..v1/a.yaml": "bulletins: []\n", "bulletins.d/..v2/a.yaml": "accounts: {}\n"}
    tables = {"bulletins.d/..v1/t.csv": "a\n", "bulletins.d/t.csv": "-> ..v1/t.csv"}
    repository.commit(
        {**files, **tables, "bulletins.d/a.yaml": "-> ..v1/a.yaml", "bulletins.d/gone.yaml": "-> nowhere"}
    )
    git.require_committed([PATH])
    repository.write({"bulletins.d/..v1/t.csv": "b\n"})
    assert "bulletins.d/t.csv" in refusal()
    repository.write({"bulletins.d/..v1/t.csv": "a\n", "bulletins.d/a.yaml": "-> ..v2/a.yaml"})
    assert "bulletins.d/a.yaml" in refusal()
    repository.write({"bulletins.d/a.yaml": "-> ..v1/a.yaml", "bulletins.d/gone.yaml": "-> a.yaml"})
    assert "bulletins.d/gone.yaml" in refusal()


def test_a_linked_folder_of_tables_is_compared_by_where_it_leads(repository: Repository) -> None:
    files = {"bulletins.d/one/t.csv": "a\n", "bulletins.d/two/t.csv": "b\n", "bulletins.d/tables": "-> one"}
    repository.commit({**FILES, **files})
    path = PATH / "a.yaml"
    git.require_committed([path])
    repository.write({"bulletins.d/tables": "-> two"})
    assert "bulletins.d/tables" in refusal(path)


@pytest.mark.parametrize("target", [".", "..", "/usr", "two", "../bulletins.d/two"])
def test_a_link_to_any_folder_may_lie_next_to_a_committed_file(repository: Repository, target: str) -> None:
    repository.commit({**FILES, "bulletins.d/two/t.csv": "b\n", "bulletins.d/link": f"-> {target}"})
    git.require_committed([PATH / "a.yaml"])


def test_what_is_no_file_any_more_is_not_committed(repository: Repository) -> None:
    repository.commit(FILES)
    (repository.folder / "bulletins.d" / "a.yaml").unlink()
    os.mkfifo(repository.folder / "bulletins.d" / "a.yaml")
    assert "bulletins.d/a.yaml" in refusal()


def test_a_path_that_is_a_link_is_followed_in_the_commit(repository: Repository) -> None:
    repository.commit({**FILES, "current": "-> bulletins.d"})
    for path in (Path("current"), Path("current/a.yaml")):
        git.require_committed([path])
    repository.write({"bulletins.d/a.yaml": "bulletins: [{}]\n"})
    for path in (Path("current"), Path("current/a.yaml")):
        assert "current/a.yaml" in refusal(path)


NAMES = st.sampled_from(["a.yaml", "b.yml", "t.csv", "sub/c.yaml", "sub/t.csv", "notes.txt", ".hidden.yaml"])
TREES = st.dictionaries(NAMES, st.sampled_from(["x", "y", "x\r\n", "x\n", ""]), min_size=1)


@settings(max_examples=examples(25), deadline=None)
@given(committed=TREES, there=TREES)
def test_a_set_is_committed_where_all_that_is_read_is_that_of_the_commit(
    tmp_path_factory: pytest.TempPathFactory, committed: dict[str, str], there: dict[str, str]
) -> None:
    repository = Repository.new(tmp_path_factory.mktemp("property") / "repository")
    path = repository.folder / "set"
    always = {"set/always.yaml": "bulletins: []\n"}
    repository.commit({**always, **{f"set/{name}": text for name, text in committed.items()}})
    for name in committed:
        (path / name).unlink()
    for name, text in there.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(text.encode())

    def read(texts: dict[str, str]) -> dict[str, str]:
        wanted = (name for name in texts if not name.startswith(".") and not name.endswith(".txt"))
        return {name: texts[name].replace("\r\n", "\n") for name in wanted}

    found = git.checkout(path)
    assert found is not None
    assert found.dirty is (read(committed) != read(there))
