"""The definition files of a commit, and tables beside them, read from git's objects: nothing of the working tree.

The rules are those of `definitions.files`: what that passes over is passed over here, and names are shown as there.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from runner.checkouts import checkout_of
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
    shown,
)
from runner.errors import UserError
from runner.git.command import git_bytes, refusal
from runner.git.listing import Entry, Listing, entries, listing
from runner.git.objects import Objects, objects

_MAX_LINK_BYTES = 4096  # as Linux has it


def definitions_at(commit: str, path: Path) -> tuple[Source, ...]:
    """The files that a set at `path` was made of in the commit of that id; none where nothing was there.

    Raises UserError where git can't read the commit.
    """
    from runner.definitions.reading.reader import MAX_FILE_BYTES  # brings yaml along, which not every command needs

    inside = _inside(path)
    found = entries(_listed(commit, path))
    with objects(path) as repository:
        tree = _tree(found, repository)
        places = dict(_named(tree, inside, path, is_definition))
        ids = {name: _content_id(tree, inside, place) for name, place in places.items()}
        wanted = (id_ for id_ in ids.values() if isinstance(id_, bytes))
        contents = repository.read(wanted, MAX_FILE_BYTES + 1)
    return tuple(
        Source(name, partial(_content, id_, contents), partial(_table, path, tree, places[name]))
        for name, id_ in ids.items()
    )


def ids_at(commit: str, path: Path) -> dict[str, bytes | str | OSError]:
    """The names of the definitions and tables of that commit under `path`, each with the id of its content.

    An OSError stands for a file that can't be read. A link to a folder of the set, through which tables may be read,
    has the path of that folder in the set instead of an id. Raises UserError where git can't read the commit.
    """
    inside = _inside(path)
    folder = inside if os.path.isdir(path) else inside.rpartition(b"/")[0]
    # In a large repository the set is a small part. What a link brought to this place is found only in the whole.
    found = (entries(_listed(commit, path, folder)) if folder else []) or entries(_listed(commit, path))
    tree = listing(found, {})
    if tree.links:
        with objects(path) as repository:
            tree = _tree(found, repository)
    beside = path if os.path.isdir(path) else path.parent
    tables = ((name, _table_id(tree, folder, place)) for name, place in _named(tree, folder, beside, is_table))
    definitions = (
        (name, _content_id(tree, inside, place)) for name, place in _named(tree, inside, path, is_definition)
    )
    return {**{name: id_ for name, id_ in tables if id_ is not None}, **dict(definitions)}


def _listed(commit: str, path: Path, folder: bytes = b"") -> bytes:
    """What git lists of the commit: all, or what lies in a folder, which is given from the top of the checkout."""
    where = ["--", os.fsdecode(folder) + "/"] if folder else []
    try:
        return git_bytes(path, "ls-tree", "-r", "-z", "--full-tree", commit, *where)
    except OSError as error:
        raise UserError(f"git can't be run: {error.strerror}", help="Install git.") from None
    except subprocess.CalledProcessError as error:
        raise refusal(error, f"read the commit {commit[:12]}") from None


def _tree(found: list[Entry], repository: Objects) -> Listing:
    return listing(found, repository.read((entry.id for entry in found if entry.is_link), _MAX_LINK_BYTES))


def _inside(path: Path) -> bytes:
    """Where `path` lies below the top of its checkout."""
    top = checkout_of(path)
    if top is None:
        raise UserError(f"{path} is not in a git checkout", help="Run it where the definitions are checked out.")
    return _below(os.fspath(top), path)


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


def _named(tree: Listing, inside: bytes, given: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """(name to show, path in the tree) of each wanted file at the place that was given."""
    if not tree.is_folder(inside):
        if tree.is_there(inside):
            above, _, last = inside.rpartition(b"/")
            folder = tree.follow(above)
            yield shown(str(given)), folder + b"/" + last if folder else last
        return
    folder = tree.follow(inside)
    prefix = folder + b"/" if folder else b""
    for place in (*tree.files, *tree.links):
        if not place.startswith(prefix):
            continue
        name = os.fsdecode(place[len(prefix) :])
        if any(map(is_hidden, name.split("/"))):
            continue
        if is_wanted(name) or (place in tree.links and tree.is_folder(place)):
            yield shown(os.path.join(given, name)), place


def _content_id(tree: Listing, inside: bytes, place: bytes) -> bytes | OSError:
    """The id of what would be read there, or the error of a reader. `inside` is the path of the set."""
    try:
        root = tree.follow(inside if tree.is_folder(inside) else inside.rpartition(b"/")[0])
        end = tree.follow(place)
    except OSError as error:
        return error
    if end in tree.folders:
        return OSError(LINK_TO_FOLDER)
    if place in tree.links:
        within = _within(root, end)
        if within is None:
            return OSError(LINK_OUT)
        if not is_readable_definition(within):
            return OSError(LINK_TO_OTHER)
    return tree.files[end]


def _within(folder: bytes, end: bytes) -> str | None:
    """A path of the tree as seen from a folder; None where it lies outside of that."""
    if end == folder:
        return "."
    prefix = folder + b"/" if folder else b""
    return os.fsdecode(end[len(prefix) :]) if end.startswith(prefix) else None


def _content(id_: bytes | OSError, contents: Mapping[bytes, bytes]) -> bytes:
    if isinstance(id_, OSError):
        raise id_
    if id_ not in contents:
        raise OSError("git does not have it")
    return contents[id_]


def _table(path: Path, tree: Listing, definition: bytes, name: str) -> bytes:
    """The content of the table of that name beside a definition; few definitions have one, so it is read by itself."""
    from runner.definitions.tables.csv_table import MAX_TABLE_BYTES

    folder = tree.follow(definition.rpartition(b"/")[0])
    id_ = _id_of_table(tree, folder, folder + b"/" + os.fsencode(name))
    with objects(path) as repository:
        return _content(id_, repository.read([id_], MAX_TABLE_BYTES + 1))


def _table_id(tree: Listing, folder: bytes, place: bytes) -> bytes | str | OSError | None:
    """What `ids_at` gives for a table, or for a link to a folder; None where that lies outside of the set."""
    try:
        root = tree.follow(folder)
        if tree.is_folder(place) and not is_table(os.fsdecode(place)):
            return _within(root, tree.follow(place))
        return _id_of_table(tree, root, place)
    except OSError as error:
        return error


def _id_of_table(tree: Listing, folder: bytes, place: bytes) -> bytes:
    """The id of a table that lies in a folder, links followed. Raises OSError where it may not be read."""
    end = tree.follow(place)
    within = _within(folder, end)
    if within is None:
        raise OSError(OUTSIDE)
    if not is_readable_table(within):
        raise OSError(HIDDEN)
    if end in tree.folders:
        raise OSError("it is a folder")
    return tree.files[end]
