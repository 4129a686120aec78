"""The files of one commit as a value: takes the output of git ls-tree, finds the file to which a path leads.

Links are followed as a file system follows them, but only inside the commit.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from runner.definitions.sources import LINK_OUT

_LINK, _SUBMODULE = b"120000", b"160000"
_MAX_LINKS = 40  # the limit of Linux for one path


class TreeEntry(NamedTuple):
    """One line of `git ls-tree`. The path is relative to the top of the checkout, with slashes, in bytes."""

    mode: bytes
    id: bytes
    path: bytes

    @property
    def is_link(self) -> bool:
        """Whether the entry is a symbolic link. Its content is then the target of the link."""
        return self.mode == _LINK


def entries(listed: bytes) -> list[TreeEntry]:
    """Return the entries in the output of `git ls-tree -r -z`."""
    found = []
    for line in listed.split(b"\0")[:-1]:
        head, _, path = line.partition(b"\t")
        mode, _, id_ = head.split()
        found.append(TreeEntry(mode, id_, path))
    return found


@dataclass(frozen=True, slots=True)
class Listing:
    """The ids of the files and the targets of the links, both by path, and all folders. The top is the empty path."""

    files: Mapping[bytes, bytes]
    links: Mapping[bytes, bytes]
    folders: Set[bytes]

    def follow(self, path: bytes) -> bytes:
        """Return the file or folder to which `path` leads. Raises OSError as a file system does, and for a link that
        leads out of the commit.
        """
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
        """Whether a file, a folder or a link exists at `path`, even a link whose target is missing."""
        folder, _, name = path.rpartition(b"/")
        try:
            inside = self.follow(folder)
        except OSError:
            return False
        place = inside + b"/" + name if inside else name
        return place in self.files or place in self.links or place in self.folders


def listing(of: Iterable[TreeEntry], targets: Mapping[bytes, bytes]) -> Listing:
    """Return the listing of these entries. `targets` maps the ids of links to their targets."""
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
