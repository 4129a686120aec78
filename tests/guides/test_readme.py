"""The five minutes of README, done as it says: what it shows is what the program prints."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from cli.conftest import Bulletins, bulletins

from guides.pages import ROOT, Block, blocks

__all__ = ["bulletins"]

_VARYING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\b[0-9A-HJKMNP-TV-Z]{26}\b")


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    """The sample set with the definition that README writes first."""
    shutil.copytree(ROOT / "bulletins.d", tmp_path / "bulletins.d")
    (shown,) = _blocks("yaml")
    path = tmp_path / "bulletins.d" / "tonight.yaml"
    path.write_text(shown.text, encoding="utf-8")
    return path


def test_validate_shows_the_problems_that_readme_shows(bulletins: Bulletins, definition: Path) -> None:
    first, second = _blocks("text")
    assert bulletins("validate").out == first.text
    _edit(definition, "900001", '"900001"')
    assert bulletins("validate").out == second.text


def test_the_session_of_readme(bulletins: Bulletins, definition: Path) -> None:
    _edit(definition, "900001", '"900001"')
    _edit(definition, "langauge", "language")
    (session,) = _blocks("console")
    calls = re.findall(r"^\$ bulletins (.*)\n((?:(?!\$ ).*\n)*)", session.text, re.MULTILINE)
    assert len(calls) == 3
    for call, shown in calls:
        done = bulletins(*shlex.split(call))
        assert done.code == 0, done
        assert _fixed(done.out) == _fixed(shown)


def test_an_edit_after_sending_is_changed(bulletins: Bulletins, definition: Path) -> None:
    _edit(definition, "900001", '"900001"')
    _edit(definition, "langauge", "language")
    bulletins("fire", "--sandbox", "--yes")
    _edit(definition, "episode 1", "episode 2")
    plan = bulletins("plan", "--sandbox", "--id", "tonight-1", "--format", "json").json
    assert [firing["action"] for firing in plan["firings"]] == ["changed"]


def _blocks(language: str) -> list[Block]:
    return [block for block in blocks(ROOT / "README.md") if block.language == language]


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _fixed(text: str) -> str:
    """The text without what differs from run to run: times and ids of runs."""
    return _VARYING.sub("…", text)
