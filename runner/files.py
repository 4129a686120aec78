"""Files onto the disk: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runner import local

_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quotas


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` at the end: temporary file, fsync, rename. Raises OSError.

    What is no plain file, such as /dev/stdout or a pipe, is written to and never replaced.
    """
    if _is_no_plain_file(path):
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            yield file
        return
    local.make_folder(path.parent)
    with (
        _in_place_of(path, 0o666 & ~_umask()) as descriptor,
        os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file,
    ):
        yield file
        file.flush()
        os.fsync(file.fileno())


def rewrite(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Puts `data` in the place of a file, whole or not at all, or makes the file with that mode. Raises OSError.

    One that is there keeps its mode, and is left alone where it must not be written to.
    """
    mode = 0o666 & ~_umask() if mode is None else mode
    if path.exists():
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        mode = stat.S_IMODE(path.stat().st_mode)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _in_place_of(path, mode) as descriptor, os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _in_place_of(path: Path, mode: int) -> Iterator[int]:
    """The descriptor of a file beside `path` that takes its place at the end, or is gone where that fails."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        yield descriptor
        os.chmod(temporary, mode)  # mkstemp makes files that nobody else can read
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def way_out(error: OSError, otherwise: str) -> str:
    """What helps where a file can't be written: room, where there is none; else `otherwise`."""
    return "Make room on its disk, then run it again." if error.errno in _NO_ROOM else otherwise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes that ask for the same folder waiting; where the system has no such locks, nobody.

    Makes the folder where it is not there. Raises OSError where that can't be done, or it can't be opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def check_writable(path: Path) -> None:
    """Raises OSError where a file could not be written to `path`."""
    if _is_no_plain_file(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return
    local.make_folder(path.parent)
    with tempfile.TemporaryFile(dir=path.parent) as file:
        file.write(b" " * 4096)
        file.flush()


def _is_no_plain_file(path: Path) -> bool:
    return path.is_symlink() or (path.exists() and not path.is_file())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
