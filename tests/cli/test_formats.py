"""Every format of every command that has formats: machine output alone on standard output, in the form it promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Write
from lxml import etree
from report.markdown import rendered

from cli.conftest import Bulletins
from runner.report.formats import FINDING_FORMATS


def is_json(text: str) -> bool:
    return isinstance(json.loads(text), dict)


def is_sarif(text: str) -> bool:
    return bool(json.loads(text)["version"] == "2.1.0")


def is_junit(text: str) -> bool:
    return bool(etree.fromstring(text.encode()).tag == "testsuites")


def is_markdown(text: str) -> bool:
    return "strong" in rendered(text).tags


def is_github(text: str) -> bool:
    *commands, last = text.splitlines()
    return last.startswith("bulletins: ") and all(line.startswith("::") for line in commands)


def is_html(text: str) -> bool:
    return text.startswith("<!doctype html>") and text.rstrip().endswith("</html>")


FORMATS: dict[str, Callable[[str], bool]] = {
    "json": is_json,
    "markdown": is_markdown,
    "github": is_github,
    "sarif": is_sarif,
    "junit": is_junit,
    "html": is_html,
}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("command", [["plan"], ["fire", "--dry-run"], ["fire", "--yes", "--sandbox"]], ids=" ".join)
def test_plans_and_runs(bulletins: Bulletins, small_set: Path, command: list[str], format_: str) -> None:
    done = bulletins(*command, "--format", format_)
    assert done.code == (1 if "--yes" in command else 0), done
    assert done.out.endswith("\n")
    assert FORMATS[format_](done.out)


@pytest.mark.parametrize("format_", FORMATS)
def test_reports(bulletins: Bulletins, doubt: None, format_: str) -> None:
    done = bulletins("report", "--format", format_)
    assert (done.code, done.err) == (0, "")
    assert FORMATS[format_](done.out)


@pytest.mark.parametrize("format_", FINDING_FORMATS)
@pytest.mark.parametrize("command", [["validate"], ["plan"], ["fire", "--yes"]], ids=" ".join)
def test_problems(bulletins: Bulletins, small_set: Path, write: Write, command: list[str], format_: str) -> None:
    write({"bad.yaml": "bulletins: [{id: x}]\n"})
    done = bulletins(*command, "--format", format_)
    assert done.code == 3
    assert FORMATS[format_](done.out)


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "html"])
def test_a_valid_set(bulletins: Bulletins, small_set: Path, format_: str) -> None:
    done = bulletins("validate", "--format", format_)
    assert (done.code, done.err) == (0, "")
    assert FORMATS[format_](done.out)


@pytest.mark.parametrize("format_", ["html", "json"])
def test_where_a_plan_was_wanted_there_is_none(
    bulletins: Bulletins, small_set: Path, write: Write, format_: str
) -> None:
    write({"bad.yaml": "bulletins: [{id: x}]\n"})
    done = bulletins("plan", "--format", format_)
    assert (done.code, done.out) == (3, "")
    assert "error[missing-field]" in done.err
