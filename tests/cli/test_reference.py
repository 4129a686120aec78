"""`schema` and `explain`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import Bulletins
from runner.definitions.codes import EXPLANATIONS, Code

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))


def test_schemas_are_listed(bulletins: Bulletins) -> None:
    assert sorted(bulletins("schema").out.split()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_printed_as_it_stands(bulletins: Bulletins, name: str) -> None:
    done = bulletins("schema", name)
    assert (done.code, done.err) == (0, "")
    assert done.out == (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(done.out))


def test_a_schema_that_is_not_there(bulletins: Bulletins) -> None:
    assert bulletins("schema", "reprt").refused_with("there is no schema 'reprt'", "Did you mean report?", code=2)
    assert bulletins("schema", "x").refused_with("there is no schema 'x'", "There are: accounts", code=2)


def test_codes_are_listed(bulletins: Bulletins) -> None:
    lines = bulletins("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == [code.value for code in EXPLANATIONS]


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_explained(bulletins: Bulletins, code: Code) -> None:
    done = bulletins("explain", code)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{code}: {EXPLANATIONS[code].summary}\n\n")
    assert "\nwrong:\n    " in done.out
    assert "\nright:\n    " in done.out


def test_a_code_may_be_copied_from_a_problem(bulletins: Bulletins) -> None:
    assert bulletins("explain", "error[yaml-key]:").out == bulletins("explain", "yaml-key").out


def test_a_code_that_is_not_there(bulletins: Bulletins) -> None:
    done = bulletins("explain", "yaml-kee")
    assert done.refused_with("there is no problem code 'yaml-kee'", "Did you mean yaml-key?", code=2)
    done = bulletins("explain", "zzz")
    assert done.refused_with("there is no problem code 'zzz'", "bulletins explain lists them.", code=2)
