"""Witnesses on the disk: whole, private, for the right ledger, whoever else writes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from plan import NOW

from ledger import at_once
from runner import local
from runner.ledger.witness.comparison import SeenRun, Witness, updated
from runner.ledger.witness.witness_files import WitnessFiles


@pytest.fixture
def files(tmp_path: Path) -> WitnessFiles:
    return WitnessFiles(tmp_path / "state" / "witness", "01LEDGER", "sqlite:/srv/ledger.sqlite3")


def seen_run(number: int, claims: int = 0, name: str = "") -> SeenRun:
    return SeenRun(name or f"01RUN{number}", number, claims, NOW, "बिल्डर", is_over=number % 2 == 0)


def add(files: WitnessFiles, *runs: SeenRun) -> None:
    files.update(lambda witness: updated(witness, runs))


def test_nothing_was_seen_yet(files: WitnessFiles) -> None:
    assert files.read() == ([], {})
    assert not files.folder.exists()


def test_what_was_written_is_read_again(files: WitnessFiles) -> None:
    add(files, seen_run(1, 5))
    add(files, seen_run(1, 7), seen_run(2))
    assert files.read() == ([Witness(files.ledger, files.place, (seen_run(1, 7), seen_run(2)))], {})


def test_only_the_user_can_read_it(files: WitnessFiles) -> None:
    add(files, seen_run(1))
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(files.path.stat().st_mode) == 0o600
    assert os.listdir(files.folder) == [files.path.name]


def test_the_same_ledger_elsewhere_and_another_one_here_are_found(files: WitnessFiles) -> None:
    moved = WitnessFiles(files.folder, files.ledger, "sqlite:/backup/ledger.sqlite3")
    other = WitnessFiles(files.folder, "01OTHER", files.place)
    stranger = WitnessFiles(files.folder, "01OTHER", moved.place)
    for number, each in enumerate((files, moved, other, stranger), 1):
        add(each, seen_run(number))
    found, damaged = files.read()
    assert {(each.ledger, each.place) for each in found} == {(f.ledger, f.place) for f in (files, moved, other)}
    assert damaged == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "{}",
        "[" * 100_000,
        '{"format": "bulletins-witness", "version": 2, "ledger": "01LEDGER", "place": "x", "runs": []}',
        '{"format": "bulletins-witness", "version": 1, "ledger": "01LEDGER", "place": "x", "runs": {}}',
        '{"format": "bulletins-witness", "version": 1, "ledger": 7, "place": "x", "runs": []}',
        '{"format": "bulletins-witness", "version": 1, "ledger": "01LEDGER", "place": "x", "runs": [1]}',
    ],
)
def test_a_damaged_file_is_named_and_replaced(files: WitnessFiles, text: str) -> None:
    files.folder.mkdir(parents=True)
    files.path.write_text(text)
    found, damaged = files.read()
    assert (found, set(damaged)) == ([], {files.path})
    add(files, seen_run(3))
    assert files.read() == ([Witness(files.ledger, files.place, (seen_run(3),))], {})


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_file_that_was_cut_short_is_damaged(files: WitnessFiles, cut: int) -> None:
    add(files, seen_run(1), seen_run(3))
    data = files.path.read_bytes()
    files.path.write_bytes(data[:-cut])
    found, damaged = files.read()
    assert bool(found) is not bool(damaged)
    assert found == [] or cut == 1  # only the line end was missing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"number": 1', '"number": "1"'),
        ('"number": 1', '"number": true'),
        ('"number": 1', '"number": -1'),
        ('"number": 1', '"number": 2147483648'),
        ('"claims": 5', '"claims": null'),
        ('"is_over": false', '"is_over": 0'),
        ('"id": "01RUN1"', '"id": ""'),
        ("2026-12-01T13:00:00.000000Z", "yesterday"),
    ],
)
def test_values_that_no_run_has_are_damage(files: WitnessFiles, old: str, new: str) -> None:
    add(files, seen_run(1, 5))
    text = files.path.read_text()
    assert old in text
    files.path.write_text(text.replace(old, new))
    assert set(files.read()[1]) == {files.path}


def test_a_file_that_cant_be_read_is_named(files: WitnessFiles) -> None:
    files.path.mkdir(parents=True)
    found, damaged = files.read()
    assert (found, set(damaged)) == ([], {files.path})
    with pytest.raises(OSError):  # noqa: PT011
        add(files, seen_run(1))


def test_a_folder_that_cant_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    files = WitnessFiles(tmp_path / "file" / "witness", "01LEDGER", "here")
    with pytest.raises(OSError):  # noqa: PT011
        files.read()
    with pytest.raises(OSError):  # noqa: PT011
        add(files, seen_run(1))


def test_processes_that_write_at_once_lose_nothing(files: WitnessFiles) -> None:
    def write(name: str) -> None:
        for claims in range(20):
            add(files, seen_run(1, claims, name))

    at_once(*(lambda name=name: write(name) for name in ("01A", "01B", "01C")))
    (found,), _ = files.read()
    assert {run.id: run.claims for run in found.runs} == {"01A": 19, "01B": 19, "01C": 19}


def test_a_lock_that_is_never_given_back_stops_nobody(files: WitnessFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr("runner.ledger.witness.witness_files._LOCK_WAIT_S", 0.05)
    files.folder.mkdir(parents=True)
    held = os.open(files.folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        add(files, seen_run(1))
    finally:
        os.close(held)
    assert len(files.read()[0]) == 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of one's own, and a working folder elsewhere."""
    made, work = tmp_path / "home", tmp_path / "work"
    for folder in (made, work):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.chdir(work)
    return made


def test_witnesses_are_in_the_state_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = home / ".local" / "state" / "bulletins" / "witness"
    assert local.witness_folder() == usual
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "own"))
    assert local.witness_folder() == home / "own" / "bulletins" / "witness"
    for relative in ("", "state", "./state", "~/state"):
        monkeypatch.setenv("XDG_STATE_HOME", relative)
        assert local.witness_folder() == usual


def test_no_folder_inside_the_checkout_is_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Path.cwd()
    monkeypatch.setenv("XDG_STATE_HOME", str(work / "state"))
    assert local.witness_folder() == work / "state" / "bulletins" / "witness"
    (work / ".git").mkdir()
    (work / "deeper").mkdir()
    monkeypatch.chdir(work / "deeper")
    assert local.witness_folder() == home / ".local" / "state" / "bulletins" / "witness"
    monkeypatch.setenv("HOME", str(work))
    assert local.witness_folder() is None


def test_a_link_into_the_checkout_is_inside_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (Path.cwd() / ".git").mkdir()
    (home / "link").symlink_to(Path.cwd())
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "link" / "state"))
    assert local.witness_folder() == home / ".local" / "state" / "bulletins" / "witness"


def test_other_systems_have_folders_of_their_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert local.witness_folder() == home / "Library" / "Application Support" / "bulletins" / "witness"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(home / "AppData"))
    assert local.witness_folder() == home / "AppData" / "bulletins" / "witness"


def test_who_has_no_home_has_no_witness(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", none)
    assert local.witness_folder() is None
