"""Reads the definition files and tables of a commit: takes the commit's id and a path, returns sources.

All contents come from git's objects, and none from the working tree; that of a pointer of Git LFS has its hash. The
same files are skipped, and names are shown in the same way, as in `definitions.files`.
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
    display_path,
    is_definition,
    is_hidden,
    is_readable_definition,
    is_readable_table,
    is_table,
)
from runner.errors import ErrorCode, UserError
from runner.git.command import git_bytes, refusal
from runner.git.lfs_content import with_lfs_content
from runner.git.listing import Listing, TreeEntry, entries, listing
from runner.git.objects import Objects, objects

_MAX_LINK_BYTES = 4096  # the longest path of Linux


def definitions_at(commit: str, path: Path) -> tuple[Source, ...]:
    """Return the files of the set at `path` in the commit with this id, or none if the set did not exist in it.

    Raises UserError if git can't read the commit.
    """
    from runner.definitions.sources import MAX_FILE_BYTES

    inside = _inside(path)
    found = entries(_listed(commit, path))
    with objects(path) as repository:
        tree = _tree(found, repository)
        places = dict(_named(tree, inside, path, is_definition))
        ids = {name: _content_id(tree, inside, place) for name, place in places.items()}
        wanted = (id_ for id_ in ids.values() if isinstance(id_, bytes))
        contents = repository.read(wanted, MAX_FILE_BYTES + 1)
    return tuple(
        Source(name, partial(_definition, id_, contents, path, places[name]), partial(_table, path, tree, places[name]))
        for name, id_ in ids.items()
    )


def ids_at(commit: str, path: Path) -> dict[str, bytes | str | OSError]:
    """Return the names of the definitions and tables under `path` in the commit, each with the id of its content.

    If a file can't be read, its value is an OSError. If a link leads to a folder of the set, its value is the path of
    that folder in the set, because tables may be read through it. Raises UserError if git can't read the commit.
    """
    inside = _inside(path)
    folder = inside if os.path.isdir(path) else inside.rpartition(b"/")[0]
    # The set is a small part of a large repository, so only its folder is listed first. If a link leads there, that
    # list is empty, and the whole commit is listed.
    found = (entries(_listed(commit, path, folder)) if folder else []) or entries(_listed(commit, path))
    tree = listing(found, {})
    if tree.links:
        with objects(path) as repository:
            tree = _tree(found, repository)
    within = path if os.path.isdir(path) else path.parent
    tables = ((name, _table_id(tree, folder, place)) for name, place in _named(tree, folder, within, is_table))
    definitions = (
        (name, _content_id(tree, inside, place)) for name, place in _named(tree, inside, path, is_definition)
    )
    return {**{name: id_ for name, id_ in tables if id_ is not None}, **dict(definitions)}


def _listed(commit: str, path: Path, folder: bytes = b"") -> bytes:
    """Return git's list of the files of a commit, or only of those in `folder`, a path from the top of the checkout."""
    where = ["--", os.fsdecode(folder) + "/"] if folder else []
    try:
        return git_bytes(path, "ls-tree", "-r", "-z", "--full-tree", commit, *where)
    except OSError as error:
        raise UserError(ErrorCode.GIT_MISSING, f"git can't be run: {error.strerror}", help="Install git.") from None
    except subprocess.CalledProcessError as error:
        raise refusal(error, f"read the commit {commit[:12]}") from None


def _tree(found: list[TreeEntry], repository: Objects) -> Listing:
    return listing(found, repository.read((entry.id for entry in found if entry.is_link), _MAX_LINK_BYTES))


def _inside(path: Path) -> bytes:
    """Return `path` relative to the top of its checkout."""
    top = checkout_of(path)
    if top is None:
        raise UserError(
            ErrorCode.NO_CHECKOUT,
            f"{path} is not in a git checkout",
            help="Run the command in a checkout of the definitions.",
        )
    return _below(os.fspath(top), path)


def _below(top: str, path: Path) -> bytes:
    # Links inside the checkout are followed later, in the commit: there they may have other targets. Only links that
    # lead into the checkout from outside, and paths with "..", are followed here.
    real = Path(os.path.realpath(path))
    whole = real if ".." in path.parts else Path.cwd() / path
    for place in (whole, real):
        for folder in reversed([place, *place.parents]):
            if folder.exists() and folder.samefile(top):
                return os.fsencode(place.relative_to(folder).as_posix())
    raise UserError(
        ErrorCode.NO_CHECKOUT,
        f"{path} is not in the checkout that git finds there, {top}",
        help="Give a path inside it.",
    )


def _named(tree: Listing, inside: bytes, given: Path, is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield the name to show and the path in the tree of each wanted file at the place `given`."""
    if not tree.is_folder(inside):
        if tree.is_there(inside):
            above, _, last = inside.rpartition(b"/")
            folder = tree.follow(above)
            yield display_path(str(given)), folder + b"/" + last if folder else last
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
            yield display_path(os.path.join(given, name)), place


def _content_id(tree: Listing, inside: bytes, place: bytes) -> bytes | OSError:
    """Return the id of the content at `place`, or the error that reading it raises. `inside` is the path of the set."""
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
    """Return the path `end` relative to a folder, or None if it is outside of that folder."""
    if end == folder:
        return "."
    prefix = folder + b"/" if folder else b""
    return os.fsdecode(end[len(prefix) :]) if end.startswith(prefix) else None


def _content(id_: bytes | OSError, contents: Mapping[bytes, bytes]) -> bytes:
    if isinstance(id_, OSError):
        raise id_
    if id_ not in contents:
        raise OSError("git does not have the content of this file")
    return contents[id_]


def _definition(id_: bytes | OSError, contents: Mapping[bytes, bytes], path: Path, place: bytes) -> bytes:
    from runner.definitions.sources import MAX_FILE_BYTES

    return with_lfs_content(_content(id_, contents), path, place, MAX_FILE_BYTES + 1)


def _table(path: Path, tree: Listing, definition: bytes, name: str) -> bytes:
    """Return the content of the table `name` next to a definition. Read when needed: few definitions have a table."""
    from runner.definitions.tables.csv_text import MAX_TABLE_BYTES

    folder = tree.follow(definition.rpartition(b"/")[0])
    place = folder + b"/" + os.fsencode(name)
    id_ = _id_of_table(tree, folder, place)
    with objects(path) as repository:
        content = _content(id_, repository.read([id_], MAX_TABLE_BYTES + 1))
    return with_lfs_content(content, path, place, MAX_TABLE_BYTES + 1)


def _table_id(tree: Listing, folder: bytes, place: bytes) -> bytes | str | OSError | None:
    """Return what `ids_at` returns for a table or for a link to a folder, or None if that folder is outside the set."""
    try:
        root = tree.follow(folder)
        if tree.is_folder(place) and not is_table(os.fsdecode(place)):
            return _within(root, tree.follow(place))
        return _id_of_table(tree, root, place)
    except OSError as error:
        return error


def _id_of_table(tree: Listing, folder: bytes, place: bytes) -> bytes:
    """Return the id of a table in a folder, after links are followed. Raises OSError if it must not be read."""
    end = tree.follow(place)
    within = _within(folder, end)
    if within is None:
        raise OSError(OUTSIDE)
    if not is_readable_table(within):
        raise OSError(HIDDEN)
    if end in tree.folders:
        raise OSError("it is a folder")
    return tree.files[end]
