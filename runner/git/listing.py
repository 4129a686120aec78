"""All files of one commit as a value, and where paths lead in it, links followed as a file system would."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from runner.definitions.sources import LINK_OUT

_LINK, _SUBMODULE = b"120000", b"160000"
_MAX_LINKS = 40  # as Linux has it


class Entry(NamedTuple):
    """One line of `git ls-tree`: paths are relative to the top, with slashes, in bytes."""

    mode: bytes
    id: bytes
    path: bytes

    @property
    def is_link(self) -> bool:
        """Whether the content is where a symbolic link leads."""
        return self.mode == _LINK


def entries(listed: bytes) -> list[Entry]:
    """What `git ls-tree -r -z` printed."""
    found = []
    for line in listed.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, _, id_ = head.split()
        found.append(Entry(mode, id_, path))
    return found


@dataclass(frozen=True, slots=True)
class Listing:
    """The ids of files and the targets of links by path, and every folder; the top is the empty path."""

    files: Mapping[bytes, bytes]
    links: Mapping[bytes, bytes]
    folders: Set[bytes]

    def follow(self, path: bytes) -> bytes:
        """The file or folder that `path` leads to. Raises OSError, as a file system would, where it leads to none."""
        done: list[bytes] = []
        steps = path.split(b"/")[::-1]
        links = 0
        while steps:
            step = steps.pop()
            if step == b".." and not done:
                raise OSError(LINK_OUT)
            if step == b"..":
                done.pop()
            elif step not in (b"", b"."):
                done.append(step)
            here = b"/".join(done)
            if here in self.links:
                links += 1
                if links > _MAX_LINKS:
                    raise _error(errno.ELOOP)
                target = self.links[here]
                if target.startswith(b"/"):
                    raise OSError(LINK_OUT)
                if not target:
                    raise _error(errno.ENOENT)
                done.pop()
                steps += target.split(b"/")[::-1]
            elif here in self.files and steps:
                raise _error(errno.ENOTDIR)
            elif here not in self.files and here not in self.folders:
                raise _error(errno.ENOENT)
        return b"/".join(done)

    def is_folder(self, path: bytes) -> bool:
        """Whether `path` is a folder, or a link that leads to one."""
        try:
            return self.follow(path) in self.folders
        except OSError:
            return False

    def is_there(self, path: bytes) -> bool:
        """Whether there is anything at `path`, even a link to nowhere."""
        folder, _, name = path.rpartition(b"/")
        try:
            inside = self.follow(folder)
        except OSError:
            return False
        place = inside + b"/" + name if inside else name
        return place in self.files or place in self.links or place in self.folders


def listing(of: Iterable[Entry], targets: Mapping[bytes, bytes]) -> Listing:
    """The value that these entries make; `targets` holds what the links among them say, by id."""
    files: dict[bytes, bytes] = {}
    links: dict[bytes, bytes] = {}
    folders = {b""}
    for entry in of:
        if entry.is_link:
            links[entry.path] = targets.get(entry.id, b"")
        elif entry.mode == _SUBMODULE:
            folders.add(entry.path)
        else:
            files[entry.path] = entry.id
        folder = entry.path.rpartition(b"/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition(b"/")[0]
    return Listing(files, links, folders)


def _error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
