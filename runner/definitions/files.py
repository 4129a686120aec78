"""Find and read the files of a set: paths come in, one `Source` for each definition file goes out.

The only module of this package that opens files of the user. It follows no link out of the set's folder.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath

from runner import local
from runner.checkouts import links_out_of_checkout
from runner.definitions.sources import (
    HIDDEN,
    LINK_OUT,
    LINK_TO_FOLDER,
    LINK_TO_OTHER,
    MAX_FILE_BYTES,
    OUTSIDE,
    Source,
    display_path,
    is_definition,
    is_hidden,
    is_readable_definition,
    is_readable_table,
    is_table,
    looks_like_repository,
)
from runner.definitions.suggest import did_you_mean
from runner.definitions.tables.csv_text import MAX_TABLE_BYTES
from runner.errors import ErrorCode, Exit, UserError

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # 0 on Windows


def sources_under(paths: Sequence[str | FilePath]) -> list[Source]:
    """Return each definition file under `paths` once, without reading it.

    Raises UserError if a path is missing, or if no definition file is found.
    """
    found: dict[str, tuple[str, str]] = {}  # name -> path, and the folder that links must not leave
    for path in [str(FilePath(path)) if path else "" for path in paths]:  # ./x and x/ are x
        root = path if os.path.isdir(path) else os.path.dirname(path)
        _check_root(root)
        if os.path.isdir(path):
            found.update((display_path(file), (file, root)) for file in _walk(path, is_definition))
        elif os.path.lexists(path):
            found[display_path(path)] = path, root
        else:
            raise UserError(
                ErrorCode.DEFINITIONS_UNREADABLE,
                f"{display_path(path)}: {_reason_unreadable(path)}",
                help=_meant_place(path),
                exit_code=Exit.USAGE,
            )
    if not found:
        raise UserError(
            ErrorCode.NO_DEFINITIONS,
            f"no definitions found in {', '.join(display_path(os.fspath(path)) for path in paths)}",
            help="Definition files end in .yaml or .yml. Give the folder that contains them.",
            exit_code=Exit.USAGE,
        )
    return [
        Source(name, partial(_definition, path, root), partial(_beside, os.path.dirname(path)))
        for name, (path, root) in found.items()
    ]


def _meant_place(path: str) -> str:
    """Return what to write in place of a path that can't be read."""
    within = os.path.join(local.DEFINITIONS, path)
    if not os.path.isabs(path) and os.path.lexists(within):
        return f"Did you mean {display_path(within)}?"
    try:
        near = did_you_mean(os.path.basename(path), os.listdir(os.path.dirname(path) or "."))
    except (OSError, ValueError):
        near = ""
    usual = "Write the folder of the definitions after the command; without a folder, bulletins.d is used."
    if near:
        return f"{near} {usual}"
    if _PLAIN_NAME.fullmatch(path):
        return (
            f"{usual} To plan or fire one bulletin, write --id before its id. To make a first set, use bulletins init."
        )
    return f"{usual} To make a first set, use bulletins init."


def _reason_unreadable(path: str) -> str:
    """Return why a path can't be read, as a phrase for a message."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        pass
    except OSError as error:
        return error.strerror or "it can't be read"
    return "no such file or folder"


def tables_under(path: str | FilePath) -> list[Source]:
    """Return each table that definitions under `path` may use, without reading it.

    A link to a folder inside the set counts as a file whose bytes are its target, since it can lead to tables.
    """
    given = str(FilePath(path))
    root = given if os.path.isdir(given) else os.path.dirname(given)
    tables = (each for each in _walk(root, is_table) if is_table(each) or _end(each, root)[1] is not None)
    return [Source(display_path(table), partial(_table, table, root)) for table in tables]


def _check_root(root: str) -> None:
    """Raise UserError if a link committed in the checkout points the set to another folder of this machine."""
    link = next(links_out_of_checkout(FilePath(root)), None)
    if link is not None:
        raise UserError(
            ErrorCode.LINK_OUT_OF_CHECKOUT,
            f"{display_path(str(link))} is a link to a folder outside the checkout, "
            + display_path(os.path.realpath(link)),
            help="Give the path of that folder itself instead of the link.",
        )


def _walk(folder: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder or "."))
        except OSError as error:
            raise UserError(
                ErrorCode.DEFINITIONS_UNREADABLE,
                f"{display_path(folder)} can't be read: {error.strerror}",
                help="Make this folder readable, or give another folder.",
            ) from None
        if looks_like_repository(entry.name for entry in entries):
            raise UserError(
                ErrorCode.LOOKS_LIKE_REPOSITORY,
                f"{display_path(folder)} looks like a git repository, and git would use the settings in it",
                help="Remove HEAD, config, objects and refs from this folder.",
            )
        for entry in entries:
            if is_hidden(entry.name):
                continue
            path = os.path.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif is_wanted(entry.name) or (entry.is_symlink() and os.path.isdir(path)):
                yield path  # a link to a folder as well: reading it reports a problem, ignoring it would hide its files


def _definition(path: str, root: str) -> bytes:
    if _NO_FOLLOW or not os.path.islink(path):
        try:
            return _bytes(path, MAX_FILE_BYTES)  # a link can't be opened like this
        except OSError:
            if not os.path.islink(path):
                raise
    if os.path.isdir(path):
        raise OSError(LINK_TO_FOLDER)
    real, inside = _end(path, root)
    if inside is None:
        raise OSError(LINK_OUT)
    if os.path.lexists(real) and not is_readable_definition(inside):
        raise OSError(LINK_TO_OTHER)
    return _bytes(real, MAX_FILE_BYTES)


def _table(path: str, root: str) -> bytes:
    if not is_table(path):
        return os.fsencode(_end(path, root)[1] or "")
    return _beside(root, os.path.relpath(path, root or "."))


def _end(path: str, root: str) -> tuple[str, str | None]:
    """Follow all links of a path. Returns the target, and its path from `root` or None if it is outside `root`."""
    whole, real = os.path.realpath(root), os.path.realpath(path)
    try:
        is_inside = os.path.commonpath([whole, real]) == whole
    except ValueError:  # another drive on Windows
        is_inside = False
    return real, os.path.relpath(real, whole).replace(os.sep, "/") if is_inside else None


def _beside(folder: str, name: str) -> bytes:
    # The target of the links must be a table inside the folder; the name alone proves nothing.
    real, inside = _end(os.path.join(folder, name), folder)
    if inside is None:
        raise OSError(OUTSIDE)
    if not is_readable_table(inside):
        raise OSError(HIDDEN)
    return _bytes(real, MAX_TABLE_BYTES)


def _bytes(path: str, most: int) -> bytes:
    """Read at most `most` + 1 bytes, so that the caller sees a file that is too large. The path is not a link."""
    # O_NONBLOCK: a named pipe in the folder must not block the check.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | _NO_FOLLOW)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")
        data = os.read(descriptor, min(status.st_size, most) + 1)
        if len(data) == status.st_size:
            return data  # the end of the file: one byte more was asked for
        while len(data) <= most and (more := os.read(descriptor, 1 << 20)):
            data += more
        return data
    finally:
        os.close(descriptor)
