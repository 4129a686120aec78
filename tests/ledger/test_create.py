"""Ledgers made whole or not at all: by several at once, by a process that is killed, without hard links."""

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

from ledger import child, for_children
from runner.errors import ErrorCode, Exit, UserError
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
