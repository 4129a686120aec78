from __future__ import annotations

import os
from pathlib import Path

import pytest
from refusals import refused

from git.repository import Repository, run_git
from runner.definitions.load import load, load_sources
from runner.definitions.model import Definitions
from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.problem_codes import Code
from runner.definitions.sources import MAX_FILE_BYTES
from runner.errors import ErrorCode
from runner.git import definitions_at

PATH = Path("bulletins.d")
ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
BULLETIN = """\
bulletins:
  - {id: ID, business_event: E, name: ID, properties: {}, c-by: a@example.com, accounts: [india]}
"""
SET = {
    "bulletins.d/accounts.yaml": ACCOUNTS,
    "bulletins.d/2026-12/hindi.yml": BULLETIN.replace("ID", "hindi"),
    "bulletins.d/LOUD.YAML": BULLETIN.replace("ID", "loud"),
    "bulletins.d/.hidden.yaml": "{",
    "bulletins.d/.draft/x.yaml": "{",
    "bulletins.d/notes.txt": "{",
    "other.yaml": "{",
}


def at(commit: str, path: Path = PATH) -> Definitions:
    return load_sources(definitions_at(commit, path))


def reason(commit: str) -> str:
    (problem,) = at(commit).problems
    return problem.message.removeprefix("the file can't be read: ")


@pytest.mark.parametrize(
    "path", ["bulletins.d", "./bulletins.d/", "bulletins.d/2026-12", "bulletins.d/accounts.yaml", ".", "other.yaml"]
)
def test_a_clean_checkout_and_its_commit_are_the_same_set(repository: Repository, path: str) -> None:
    commit = repository.commit(SET)
    assert at(commit, Path(path)) == load([path])
    absolute = repository.folder / path
    assert at(commit, absolute) == load([absolute])
    assert at(commit, absolute).files[0].startswith(str(repository.folder))


def test_the_rules_of_files_are_kept(repository: Repository) -> None:
    commit = repository.commit(SET)
    assert at(commit).files == (
        "bulletins.d/2026-12/hindi.yml",
        "bulletins.d/LOUD.YAML",
        "bulletins.d/accounts.yaml",
    )
    assert at(commit).problems == ()


def test_the_working_tree_does_not_matter(repository: Repository) -> None:
    commit = repository.commit(SET)
    then = at(commit)
    repository.write({"bulletins.d/accounts.yaml": "{", "bulletins.d/new.yaml": "{", "bulletins.d/LOUD.YAML": None})
    repository.git("add", "bulletins.d/new.yaml")
    assert at(commit) == then
    repository.commit()
    repository.git("checkout", "--quiet", "--detach", "HEAD~1")
    assert at(commit) == then


