"""A set is planned from the cache as without one, whatever was edited since the cache was filled."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import tzdata  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.jobs.loaded_set import load_set
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity, Origin
from runner.plan.decide import Action, Plan
from runner.plan.firing import firings

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
ME = Identity("tester", "here", 1)
ROWS = 210  # enough to count settled firings instead of planning each

ACCOUNT = "{name}: {{region: {region}, account_id_env: {env}_ID, passcode_env: {env}_PASSCODE}}"
HEAD = "defaults: {business_event: Program Released, c-by: releases@example.com}\nbulletins:\n"
BULLETINS = (
    HEAD
    + """\
  - for_each: {csv: shows.csv}
    id: "show-{{ row.number }}"
    name: "Show {{ row.title }}"
    properties: {program_id: "{{ row.number }}"}
    schedule: {at: "{{ row.day }}T10:00:00", timezone: Europe/Berlin}
  - {id: plain, name: Plain, properties: {program_id: "7"}}
  - id: weekly
    name: Weekly
    properties: {program_id: "{{ occurrence.date }}"}
    schedule: {cron: "0 9 * * MON", timezone: Asia/Kolkata}
"""
)


class Place:
    """A folder with a set and a ledger."""

    def __init__(self, folder: Path, *, title: str = "one") -> None:
        self.folder = folder
        self.set = folder / "bulletins.d"
        self.set.mkdir(parents=True)
        self.accounts("india")
        self.write("shows.yaml", BULLETINS)
        self.table(title)
        self.ledger_url = parse_url(str(folder / "ledger.sqlite3"))
        create(self.ledger_url, now=NOW, who="tester")

    def write(self, name: str, text: str) -> None:
        (self.set / name).write_text(text, encoding="utf-8")

    def accounts(self, *names: str) -> None:
        regions = {"india": "in1", "europe": "eu1"}
        lines = (ACCOUNT.format(name=name, region=regions[name], env=name.upper()) for name in names)
        self.write("accounts.yaml", "accounts:\n" + "".join(f"  {line}\n" for line in lines))
        self.write("shows.yaml", BULLETINS.replace("c-by:", f"accounts: [{', '.join(names)}], c-by:"))

    def table(self, title: str, *, rows: int = ROWS, edited: int | None = None) -> None:
        lines = (
            f"{number},{title if number != edited else 'edited'} {number},2026-11-{number % 28 + 1:02}\n"
            for number in range(rows)
        )
        self.write("shows.csv", "number,title,day\n" + "".join(lines))

    def ledger(self) -> Ledger:
        return Ledger(self.ledger_url)

    def send_all(self, *, every: int = 1) -> None:
        """Record every n-th firing as sent."""
        with self.ledger() as ledger:
            run = ledger.start_run(Origin("fire", "1"), ME, lease=timedelta())
            wanted = list(firings(load_set(self.set, use_cache=False).definitions, NOW))[::every]
            ledger.record_as_sent(run, wanted, NOW - timedelta(days=2), "sent before")
            ledger.finish_run(run, exit_code=0, interrupted=False)

    def plan(self, *, use_cache: bool) -> Plan:
        with self.ledger() as ledger:
            return load_set(self.set, use_cache=use_cache).plan(ledger, NOW)


def described(plan: Plan) -> tuple[object, ...]:
    """What a plan does: all steps, where done ones may be counted instead."""
    steps = {
        step.firing.key: (step.action, step.firing.fingerprint, step.firing.body, step.reason, step.needs_report)
        for step in plan.steps
        if step.action is not Action.DONE
    }
    done = Counter(step.firing.key.account for step in plan.steps if step.action is Action.DONE)
    done.update(plan.settled_counts)
    return list(steps.items()), dict(done), plan.counts(), dict(plan.settled_until)


def check(place: Place) -> Plan:
    """Check that the set is planned from the cache as without it, once while it is filled and once from it."""
    expected = described(place.plan(use_cache=False))
    assert described(place.plan(use_cache=True)) == expected
    plan = place.plan(use_cache=True)
    assert described(plan) == expected
    return plan


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "site")


def test_settled_firings_of_a_large_set_are_counted(place: Place) -> None:
    place.send_all()
    plan = check(place)
    assert plan.settled_counts == {"india": ROWS + 1}
    assert {step.firing.key.bulletin for step in plan.steps} == {"weekly"}


def test_settled_firings_are_counted_on_postgresql(place: Place, postgres_url: str) -> None:
    place.ledger_url = parse_url(postgres_url)
    create(place.ledger_url, now=NOW, who="tester")
    place.send_all(every=2)
    cached = load_set(place.set, use_cache=True).cached
    assert cached is not None
    with place.ledger() as ledger:
        found = ledger.settled(cached.questions())
    assert found.settled == {"india": ROWS // 2 + 1}
    assert len(found.open_ids[str(place.set / "shows.yaml")]) == ROWS // 2
    check(place)


def test_other_zone_data_reads_the_files_again(place: Place, tmp_path: Path) -> None:
    """Other zone data moves the due times: Berlin then keeps the time of Tokyo."""
    place.send_all()
    check(place)
    other = tmp_path / "other"
    shutil.copytree(Path(tzdata.__file__).parent, other / "tzdata")
    shutil.copy(other / "tzdata/zoneinfo/Asia/Tokyo", other / "tzdata/zoneinfo/Europe/Berlin")
    file = other / "tzdata" / "__init__.py"
    file.write_text(file.read_text().replace(tzdata.IANA_VERSION, "2099z"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(other), str(ROOT)))}
    command = ["plan", str(place.set), "--ledger", str(place.folder / "ledger.sqlite3"), "--format", "json"]
    plans = [
        json.loads(subprocess.check_output([sys.executable, "-m", "runner", *command, *option], env=environment))
        for option in ((), (), ("--no-cache",))
    ]
    assert [plan["summary"]["changed"] for plan in plans] == [ROWS] * 3


def test_firings_of_a_small_set_have_steps(place: Place) -> None:
    place.table("one", rows=5)
    place.send_all()
    assert len(check(place).steps) == 7


def test_unsettled_firings_are_planned(place: Place) -> None:
    place.send_all(every=3)
    assert check(place).counts()["expired"] > ROWS / 2


def test_an_edited_table_is_read_again(place: Place) -> None:
    place.send_all()
    check(place)
    place.table("one", edited=17)
    plan = check(place)
    assert [step.firing.key.bulletin for step in plan.steps if step.action is Action.CHANGED] == ["show-17"]


def test_the_same_file_in_two_folders_with_different_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [Place(tmp_path / name, title=name) for name in ("first", "second")]
    for _ in range(2):
        for place in places:
            monkeypatch.chdir(place.folder)
            place.set = Path("bulletins.d")  # the same name for both
            check(place)


def test_a_second_account_is_seen(place: Place) -> None:
    place.send_all()
    check(place)
    place.accounts("india", "europe")
    plan = check(place)
    assert plan.settled_counts == {}
    assert {step.firing.key.account for step in plan.steps} == {"india", "europe"}


def test_another_ledger_knows_nothing_of_the_first(place: Place, tmp_path: Path) -> None:
    place.send_all()
    check(place)
    place.ledger_url = parse_url(str(tmp_path / "other.sqlite3"))
    create(place.ledger_url, now=NOW, who="tester")
    assert check(place).settled_counts == {}


def test_a_firing_that_was_resolved_as_not_sent_after_all_is_planned(place: Place) -> None:
    place.send_all()
    check(place)
    with place.ledger() as ledger:
        row = ledger.rows(bulletin="plain")[0]
    with sqlite3.connect(place.folder / "ledger.sqlite3") as connection:
        connection.execute("UPDATE firings SET state = 'in_doubt' WHERE id = ?", (row.id,))
    connection.close()
    with place.ledger() as ledger:
        ledger.resolve(ledger.rows(bulletin="plain")[0], sent=True, note="seen", identity=ME, again=False)
    check(place)
    with place.ledger() as ledger:
        ledger.resolve(ledger.rows(bulletin="plain")[0], sent=False, note="not seen", identity=ME, again=True)
    plan = check(place)
    assert [step.firing.key.bulletin for step in plan.to_send] == ["plain"]


def test_a_row_that_no_report_has_shown_keeps_its_step(place: Place) -> None:
    place.send_all()
    with sqlite3.connect(place.folder / "ledger.sqlite3") as connection:
        connection.execute("UPDATE firings SET reporter = run WHERE bulletin = 'plain'")
    connection.close()
    assert "plain" in {step.firing.key.bulletin for step in check(place).steps}


PROBLEMS: dict[str, Callable[[Place], None]] = {
    "an id twice": lambda place: place.write("more.yaml", place.set.joinpath("shows.yaml").read_text()),
    "an unknown account": lambda place: place.write(
        "shows.yaml", BULLETINS.replace("c-by:", "accounts: [asia], c-by:")
    ),
    "no account at all": lambda place: (place.set / "accounts.yaml").unlink(),
    "the same content twice": lambda place: place.write(
        "more.yaml", HEAD + '  - {id: other, name: Plain, properties: {program_id: "7"}}\n'
    ),
    "an event that the catalog lacks": lambda place: place.write("events.yaml", "business_events:\n  Other: {}\n"),
    "a value that the catalog refuses": lambda place: place.write(
        "events.yaml", "business_events:\n  Program Released: {properties: {program_id: {pattern: '^[1-9]'}}}\n"
    ),
    "a property that the catalog requires": lambda place: place.write(
        "events.yaml", "business_events:\n  Program Released: {required: [language]}\n"
    ),
    "a property that the catalog lacks": lambda place: place.write(
        "events.yaml", "business_events:\n  Program Released: {properties: {other: {}}}\n"
    ),
    "a property that may have no value": lambda place: place.write(
        "events.yaml", "business_events:\n  Program Released: {properties: {program_id: false}}\n"
    ),
    "a table that is missing": lambda place: (place.set / "shows.csv").unlink(),
    "invalid YAML": lambda place: place.write("more.yaml", "bulletins: ["),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_across_files_are_found_although_all_files_are_known(place: Place, name: str) -> None:
    check(place)
    PROBLEMS[name](place)
    expected = load_set(place.set, use_cache=False).definitions
    assert expected.problems
    for _ in range(2):
        assert load_set(place.set, use_cache=True).definitions == expected


def test_a_catalog_that_fits_is_no_reason_to_read_everything(place: Place) -> None:
    events = (
        "business_events:\n  Program Released: {required: [program_id], properties: {program_id: {minLength: 1}}}\n"
    )
    place.write("events.yaml", events)
    check(place)
    assert load_set(place.set, use_cache=True).cached is not None


def test_a_command_that_keeps_nothing_uses_the_cache_only_if_it_holds_all_files(place: Place) -> None:
    assert load_set(place.set, use_cache=True, keep=False).cached is None
    assert load_set(place.set, use_cache=True).cached is not None
    assert load_set(place.set, use_cache=True, keep=False).cached is not None
    place.table("one", edited=17)
    loaded = load_set(place.set, use_cache=True, keep=False)
    assert loaded.cached is None
    assert loaded.definitions == load_set(place.set, use_cache=False).definitions
    assert load_set(place.set, use_cache=True, keep=False).cached is None


def test_the_definitions_are_the_same(place: Place) -> None:
    expected = load_set(place.set, use_cache=False).definitions
    for _ in range(2):
        assert load_set(place.set, use_cache=True).definitions == expected


def test_the_examples_are_the_same_from_the_cache(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    examples = root / "tests" / "definitions"
    for example in [root / "bulletins.d", *sorted([*(examples / "valid").iterdir(), *(examples / "warned").iterdir()])]:
        folder = example
        if example.is_file():
            if example.suffix not in (".yaml", ".yml"):
                continue
            folder = tmp_path / example.name
            folder.mkdir()
            shutil.copy(examples / "accounts.yaml", folder / "the-accounts.yaml")
            shutil.copy(example, folder)
        expected = load_set(folder, use_cache=False)
        for _ in range(2):
            found = load_set(folder, use_cache=True)
            assert found.definitions == expected.definitions, folder
            assert found.warnings == expected.warnings, folder


def test_warnings_come_from_the_cache_once_for_a_table_of_two_files(place: Place) -> None:
    place.write("shows.csv", "number,title,day\n1,one ,2026-11-01\n2,two,2026-11-02\n")
    of_rows = BULLETINS.split("  - {id")[0].replace('"show-', '"more-').replace('"Show ', '"More ')
    place.write("more.yaml", of_rows)
    expected = load_set(place.set, use_cache=False)
    assert [(each.file, each.line) for each in expected.warnings] == [(str(place.set / "shows.csv"), 2)]
    load_set(place.set, use_cache=True)
    again = load_set(place.set, use_cache=True)
    assert again.cached is not None
    assert again.warnings == again.definitions.warnings == expected.warnings
    assert again.strict().problems == expected.strict().problems != ()


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:5000]),
    "no database": lambda file: file.write_bytes(b"something else" * 500),
    "names that are not UTF-8": lambda file: file.write_bytes(
        file.read_bytes().replace(b"sqlite_autoindex", b"sqlit\xec_autoindex")
    ),
    "empty": lambda file: file.write_bytes(b""),
    "a folder": replace_by_folder,
    "another format": lambda file: execute(file, "PRAGMA user_version = 99"),
    "another program's tables": lambda file: execute(file, "DROP TABLE files", "CREATE TABLE files (a)"),
    "other values": lambda file: execute(file, "UPDATE files SET head = replace(head, 'Program', 'Other')"),
    "other lookups": lambda file: execute(file, "UPDATE files SET lookups = '[]'"),
    "other bulletins": lambda file: execute(file, "UPDATE files SET bulletins = '[]'"),
    "values of other types": lambda file: execute(file, "UPDATE files SET head = 7, tables = x'00'"),
    "lookups of another type": lambda file: execute(file, "UPDATE files SET lookups = x'00FF'"),
    "bulletins of another type": lambda file: execute(file, "UPDATE files SET bulletins = x'00FF'"),
    "no values": lambda file: execute(file, "DELETE FROM files"),
}


def execute(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_cache_is_ignored(place: Place, tmp_path: Path, name: str) -> None:
    place.send_all(every=2)
    check(place)
    DAMAGE[name](tmp_path.with_name(f"{tmp_path.name}.cache") / "bulletins" / "definitions.sqlite3")
    check(place)


@settings(max_examples=5)
@given(data=st.data())
def test_any_sequence_of_edits(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    place = Place(tmp_path_factory.mktemp("site"))
    edits: dict[str, Callable[[], object]] = {
        "send": lambda: place.send_all(every=data.draw(st.integers(1, 4))),
        "table": lambda: place.table(data.draw(st.sampled_from("ab")), edited=data.draw(st.integers(0, 50))),
        "rows": lambda: place.table("one", rows=data.draw(st.integers(1, ROWS))),
        "accounts": lambda: place.accounts(*data.draw(st.sampled_from([("india",), ("europe",), ("india", "europe")]))),
        "revision": lambda: place.write("shows.yaml", BULLETINS.replace("id: plain,", "id: plain, revision: 2,")),
        "move": lambda: shutil.move(place.set / "shows.yaml", place.set / "moved.yaml"),
    }
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(edits)))
        if name != "move" or (place.set / "shows.yaml").exists():
            edits[name]()
        if not load_set(place.set, use_cache=False).problems:
            check(place)
