"""One ledger into another: what was sent, or may have been, stays so, and once is as good as twice."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plan import NOW

from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import SCHEMA_VERSION
from runner.ledger.ledger import Ledger, import_into
from runner.ledger.transfer.json_lines import written
from runner.ledger.transfer.merge import Merged
from runner.plan.firing import digest
from runner.plan.history import BLOCKING, State

CERTAINTY = {"fired": 3, "in_doubt": 2, "claimed": 1}
EMPTY: Mapping[str, int] = {}
States = dict[int, str]  # of rows by number; two neighbours are rows of one firing


def row_id(number: int) -> str:
    return f"01ROW{number:021}"


def run_row(number: int, *, finished: bool = True) -> dict[str, Any]:
    at = written(NOW)
    return {
        "id": f"01RUN{number:021}", "command": "fire", "started_at": at, "finished_at": at if finished else None,
        "lease_until": at, "exit_code": 0 if finished else None, "interrupted": False, "who": "asha", "host": "builder",
        "pid": 1, "process": "", "version": "1", "git_commit": None, "git_dirty": None,
        "number": number + 1, "summary": None, "entries": None,
    }  # fmt: skip


def firing_row(number: int, state: str) -> dict[str, Any]:
    at, payload = written(NOW), f'{{"name":"{number // 2}"}}'
    return {
        "id": row_id(number), "account": "india", "bulletin": f"b{number // 2}", "occurrence": "r1", "state": state,
        "run": f"01RUN{0:021}", "claimed_at": at, "settled_at": None if state == "claimed" else at, "due_at": None,
        "expires_at": at, "file": "a.yaml", "line": 1, "payload": payload, "payload_hash": digest(payload.encode()),
        "fingerprint": "f", "reason": None, "http_status": None, "error": None, "bulletins_sent": None,
        "swept_by": None, "business_event": "", "local_due": None, "reporter": None, "reported_at": None,
    }  # fmt: skip


def watch_row(bulletin: str, minutes: int) -> dict[str, Any]:
    until = written(NOW + timedelta(minutes=minutes))
    looked_at = written(NOW + timedelta(minutes=minutes, hours=1))
    watch = {"settled_until": until, "looked_at": looked_at, "times": f"sha256:{minutes}"}
    return {"account": "india", "bulletin": bulletin, "revision": 1, **watch}


def export_of(
    states: States, *, ledger: str = "01A", finished: bool = True, watches: Mapping[str, int] = EMPTY
) -> list[str]:
    """The export of a ledger of one run that holds these rows, and watches settled up to so many minutes from NOW."""
    about = {"id": ledger.ljust(26, "0"), "created_at": written(NOW), "created_by": "asha"}
    rows = [{"run": run_row(0, finished=finished)}, *({"firing": firing_row(n, states[n])} for n in sorted(states))]
    rows += [{"watch": watch_row(bulletin, watches[bulletin])} for bulletin in sorted(watches)]
    counts = {"report_entries": 0, "run": 1, "firing": len(states), "attempt": 0, "resolution": 0}
    counts |= {"watch": len(watches), "acceptance": 0}
    records = [{"format": "bulletins-ledger", "version": SCHEMA_VERSION, "ledger": about}, *rows, {"end": counts}]
    return [json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n" for record in records]


def take(url: str, lines: list[str]) -> Merged:
    return import_into(parse_url(url), lines, now=NOW, who="meera")


def exported(url: str) -> list[str]:
    with Ledger(parse_url(url)) as ledger:
        return list(ledger.export())


def states_in(lines: list[str]) -> States:
    rows = [record["firing"] for record in map(json.loads, lines) if "firing" in record]
    return {int(row["id"][5:]): row["state"] for row in rows}


@pytest.fixture
def into(ledger_url: str) -> Any:
    """A function that merges rows into a ledger of other rows: what it said, and the states after that."""

    def merge(there: States, coming: States) -> tuple[Merged, States]:
        take(ledger_url, export_of(there))
        merged = take(ledger_url, export_of(coming, ledger="01B"))
        return merged, states_in(exported(ledger_url))

    return merge


@pytest.mark.parametrize("there", [*(state.value for state in State)])
@pytest.mark.parametrize("coming", [*(state.value for state in State)])
def test_a_row_that_both_know_never_becomes_weaker(into: Any, there: str, coming: str) -> None:
    merged, states = into({0: there}, {0: coming})
    stronger = CERTAINTY.get(coming, 0) > CERTAINTY.get(there, 0)
    assert states == {0: coming if stronger else there}
    assert (merged.new, merged.strengthened, merged.twice) == (0, int(stronger), [])


@pytest.mark.parametrize(
    ("there", "coming", "left"),
    [
        ("fired", "fired", ("fired", "released")),
        ("fired", "in_doubt", ("fired", "released")),
        ("in_doubt", "fired", ("released", "fired")),
        ("claimed", "in_doubt", ("released", "in_doubt")),
        ("in_doubt", "in_doubt", ("in_doubt", "released")),
        ("failed", "fired", ("failed", "fired")),
        ("fired", "failed", ("fired", "failed")),
    ],
)
def test_of_two_rows_of_a_firing_the_more_certain_one_is_kept(
    into: Any, there: str, coming: str, left: tuple[str, str]
) -> None:
    merged, states = into({0: there}, {1: coming})
    assert (states[0], states[1]) == left
    assert [key.bulletin for key in merged.twice] == (["b0"] if "released" in left else [])


def test_a_row_that_yielded_has_the_reason(ledger_url: str) -> None:
    take(ledger_url, export_of({0: "in_doubt"}))
    take(ledger_url, export_of({1: "fired"}, ledger="01B"))
    (row,) = (
        record["firing"]
        for record in map(json.loads, exported(ledger_url))
        if "firing" in record and record["firing"]["id"] == row_id(0)
    )
    assert row["reason"] == f"in_doubt in one of two ledgers; row {row_id(1)} of the other one counts for both"


def test_an_expiry_that_both_reported_is_there_once(into: Any) -> None:
    merged, states = into({0: "expired"}, {1: "expired"})
    assert (merged.new, states) == (0, {0: "expired"})


def test_a_run_that_ended_meanwhile_has_ended(ledger_url: str) -> None:
    take(ledger_url, export_of({0: "claimed"}, finished=False))
    take(ledger_url, export_of({0: "fired"}))
    assert exported(ledger_url) == export_of({0: "fired"})
    take(ledger_url, export_of({0: "claimed"}, finished=False))
    assert exported(ledger_url) == export_of({0: "fired"})


def test_of_two_watches_the_later_one_is_kept(ledger_url: str) -> None:
    take(ledger_url, export_of({}, watches={"a": 1, "b": 5}))
    for _ in range(2):
        take(ledger_url, export_of({}, watches={"a": 3, "b": 2, "c": -4}))
        assert exported(ledger_url) == export_of({}, watches={"a": 3, "b": 5, "c": -4})


def test_another_ledger_keeps_its_id(ledger_url: str) -> None:
    take(ledger_url, export_of({0: "fired"}, ledger="01A"))
    merged = take(ledger_url, export_of({2: "fired"}, ledger="01B"))
    assert (merged.took_id, merged.ledger) == (False, "01A".ljust(26, "0"))


def ledgers() -> st.SearchStrategy[States]:
    """States of some of eight rows of four firings, at most one of each firing blocking."""

    def legal(states: States) -> States:
        for number in (0, 2, 4, 6):
            if all(State(states.get(n, "failed")) in BLOCKING for n in (number, number + 1)):
                states[number] = "released"
            if states.get(number) == states.get(number + 1) == "expired":
                states[number] = "failed"
        return states

    return st.dictionaries(st.integers(0, 7), st.sampled_from([state.value for state in State])).map(legal)


def certainty(states: States, firing: int) -> int:
    return max((CERTAINTY.get(states.get(number, ""), 0) for number in (2 * firing, 2 * firing + 1)), default=0)


@settings(max_examples=examples(30))
@given(there=ledgers(), coming=ledgers())
def test_whatever_is_merged_nothing_becomes_unsent_and_twice_is_as_once(there: States, coming: States) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = str(Path(folder) / "a.sqlite3")
        create(parse_url(url), now=NOW, who="asha")
        take(url, export_of(there))
        assert exported(url) == export_of(there)
        take(url, export_of(coming, ledger="01B"))
        once = exported(url)
        states = states_in(once)
        for firing in range(4):
            assert certainty(states, firing) == max(certainty(there, firing), certainty(coming, firing))
            blocking = [n for n in (2 * firing, 2 * firing + 1) if states.get(n) in CERTAINTY]
            assert len(blocking) <= 1
        for lines in (export_of(coming, ledger="01B"), export_of(there), once):
            take(url, lines)
            assert exported(url) == once
