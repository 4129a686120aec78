from pathlib import Path

import pytest

from runner.definitions.cache.place import cache_file


def test_the_cache_is_in_the_user_s_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.with_name("elsewhere")))
    assert cache_file(Path()) == tmp_path.with_name("elsewhere") / "bulletins" / "definitions.sqlite3"


def test_a_relative_folder_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert cache_file(Path()) is None


def test_a_folder_inside_the_working_directory_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_file(Path()) is None


def test_a_folder_inside_the_checkout_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_file(Path()) is None


def test_a_link_into_the_working_directory_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path.with_name(f"{tmp_path.name}.link")
    (tmp_path / "cache").mkdir()
    link.symlink_to(tmp_path / "cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(link))
    assert cache_file(Path()) is None


def test_a_folder_inside_the_checkout_of_the_set_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    for folder in (checkout / ".git", checkout / "bulletins.d", elsewhere):
        folder.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("XDG_CACHE_HOME", str(checkout / "cache"))
    assert cache_file(checkout / "bulletins.d") is None
    assert cache_file(elsewhere) == checkout / "cache" / "bulletins" / "definitions.sqlite3"
