"""A ledger as JSON lines: the same bytes wherever it lies, and nothing taken from what is not whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plan import HOUR, NOW, make_firing
from refusals import refused

from ledger import claim_one, settle_one
from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database.creation import create, is_made
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import SCHEMA_VERSION
from runner.ledger.ledger import Ledger, import_into
from runner.ledger.transfer import json_lines
from runner.ledger.values import Attempt, Identity, Origin, Settlement, SlotRequest
from runner.plan.decide import decide
from runner.plan.history import State

FIRINGS = [
    make_firing(f"b{number}", name=f"Episode {number} \u0928\u092e\u0938\u094d\u0924\u0947 \U0001f3b5")
    for number in range(6)
]
LEASE = timedelta(seconds=30)
VERSION = f'"version":{SCHEMA_VERSION}'


def use(ledger: Ledger) -> None:
    """A row in every state, with attempts and resolutions, of two runs; one is still live an hour later."""
    ledger.clock.source = lambda: NOW
    done = ledger.start_run(Origin("fire", "1", "0123abc", True), Identity("आशा", "builder", 1, "p"), lease=LEASE)
    states = (State.FIRED, State.FAILED, State.IN_DOUBT, State.RELEASED)
    for firing, state in zip(FIRINGS, states, strict=False):
        claim = claim_one(ledger, done, firing, NOW)
        assert claim
        tries = tuple(Attempt(number, NOW, 12.345678901, "no", 429, "zu viele\n\u2028", None) for number in (1, 2))
        settle_one(ledger, claim, Settlement(state, "why", 200, "oh", 1, tries), NOW + HOUR)
    ledger.expire(done, [make_firing("late", at=NOW - 9 * HOUR)], NOW)
    (doubt,) = ledger.in_doubt()
    assert ledger.resolve(doubt, sent=True, note="seen", identity=Identity("meera", "laptop", 7))
    ledger.finish_run(done, exit_code=4, interrupted=True)
    live = ledger.start_run(Origin("fire", "1"), Identity("asha", "builder", 2), lease=2 * HOUR)
    assert claim_one(ledger, live, FIRINGS[4], NOW)
    ledger.take_slots(live, [SlotRequest("india", 3, 2)])


@pytest.fixture
def export(ledger: Ledger) -> list[str]:
    """The lines of a ledger in use."""
    use(ledger)
    return list(ledger.export())


def exported(url: str) -> list[str]:
    with Ledger(parse_url(url)) as ledger:
        return list(ledger.export())


def take(url: str, lines: list[str]) -> Any:
    return import_into(parse_url(url), lines, now=NOW, who="meera")


def test_it_is_what_it_says(ledger: Ledger, export: list[str]) -> None:
    head, *rows, end = map(json.loads, export)
    assert head["format"] == "bulletins-ledger"
    assert head["ledger"]["id"] == ledger.id
    counts = {"run": 2, "firing": 6, "attempt": 8, "resolution": 1, "watch": 0, "acceptance": 0}
    assert end == {"end": {"report_entries": 0, **counts}}
    assert [next(iter(row)) for row in rows] == ["run"] * 2 + ["firing"] * 6 + ["attempt"] * 8 + ["resolution"]
    assert all(line.isascii() and line.endswith("\n") and line.count("\n") == 1 for line in export)


def test_there_and_back_gives_the_same_bytes(ledger: Ledger, export: list[str], tmp_path: Path) -> None:
    there = str(tmp_path / "there.sqlite3")
    merged = take(there, export)
    assert (merged.ledger, merged.took_id, merged.new, merged.twice) == (ledger.id, True, 6, [])
    assert exported(there) == export
    take(there, export)
    assert exported(there) == export


def test_from_a_file_into_any_ledger(ledger_url: str, tmp_path: Path) -> None:
    path = str(tmp_path / "here.sqlite3")
    create(parse_url(path), now=NOW, who="asha")
    with Ledger(parse_url(path)) as ledger:
        use(ledger)
        lines = list(ledger.export())
        plan = decide(FIRINGS, ledger.history(FIRINGS, NOW + HOUR), NOW + HOUR)
    take(ledger_url, lines)
    assert exported(ledger_url) == lines
    with Ledger(parse_url(ledger_url), clock=lambda: NOW) as moved:
        assert decide(FIRINGS, moved.history(FIRINGS, NOW + HOUR), NOW + HOUR) == plan
        (said,) = moved.resolutions([row.id for row in moved.rows()])
        assert (said.who, said.sent, said.note) == ("meera", True, "seen")


def test_a_ledger_that_was_just_made_takes_the_id(
    ledger_url: str, export: list[str], ledger: Ledger, tmp_path: Path
) -> None:
    new = parse_url(str(tmp_path / "new.sqlite3"))
    create(new, now=NOW, who="asha")
    assert import_into(new, export, now=NOW, who="meera").took_id
    with Ledger(new) as opened:
        assert opened.id == ledger.id


def test_an_export_is_of_one_moment(ledger: Ledger) -> None:
    use(ledger)
    lines = ledger.export()
    first = next(lines)
    run = ledger.start_run(Origin("fire", "1"), Identity("asha", "builder", 3), lease=LEASE)
    assert claim_one(ledger, run, FIRINGS[5], NOW)
    assert json.loads([first, *lines][-1])["end"]["run"] == 2


def without(number: int) -> Callable[[list[str]], list[str]]:
    return lambda lines: [line for line in lines if line is not lines[number]]


def edited(number: int, old: str, new: str) -> Callable[[list[str]], list[str]]:
    def edit(lines: list[str]) -> list[str]:
        assert old in lines[number]
        return [line.replace(old, new) if index == number else line for index, line in enumerate(lines)]

    return edit


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [], "it is empty"),
        (without(0), "its first line is not the header"),
        (edited(0, VERSION, '"version":99'), "the export has version 99, but this program reads"),
        (edited(0, VERSION, '"version":"3"'), "the export has version 3, but this program reads"),
        (edited(0, VERSION, '"version":2'), "the end line does not match the rows before it"),
        (edited(0, '"created_by"', '"made_by"'), "line 1 of the export: this is not a row of a ledger: it has"),
        (lambda lines: lines[:-1], "the end line is missing: the file is truncated"),
        (lambda lines: [*lines[:-2], lines[-2][:-20]], "this is not JSON"),
        (lambda lines: [*lines, lines[-1]], "or more lines follow"),
        (without(-2), "the end line does not match the rows before it"),
        (without(1), "refers to the run"),
        (edited(3, '{"firing"', '{"fring"'), "line 4 of the export: this is not a row of a ledger"),
        (edited(3, '"state":"fired"', '"state":"sent"'), '"sent" is not a valid value for state'),
        (edited(3, '"line":4', '"line":4.5'), "4.5 is not a valid value for line"),
        (edited(3, '"line":4', '"line":true'), "true is not a valid value for line"),
        (edited(3, '"line":4', '"line":99999999999'), "99999999999 is not a valid value for line"),
        (edited(3, '"line":4', '"line":null'), "null is not a valid value for line"),
        (edited(3, '"line":4', '"line":NaN'), "this is not JSON"),
        (edited(3, '"bulletin":"b0"', '"bulletin":7'), "7 is not a valid value for bulletin"),
        (edited(3, '"bulletin":"b0"', '"bulletin":"\\ud800"'), "is not a valid value for bulletin"),
        (edited(3, '"line":4', '"line":' + "4" * 5000), "this is not JSON"),
        (edited(3, "2026-12-01T13:00:00.000000Z", "2026-12-01T13:00:00Z"), "is not a valid value for claimed_at"),
        (edited(3, "2026-12-01T13:00:00.000000Z", "2026-13-01T13:00:00.000000Z"), "a valid value for claimed_at"),
        (lambda lines: [*lines[:3], "[" * 100_000 + "\n", *lines[3:]], "this is not JSON"),
        (lambda lines: [*lines[:3], "[]\n", *lines[3:]], "this is not a row of a ledger"),
        (lambda lines: [*lines[:3], "{}\n", *lines[3:]], "this is not a row of a ledger"),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused_and_nothing_of_it_taken(
    export: list[str], tmp_path: Path, change: Callable[[list[str]], list[str]], said: str
) -> None:
    there, new = str(tmp_path / "there.sqlite3"), parse_url(str(tmp_path / "new.sqlite3"))
    create(parse_url(there), now=NOW, who="asha")
    before = exported(there)
    for url in (parse_url(there), new):
        with pytest.raises(UserError) as error:
            import_into(url, change(export), now=NOW, who="meera")
        assert said in error.value.message
        assert "othing was imported" in error.value.help
        assert error.value.exit_code is Exit.REFUSED
    assert exported(there) == before
    assert not is_made(new)


def test_a_failed_import_leaves_no_ledger_behind(ledger_url: str, tmp_path: Path) -> None:
    path = str(tmp_path / "here.sqlite3")
    create(parse_url(path), now=NOW, who="asha")
    with Ledger(parse_url(path)) as ledger:
        use(ledger)
        lines = list(ledger.export())
    with pytest.raises(UserError):
        take(ledger_url, lines[:-1])
    assert not is_made(parse_url(ledger_url))
    take(ledger_url, lines)
    assert exported(ledger_url) == lines


def test_a_run_under_way_keeps_an_import_out(ledger: Ledger, ledger_url: str, export: list[str]) -> None:
    take(ledger_url, export)  # its own runs do not count
    begun = ledger.start_run(Origin("fire", "1"), Identity("asha", "builder", 3), lease=2 * HOUR)
    with (
        Ledger(parse_url(ledger_url), clock=lambda: NOW + HOUR) as same,
        refused(ErrorCode.RUN_IN_PROGRESS, begun),
    ):
        same.import_rows(*json_lines.parse(export))


def as_version(version: int, lines: list[str]) -> list[str]:
    """The export as an older version wrote it."""
    head, *rows, end = map(json.loads, lines)
    newer = {"acceptance", "report_entries", *(["watch"] if version == 2 else [])}
    for kind in newer:
        del end["end"][kind]
    lacking = ("local_due", "reporter", "reported_at", *(["business_event"] if version == 2 else []))
    for row in rows:
        for name in ("number", "summary", "entries"):
            row.get("run", {}).pop(name, None)
        for name in lacking:
            row.get("firing", {}).pop(name, None)
    return written([{**head, "version": version}, *(row for row in rows if newer.isdisjoint(row)), end])


def written(records: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n" for record in records]


def as_reported(lines: list[str]) -> list[str]:
    """The export as it is where all counts as reported, for want of a reporter."""
    records = [json.loads(line) for line in lines]
    for record in records:
        if "firing" in record:
            record["firing"]["reporter"] = None
    return written(records)


@pytest.mark.parametrize("version", [2, 3])
def test_an_export_of_an_older_version_comes_in_with_what_its_rows_lack(
    ledger_url: str, tmp_path: Path, version: int
) -> None:
    path = str(tmp_path / "here.sqlite3")
    create(parse_url(path), now=NOW, who="asha")
    with Ledger(parse_url(path)) as ledger:
        use(ledger)
        lines = list(ledger.export())
    old = as_version(version, lines)
    assert any('business_event":"' in line.split('"payload"')[0] for line in old) is (version == 3)
    assert not any('"reporter"' in line for line in old)
    assert not any('"number"' in line for line in old if line.startswith('{"run"'))
    take(ledger_url, old)
    assert exported(ledger_url) == as_reported(lines) != lines


def test_an_export_of_version_2_has_no_watches(export: list[str], tmp_path: Path) -> None:
    old = as_version(2, export)
    watch = {"watch": {"account": "a", "bulletin": "b", "revision": 1, "settled_until": json_lines.written(NOW)}}
    with refused(ErrorCode.EXPORT_INCOMPLETE):
        take(str(tmp_path / "new.sqlite3"), [*old[:-1], json.dumps(watch) + "\n", old[-1]])


def test_times_are_written_as_they_are_kept() -> None:
    assert json_lines.written(NOW) == "2026-12-01T13:00:00.000000Z"
    assert json_lines.written("x") == "x"
    assert json_lines.written(None) is None
