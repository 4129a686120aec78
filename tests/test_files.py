"""A file is whole or not there, and a failure leaves the old one as it was."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from runner.files import check_writable, rewrite, way_out, written_whole


def write_report(document: object, path: Path) -> None:
    with written_whole(path) as file:
        json.dump(document, file, ensure_ascii=False)


def test_the_report_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "report.json"
    write_report({"name": "सा रे गा मा"}, path)

    assert json.loads(path.read_text(encoding="utf-8")) == {"name": "सा रे गा मा"}
    assert [each.name for each in path.parent.iterdir()] == ["report.json"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_keeps_the_old_report_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "report.json"
    write_report({"run": 1}, path)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="No space left"):
        write_report({"run": 2}, path)

    assert json.loads(path.read_text(encoding="utf-8")) == {"run": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_what_is_no_plain_file_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.touch()
    link.symlink_to(target)
    write_report({"run": 1}, link)

    assert link.is_symlink()
    assert json.loads(target.read_text(encoding="utf-8")) == {"run": 1}


def test_a_place_that_cannot_be_written_to_is_known_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_writable(tmp_path / "reports" / "x.json")

    with pytest.raises((FileExistsError, NotADirectoryError)):
        check_writable(tmp_path / "file" / "x.json")
    assert [each.name for each in (tmp_path / "reports").iterdir()] == []


def test_reports_under_the_folder_of_the_machine_are_never_committed(tmp_path: Path) -> None:
    write_report({}, tmp_path / ".bulletins" / "reports" / "x.json")

    assert (tmp_path / ".bulletins" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_rewritten_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    rewrite(path, b"a\r\nb\n\xff")
    assert path.read_bytes() == b"a\r\nb\n\xff"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["x.yaml"]


def test_a_file_is_made_where_none_is(tmp_path: Path) -> None:
    rewrite(tmp_path / "deep" / "x.yaml", b"new")
    assert (tmp_path / "deep" / "x.yaml").read_bytes() == b"new"


def test_a_rewriting_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        rewrite(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.yaml"]


@pytest.mark.parametrize(
    ("number", "help_"),
    [
        (errno.ENOSPC, "Make room on its disk, then run it again."),
        (errno.EFBIG, "Make room on its disk, then run it again."),
        (errno.EROFS, "Give another."),
        (errno.EACCES, "Give another."),
    ],
)
def test_the_way_out_fits_the_fault(number: int, help_: str) -> None:
    assert way_out(OSError(number, os.strerror(number)), "Give another.") == help_
