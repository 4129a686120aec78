"""Read files to import: paths, folders or standard input in, names and bytes out. No other importer opens a file."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from runner.definitions.reading.lfs_pointer import HELP, lfs_pointer
from runner.definitions.sources import display_path, is_hidden
from runner.errors import ErrorCode, Exit, UserError

MAX_BYTES = 64 * 1024 * 1024
_JSON = (".json", ".jsonl", ".ndjson")
_STDIN = Path("-")


def content(path: Path) -> tuple[str, bytes]:
    """Return the name to show for a file, and its bytes; `-` is standard input. Raises UserError."""
    name = "standard input" if path == _STDIN else display_path(str(path))
    try:
        data = _read_stdin() if path == _STDIN else _read(path)
    except OSError as error:
        message = f"{name} can't be read: {error.strerror or error}"
        raise UserError(
            ErrorCode.CANNOT_READ,
            message,
            help="Give a file that can be read, or - for standard input.",
            exit_code=Exit.USAGE,
        ) from None
    if len(data) > MAX_BYTES:
        message = f"{name} is larger than {MAX_BYTES:,} bytes, the most that can be imported"
        raise UserError(
            ErrorCode.IMPORT_TOO_LARGE, message, help="Split the input, and import each part.", exit_code=Exit.USAGE
        )
    if lfs_pointer(data) is not None:
        message = f"{name} is a pointer of Git LFS: git has not fetched its content"
        raise UserError(ErrorCode.CANNOT_READ, message, help=HELP, exit_code=Exit.USAGE)
    return name, data


def json_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Return the given files, and the JSON files in the given folders sorted by name; each file only once."""
    seen = set()
    for path in paths:
        for file in _files_under(path) if os.path.isdir(path) else [path]:
            real = _end_of_links(file)
            if real not in seen:
                yield file
            seen.add(real)


def _files_under(folder: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not is_hidden(name)]
        files = [Path(parent, name) for name in names if name.lower().endswith(_JSON) and not is_hidden(name)]
        found += [each for each in files if _is_file(each)]
    if not found:
        message = f"{display_path(str(folder))} contains no JSON file"
        raise UserError(
            ErrorCode.NOTHING_TO_IMPORT,
            message,
            help=f"Give a folder with files that end in {', '.join(_JSON)}, or the path of one file.",
            exit_code=Exit.USAGE,
        )
    return sorted(found, key=lambda each: each.parts)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:  # a link to nothing
        return False
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    place = display_path(os.fspath(error.filename)) if error.filename else "the folder"
    raise UserError(
        ErrorCode.CANNOT_READ,
        f"{place} can't be read: {error.strerror}",
        help="Give files and folders that can be read.",
        exit_code=Exit.USAGE,
    ) from None


def _end_of_links(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except OSError:  # the working directory no longer exists: reading the file says so
        return os.fspath(path)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it is not a regular file")
        return file.read(MAX_BYTES + 1)


def _read_stdin() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1)