@pytest.mark.parametrize("given", ["../bulletins.d", "../other.yaml", "inner/deeper", "..", "."])
def test_paths_are_those_of_the_folder_one_is_in(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    commit = repository.commit({**SET, "sub/inner/deeper/accounts.yaml": ACCOUNTS})
    monkeypatch.chdir("sub")
    assert at(commit, Path(given)) == load([given])


def test_a_worktree_has_the_commits_of_its_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(SET)
    repository.git("worktree", "add", "--quiet", "-b", "topic", "../worktree")
    monkeypatch.chdir(tmp_path / "worktree")
    assert at(commit) == load([PATH])


def test_a_set_of_another_repository_is_read_there(repository: Repository, tmp_path: Path) -> None:
    other = Repository.new(tmp_path / "other")
    commit = other.commit(SET)
    there = Path("../other/bulletins.d")
    assert at(commit, there) == load([there])


@pytest.mark.parametrize("path", ["bulletins.d", "bulletins.d/accounts.yaml"])
def test_what_was_not_there_yet_is_an_empty_set(repository: Repository, path: str) -> None:
    before = repository.commit({"notes.txt": "x"})
    repository.commit(SET)
    assert at(before, Path(path)) == Definitions({}, {}, (), ())


def test_the_empty_commit_is_an_empty_set(repository: Repository) -> None:
    commit = repository.commit()
    repository.commit(SET)
    assert definitions_at(commit, PATH) == ()


def test_a_file_that_became_a_folder_is_what_it_was(repository: Repository) -> None:
    before = repository.commit({"bulletins.d": ACCOUNTS})
    repository.commit({"bulletins.d": None})
    repository.commit(SET)
    assert at(before).files == ("bulletins.d",)
    assert list(at(before).accounts) == ["india"]


def test_odd_names_are_shown_as_the_file_system_shows_them(repository: Repository) -> None:
    names = [b"\xff.yaml", rb"\xff.yaml", b"\n::error::.yaml", "हिन्दी.yaml".encode(), b'a "b"\t.yaml', b" .yaml"]
    commit = repository.commit({b"bulletins.d/" + name: "{" for name in names})
    assert at(commit) == load([PATH])
    assert len(at(commit).files) == len(names)


def test_a_repository_of_sha_256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = Repository.new(tmp_path / "sha256", "--object-format=sha256")
    monkeypatch.chdir(repository.folder)
    commit = repository.commit(SET)
    assert len(commit) == 64
    assert at(commit) == load([PATH])


def test_more_files_than_one_request_asks_for_and_equal_ones(repository: Repository) -> None:
    texts = {f"bulletins.d/{n}.yaml": BULLETIN.replace("ID", f"b{n}") for n in range(300)}
    commit = repository.commit({**texts, "bulletins.d/x.yaml": "{", "bulletins.d/y.yaml": "{", **SET})
    assert at(commit) == load([PATH])
    assert len(at(commit).bulletins) == 302


def test_links_to_files_are_followed_in_the_commit(repository: Repository) -> None:
    links = {"bulletins.d/accounts.yaml": "-> ../shared/link", "shared/link": "-> ../bulletins.d/..data/accounts.yaml"}
    commit = repository.commit({**links, "bulletins.d/..data/accounts.yaml": ACCOUNTS})
    repository.commit({"bulletins.d/..data/accounts.yaml": "{"})
    assert list(at(commit).accounts) == ["india"]
    assert at(commit).files == ("bulletins.d/accounts.yaml",)


@pytest.mark.parametrize("target", ["nowhere", "x.yaml", ".", "../bulletins.d/2026-12", "accounts.yaml/x"])
@pytest.mark.parametrize("name", ["x.yaml", "x"])
def test_links_that_cannot_be_read_are_the_same_problem_as_on_disk(
    repository: Repository, target: str, name: str
) -> None:
    commit = repository.commit({**SET, f"bulletins.d/{name}": f"-> {target}"})
    assert at(commit) == load([PATH])
    assert bool(at(commit).problems) == (name == "x.yaml" or target in (".", "../bulletins.d/2026-12"))


@pytest.mark.parametrize("target", ["../../other.yaml", "/etc/passwd", "../other.yaml", "../bulletins.data/x.yaml"])
@pytest.mark.parametrize("path", ["bulletins.d", "bulletins.d/x.yaml", "current", "current/x.yaml"])
def test_links_out_of_the_set_are_the_same_problem_as_on_disk(repository: Repository, target: str, path: str) -> None:
    files = {"other.yaml": "secret", "bulletins.data/x.yaml": "secret", "current": "-> bulletins.d"}
    commit = repository.commit({**files, "bulletins.d/x.yaml": f"-> {target}"})
    (problem,) = at(commit, Path(path)).problems
    assert problem.code is Code.FILE_UNREADABLE
    assert "secret" not in str(problem)
    assert load([path]).problems == (problem,)


@pytest.mark.parametrize("target", ["passcode", ".draft/y.yaml", ".y.yaml", "table.csv"])
def test_links_to_other_files_of_the_set_are_the_same_problem_as_on_disk(repository: Repository, target: str) -> None:
    commit = repository.commit({f"bulletins.d/{target}": "secret", "bulletins.d/x.yaml": f"-> {target}"})
    (problem,) = at(commit).problems
    assert problem.code is Code.FILE_UNREADABLE
    assert load([PATH]).problems == (problem,)


def test_a_path_that_is_a_link_to_the_set_is_followed(repository: Repository) -> None:
    before = repository.commit({**SET, "current": "-> bulletins.d"})
    assert at(before, Path("current")) == load(["current"])
    repository.commit({"current": "-> elsewhere", "elsewhere/accounts.yaml": ACCOUNTS})
    assert at(before, Path("current")).files[0] == "current/2026-12/hindi.yml"


def test_submodules_are_passed_over(repository: Repository, tmp_path: Path) -> None:
    module = Repository.new(tmp_path / "module")
    module.commit({"x.yaml": "{"})
    repository.commit(SET)
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", module.folder.as_uri(), "bulletins.d/m.yaml"
    )
    commit = repository.commit({"bulletins.d/link.yaml": "-> m.yaml"})
    assert "bulletins.d/m.yaml/x.yaml" not in at(commit).files
    assert reason(commit) == "it is a link to a folder, and links to folders are not followed"


def test_a_file_that_is_too_large_is_a_problem_and_what_follows_is_read(repository: Repository) -> None:
    large = "#" * (MAX_FILE_BYTES + 2 * (1 << 20) + 7)
    commit = repository.commit({**SET, "bulletins.d/00.yaml": large})
    assert at(commit) == load([PATH])
    assert [problem.code for problem in at(commit).problems] == ["file-too-large"]


