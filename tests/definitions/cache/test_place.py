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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder as the working directory, as cron starts a run, with the cache folder in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def made(*folders: Path) -> Path:
    for folder in folders:
        folder.mkdir(parents=True)
    return folders[-1]


@pytest.mark.parametrize("here", [".", "/"])
def test_a_set_in_a_checkout_has_a_cache_wherever_the_run_starts(
    home: Path, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions = made(home / "campaign" / ".git", home / "campaign" / "bulletins.d")
    monkeypatch.chdir(here)
    assert cache_file(definitions) == home / "cache" / "bulletins" / "definitions.sqlite3"


def test_without_a_checkout_the_working_directory_may_have_come_with_the_set(home: Path) -> None:
    assert cache_file(made(home / "campaign" / "bulletins.d")) is None


def test_a_set_that_is_reached_by_a_link_does_not_count_as_in_a_checkout(home: Path) -> None:
    made(home / "other" / ".git", home / "other" / "bulletins.d")
    (home / "link").symlink_to(home / "other")
    assert cache_file(home / "link" / "bulletins.d") is None
    assert cache_file(home / "other" / "bulletins.d") is not None


def test_a_set_in_a_submodule_may_come_with_files_of_the_outer_checkout(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = home / "outer"
    definitions = made(outer / ".git", outer / "inner" / ".git", outer / "inner" / "bulletins.d")
    monkeypatch.setenv("XDG_CACHE_HOME", str(outer / "cache"))
    assert cache_file(definitions) is None
