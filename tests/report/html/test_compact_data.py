"""What the pages carry for their scripts comes back whole, and can't end the element that holds it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.hostile import HOSTILE
from report.html.parsed import unpacked
from runner.report.html import compact_data
from runner.report.html.compact_data import drop_payloads, embedded, packed


@given(st.lists(st.tuples(st.none() | st.text(), st.integers() | st.none(), st.text())))
def test_packed_rows_come_back_as_they_were(rows: list[tuple[str | None, int | None, str]]) -> None:
    made = packed(("a", "b", "c"), rows, pooled=("a", "c"))
    found = unpacked(json.loads(json.dumps(made)))

    assert [tuple(row.values()) for row in found] == rows


leaves = st.none() | st.booleans() | st.integers() | st.text()
trees = st.recursive(leaves, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=12)


@given(st.lists(st.tuples(trees | st.dictionaries(st.text(), trees))))
def test_nested_values_come_back_as_they_were(rows: list[tuple[Any]]) -> None:
    made = packed(("a",), rows, pooled=(), nested=("a",))
    found = unpacked(json.loads(json.dumps(made)), ("a",))

    assert [(row["a"],) for row in found] == rows


def test_texts_that_come_up_again_are_kept_once() -> None:
    made = packed(("id", "event"), [("a", "Album Out"), ("b", "Album Out")], pooled=("event",))

    assert made["texts"] == ["Album Out"]
    assert made["rows"] == [["a", 0], ["b", 0]]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_embedded_json_ends_no_script_and_is_the_same_value(text: str) -> None:
    made = str(embedded({text: [text]}))

    assert not set(made) & set("<>&\u2028\u2029")
    assert json.loads(made) == {text: [text]}


def test_embedded_json_can_be_written_as_utf_8() -> None:
    made = embedded("\ud800 \udfff")

    assert json.loads(made.encode()) == "\ud800 \udfff"


def test_payloads_are_left_out_once_there_is_enough_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact_data, "PAYLOADS_KEPT_BYTES", 30)
    rows: list[list[Any]] = [[{"name": "x"}], [None], [{"name": "x" * 40}], [{}]]

    drop_payloads(rows, 0)

    assert rows == [[{"name": "x"}], [None], [False], [{}]]
