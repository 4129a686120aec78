"""Ledgers created completely or not at all: by several at once, by a process that is killed, without hard links."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from plan import NOW
from refusals import refused
from sqlalchemy import Connection

from ledger import all_of, child, for_children
from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database import creation, tables
from runner.ledger.database.creation import AlreadyThere, create, is_made
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger


def make(url: str) -> None:
    create(parse_url(url), now=NOW, who="asha")


def killed_while_making(url: str) -> None:
    """Starts to create a ledger in a process of its own, and kills it before it is done."""
    with subprocess.Popen(
        [sys.executable, child.__file__, "make", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=for_children(),
    ) as maker:
        assert maker.stdout
        assert maker.stdout.readline() == "ready\n"
        maker.kill()


def test_a_new_ledger_is_empty_and_has_an_id(ledger: Ledger, ledger_url: str) -> None:
    (row,) = all_of(ledger_url, tables.ledger)
    assert row == {"id": ledger.id, "version": tables.SCHEMA_VERSION, "created_at": NOW, "created_by": "asha"}
    assert all_of(ledger_url, tables.firings) == []
    assert "password" not in ledger.place


def test_a_ledger_is_never_created_twice(ledger: Ledger, ledger_url: str) -> None:
    with refused(ErrorCode.LEDGER_EXISTS) as error:
        create(parse_url(ledger_url), now=NOW, who="someone else")
    assert error.value.exit_code is Exit.REFUSED
    with Ledger(parse_url(ledger_url)) as opened:
        assert opened.id == ledger.id


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with refused(ErrorCode.LEDGER_EXISTS):
        create(parse_url(str(path)), now=NOW, who="asha")
    assert path.read_text() == "mine"


def test_folders_of_a_new_ledger_are_created_and_ignored_by_git(tmp_path: Path) -> None:
    create(parse_url(str(tmp_path / "x" / ".bulletins" / "ledger.sqlite3")), now=NOW, who="asha")
    assert (tmp_path / "x" / ".bulletins" / ".gitignore").read_text() == "*\n"
    create(parse_url(str(tmp_path / "y" / "ledger.sqlite3")), now=NOW, who="asha")
    assert {path.name for path in (tmp_path / "y").iterdir()} == {"ledger.sqlite3"}


def test_a_path_of_any_bytes_is_accepted(tmp_path: Path) -> None:
    url = parse_url(str(tmp_path / "a b?c#d%20é\udce9.db"))
    try:
        create(url, now=NOW, who="asha")
    except UserError as error:
        if error.code is ErrorCode.LEDGER_NOT_CREATED:
            pytest.skip("this file system takes no such names")
        raise
    with Ledger(url) as opened:
        assert opened.id


def test_a_ledger_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with refused(ErrorCode.LEDGER_NOT_CREATED) as error:
        create(parse_url(str(tmp_path / "file" / "ledger.sqlite3")), now=NOW, who="asha")
    assert error.value.exit_code is Exit.REFUSED


def test_a_half_created_ledger_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(creation, "new_ulid", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create(parse_url(str(tmp_path / "ledger.sqlite3")), now=NOW, who="asha")
    assert list(tmp_path.iterdir()) == []


def test_of_several_who_make_one_at_once_exactly_one_does(ledger_url: str) -> None:
    together = Barrier(4)

    def attempt(number: int) -> UserError | None:
        together.wait()
        try:
            make(ledger_url)
        except UserError as error:
            return error
        return None

    with ThreadPoolExecutor(4) as pool:
        refusals = [error for error in pool.map(attempt, range(4)) if error is not None]
    assert [type(error) for error in refusals] == [AlreadyThere] * 3
    assert {error.exit_code for error in refusals} == {Exit.REFUSED}
    Ledger(parse_url(ledger_url)).close()


def test_a_process_that_is_killed_while_it_makes_one_leaves_none(ledger_url: str) -> None:
    killed_while_making(ledger_url)
    assert not is_made(parse_url(ledger_url))
    make(ledger_url)
    Ledger(parse_url(ledger_url)).close()


def test_the_file_of_a_ledger_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    seen: list[bool] = []
    create(parse_url(str(path)), now=NOW, who="asha", fill=lambda connection: seen.append(path.exists()))
    assert seen == [False]
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.sqlite3"]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_the_file_of_a_ledger_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    make(str(tmp_path / "ledger.sqlite3"))
    assert (tmp_path / "ledger.sqlite3").stat().st_mode == (tmp_path / "other").stat().st_mode


def without_links(source: object, target: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", without_links)
    make(str(tmp_path / "ledger.sqlite3"))
    Ledger(parse_url(str(tmp_path / "ledger.sqlite3"))).close()
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.sqlite3"]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_that_appears_meanwhile_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    path = tmp_path / "ledger.sqlite3"
    if not has_links:
        monkeypatch.setattr(os, "link", without_links)

    def appear(_: Connection) -> None:
        path.write_text("theirs")

    with pytest.raises(AlreadyThere):
        create(parse_url(str(path)), now=NOW, who="asha", fill=appear)
    assert path.read_text() == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.sqlite3"]


def test_a_name_as_long_as_the_file_system_allows_will_do(tmp_path: Path) -> None:
    path = tmp_path / ("l" * (os.pathconf(tmp_path, "PC_NAME_MAX") - len("-journal")))
    make(str(path))
    assert path.exists()


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with refused(ErrorCode.LEDGER_NOT_CREATED) as error:
        make(str(tmp_path / ("l" * 5000)))
    assert error.value.exit_code is Exit.REFUSED
