"""Writes files completely or not at all. Takes a path and its content; raises OSError if it can't be written.

A process that is killed never leaves a half-written file under the final name.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from runner import local
from runner.errors import ErrorCode, Exit, UserError

_OPEN_FILE = re.compile(r"/dev/(stdout|stderr)|(?:/dev|/proc/self)/fd/([0-9]{1,9})")
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows has no quotas

_UNFINISHED = ".unfinished"
_ABANDONED_S = 86_400.0


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """Provide a text file that replaces `path` at the end: temporary file, fsync, rename. Raises OSError.

    A link to a file is replaced, and its target is never written: a pull request may have brought the link. Pipes,
    devices and open files, such as /dev/stdout, are written directly.
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
    """Replace the content of a file by `data`, completely or not at all. Raises OSError.

    A file that exists keeps its mode; without write permission it is not replaced. A new file gets `mode`.
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
    """Provide the descriptor of a file in the same folder that replaces `path` at the end. It is removed on failure."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        yield descriptor
        os.chmod(temporary, mode)  # a file of mkstemp can be read only by its owner
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


@contextmanager
def placed_whole(path: Path) -> Iterator[Path]:
    """Provide the path of a temporary file that gets the name `path` at the end, if no file has that name.

    Raises FileExistsError if one has, and other OSErrors. A process that is killed leaves at most an unfinished file
    with a hidden name, which is removed here a day later.
    """
    prefix = f".{path.name[:20]}."  # shortened, because the name may be as long as the file system allows
    _remove_abandoned(path.parent, prefix)
    descriptor, temporary = tempfile.mkstemp(prefix=prefix, suffix=_UNFINISHED, dir=path.parent)
    os.close(descriptor)
    try:
        yield Path(temporary)
        os.chmod(temporary, 0o666 & ~_umask())  # a file of mkstemp can be read only by its owner
        _sync(temporary)
        _name(temporary, path)
    finally:
        _remove_with_journal(temporary)
    _sync_folder(path.parent)


def _remove_abandoned(folder: Path, prefix: str) -> None:
    """Remove the unfinished files that nothing was written to for a day: their processes were killed."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            is_unfinished = path.name.startswith(prefix) and path.name.endswith(_UNFINISHED)
            if is_unfinished and time.time() - path.stat().st_mtime > _ABANDONED_S:
                _remove_with_journal(os.fspath(path))


def _remove_with_journal(path: str) -> None:
    for suffix in ("", "-journal"):  # a database may have one
        with contextlib.suppress(OSError):
            os.unlink(f"{path}{suffix}")


def _name(temporary: str, path: Path) -> None:
    """Give a file the name `path`. Raises FileExistsError if that name is taken, even by a process meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: create an empty file of that name first, then replace it
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        os.replace(temporary, path)


def way_out(error: OSError, otherwise: str) -> str:
    """Return what to do if a file can't be written: free space if the disk is full, otherwise the text `otherwise`."""
    return "Free some space on its disk, then run the command again." if error.errno in _NO_ROOM else otherwise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder: other processes that lock the same folder wait. On Windows there is no such lock.

    Creates the folder if it is missing. Raises OSError if it can't be created or opened.
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
    """Raise OSError if a file could not be written to `path`."""
    if _is_written_to(path):
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return
    local.make_folder(path.parent)
    with tempfile.TemporaryFile(dir=path.parent) as file:
        file.write(b" " * 4096)
        file.flush()


def is_plain_file(path: Path) -> bool:
    """Whether `path` itself is a regular file. A link to a file is not one: writing would replace the link."""
    return os.path.isfile(path) and not os.path.islink(path)


def is_same_place(path: Path, other: Path) -> bool:
    """Whether a file written to `path` would replace `other`. Neither needs to exist."""
    place = _without_links_above(path)
    if place in (_without_links_above(other), _without_links(other)):
        return True
    # Two names may mean the same file, for example if the file system ignores case.
    return is_plain_file(path) and os.path.exists(other) and os.path.samefile(path, other)


def _without_links_above(path: Path) -> str:
    return os.path.join(_without_links(path.parent), path.name)


def _without_links(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except FileNotFoundError:  # the working directory no longer exists
        return os.fspath(path)


def _is_written_to(path: Path) -> bool:
    """Whether `path` is a pipe, a device or an open file. Raises IsADirectoryError if it is a folder."""
    if _open_descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except OSError:  # nothing exists there, or a link whose target is missing
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    return not stat.S_ISREG(mode)


def _open_descriptor(path: Path) -> int | None:
    """Return the open descriptor that `path` names, such as 1 for /dev/stdout, or None. Links are not followed."""
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


def check_no_tilde(path: str, what: str, where: str) -> None:
    """Raise UserError for a path that begins with ~. Only a shell replaces it by the home folder.

    `what` names the path in the message, `where` the option or field that contains it.
    """
    if path.startswith("~"):
        raise UserError(
            ErrorCode.TILDE_IN_PATH,
            f"{what} begins with ~, and {path.split('/')[0]} is not replaced by your home folder here",
            help=f"Write the whole path in {where}, like /home/asha/file. For a folder that is named ~, write ./~.",
            exit_code=Exit.USAGE,
        )
