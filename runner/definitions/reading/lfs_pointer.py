"""Recognise a pointer of Git LFS: the few lines that git keeps in place of a file whose content is stored elsewhere.

In: the bytes of a file. Out: the pointer, or a problem about it; None for any other file. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code

_VERSIONS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
_MAX_BYTES = 1024  # the specification: a longer file is no pointer
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)

_MESSAGE = "the file is a pointer of Git LFS: git has not fetched its content"
HELP = "Run git lfs pull. In GitHub Actions, give actions/checkout the input lfs: true."


@dataclass(frozen=True, slots=True)
class LfsPointer:
    """The SHA-256 of the content, in hexadecimal; empty if the pointer names none."""

    oid: str

    def is_of(self, content: bytes) -> bool:
        """Whether `content` is the one that the pointer names."""
        return bool(self.oid) and hashlib.sha256(content).hexdigest() == self.oid


def lfs_pointer(data: bytes) -> LfsPointer | None:
    """Return the pointer that a file consists of; None if it is none."""
    if len(data) > _MAX_BYTES or not data.startswith(_VERSIONS):
        return None
    found = _OID.search(data.replace(b"\r\n", b"\n"))
    return LfsPointer(found[1].decode() if found else "")


def lfs_problem(data: bytes, file: str) -> Problem | None:
    """Return the problem of a file of the set that is a pointer; None if it is none. `file` is its name."""
    return None if lfs_pointer(data) is None else Problem(file, 1, 1, Code.LFS_POINTER, _MESSAGE, HELP)
