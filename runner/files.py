"""Files onto the disk: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runner import local

_OPEN_FILE = re.compile(r"/dev/(stdout|stderr)|(?:/dev|/proc/self)/fd/([0-9]{1,9})")
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quotas


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` at the end: temporary file, fsync, rename. Raises OSError.

    A link to a file is replaced, never written through: the repository may have brought it. Pipes, devices and open
    files, such as /dev/stdout, are written to.
    """
    if _is_written_to(path):
        descriptor = _open_descriptor(path)
        place = path if descriptor is None else os.dup(descriptor)
        with open(place, "w", encoding="utf-8", errors="backslashreplace") as file:
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


@contextmanager
def placed_whole(path: Path) -> Iterator[Path]:
    """The path of a file to be written, which gets the name `path` at the end unless that name is taken.

    Raises FileExistsError where it is, and other OSErrors. A process that is killed leaves the unfinished file under a
    hidden name, or nothing.
    """
    prefix = f".{path.name[:20]}."  # a name that is as long as the file system allows must not become longer
    descriptor, temporary = tempfile.mkstemp(prefix=prefix, suffix=".unfinished", dir=path.parent)
    os.close(descriptor)
    try:
        yield Path(temporary)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes files that nobody else can read
        _sync(temporary)
        _name(temporary, path)
    finally:
        for suffix in ("", "-journal"):  # a database may have one
            with contextlib.suppress(OSError):
                os.unlink(f"{temporary}{suffix}")
    _sync_folder(path.parent)


def _name(temporary: str, path: Path) -> None:
    """Gives a file the name `path`. Raises FileExistsError where that name is taken, at whatever moment."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first, by a file of our own
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        os.replace(temporary, path)


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
    if _is_written_to(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return
    local.make_folder(path.parent)
    with tempfile.TemporaryFile(dir=path.parent) as file:
        file.write(b" " * 4096)
        file.flush()


def is_plain_file(path: Path) -> bool:
    """Whether there is a regular file at `path` itself: not a link to one, which would be replaced unread."""
    return os.path.isfile(path) and not os.path.islink(path)


def is_same_place(path: Path, other: Path) -> bool:
    """Whether a file written to `path` would take the place of `other`, there or not."""
    place = _without_links_above(path)
    if place in (_without_links_above(other), _without_links(other)):
        return True
    # By another name for the same file, as where the file system takes A for a.
    return is_plain_file(path) and os.path.exists(other) and os.path.samefile(path, other)


def _without_links_above(path: Path) -> str:
    return os.path.join(_without_links(path.parent), path.name)


def _without_links(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except FileNotFoundError:  # the working directory no longer exists
        return os.fspath(path)


def _is_written_to(path: Path) -> bool:
    """Whether `path` is a pipe, a device or an open file. Raises IsADirectoryError where it is a folder."""
    if _open_descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:  # nothing is there, or a link that leads nowhere
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    return not stat.S_ISREG(mode)


def _open_descriptor(path: Path) -> int | None:
    """The descriptor of this process that `path` names itself; a link elsewhere to such a name does not count."""
    named = _OPEN_FILE.fullmatch(os.path.abspath(path))
    return None if named is None else {"stdout": 1, "stderr": 2}.get(named[1]) or int(named[2])


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(path: str) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
