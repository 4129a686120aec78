"""The sources of a set in the file system: what lies under folders, and its bytes.

With the tables that lie beside them. The only module of this package that touches the file system, but for the schemas.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath

from runner.checkouts import links_out_of_checkout
from runner.definitions.reading.reader import MAX_FILE_BYTES
from runner.definitions.sources import (
    HIDDEN,
    LINK_OUT,
    LINK_TO_FOLDER,
    LINK_TO_OTHER,
    OUTSIDE,
    Source,
    is_definition,
    is_hidden,
    is_readable_definition,
    is_readable_table,
    is_table,
    looks_like_repository,
    shown,
)
from runner.definitions.tables.csv_table import MAX_TABLE_BYTES
from runner.errors import Exit, UserError


def sources_under(paths: Sequence[str | FilePath]) -> list[Source]:
    """Each definition file under `paths` once; none is read yet.

    Raises UserError where a path is not there or nothing under them is a definition.
    """
    found: dict[str, tuple[str, str]] = {}  # by name: the path, and the folder that it must not lead out of
    for path in [str(FilePath(path)) if path else "" for path in paths]:  # ./x and x/ are x
        root = path if os.path.isdir(path) else os.path.dirname(path)
        _check_root(root)
        if os.path.isdir(path):
            found.update((shown(file), (file, root)) for file in _walk(path, is_definition))
        elif os.path.lexists(path):
            found[shown(path)] = path, root
        else:
            raise UserError(
                f"{shown(path)}: {_why_not(path)}",
                help="Give the folder that holds the definitions; it is bulletins.d where none is given.",
                exit_code=Exit.USAGE,
            )
    if not found:
        raise UserError(
            f"no definitions under {', '.join(shown(os.fspath(path)) for path in paths)}",
            help="Definitions are files that end in .yaml or .yml.",
            exit_code=Exit.USAGE,
        )
    return [
        Source(name, partial(_definition, path, root), partial(_beside, os.path.dirname(path)))
        for name, (path, root) in found.items()
    ]


def _why_not(path: str) -> str:
    """Why nothing can be seen at a path."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        pass
    except OSError as error:
        return error.strerror or "it can't be read"
    return "no such file or folder"


def tables_under(path: str | FilePath) -> list[Source]:
    """Each table that definitions under `path` may be made of; none is read yet.

    A link to a folder of the set counts as a file that holds where it leads, for tables may be read through it.
    """
    given = str(FilePath(path))
    root = given if os.path.isdir(given) else os.path.dirname(given)
    tables = (each for each in _walk(root, is_table) if is_table(each) or _end(each, root)[1] is not None)
    return [Source(shown(table), partial(_table, table, root)) for table in tables]


def _check_root(root: str) -> None:
    """Raises UserError where a link of the checkout itself makes another folder of this machine the set."""
    link = next(links_out_of_checkout(FilePath(root)), None)
    if link is not None:
        raise UserError(
            f"{shown(str(link))} is a link that leads out of the checkout, to {shown(os.path.realpath(link))}",
            help="Give the path of the folder that is meant, without the link.",
        )


def _walk(folder: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder or "."))
        except OSError as error:
            raise UserError(f"{shown(folder)}: {error.strerror}", help="The set must be readable whole.") from None
        if looks_like_repository(entry.name for entry in entries):
            raise UserError(
                f"{shown(folder)} holds files that git takes for a repository, with settings that it would obey",
                help="Remove HEAD, config, objects and refs from the set.",
            )
        for entry in entries:
            if is_hidden(entry.name):
                continue
            path = os.path.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif is_wanted(entry.name) or (entry.is_symlink() and os.path.isdir(path)):
                yield path  # a link to a folder too: reading it is a problem, passing it over would be silence


def _definition(path: str, root: str) -> bytes:
    if not os.path.islink(path):
        return _bytes(path, MAX_FILE_BYTES)
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
    """Where a path leads over all links: as it is, and from the folder `root`, or None where it lies outside of it."""
    whole, real = os.path.realpath(root), os.path.realpath(path)
    try:
        is_inside = os.path.commonpath([whole, real]) == whole
    except ValueError:  # another drive of Windows
        is_inside = False
    return real, os.path.relpath(real, whole).replace(os.sep, "/") if is_inside else None


def _beside(folder: str, name: str) -> bytes:
    # The end of all links counts: what is read must be a table in the folder, not what is named.
    real, inside = _end(os.path.join(folder, name), folder)
    if inside is None:
        raise OSError(OUTSIDE)
    if not is_readable_table(inside):
        raise OSError(HIDDEN)
    return _bytes(real, MAX_TABLE_BYTES)


def _bytes(path: str, most: int) -> bytes:
    """The file's bytes; one more than `most` where it has more. No link is followed at the end of the path."""
    # O_NONBLOCK: a named pipe in the folder must not hang the check.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")
        data = os.read(descriptor, min(status.st_size, most) + 1)
        while len(data) <= most and (more := os.read(descriptor, 1 << 20)):
            data += more
        return data
    finally:
        os.close(descriptor)