def test_problems_are_placed_as_on_disk(repository: Repository) -> None:
    commit = repository.commit({**SET, "bulletins.d/again.yaml": BULLETIN.replace("ID", "hindi").replace("india", "x")})
    assert [problem.code for problem in at(commit).problems] == ["duplicate-id", "unknown-account"]
    assert at(commit).problems == load([PATH]).problems
    many = repository.commit({"bulletins.d/again.yaml": "bulletins: [" + "0, " * (MAX_PROBLEMS + 5) + "]"})
    assert at(many).problems == load([PATH]).problems


def test_a_file_that_git_has_lost_is_a_problem(repository: Repository) -> None:
    commit = repository.commit(SET)
    id_ = repository.git("rev-parse", "HEAD:bulletins.d/accounts.yaml")
    (repository.folder / ".git" / "objects" / id_[:2] / id_[2:]).unlink()
    unreadable = at(commit).problems[-1]
    assert unreadable.file == "bulletins.d/accounts.yaml"
    assert unreadable.message == "the file can't be read: git does not have the content of this file"


def test_a_commit_that_is_not_there_is_refused(repository: Repository) -> None:
    repository.commit(SET)
    with refused(ErrorCode.GIT_FAILED, "111111111111"):
        definitions_at("1" * 40, PATH)


def test_git_that_stops_in_between_is_refused(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit(SET)
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\ncase "$*" in *cat-file*) exit 1;; esac\nexec /usr/bin/git "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    with refused(ErrorCode.GIT_FAILED):
        definitions_at(commit, PATH)


def test_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository.commit(SET)
    monkeypatch.setenv("PATH", "")
    with refused(ErrorCode.GIT_MISSING):
        definitions_at(commit, PATH)


def test_nothing_is_checked_out_or_written(repository: Repository) -> None:
    commit = repository.commit(SET)
    repository.commit({"bulletins.d/accounts.yaml": None})
    index = (repository.folder / ".git" / "index").read_bytes()
    assert "bulletins.d/accounts.yaml" in at(commit).files
    assert run_git(repository.folder, "status", "--porcelain") == ""
    assert (repository.folder / ".git" / "index").read_bytes() == index


TEMPLATE = """\
bulletins:
  - {for_each: {csv: CSV}, id: "{{ row.id }}", business_event: E, name: N, properties: {x: "{{ row.id }}"}, c-by: a@b.c}
"""


@pytest.mark.parametrize("csv", ["shows.csv", "kept/2026.csv", "linked.csv", "folder/2026.csv"])
@pytest.mark.parametrize("path", ["bulletins.d", "bulletins.d/in/b.yaml", "."])
def test_tables_of_the_definitions_are_those_of_the_commit(repository: Repository, csv: str, path: str) -> None:
    files = {
        "bulletins.d/in/accounts.yaml": ACCOUNTS,
        "bulletins.d/in/b.yaml": TEMPLATE.replace("CSV", csv),
        "bulletins.d/in/shows.csv": "id\na\nb\n",
        "bulletins.d/in/kept/2026.csv": "id\nc\n",
        "bulletins.d/in/linked.csv": "-> kept/2026.csv",
        "bulletins.d/in/folder": "-> kept",
    }
    commit = repository.commit(files)
    then = load([Path(path)])
    assert at(commit, Path(path)) == then
    assert len(then.bulletins) == (2 if csv == "shows.csv" else 1)
    repository.write({"bulletins.d/in/shows.csv": "id\nx\n", "bulletins.d/in/kept/2026.csv": "id\nx\n"})
    assert at(commit, Path(path)) == then


@pytest.mark.parametrize("csv", ["missing.csv", "out.csv", "gone.csv", "away/x.csv", "../x.csv", "kept.csv"])
def test_tables_that_cannot_be_read_are_problems_in_a_commit_as_in_files(repository: Repository, csv: str) -> None:
    commit = repository.commit(
        {
            "bulletins.d/accounts.yaml": ACCOUNTS,
            "bulletins.d/b.yaml": TEMPLATE.replace("CSV", csv),
            "x.csv": "id\na\n",
            "bulletins.d/out.csv": "-> ../x.csv",
            "bulletins.d/gone.csv": "-> nowhere.csv",
            "bulletins.d/away": "-> ..",
            "bulletins.d/kept.csv/x.csv": "id\na\n",
        }
    )
    codes = [(problem.code, problem.line, problem.column) for problem in at(commit).problems]
    assert codes == [(problem.code, problem.line, problem.column) for problem in load([PATH]).problems]
    assert Code.TABLE_UNREADABLE in {code for code, _, _ in codes}
