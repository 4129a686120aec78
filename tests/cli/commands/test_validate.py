"""`validate`: problems on standard output, in both formats, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import BULLETINS, Bulletins
from runner.errors import ErrorCode
from runner.report.formats import PLAN_FORMATS, PROBLEM_FORMATS
from runner.sandbox.server import Sandbox

WRONG = """
bulletins:
  - {id: a, business_event: E, name: N, c-by: a@example.com, accounts: [india], properties: {k: 1}}
  - {id: b, business_event: E, nam: N, c-by: a@example.com, accounts: [inda], properties: {}}
"""
ROWS = """
bulletins:
  - for_each: {csv: rows.csv}
    id: "row-{{ row.n }}"
    business_event: Program Released
    name: "{{ row.name }}"
    c-by: a@example.com
    accounts: [india]
    properties: {}
"""


def test_a_valid_set(bulletins: Bulletins, small_set: Path) -> None:
    done = bulletins("validate")
    assert (done.code, done.out, done.err) == (0, "5 bulletins in 2 files are valid\n", "")


def test_problems_in_text(bulletins: Bulletins, small_set: Path, write: Write) -> None:
    write({"wrong.yaml": WRONG})
    done = bulletins("validate")
    assert (done.code, done.err) == (3, "")
    *problems, verdict = done.out.splitlines()
    assert verdict == f"{len(problems)} problems in 1 of 3 files"
    assert problems[0] == (
        "bulletins.d/wrong.yaml:2:97: error[property-not-string]: properties.k is the number 1; "
        'CleverTap takes only text. Write "1".'
    )
    assert any("error[unknown-field]" in line and "Did you mean name?" in line for line in problems)


def test_problems_in_json(bulletins: Bulletins, small_set: Path, write: Write) -> None:
    write({"wrong.yaml": WRONG})
    done = bulletins("validate", "--format", "json")
    assert (done.code, done.err) == (3, "")
    assert (done.json["valid"], done.json["files"]) == (False, 3)
    first = done.json["problems"][0]
    assert (first["code"], first["file"], first["line"]) == ("property-not-string", "bulletins.d/wrong.yaml", 2)
    assert set(first) == {"code", "severity", "file", "line", "column", "message", "help"}


def test_a_valid_set_in_json(bulletins: Bulletins, small_set: Path) -> None:
    done = bulletins("validate", "--format", "json")
    assert (done.code, done.err) == (0, "")
    assert done.json == {"schema_version": 1, "valid": True, "files": 2, "bulletins": 5, "problems": []}


@pytest.fixture
def warned(write: Write, small_set: Path) -> None:
    """The small set, with an entry whose table has spaces at the ends of five cells."""
    write({"rows.yaml": ROWS, "rows.csv": "n,name\n" + "".join(f"{n},Row {n} \n" for n in (7, 8, 9))})


@pytest.mark.usefixtures("warned")
def test_warnings_leave_a_set_valid(bulletins: Bulletins) -> None:
    done = bulletins("validate")
    assert (done.code, done.err) == (0, "")
    warning, verdict = done.out.splitlines()
    assert "warning[cell-white-space]" in warning
    assert verdict == "8 bulletins in 4 files are valid, with 1 warning"
    found = bulletins("validate", "--format", "json").json
    assert (found["valid"], [each["severity"] for each in found["problems"]]) == (True, ["warning"])


@pytest.mark.usefixtures("warned")
@pytest.mark.parametrize("format_", PROBLEM_FORMATS)
def test_every_format_shows_warnings_which_strict_makes_errors(bulletins: Bulletins, format_: str) -> None:
    done, strict = bulletins("validate", "--format", format_), bulletins("validate", "--format", format_, "--strict")
    assert (done.code, strict.code) == (0, 3)
    assert "rows.csv" in done.out
    assert "rows.csv" in strict.out
    assert done.out != strict.out


@pytest.mark.usefixtures("warned")
@pytest.mark.parametrize("format_", PLAN_FORMATS)
def test_a_plan_shows_warnings_in_every_format(bulletins: Bulletins, format_: str) -> None:
    for cache in ([], [], ["--no-cache"]):
        done = bulletins("plan", "--format", format_, *cache)
        assert (done.code, "begins or ends with a space" in done.out) == (0, True), done.out


@pytest.mark.usefixtures("warned")
@pytest.mark.parametrize("command", ["plan", "fire"])
def test_strict_refuses_what_has_warnings(bulletins: Bulletins, command: str, sandbox: Sandbox) -> None:
    done = bulletins(command, "--strict", *(["--yes"] if command == "fire" else []))
    assert (done.code, done.out) == (3, "")
    assert "error[cell-white-space]" in done.err
    assert not sandbox.received()


@pytest.mark.usefixtures("warned")
def test_a_run_counts_warnings_and_sends(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    done = bulletins("fire", "--yes")
    assert "the definitions have 1 warning (bulletins validate shows it)" in done.err
    assert "Row 7 " in {received.name for received in sandbox.accepted()}
    assert "1 warning" not in bulletins("fire", "--yes", "--quiet").err


def test_many_warnings_that_are_alike_are_folded(bulletins: Bulletins, small_set: Path, write: Write) -> None:
    columns = ["n", *(f"c{number}" for number in range(9))]
    cells = ["1", *(f"of {name} " for name in columns[1:])]
    write({"rows.yaml": ROWS.replace("row.name", "row.c1"), "rows.csv": f"{','.join(columns)}\n{','.join(cells)}\n"})
    out = bulletins("validate").out
    assert out.count("warning[cell-white-space]") == 3
    assert "6 more warnings [cell-white-space]" in out
    assert bulletins("validate", "--verbose").out.count("warning[cell-white-space]") == 9


def test_several_paths_make_one_set(bulletins: Bulletins, small_set: Path, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(BULLETINS.replace("id: ", "id: more-").replace('_id: "', '_id: "9'))
    assert bulletins("validate", "bulletins.d", "more.yaml").out == "10 bulletins in 3 files are valid\n"
    assert "error[unknown-account]" in bulletins("validate", "more.yaml").out


@pytest.mark.parametrize("path", ["nowhere", "nowhere.yaml", "two\nlines"])
def test_a_path_that_is_not_there(bulletins: Bulletins, path: str) -> None:
    done = bulletins("validate", path)
    assert done.refused_with(ErrorCode.DEFINITIONS_UNREADABLE, exit_code=2)
    assert done.out == ""


def test_no_definitions(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / "bulletins.d").mkdir()
    done = bulletins("validate")
    assert done.refused_with(ErrorCode.NO_DEFINITIONS, exit_code=2)


def test_hostile_text_cannot_command_the_terminal(bulletins: Bulletins, small_set: Path, write: Write) -> None:
    write({"wrong.yaml": 'bulletins:\n  - {id: "\\e[2J", name: "\\u202Egnorw"}\n'})
    done = bulletins("validate")
    assert done.code == 3
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
