"""One more entry at the end of a list: all that was there stays, to the byte, and values are the old and the new."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runner.definitions.editing.appending import CannotAppend, appended, holds_bulletins, new_file, without_inherited
from runner.definitions.reading.reader import read

FIELDS = {"id": "new", "name": "New: one"}
WRITTEN = '  - id: new\n    name: "New: one"\n'
FLUSH = '- id: new\n  name: "New: one"\n'


def append(text: str) -> str:
    return appended(text.encode(), "x.yaml", FIELDS).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bulletins:\n  - id: a\n", WRITTEN),
        ("bulletins:\n  - id: a  # first", "\n" + WRITTEN),
        ("bulletins:\n- id: a\n", FLUSH),
        ("bulletins:\n    - id: a\n", '    - id: new\n      name: "New: one"\n'),
        ("bulletins:\n-\n  id: a\n- # second\n  id: b\n", FLUSH),
        ("bulletins: &all\n- id: a\n", FLUSH),
        ("bulletins: &all\n  - id: a\n", WRITTEN),
        ("bulletins:\n  - {id: a,\n     name: A}  # in brackets\n", WRITTEN),
        ("bulletins:\n  - id: a\n    name: 'A\n\n      B'\n", WRITTEN),
        ("bulletins:\n  - id: a\n    name: >-\n      A\n      # B", "\n" + WRITTEN),
        ("bulletins:\n  - id: a\n    name: |+\n      A\n\n", WRITTEN),
        ("bulletins:\n  - id: a\n    # of a\n", WRITTEN),
        ("bulletins:\n  - id: a\n\n  # of b\n  - id: b\n", "\n" + WRITTEN),
        ("bulletins:\n  - id: a\n  # - id: b\n", "\n" + WRITTEN),
        ("? bulletins\n: - id: a\n", WRITTEN),
        ("\ufeffbulletins:\n  - id: a\n", WRITTEN),
        ("---\nbulletins:\n  - id: a\n", WRITTEN),
        ("bulletins:\n", WRITTEN),
        ("bulletins:  # none yet\n", WRITTEN),
        ("bulletins:", "\n" + WRITTEN),
    ],
)
def test_a_new_entry_is_appended_at_the_end(before: str, after: str) -> None:
    assert append(before) == before + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bulletins:\n  - id: a\n", "defaults:\n  name: A\n"),
        ("bulletins:\n  - id: a\n    name: A\n", "\n# the end\n"),
        ("bulletins:\n- id: a\n", "# the end\n"),
        ("bulletins:\n  - id: a\n    name: |+\n      A\n\n", "# the end\ndefaults: {}\n"),
        ("bulletins:\n  - id: a\n    # of a\n", "\n\n"),
        ("bulletins:\n  - id: a\n", "...\n"),
        ("bulletins:\n", "defaults: {}\n"),
    ],
)
def test_what_follows_stays_behind_it(before: str, after: str) -> None:
    assert append(before + after) == before + (FLUSH if "\n- " in before else WRITTEN) + after


@pytest.mark.parametrize("empty", ["[]", "[ ]", "[\t]", "~", "null", "Null", "NULL"])
def test_an_empty_list_becomes_one_of_lines(empty: str) -> None:
    before = f"defaults: {{}}\nbulletins: {empty}  # none yet\n# the end\n"
    assert append(before) == f"defaults: {{}}\nbulletins:  # none yet\n{WRITTEN}# the end\n"


def test_the_ends_of_lines_are_those_of_the_file() -> None:
    before = "# a\nbulletins:\r\n  - id: a\r\n"
    assert append(before) == before + WRITTEN.replace("\n", "\r\n")
    assert append("bulletins:\r  - id: a\r") == "bulletins:\r  - id: a\r" + WRITTEN.replace("\n", "\r")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bulletins: [{id: a}]\n", "the bulletins of x.yaml are written in brackets"),
        ("{bulletins: []}\n", "the file is written in brackets"),
        ("bulletins: [\n  # none\n]\n", "the empty list of bulletins contains comments"),
        ("bulletins: a\n", "the bulletins of x.yaml are not written as a list"),
        ("bulletins: {}\n", "the bulletins of x.yaml are not written as a list"),
        ("bulletins:\n  - id: a\n    name: |\n      A", "no entry can be added at the end of x.yaml"),
        ("bulletins: ''\n", "the bulletins of x.yaml are not written as a list"),
        ("defaults: {tags: &t [a]}\nbulletins: *t\n", "the bulletins of x.yaml are not written as a list"),
        ("accounts: {}\n", "nothing can be added to x.yaml: it has no list of bulletins"),
        ("- bulletins\n", "nothing can be added to x.yaml: it has no list of bulletins"),
        ("bulletins: [\n", "nothing can be added to x.yaml: "),
        ("bulletins:\n  - id: a\n    id: b\n", "nothing can be added to x.yaml: the field 'id' is written twice"),
    ],
)
def test_what_cannot_be_added_to(text: str, message: str) -> None:
    with pytest.raises(CannotAppend) as refused:
        append(text)
    assert refused.value.message.startswith(message)
    assert refused.value.help


def test_a_new_file() -> None:
    text = new_file(FIELDS, schema="../.schemas/bulletins.schema.json")
    assert text == f"# yaml-language-server: $schema=../.schemas/bulletins.schema.json\n\nbulletins:\n{WRITTEN}"
    document, problems = read(new_file(FIELDS).encode(), "x.yaml")
    assert document is not None
    assert (document.value, problems) == ({"bulletins": [FIELDS]}, [])


def test_what_the_defaults_give_is_left_out() -> None:
    defaults = {"c-by": "a@b.de", "properties": {"a": "1", "b": "2"}, "schedule": {"grace": "1h"}, "revision": 1}
    fields = {"c-by": "a@b.de", "properties": {"a": "1", "b": "3"}, "schedule": {"at": "x", "grace": "1h"}}
    assert without_inherited(fields, defaults) == {"properties": {"b": "3"}, "schedule": {"at": "x"}}
    assert without_inherited({"properties": {"a": "1"}}, defaults) == {}
    assert without_inherited({"revision": True}, defaults) == {"revision": True}
    assert without_inherited({"properties": {}}, {}) == {"properties": {}}


@pytest.mark.parametrize(
    ("data", "holds"),
    [
        (b"bulletins:\n", True),
        (b"\xef\xbb\xbfbulletins: []", True),
        (b"a: 1\n bulletins :", True),
        (b"# bulletins:", False),
    ],
)
def test_files_that_may_hold_bulletins(data: bytes, holds: bool) -> None:
    assert holds_bulletins(data) is holds


ITEMS = st.sampled_from(
    [
        "- id: a\n",
        "- id: a  # of a\n",
        "- {id: a}\n",
        "- {id: a,\n\n     name: b}\n",
        "- id: a\n  name: |\n    x\n    # text\n",
        "- id: a\n  name: |+\n    x\n\n",
        "- id: a\n  name: >\n    x\n\n    y\n\n",
        "- id: a\n  name: 'x\n\n    y'\n",
        "-\n  id: a\n",
        "- # of a\n  id: a\n",
        "- id: a\n  properties:\n    a:\n",
        "- id: a\n  tags:\n  - x\n",
        "- &x\n  id: a\n",
        "- id: a\n  # of a\n",
    ]
)
BETWEEN = st.sampled_from(["", "", "\n", "\n\n", "# text\n", "# - id: c\n", "\n# text\n"])
AFTER = st.sampled_from(
    ["", "\n", "# end\n", "\n# end", "defaults: {}\n", "\n# of it\ndefaults:\n  name: x\n", "...\n"]
)


def same_from_the_start(one: bytes, other: bytes) -> int:
    return next((count for count, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


@given(
    items=st.lists(st.tuples(BETWEEN, ITEMS), min_size=1, max_size=4),
    last=BETWEEN,
    after=AFTER,
    indent=st.sampled_from([0, 2, 3]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    cut=st.booleans(),
)
def test_all_that_was_there_stays(
    items: list[tuple[str, str]], last: str, after: str, indent: int, line_end: str, bom: bool, cut: bool
) -> None:
    block = "".join(between + item for between, item in items) + last
    lines = "".join(f"{' ' * indent}{line}" if line.strip() else line for line in block.splitlines(keepends=True))
    text = f"bulletins:\n{lines}{after}"
    text = (text.rstrip("\n") if cut else text).replace("\n", line_end)
    # A block of text that ends with the file has no line break at its end: one more line would give it one.
    assume(not cut or not any(sign in items[-1][1] for sign in (": |", ": >")))
    old = ("\ufeff" if bom else "").encode() + text.encode()
    document, problems = read(old, "x.yaml")
    assert document is not None
    assert not problems
    new = appended(old, "x.yaml", FIELDS)
    grown = read(new, "x.yaml")[0]
    assert grown is not None
    assert grown.value == {**document.value, "bulletins": [*document.value["bulletins"], FIELDS]}
    # Nothing but an insertion.
    assert same_from_the_start(old, new) + same_from_the_start(old[::-1], new[::-1]) >= len(old)
    assert len(new) - len(old) <= len(WRITTEN) + 12
