from __future__ import annotations

from pathlib import Path

import pytest

from git.repository import Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """An empty repository, in which the test runs; its parent folder has room for others."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    made = Repository.new(tmp_path / "repository")
    monkeypatch.chdir(made.folder)
    return made
