"""`validate`: problems on standard output, in both formats, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import BULLETINS, Bulletins
from runner.errors import ErrorCode

WRONG = """
bulletins:
  - {id: a, business_event: E, name: N, c-by: a@example.com, accounts: [india], properties: {k: 1}}
  - {id: b, business_event: E, nam: N, c-by: a@example.com, accounts: [inda], properties: {}}
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
