"""Find the content of a file that a commit holds only as a pointer of Git LFS, without fetching anything.

In: the pointer's bytes, and where the file is in the working tree. Out: the content, or the pointer if its content is
not on this machine. Content counts only if its SHA-256 is that of the pointer.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from runner.checkouts import checkout_of
from runner.definitions.reading.lfs_pointer import LfsPointer, lfs_pointer
from runner.git.command import git


def with_lfs_content(data: bytes, path: Path, file: bytes, limit_bytes: int) -> bytes:
    """Return `data`, or the content of which it is the pointer.

    `path` is inside the checkout. `file` is the place of the file from the top of the checkout: in the working tree, it
    may have the same content.
    """
    pointer = lfs_pointer(data)
    if pointer is None or not pointer.oid:
        return data
    for place in _places(pointer, path, file):
        content = _read(place, limit_bytes)
        if content is not None and pointer.is_of(content):
            return content
    return data


def _places(pointer: LfsPointer, path: Path, file: bytes) -> Iterator[Path]:
    top = checkout_of(path)
    if top is not None:
        yield top / os.fsdecode(file)
        try:
            common = Path(git(path, "rev-parse", "--git-common-dir").removesuffix("\n"))
        except (OSError, subprocess.CalledProcessError):
            return
        oid = pointer.oid
        yield top / common / "lfs" / "objects" / oid[:2] / oid[2:4] / oid


def _read(place: Path, limit_bytes: int) -> bytes | None:
    try:
        if not place.is_file():  # a pipe would never end
            return None
        with place.open("rb") as opened:
            return opened.read(limit_bytes)
    except OSError:
        return None
