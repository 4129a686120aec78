"""The sources of a set in the file system: what lies under folders, and its bytes.

With the tables that lie beside them. The only module of this package that touches the file system, but for the schemas.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath

from runner.definitions.reader import MAX_FILE_BYTES
from runner.definitions.sources import (
    HIDDEN,
    LINK_TO_FOLDER,
    OUTSIDE,
    Source,
    is_definition,
    is_hidden,
    is_readable_table,
    shown,
)
from runner.definitions.tables import MAX_TABLE_BYTES
from runner.errors import Exit, UserError


def sources_under(paths: Sequence[str | FilePath]) -> list[Source]:
    """Each definition file under `paths` once; none is read yet.

    Raises UserError where a path is not there or nothing under them is a definition.
    """
    found: dict[str, str] = {}
    for path in [str(FilePath(path)) if path else "" for path in paths]:  # ./x and x/ are x
        if os.path.isdir(path):
            found.update((shown(file), file) for file in _walk(path))
        elif os.path.lexists(path):
            found[shown(path)] = path
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
        Source(name, partial(_bytes, path, MAX_FILE_BYTES), partial(_beside, os.path.dirname(path)))
        for name, path in found.items()
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


def _walk(folder: str) -> Iterator[str]:
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise UserError(f"{shown(folder)}: {error.strerror}", help="The set must be readable whole.") from None
        for entry in entries:
            if is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif is_definition(entry.name) or (entry.is_symlink() and os.path.isdir(entry.path)):
                yield entry.path  # a link to a folder too: reading it is a problem, passing it over would be silence


def _beside(folder: str, name: str) -> bytes:
    # The end of all links counts: what is read must be a table in the folder, not what is named.
    root = os.path.realpath(folder)
    real = os.path.realpath(os.path.join(root, name))
    if os.path.commonpath([root, real]) != root:
        raise OSError(OUTSIDE)
    if not is_readable_table(os.path.relpath(real, root).replace(os.sep, "/")):
        raise OSError(HIDDEN)
    return _bytes(real, MAX_TABLE_BYTES)


def _bytes(path: str, most: int) -> bytes:
    """The file's bytes; one more than `most` where it has more."""
    # O_NONBLOCK: a named pipe in the folder must not hang the check.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise OSError(LINK_TO_FOLDER)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")
        data = os.read(descriptor, min(status.st_size, most) + 1)
        while len(data) <= most and (more := os.read(descriptor, 1 << 20)):
            data += more
        return data
    finally:
        os.close(descriptor)
