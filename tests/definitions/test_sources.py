from __future__ import annotations

import pytest

from definitions import Write
from runner.definitions.files import sources_under
from runner.definitions.load import load, load_sources
from runner.definitions.model import Definitions
from runner.definitions.problem_codes import Code
from runner.definitions.sources import Source, display_path, is_definition, is_hidden

ACCOUNTS = b"accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
BULLETIN = b"bulletins:\n- {id: a, business_event: E, name: N, properties: {}, c-by: a@example.com}\n"


class Reader:
    """Gives bytes, and counts how often."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.data


def test_a_set_is_made_of_bytes_from_anywhere() -> None:
    found = load_sources([Source("b.yaml", lambda: BULLETIN), Source("a.yaml", lambda: ACCOUNTS)])
    assert (found.files, found.problems) == (("a.yaml", "b.yaml"), ())
    assert found.bulletins[0].accounts == ("india",)
    assert found.bulletins[0].place.file == "b.yaml"


def test_no_source_at_all_is_the_empty_set() -> None:
    assert load_sources([]) == Definitions({}, {}, (), ())


def test_a_source_that_cannot_be_read_is_a_problem() -> None:
    def refuse() -> bytes:
        raise OSError("it is on strike")

    (problem,) = load_sources([Source("a.yaml", refuse), Source("b.yaml", lambda: BULLETIN)]).problems
    assert (problem.file, problem.code) == ("a.yaml", Code.FILE_UNREADABLE)
    assert problem.message == "the file can't be read: it is on strike"


def test_only_sources_with_a_finding_across_files_are_read_again() -> None:
    accounts, first, second = Reader(ACCOUNTS), Reader(BULLETIN), Reader(BULLETIN)
    sources = [Source("a.yaml", accounts), Source("b.yaml", first), Source("c.yaml", second)]
    assert {problem.file for problem in load_sources(sources).problems} == {"c.yaml"}
    assert (accounts.times, first.times, second.times) == (1, 1, 2)


def test_files_are_sources(write: Write) -> None:
    folder = write({"a.yaml": ACCOUNTS.decode(), "2026/b.yml": BULLETIN.decode()})
    sources = sources_under(["bulletins.d"])
    assert {source.name: source.read() for source in sources} == {
        "bulletins.d/a.yaml": ACCOUNTS,
        "bulletins.d/2026/b.yml": BULLETIN,
    }
    assert load_sources(sources) == load([folder.name])


@pytest.mark.parametrize("name", ["a.yaml", "a.yml", "A.YAML", "x.yaml.Yml"])
def test_names_of_definitions(name: str) -> None:
    assert is_definition(name)
    assert not is_definition(name + "~")
    assert is_hidden("." + name)
    assert not is_hidden(name)


@pytest.mark.parametrize(("path", "name"), [("a/b.yaml", "a/b.yaml"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb")])
def test_names_are_shown_on_one_line_and_kept_apart(path: str, name: str) -> None:
    assert display_path(path) == name
