"""`init`: a set that is valid at once, whole or not at all, and nothing is ever replaced."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Write

import runner
from cli.conftest import Bulletins, only_report, outcomes
from runner.definitions.schema.schemas import fast_validator
from runner.errors import ErrorCode

FILES = ["accounts.yaml", "bulletins.yaml", "events.yaml", "shows.csv"]
SCHEMAS = [f".schemas/{kind}.schema.json" for kind in ("accounts", "bulletins", "business_events")]


def files_under(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_set_is_valid_and_the_sandbox_fires_it(bulletins: Bulletins, tmp_path: Path) -> None:
    done = bulletins("init")
    assert (done.code, done.err) == (0, "")
    assert files_under(tmp_path / "bulletins.d") == sorted([*FILES, *SCHEMAS])
    commands = [line.strip() for line in done.out.partition("next:\n")[2].splitlines()]
    assert commands == ["bulletins validate", "bulletins plan --sandbox", "bulletins fire --sandbox"]
    assert bulletins("validate").out == "1 bulletin in 3 files is valid\n"
    assert bulletins("plan", "--sandbox").code == 0
    assert bulletins("fire", "--sandbox", "--yes").code == 0
    assert outcomes(only_report(tmp_path)) == {"my-first-bulletin": "fired"}


def test_what_is_commented_out_is_valid_too(bulletins: Bulletins, tmp_path: Path) -> None:
    bulletins("init")
    for path in (tmp_path / "bulletins.d").glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [re.sub(r"^( *)# (?=- |  |[a-z_]+:)", r"\1", line) for line in lines]
        exclusive = [line for line in kept if not re.match(r" *(base_url|passcode_file):", line)]
        path.write_text("\n".join(exclusive), encoding="utf-8")
    done = bulletins("validate")
    assert (done.out, done.code) == ("4 bulletins in 4 files are valid\n", 0)
    text = (tmp_path / "bulletins.d" / "accounts.yaml").read_text(encoding="utf-8")
    assert all(f"    {field}: " in text for field in ("ledger", "timezone", "budget"))


def test_each_file_names_a_schema_that_takes_it(bulletins: Bulletins, tmp_path: Path) -> None:
    from runner.definitions.reading.reader import read

    bulletins("init")
    folder = tmp_path / "bulletins.d"
    for path in folder.glob("*.yaml"):
        document, _ = read(path.read_bytes(), path.name)
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text(encoding="utf-8"))
        assert schema is not None
        assert document is not None
        narrow = json.loads((folder / schema[1]).read_text(encoding="utf-8"))
        assert fast_validator(narrow).is_valid(document.value)
    assert json.loads((folder / SCHEMAS[1]).read_text(encoding="utf-8"))["$defs"]["accounts"]["items"]["anyOf"][0] == {
        "enum": ["india"]
    }


def test_another_folder_and_what_to_type_then(bulletins: Bulletins, tmp_path: Path) -> None:
    done = bulletins("init", "deep/my set.d")
    assert done.code == 0
    assert "bulletins validate 'deep/my set.d'\n" in done.out
    assert "bulletins schema --for-set --path 'deep/my set.d' --out 'deep/my set.d/.schemas'\n" in done.out
    assert bulletins("validate", "deep/my set.d").code == 0
    assert sorted(os.listdir(tmp_path / "deep")) == ["my set.d"]


def test_definitions_that_are_there_are_left_alone(bulletins: Bulletins, write: Write, tmp_path: Path) -> None:
    folder = write({"mine.yaml": "bulletins: []\n", "deep/more.yml": "bulletins: []\n"})
    before = files_under(folder)
    there = ("bulletins.d/deep/more.yml", "bulletins.d/mine.yaml")
    assert bulletins("init").refused_with(ErrorCode.SET_EXISTS, *there)
    assert files_under(folder) == before


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (4, "0.yaml, bulletins.d/1.yaml, bulletins.d/2.yaml and bulletins.d/3.yaml"),
        (2000, "0.yaml, bulletins.d/1.yaml, bulletins.d/10.yaml and 1,997 more"),
    ],
)
def test_of_many_files_a_few_are_named(bulletins: Bulletins, write: Write, count: int, named: str) -> None:
    write({f"{n}.yaml": "bulletins: []\n" for n in range(count)})
    assert bulletins("init").refused_with(ErrorCode.SET_EXISTS, f"bulletins.d/{named}")


@pytest.mark.parametrize("name", ["shows.csv", ".schemas"])
def test_no_file_is_replaced(bulletins: Bulletins, write: Write, name: str) -> None:
    folder = write({name: "mine"})
    assert bulletins("init").refused_with(ErrorCode.FILE_EXISTS, name)
    assert files_under(folder) == [name]


def test_other_files_in_the_folder_stay(bulletins: Bulletins, write: Write) -> None:
    folder = write({"README.md": "mine"})
    assert bulletins("init").code == 0
    assert files_under(folder) == sorted([*FILES, *SCHEMAS, "README.md"])
    assert (folder / "README.md").read_text(encoding="utf-8") == "mine"


def test_in_this_folder(bulletins: Bulletins, tmp_path: Path) -> None:
    assert bulletins("init", ".").code == 0
    assert files_under(tmp_path) == sorted([*FILES, *SCHEMAS, ".gitignore"])


def test_the_place_of_a_file_is_named(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / "bulletins.d").write_text("mine", encoding="utf-8")
    assert bulletins("init").refused_with(ErrorCode.NOT_A_FOLDER)


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("number", [0, 3, 6])
def test_no_half_set_is_left(
    bulletins: Bulletins,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_there: bool,
    fault: BaseException,
    number: int,
) -> None:
    """The disk is full, or somebody stops it, at one of the files or while they are put into place."""
    if is_there:
        (tmp_path / "bulletins.d").mkdir()
    calls = []

    def failing(function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            calls.append(function)
            if len(calls) > number:
                raise fault
            return function(*arguments)

        return call

    monkeypatch.setattr(os, "fsync" if number < 6 else "rename", failing(os.fsync if number < 6 else os.rename))
    if number == 6:
        calls[:] = [None] * (4 if is_there else 6)
    done = bulletins("init")
    assert done.code == (5 if isinstance(fault, OSError) else 130)
    assert files_under(tmp_path) == []
    assert os.listdir(tmp_path) == (["bulletins.d"] if is_there else [])
    if isinstance(fault, OSError):
        message = "bulletins.d can't be created: No space left on device, and nothing was written"
        assert done.refused_with(ErrorCode.CANNOT_WRITE, message)


def test_the_scaffold_comes_with_the_package() -> None:
    folder = Path(runner.__file__).parent / "scaffold"
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_plan_files_are_ignored_by_git(bulletins: Bulletins, tmp_path: Path) -> None:
    assert bulletins("init").code == 0
    assert "plan.json" in (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("text", "is_said"), [("dist/\n", True), ("dist/\nplan.json\n", False)])
def test_a_gitignore_that_exists_is_left_alone(bulletins: Bulletins, tmp_path: Path, text: str, is_said: bool) -> None:
    (tmp_path / ".gitignore").write_text(text, encoding="utf-8")
    done = bulletins("init")
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == text
    assert ("plan.json" in done.out) is is_said
