"""`ledger init` and `ledger show`."""

from __future__ import annotations

import stat
from pathlib import Path

from cli.conftest import Bulletins


def test_a_ledger_is_made_once(bulletins: Bulletins, tmp_path: Path) -> None:
    first = bulletins("ledger", "init")
    assert first.code == 0
    assert first.out.startswith("created the ledger 01")
    assert first.out.endswith(" at .bulletins/ledger.sqlite3\n")
    assert first.err.startswith("keep it where every run finds it")
    made = (tmp_path / ".bulletins/ledger.sqlite3").read_bytes()
    again = bulletins("ledger", "init")
    assert again.refused_with(".bulletins/ledger.sqlite3 is there already", "bulletins ledger show describes it")
    assert (tmp_path / ".bulletins/ledger.sqlite3").read_bytes() == made


def test_what_is_made_is_kept_out_of_git(bulletins: Bulletins, tmp_path: Path) -> None:
    bulletins("ledger", "init")
    assert (tmp_path / ".bulletins/.gitignore").read_text() == "*\n"


def test_no_file_is_ever_replaced(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    assert bulletins("ledger", "init", "--ledger", "notes").refused_with("notes is there already", "ledger show")
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_place_where_none_can_be_made(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = bulletins("ledger", "init", "--ledger", "file/ledger.sqlite3")
    assert done.refused_with("the ledger file/ledger.sqlite3 can't be made: ", "Choose another place with --ledger")


def test_show(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("fire", "--yes").code == 1
    done = bulletins("ledger", "show")
    assert (done.code, done.err) == (0, "")
    facts = dict(line.split(maxsplit=1) for line in done.out.splitlines() if not line.startswith("created"))
    assert facts == {
        "id": ledger,
        "place": ".bulletins/ledger.sqlite3",
        "version": "1",
        "runs": "1",
        "firings": "2 fired, 1 expired",
    }


def test_show_in_json(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("ledger", "show", "--format", "json")
    assert (done.code, done.err, done.json["id"], done.json["runs"]) == (0, "", ledger, 0)
    assert set(done.json["firings"].values()) == {0}


def test_show_without_one(bulletins: Bulletins) -> None:
    done = bulletins("ledger", "show")
    assert done.refused_with("there is no ledger at .bulletins/ledger.sqlite3", "bulletins ledger init")


def test_a_ledger_is_no_program(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    mode = (tmp_path / ".bulletins/ledger.sqlite3").stat().st_mode
    assert not mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
