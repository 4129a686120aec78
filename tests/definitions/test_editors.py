"""What schemas say for editors alone: red where the set's own check is, never where it isn't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import regress
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.definitions.editing.editor_schema import narrow_schema
from runner.definitions.files import sources_under
from runner.definitions.load import load_sources
from runner.definitions.model import Definitions
from runner.definitions.reading.reader import read
from runner.definitions.schedules import bulletin_times, cron, times
from runner.definitions.schema.schemas import KINDS, document_kind, fast_validator, published, schema, validator_for
from runner.definitions.sources import Source

ACCOUNTS = {
    name: {"region": "in1", "account_id_env": f"{name}_ID", "passcode_env": "PASSCODE"} for name in ("india", "europe")
}
EVENTS: dict[str, Any] = {
    "Program Released": {"required": ["program_id", "language"], "properties": {"program_id": {}, "language": {}}},
    "Flash Sale": {"required": ["sale_id", "language"]},
}
ENTRY: dict[str, Any] = {
    "id": "a",
    "business_event": "Program Released",
    "name": "A",
    "c-by": "a@example.com",
    "accounts": ["india"],
    "properties": {"program_id": "1", "language": "Hindi"},
}
VALIDATORS = {kind: fast_validator(published(kind)) for kind in KINDS}


def the_set(*files: Any, accounts: Any = ACCOUNTS) -> Definitions:
    values = [*files, {"accounts": accounts}, {"business_events": EVENTS}]
    return load_sources([Source(f"{n}.yaml", json.dumps(value).encode) for n, value in enumerate(values)])


NARROWED = {kind: fast_validator(narrow_schema(kind, the_set())) for kind in KINDS}


def green(file: Any) -> tuple[bool, bool]:
    """Whether the general schema and the narrowed one take a file."""
    kind = document_kind(file)
    assert kind is not None
    return VALIDATORS[kind].is_valid(file), NARROWED[kind].is_valid(file)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ENTRY.items() if name not in names}


def entry(**fields: Any) -> dict[str, Any]:
    return {**ENTRY, **fields}


def times_of(entries: list[dict[str, Any]], **defaults: Any) -> dict[str, Any]:
    return {"defaults": defaults, "bulletins": entries} if defaults else {"bulletins": entries}


AT = "2026-12-01T18:30:00+05:30"
CRON = {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata"}
WRONG_SCHEDULES: list[dict[str, Any]] = [
    *({"at": at} for at in ("2026-12-01 18:30", "2026-13-01T18:30:00Z", "2026-12-01T25:30:00Z", "tomorrow", "")),
    *({"at": at} for at in ("2026-12-01T18:30:00.5Z", "1999-12-01T18:30:00Z", "2026-12-01T18:30:00+25:00")),
    *({"at": AT, "grace": grace} for grace in ("2 h", "2hours", "1h2d", "0h", "", "h", "PT2H")),
    *({**CRON, "cron": text} for text in ("30 18 * *", "60 18 * * *", "30 25 * * *", "30 18 * * FRIDAY", "@daily", "")),
    *({**CRON, "cron": text} for text in ("* * 32 * *", "* * * 13 *", "* * * * 8", "* * * * FRI#6", "0 18 * * * *")),
    *({**CRON, "cron": text} for text in ("*/0 * * * *", "0 9 * DEX *", "0 9 * * XYZ", "0,,1 * * * *", "-1 * * * *")),
    *(
        {**CRON, "cron": text}
        for text in ("*/90 * * * *", "0 */24 * * *", "0 0 */31 * *", "0 0 1 */12 *", "0 0 * * */7")
    ),
    {**CRON, "cron": "0 0 L/2 * *"},
    *({**CRON, name: day} for name in ("starts", "ends") for day in ("2026-12-32", "1.12.2026", "2026-12-01 18:30")),
    *({"at": AT, "timezone": zone} for zone in ("Asia Kolkata", "+05:30", "", "Asia/", "/Kolkata")),
    {"at": "2026-12-01T18:30:00"},
    {"cron": CRON["cron"]},
    {"at": AT, **CRON},
    {"at": AT, "starts": "2026-12-01"},
    {"at": AT, "catch_up": "all"},
    {"grace": "2h"},
    {},
]


@pytest.mark.parametrize("wrong", WRONG_SCHEDULES, ids=json.dumps)
def test_a_schedule_that_the_check_refuses_is_red(wrong: dict[str, Any]) -> None:
    file = times_of([entry(schedule=wrong)])
    assert the_set(file).problems
    assert green(file) == (False, False)


@pytest.mark.parametrize("wrong", WRONG_SCHEDULES, ids=json.dumps)
def test_only_the_editor_goes_by_it(wrong: dict[str, Any]) -> None:
    """What is wrong with a time is said in the words of the code that reads it."""
    assert validator_for("bulletins").is_valid(times_of([entry(schedule=wrong)]))


@pytest.mark.parametrize(
    "wrong", ["tomorrow", "", "2026-12-01T18:30:00", "1796130000000", "5", 1796130000000, 5, "2026-12-01"], ids=repr
)
def test_a_when_that_the_check_refuses_is_red(wrong: Any) -> None:
    for file in (times_of([entry(when=wrong)]), times_of([ENTRY], when=wrong)):
        assert the_set(file).problems
        assert green(file) == (False, False)


@pytest.mark.parametrize("zone", ["Asia/Kolkatta", "asia/kolkata", "IST", "localtime", "Factory", "posix/UTC"])
def test_the_narrowed_schema_knows_the_time_zones(zone: str) -> None:
    file = times_of([entry(schedule={"at": AT, "timezone": zone})])
    assert green(file) == (True, False)
    assert the_set(file).problems or zone.islower()  # a file system that takes either case takes such a name
    account = {"accounts": {"india": {**ACCOUNTS["india"], "timezone": zone}}}
    assert green(account) == (True, False)


@pytest.mark.parametrize("zone", ["Asia Kolkata", "+05:30", ""])
def test_the_time_zone_of_an_account_is_held_to_its_form(zone: str) -> None:
    account = {"accounts": {"india": {**ACCOUNTS["india"], "timezone": zone}}}
    assert the_set(account, accounts={}).problems
    assert green(account) == (False, False)


@pytest.mark.parametrize(
    ("defaults", "taken", "not_taken"),
    [
        ({"grace": "2 h"}, entry(schedule={"at": AT}), entry(schedule={"at": AT, "grace": "2h"})),
        ({"grace": "2 h", "at": AT}, ENTRY, entry(schedule={"grace": "2h"})),
        ({"grace": "2 h"}, entry(schedule=CRON), ENTRY),
        ({"timezone": "Asia Kolkata"}, entry(schedule={"at": AT}), entry(schedule=CRON)),
        ({"at": "tomorrow"}, ENTRY, entry(schedule={"at": AT})),
        ({**CRON, "cron": "@daily"}, ENTRY, entry(schedule={"cron": "0 9 * * *"})),
        ({**CRON, "starts": "now"}, ENTRY, entry(schedule={"starts": "2026-12-01"})),
        ({**CRON, "ends": "now"}, entry(schedule={"catch_up": "all"}), entry(schedule={"ends": "2026-12-01"})),
    ],
    ids=str,
)
def test_wrong_defaults_are_red_where_an_entry_takes_them(
    defaults: dict[str, Any], taken: dict[str, Any], not_taken: dict[str, Any]
) -> None:
    for entries, is_good in ([not_taken], True), ([not_taken, {**taken, "id": "b", "name": "B"}], False), ([], True):
        file = times_of(entries, schedule=defaults)
        assert (not the_set(file).problems) is is_good
        assert green(file) == (is_good, is_good)


@pytest.mark.parametrize("field", ["business_event", "name", "properties", "c-by", "accounts"])
def test_a_field_that_neither_entry_nor_defaults_have_is_missed(field: str) -> None:
    for defaults in {}, {"tags": ["music"]}, {"when": "now", "schedule": {"at": AT}}:
        file = times_of([without(field)], **defaults)
        assert the_set(file).problems
        assert green(file) == (field == "accounts", False)  # how many accounts a set has, it alone knows
    file = times_of([without(field)], **{field: ENTRY[field]})
    assert not the_set(file).problems
    assert green(file) == (True, True)


@pytest.mark.parametrize(
    "for_each", [{}, {"for_each": {"rows": [{"n": 1}]}, "id": "a-{{ row.n }}"}], ids=["plain", "rows"]
)
@pytest.mark.parametrize(
    ("defaults", "missing"),
    [
        ({}, "language"),
        ({"tags": ["music"]}, "language"),
        ({"properties": {"program_id": "1"}}, "language"),
        ({"properties": {"program_id": "1"}, "business_event": "Program Released"}, "language"),
        ({"properties": {}}, "program_id"),
        ({"properties": {"other": "x", "language": "Hindi"}}, "program_id"),
    ],
    ids=str,
)
def test_a_property_that_neither_entry_nor_defaults_have_is_missed(
    defaults: dict[str, Any], missing: str, for_each: dict[str, Any]
) -> None:
    left_out = ["business_event"] if "business_event" in defaults else []
    own = {name: value for name, value in ENTRY["properties"].items() if name != missing}
    bare = {**without(*left_out), **for_each}
    file = times_of([{**bare, "properties": own}], **defaults)
    assert the_set(file).problems
    assert green(file) == (True, False)
    inherited = {"properties": {**defaults.get("properties", {}), missing: "1"}} if defaults else {}
    good = times_of([{**bare, "properties": own if inherited else ENTRY["properties"]}], **{**defaults, **inherited})
    good["defaults"] = {**good.get("defaults", {})}
    good["defaults"].get("properties", {}).pop("other", None)
    assert not the_set(good).problems
    assert green(good) == (True, True)


def test_an_entry_without_properties_of_its_own_lacks_what_the_defaults_lack() -> None:
    file = times_of([without("properties")], properties={"language": "Hindi"})
    assert the_set(file).problems
    assert green(file) == (True, False)


@pytest.mark.parametrize("nothing", [{"bulletins": None}, {"bulletins": [], "defaults": {"schedule": {"grace": "x"}}}])
def test_nothing_is_not_wrong(nothing: dict[str, Any]) -> None:
    assert not the_set(nothing).problems
    assert green(nothing) == (True, True)


def test_a_budget_names_events_of_the_catalog() -> None:
    for event, is_good in ("Flash Sale", True), ("Flash Sail", False):
        accounts = {"india": {**ACCOUNTS["india"], "budget": {"events": {event: {"per_day": 1}}}}}
        assert (not the_set(accounts=accounts).problems) is is_good
        assert green({"accounts": accounts}) == (True, is_good)


def part(name: str) -> Any:
    whole = published("bulletins")
    return fast_validator({"$ref": f"#/$defs/editors/$defs/{name}", "$defs": whole["$defs"]})


def readable(read: Any, *arguments: Any) -> bool:
    try:
        read(*arguments)
    except times.TimeProblem:
        return False
    return True


def spelt(*pieces: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=8).map("".join)


NUMBERS = st.integers(0, 70).map(str) | st.sampled_from(["00", "007", "07", "1", "5", "12", "31"])
NAMES = st.sampled_from(
    ["*", "L", "LW", "5L", "lw", "jan", "DEC", "Sun", "FRI", "FRI#1", "7#5", "*/2", "L/2", "?", "W"]
)
TERMS = st.one_of(
    NUMBERS,
    NAMES,
    st.tuples(NUMBERS | NAMES, NUMBERS | NAMES).map("-".join),
    st.tuples(NUMBERS | NAMES, NUMBERS).map("/".join),
    st.tuples(NUMBERS, NUMBERS, NUMBERS).map(lambda three: f"{three[0]}-{three[1]}/{three[2]}"),
)
FIELDS = st.lists(TERMS, min_size=1, max_size=3).map(",".join)
CRONS = st.lists(FIELDS | st.just("*"), min_size=5, max_size=5).map(" ".join)


@settings(max_examples=examples(300))
@given(
    CRONS | st.tuples(st.integers(0, 4), FIELDS).map(lambda at: " ".join(["*"] * at[0] + [at[1]] + ["*"] * (4 - at[0])))
)
def test_a_cron_that_can_be_read_is_green(text: str) -> None:
    if cron.fault(text) is None:
        assert part("cron").is_valid(text)
        assert part("cron").is_valid(f" {text.replace(' ', '  ')} ")


@settings(max_examples=examples(200))
@given(st.text("0123456789dhms ", max_size=12) | spelt("1", "0", "12", "d", "h", "m", "s", "000001", "3650"))
def test_a_duration_is_green_if_it_can_be_read(text: str) -> None:
    if readable(times.duration, text):
        assert part("grace").is_valid(text)


@settings(max_examples=examples(200))
@given(
    st.datetimes().map(lambda at: at.isoformat(timespec="seconds")),
    st.sampled_from(["", "Z", "z", "+05:30", "-23:59", "+05:75", "+5:30", "+24:00", ".0Z", ".000+00:00", ".5Z"]),
    st.sampled_from([str.lower, str.upper, lambda text: text.replace("T", " "), lambda text: text[:10]]),
)
def test_a_time_is_green_if_it_can_be_read(local: str, offset: str, changed: Any) -> None:
    text = changed(local) + offset
    if readable(times.instant, text, "UTC"):
        assert part("at").is_valid(text)
    if readable(bulletin_times.edge_of_schedule, text, "UTC"):
        assert part("starts").is_valid(text)
        assert part("ends").is_valid(text)
    if readable(times.event_time, text):
        assert part("when").is_valid(text)


@given(st.integers(0, 10**13) | st.integers(0, 10**13).map(str) | st.integers(0, 10**11).map(lambda n: f"{n:019}"))
def test_seconds_are_green_exactly_if_they_can_be_read(value: int | str) -> None:
    assert part("when").is_valid(value) is readable(times.event_time, value)


def test_every_time_zone_that_there_is_is_green() -> None:
    zones = narrow_schema("accounts", the_set())["$defs"]["editors"]["$defs"]["timezone"]["enum"]
    assert "Asia/Kolkata" in zones
    assert [name for name in zones if not (part("timezone").is_valid(name) and readable(times.zone, name))] == []


VALID = sorted(path for path in (Path(__file__).parent / "valid").iterdir() if path.suffix != ".txt")
VALID.append(Path(__file__).parents[2] / "bulletins.d")
VALID.append(Path(__file__).parents[2] / "runner" / "scaffold")


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_the_files_of_valid_sets_are_green(path: Path) -> None:
    for source in sources_under([path]):
        document, _ = read(source.read(), source.name)
        assert document is not None
        kind = document_kind(document.value)
        assert kind is not None
        assert VALIDATORS[kind].is_valid(document.value), source.name


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(value.get("pattern"), str):
        yield value["pattern"]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from patterns(child)


@pytest.mark.parametrize("kind", KINDS)
def test_editors_can_read_the_patterns(kind: str) -> None:
    """Theirs are ECMAScript's regular expressions, not Rust's or Python's."""
    for pattern in patterns(published(kind)):
        regress.Regex(pattern, "u")


def test_the_programs_own_verdict_goes_without() -> None:
    assert "editors" in schema("bulletins")["$defs"]
    assert set(schema("bulletins")["$defs"]["editors"]["$defs"].values()) == {True}
    assert all(isinstance(rules, dict) for rules in published("bulletins")["$defs"]["editors"]["$defs"].values())
