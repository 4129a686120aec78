"""A file is whole or not there, and a failure leaves the old one as it was."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.files import check_writable, is_same_place, placed_whole, rewrite, way_out, written_whole


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


@pytest.mark.parametrize("target", ["target.json", "nowhere.json", "sub/../target.json", "link.json", "second.json"])
def test_a_link_to_a_file_or_to_nothing_is_replaced_and_its_end_left_alone(tmp_path: Path, target: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "target.json").write_text("kept")
    (tmp_path / "second.json").symlink_to("target.json")
    link = tmp_path / "link.json"
    link.symlink_to(target)
    check_writable(link)
    assert link.is_symlink()
    write_report({"run": 1}, link)

    assert not link.is_symlink()
    assert json.loads(link.read_text(encoding="utf-8")) == {"run": 1}
    assert (tmp_path / "target.json").read_text() == "kept"
    assert not (tmp_path / "nowhere.json").exists()


def test_a_link_to_an_open_file_of_this_process_is_replaced(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        file.write("kept")
        file.flush()
        (tmp_path / "link.json").symlink_to(f"/proc/self/fd/{file.fileno()}")
        write_report({"run": 1}, tmp_path / "link.json")
    assert (tmp_path / "open").read_text() == "kept"


@pytest.mark.parametrize("through_a_link", [False, True])
def test_a_pipe_is_written_to_and_never_replaced(tmp_path: Path, through_a_link: bool) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_report({"run": 1}, link if through_a_link else pipe)
    assert json.loads(os.read(reader, 1000)) == {"run": 1}
    os.close(reader)
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/null")
    for path in (tmp_path / "link", Path("/dev/null")):
        check_writable(path)
        write_report({"run": 1}, path)
    assert (tmp_path / "link").is_symlink()
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "/dev/../dev/fd/{}"])
def test_an_open_file_is_written_to_where_it_is(tmp_path: Path, name: str) -> None:
    with (tmp_path / "open").open("w+") as file:
        file.write("before\n")
        file.flush()
        path = Path(name.format(file.fileno()))
        check_writable(path)
        write_report({"run": 1}, path)
        file.write("\nafter")
    assert (tmp_path / "open").read_text() == 'before\n{"run": 1}\nafter'


def test_standard_output_is_written_to_where_it_goes(tmp_path: Path) -> None:
    script = "from pathlib import Path; from runner.files import written_whole\nprint('before', flush=True)\n"
    script += "with written_whole(Path('/dev/stdout')) as file: file.write('report\\n')\nprint('after')"
    with (tmp_path / "out").open("w") as out:
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\nreport\nafter\n"


def test_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    for name in ("folder", "link"):
        with pytest.raises(IsADirectoryError):
            check_writable(tmp_path / name)
        with pytest.raises(IsADirectoryError):
            write_report({}, tmp_path / name)
    assert (tmp_path / "link").is_symlink()


def test_places_are_the_same_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "by-link").symlink_to("state")
    ledger = tmp_path / "state" / "ledger"
    for name in ("state/ledger", "by-link/ledger", "state/../state/ledger"):
        assert is_same_place(tmp_path / name, ledger)  # also where it is not there yet
        assert is_same_place(ledger, tmp_path / name)
    assert not is_same_place(tmp_path / "ledger", ledger)
    ledger.write_text("x")
    (tmp_path / "hard").hardlink_to(ledger)
    (tmp_path / "soft").symlink_to(ledger)
    assert is_same_place(tmp_path / "hard", ledger)
    assert not is_same_place(tmp_path / "soft", ledger)  # a link is replaced, and its end stays
    assert is_same_place(ledger, tmp_path / "soft")
    assert is_same_place(tmp_path / "soft", tmp_path / "soft")


def test_a_place_that_cannot_be_written_to_is_known_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_writable(tmp_path / "reports" / "x.json")

    with pytest.raises((FileExistsError, NotADirectoryError)):
        check_writable(tmp_path / "file" / "x.json")
    assert [each.name for each in (tmp_path / "reports").iterdir()] == []


def test_reports_under_the_folder_of_the_machine_are_never_committed(tmp_path: Path) -> None:
    write_report({}, tmp_path / ".bulletins" / "reports" / "x.json")

    assert (tmp_path / ".bulletins" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_the_file_that_keeps_reports_out_of_git_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / ".bulletins").mkdir()
    (tmp_path / ".bulletins" / ".gitignore").symlink_to("../elsewhere")
    write_report({}, tmp_path / ".bulletins" / "reports" / "x.json")

    assert not (tmp_path / "elsewhere").exists()


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
        (errno.ENOSPC, "Free some space on its disk, then run the command again."),
        (errno.EFBIG, "Free some space on its disk, then run the command again."),
        (errno.EROFS, "Give another."),
        (errno.EACCES, "Give another."),
    ],
)
def test_the_way_out_fits_the_fault(number: int, help_: str) -> None:
    assert way_out(OSError(number, os.strerror(number)), "Give another.") == help_


def test_what_killed_processes_left_unfinished_is_removed_a_day_later(tmp_path: Path) -> None:
    abandoned, of_today = (tmp_path / f".ledger.{name}.unfinished" for name in ("old", "new"))
    journal = abandoned.with_name(f"{abandoned.name}-journal")
    for path in (abandoned, journal, of_today):
        path.touch()
    two_days_ago = time.time() - 2 * 86_400
    os.utime(abandoned, (two_days_ago, two_days_ago))
    with placed_whole(tmp_path / "ledger") as unfinished:
        unfinished.write_text("whole")
    assert {path.name for path in tmp_path.iterdir()} == {"ledger", of_today.name}
