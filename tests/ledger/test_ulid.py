from __future__ import annotations

import re
import time

import pytest

from runner.ledger.ulid import new_ulid


def test_an_id_is_26_letters_and_digits_that_nobody_mixes_up() -> None:
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", new_ulid())


def test_no_two_ids_are_equal() -> None:
    assert len({new_ulid() for _ in range(10_000)}) == 10_000


def test_ids_sort_by_the_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for milliseconds in (0, 1, 1_796_130_000_000, 1_796_130_000_001, 2**48 - 1):
        monkeypatch.setattr(time, "time_ns", lambda at=milliseconds: at * 1_000_000)
        made.append(new_ulid())
    assert made == sorted(made)
    assert [len(each) for each in made] == [26] * 5


def test_the_time_is_where_the_specification_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_469_918_176_385 * 1_000_000)
    assert new_ulid()[:10] == "01ARYZ6S41"  # the example of the specification
