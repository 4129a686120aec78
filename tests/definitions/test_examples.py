"""The folders of examples: `valid` gives no problem, `invalid` exactly the errors that are listed with each.

`warned` gives exactly the warnings that are listed with each, and no error.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from definitions.generated import GENERATED
from runner.definitions.load import load
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code

HERE = Path(__file__).parent
KINDS = ("valid", "invalid", "warned")
OF_PLANS = {Code.NEW_IN_PAST}  # warnings that need a time or a git ref: see the tests of plans
SETS = [path for kind in KINDS for path in sorted((HERE / kind).glob("*")) if path.suffix not in (".txt", ".csv")]


def problems(example: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Errors and warnings of one example. A single file makes a set together with accounts.yaml next to the folders."""
    monkeypatch.chdir(example.parent)
    paths = [example.name] if example.is_dir() else ["../accounts.yaml", example.name]
    return [line(problem) for problem in load(paths).found]


def line(problem: Problem) -> str:
    found = f"{problem.file}:{problem.line}:{problem.column}: {problem.severity}[{problem.code}]: {problem.message}."
    return f"{found} {problem.help}".rstrip()


def expected(example: Path) -> str:
    path = example / "expected.txt" if example.is_dir() else example.with_suffix(".txt")
    return path.read_text(encoding="utf-8")


def names(kind: str) -> list[str]:
    return [path.name for path in SETS if path.parent.name == kind]


@pytest.mark.parametrize("name", names("valid"))
def test_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(HERE / "valid" / name, monkeypatch) == []


@pytest.mark.parametrize("name", names("invalid"))
def test_invalid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = HERE / "invalid" / name
    assert problems(example, monkeypatch) == expected(example).splitlines()


@pytest.mark.parametrize("name", names("warned"))
def test_warned(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = HERE / "warned" / name
    found = problems(example, monkeypatch)
    assert found == expected(example).splitlines()
    assert all(": warning[" in line for line in found)


def test_every_code_has_an_example() -> None:
    in_files = {
        Code(code)
        for path in SETS
        if path.parent.name != "valid"
        for code in re.findall(r"(?:error|warning)\[([a-z-]+)\]", expected(path))
    }
    assert in_files | set(GENERATED) | OF_PLANS == set(Code)
    assert not in_files & (set(GENERATED) | OF_PLANS)


def test_every_invalid_example_is_named_by_its_defect() -> None:
    for path in SETS:
        if path.parent.name != "valid" and path.is_file():
            (code,) = set(re.findall(r"(?:error|warning)\[([a-z-]+)\]", expected(path)))
            assert path.name.startswith(code), path.name
