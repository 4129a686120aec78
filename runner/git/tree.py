"""The definition files of a commit, and tables beside them, read from git's objects: nothing of the working tree.

The rules are those of `definitions.files`: what that passes over is passed over here, and names are shown as there.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

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
from runner.errors import UserError
from runner.git.command import complaint, git_bytes
from runner.git.listing import Listing, entries, listing
from runner.git.objects import objects

_MAX_LINK_BYTES = 4096  # as Linux has it


def definitions_at(commit: str, path: Path) -> tuple[Source, ...]:
    """The files that a set at `path` was made of in the commit of that id; none where nothing was there.

    Raises UserError where git can't read the commit.
    """
    from runner.definitions.reader import MAX_FILE_BYTES  # brings yaml along, which not every command needs

    inside, listed = _asked(commit, path)
    found = entries(listed)
    with objects(path) as repository:
        targets = repository.read((entry.id for entry in found if entry.is_link), _MAX_LINK_BYTES)
        tree = listing(found, targets)
        places = dict(_definitions(tree, inside, str(path)))
        ids = {name: _content_id(tree, place) for name, place in places.items()}
        wanted = (id_ for id_ in ids.values() if isinstance(id_, bytes))
        contents = repository.read(wanted, MAX_FILE_BYTES + 1)
    return tuple(
        Source(name, partial(_content, id_, contents), partial(_table, path, tree, places[name]))
        for name, id_ in ids.items()
    )


def _asked(commit: str, path: Path) -> tuple[bytes, bytes]:
    """Where `path` lies below the top of its checkout, and what git lists of the commit."""
    try:
        top = os.fsdecode(git_bytes(path, "rev-parse", "--show-toplevel").removesuffix(b"\n"))
        return _below(top, path), git_bytes(path, "ls-tree", "-r", "-z", "--full-tree", commit)
    except OSError as error:
        raise UserError(f"git can't be run: {error.strerror}", help="Install git.") from None
    except subprocess.CalledProcessError as error:
        message = f"git can't read the commit {commit[:12]}: {complaint(error)}"
        raise UserError(message, help="Look at the checkout with git fsck.") from None


def _below(top: str, path: Path) -> bytes:
    # Links on the way are left for the commit to follow: they may have been others then. Only what leads into the
    # checkout from outside is followed here, and what goes up again.
    real = Path(os.path.realpath(path))
    whole = real if ".." in path.parts else Path.cwd() / path
    for place in (whole, real):
        for folder in reversed([place, *place.parents]):
            if folder.exists() and folder.samefile(top):
                return os.fsencode(place.relative_to(folder).as_posix())
    raise UserError(f"{path} is not in the checkout that git finds there, {top}", help="Give a path inside it.")


def _definitions(tree: Listing, inside: bytes, given: str) -> Iterator[tuple[str, bytes]]:
    """(name to show, path in the tree) of each definition file at the place that was given."""
    if not tree.is_folder(inside):
        if tree.is_there(inside):
            yield shown(given), inside
        return
    folder = tree.follow(inside)
    prefix = folder + b"/" if folder else b""
    for place in (*tree.files, *tree.links):
        if not place.startswith(prefix):
            continue
        name = os.fsdecode(place[len(prefix) :])
        if any(map(is_hidden, name.split("/"))):
            continue
        if is_definition(name) or (place in tree.links and tree.is_folder(place)):
            yield shown(os.path.join(given, name)), place


def _content_id(tree: Listing, place: bytes) -> bytes | OSError:
    """The id of what would be read there, or what a reader is told."""
    try:
        end = tree.follow(place)
    except OSError as error:
        return error
    return OSError(LINK_TO_FOLDER) if end in tree.folders else tree.files[end]


def _content(id_: bytes | OSError, contents: Mapping[bytes, bytes]) -> bytes:
    if isinstance(id_, OSError):
        raise id_
    if id_ not in contents:
        raise OSError("git does not have it")
    return contents[id_]


def _table(path: Path, tree: Listing, definition: bytes, name: str) -> bytes:
    """The content of the table of that name beside a definition; few definitions have one, so it is read by itself."""
    from runner.definitions.tables import MAX_TABLE_BYTES

    folder = tree.follow(definition.rpartition(b"/")[0])
    prefix = folder + b"/" if folder else b""
    end = tree.follow(prefix + os.fsencode(name))
    if not end.startswith(prefix):
        raise OSError(OUTSIDE)
    if not is_readable_table(os.fsdecode(end[len(prefix) :])):
        raise OSError(HIDDEN)
    if end in tree.folders:
        raise OSError("it is a folder")
    with objects(path) as repository:
        return _content(tree.files[end], repository.read([tree.files[end]], MAX_TABLE_BYTES + 1))
