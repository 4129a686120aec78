from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.git.listing import Listing, entries, listing

TREE = listing(
    entries(
        b"100644 blob aa\ta.yaml\0"
        b"120000 blob l1\tlink\0"
        b"120000 blob l2\tset/up\0"
        b"120000 blob l3\tset/loop\0"
        b"120000 blob l4\tset/out\0"
        b"120000 blob l5\tset/absolute\0"
        b"100755 blob bb\tset/deep/b.yaml\0"
        b"160000 commit cc\tmodule\0"
    ),
    {b"l1": b"set/deep", b"l2": b"../a.yaml", b"l3": b"loop", b"l4": b"../../x", b"l5": b"/etc/passwd"},
)


def test_files_links_and_folders_are_kept_apart() -> None:
    assert TREE.files == {b"a.yaml": b"aa", b"set/deep/b.yaml": b"bb"}
    assert TREE.folders == {b"", b"set", b"set/deep", b"module"}
    assert set(TREE.links) == {b"link", b"set/up", b"set/loop", b"set/out", b"set/absolute"}


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (b"", b""),
        (b".", b""),
        (b"a.yaml", b"a.yaml"),
        (b"set/", b"set"),
        (b"set//deep/./b.yaml", b"set/deep/b.yaml"),
        (b"link", b"set/deep"),
        (b"link/b.yaml", b"set/deep/b.yaml"),
        (b"link/..", b"set"),
        (b"set/up", b"a.yaml"),
        (b"link/../up", b"a.yaml"),
        (b"module", b"module"),
    ],
)
def test_paths_lead_to_files_and_folders_over_links(path: bytes, end: bytes) -> None:
    assert TREE.follow(path) == end


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (b"b.yaml", "No such file or directory"),
        (b"nowhere/../a.yaml", "No such file or directory"),
        (b"a.yaml/b", "Not a directory"),
        (b"set/up/b", "Not a directory"),
        (b"set/loop", "Too many levels of symbolic links"),
        (b"set/out", "outside the folder of the definitions"),
        (b"set/absolute", "outside the folder of the definitions"),
        (b"..", "outside the folder of the definitions"),
    ],
)
def test_what_leads_nowhere_says_why(path: bytes, reason: str) -> None:
    with pytest.raises(OSError, match=reason):
        TREE.follow(path)
    assert not TREE.is_folder(path)


def test_a_link_to_nowhere_is_there_all_the_same() -> None:
    assert TREE.is_there(b"set/loop")
    assert TREE.is_there(b"link/b.yaml")
    assert not TREE.is_there(b"link/c.yaml")
    assert not TREE.is_there(b"nowhere/b.yaml")


STEPS = st.lists(st.sampled_from(["a", "b", "..", ".", "", "/"]), max_size=4).map("/".join)


@given(st.dictionaries(st.sampled_from(["a", "b", "a/a", "a/b", "b/a", "b/b"]), STEPS, max_size=5), STEPS)
def test_no_tangle_of_links_is_endless(links: dict[str, str], path: str) -> None:
    tree = Listing({}, {os.fsencode(name): os.fsencode(to) for name, to in links.items()}, {b"", b"a", b"b"})
    try:
        end = tree.follow(os.fsencode(path))
    except OSError:
        assert not tree.is_folder(os.fsencode(path))
    else:
        assert end in tree.folders
