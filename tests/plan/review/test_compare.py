from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, make_bulletin
from runner.definitions.model import Account, Bulletin, BusinessEvent, Definitions, Place
from runner.plan.changes import Change
from runner.plan.firing import FiringKey
from runner.plan.review.compare import ChangeKind, Comparison, compare


def make_set(*bulletins: Bulletin, accounts: tuple[Account, ...] = (), events: tuple[BusinessEvent, ...] = ()) -> Any:
    return Definitions(
        {account.name: account for account in accounts}, {event.name: event for event in events}, bulletins, ()
    )


def make_account(name: str = "india", **fields: Any) -> Account:
    place = Place("bulletins.d/accounts.yaml", 2, 3, name)
    values = {"base_url": "https://in1.api.clevertap.com", "region": "in1", "passcode_env": "P", "account_id_env": "I"}
    return Account(name, place=place, **{**values, **fields})


def make_event(name: str = "Program Released", **fields: Any) -> BusinessEvent:
    return BusinessEvent(name, Place("bulletins.d/events.yaml", 2, 3, name), **fields)


def reported(comparison: Comparison) -> list[str]:
    """Each bulletin that changed, as `renamed b from a`."""
    return [
        f"{change.kind} {change.bulletin.id}"
        + (f" from {change.before.id}" if change.before and change.kind is ChangeKind.RENAMED else "")
        for change in comparison.bulletins
    ]


def fields(old: Bulletin, new: Bulletin) -> tuple[Change, ...]:
    (change,) = compare(make_set(old), make_set(new)).bulletins
    assert change.kind is ChangeKind.CHANGED
    assert (change.bulletin, change.before) == (new, old)
    return change.fields


def test_a_set_is_not_different_from_itself() -> None:
    same = make_set(make_bulletin(), accounts=(make_account(),), events=(make_event(),))
    assert compare(same, same) == Comparison((), (), ())


def test_against_nothing_all_is_added_and_nothing_is_left_of_it_the_other_way_round() -> None:
    empty, full = make_set(), make_set(make_bulletin(), accounts=(make_account(),), events=(make_event(),))
    come, gone = compare(empty, full), compare(full, empty)
    assert [change.kind for part in (come.bulletins, come.accounts, come.events) for change in part] == [
        ChangeKind.ADDED
    ] * 3
    assert [change.kind for part in (gone.bulletins, gone.accounts, gone.events) for change in part] == [
        ChangeKind.REMOVED
    ] * 3
    assert (come.bulletins[0].before, come.bulletins[0].fields) == (None, ())
    assert gone.bulletins[0].bulletin.id == "a"


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"name": "old"}, {"name": "new"}, Change("name", "old", "new")),
        ({"business_event": "A"}, {"business_event": "B"}, Change("business_event", "A", "B")),
        ({"c_by": "a@example.com"}, {"c_by": "b@example.com"}, Change("c-by", "a@example.com", "b@example.com")),
        ({"when": "now"}, {"when": 1796130000}, Change("when", "now", "1796130000")),
        ({"properties": {"x": "1"}}, {"properties": {"x": "2"}}, Change("properties.x", "1", "2")),
        ({"properties": {"x": ""}}, {"properties": {}}, Change("properties.x", "", None)),
        ({"at": NOW}, {"at": NOW + HOUR}, Change("schedule.at", "2026-12-01T13:00:00Z", "2026-12-01T14:00:00Z")),
        ({"at": NOW}, {"at": NOW, "grace": timedelta(minutes=90)}, Change("schedule.grace", "1h", "1h30m")),
        (
            {"at": NOW, "grace": timedelta(days=1, hours=12, minutes=30)},
            {"at": NOW, "grace": timedelta(days=1, hours=12, minutes=30, seconds=1)},
            Change("schedule.grace", "1d12h30m", "1d12h30m1s"),
        ),
        ({"accounts": ("india",)}, {"accounts": ("india", "europe")}, Change("accounts", "india", "europe, india")),
        ({}, {"enabled": False}, Change("enabled", "true", "false")),
        ({}, {"tags": ("music", "hindi")}, Change("tags", None, "hindi, music")),
        ({}, {"revision": 2}, Change("revision", "1", "2")),
        ({"allow_duplicate": True}, {}, Change("allow_duplicate", "true", "false")),
    ],
)
def test_each_field_has_its_diff(before: dict[str, Any], after: dict[str, Any], change: Change) -> None:
    assert fields(make_bulletin(**before), make_bulletin(**after)) == (change,)


def test_every_field_of_the_model_is_compared() -> None:
    other = make_bulletin(
        business_event="B",
        name="new",
        properties={},
        c_by="b@example.com",
        accounts=("europe",),
        when=1796130000,
        at=NOW,
        enabled=False,
        tags=("x",),
        revision=2,
        allow_duplicate=True,
        literal_braces=True,
    )
    found = {change.field.partition(".")[0].replace("-", "_") for change in fields(make_bulletin(), other)}
    assert found == set(Bulletin.__dataclass_fields__) - {"id", "place", "inherited", "as_before"}


def test_a_schedule_comes_and_goes_whole() -> None:
    assert fields(make_bulletin(), make_bulletin(at=NOW)) == (
        Change("schedule.at", None, "2026-12-01T13:00:00Z"),
        Change("schedule.grace", None, "1h"),
    )


@pytest.mark.parametrize(
    "other",
    [
        {"place": Place("bulletins.d/moved.yaml", 99, 1, 7)},
        {"tags": ("b", "a")},
        {"accounts": ("europe", "india")},
        {"properties": {"y": "2", "x": "1"}},
        {"inherited": frozenset({"name", "tags"})},
    ],
)
def test_how_it_is_written_is_no_change(other: dict[str, Any]) -> None:
    values: dict[str, Any] = {"tags": ("a", "b"), "accounts": ("india", "europe"), "properties": {"x": "1", "y": "2"}}
    old, new = make_bulletin(**values), make_bulletin(**{**values, **other})
    assert compare(make_set(old), make_set(new)).bulletins == ()


def test_a_value_from_the_defaults_is_marked() -> None:
    names = frozenset({"name", "properties.x", "schedule.grace"})
    old = make_bulletin(name="old", properties={"x": "1", "y": "1"}, at=NOW, inherited=names)
    new = make_bulletin(name="new", properties={"y": "2"}, at=NOW, grace=2 * HOUR, inherited=names - {"properties.x"})
    assert fields(old, new) == (
        Change("name", "old", "new", inherited=True),
        Change("properties.x", "1", None, inherited=True),
        Change("properties.y", "1", "2"),
        Change("schedule.grace", "1h", "2h", inherited=True),
    )


def test_a_default_that_a_bulletin_now_overrides_is_its_own_change() -> None:
    old = make_bulletin(name="old", inherited=frozenset({"name"}))
    assert fields(old, make_bulletin(name="new")) == (Change("name", "old", "new"),)


def test_the_same_payload_under_a_new_id_is_a_rename() -> None:
    old, new = make_bulletin("a", tags=("x",)), make_bulletin("b")
    (change,) = compare(make_set(old), make_set(new)).bulletins
    assert (change.kind, change.bulletin, change.before) == (ChangeKind.RENAMED, new, old)
    assert change.fields == (Change("id", "a", "b"), Change("tags", "x", None))


@pytest.mark.parametrize(
    "other",
    [
        {"name": "other"},
        {"business_event": "other"},
        {"properties": {}},
        {"c_by": "b@example.com"},
        {"when": 1796130000},
        {"accounts": ("europe",)},
    ],
)
def test_an_edited_payload_or_another_account_is_no_rename(other: dict[str, Any]) -> None:
    found = compare(make_set(make_bulletin("a")), make_set(make_bulletin("b", **other)))
    assert reported(found) == ["added b", "removed a"]


def test_one_shared_account_and_another_time_are_a_rename() -> None:
    old = make_bulletin("a", accounts=("india", "europe"), at=NOW)
    new = make_bulletin("b", accounts=("asia", "india"), at=NOW + HOUR)
    assert reported(compare(make_set(old), make_set(new))) == ["renamed b from a"]


def test_of_several_the_one_with_the_same_schedule_is_meant_then_the_first() -> None:
    old = [make_bulletin("a1"), make_bulletin("a2", at=NOW), make_bulletin("a3", at=NOW + HOUR)]
    new = [make_bulletin("b1", at=NOW + 2 * HOUR), make_bulletin("b2", at=NOW + HOUR), make_bulletin("b3")]
    assert reported(compare(make_set(*old), make_set(*new))) == [
        "renamed b1 from a2",
        "renamed b2 from a3",
        "renamed b3 from a1",
    ]


def test_a_bulletin_is_renamed_once() -> None:
    old, new = make_set(make_bulletin("a")), make_set(make_bulletin("b"), make_bulletin("c"))
    assert reported(compare(old, new)) == ["renamed b from a", "added c"]
    assert reported(compare(new, old)) == ["renamed a from b", "removed c"]


def test_a_copy_is_no_rename() -> None:
    old = make_bulletin("a")
    assert reported(compare(make_set(old), make_set(old, make_bulletin("b")))) == ["added b"]


def test_thousands_of_one_payload_are_paired_in_no_time() -> None:
    old = [make_bulletin(f"a{n}", accounts=("x", f"a{n}")) for n in range(3000)]
    new = [make_bulletin(f"b{n}", accounts=(f"a{2999 - n}", f"b{n}")) for n in range(3000)]
    found = compare(make_set(*old), make_set(*new)).bulletins
    assert [change.before.id for change in found if change.before] == [f"a{2999 - n}" for n in range(3000)]


def test_changes_are_in_the_order_of_the_new_side_then_removed_bulletins() -> None:
    old = [make_bulletin(name, name=name) for name in ("z", "same", "y", "edited")]
    new = [make_bulletin(name, name=name) for name in ("new", "edited", "same")]
    new[1] = replace(new[1], revision=2)
    assert reported(compare(make_set(*old), make_set(*new))) == [
        "added new",
        "changed edited",
        "removed z",
        "removed y",
    ]


def test_of_bulletins_with_one_id_the_first_counts() -> None:
    old = make_set(make_bulletin(name="first"), make_bulletin(name="second"))
    assert reported(compare(old, make_set(make_bulletin(name="first")))) == []


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        (
            {"region": "sg1", "base_url": "https://sg1.api.clevertap.com"},
            (Change("region", "in1", "sg1"),),
        ),
        (
            {"region": None, "base_url": "http://127.0.0.1:1"},
            (Change("region", "in1", None), Change("base_url", None, "http://127.0.0.1:1")),
        ),
        ({"account_id_env": "J"}, (Change("account_id_env", "I", "J"),)),
        (
            {"passcode_env": None, "passcode_file": "/x"},
            (Change("passcode_env", "P", None), Change("passcode_file", None, "/x")),
        ),
        ({"concurrency": 1}, (Change("concurrency", "3", "1"),)),
        ({"ledger": "01J"}, (Change("ledger", None, "01J"),)),
        ({"timezone": "Asia/Dubai"}, (Change("timezone", None, "Asia/Dubai"),)),
    ],
)
def test_each_field_of_an_account_has_its_diff(after: dict[str, Any], changes: tuple[Change, ...]) -> None:
    old, new = make_account(), make_account(**after)
    (change,) = compare(make_set(accounts=(old,)), make_set(accounts=(new,))).accounts
    assert (change.kind, change.name, change.place, change.fields) == (ChangeKind.CHANGED, "india", new.place, changes)


def test_an_account_says_how_many_enabled_bulletins_go_there() -> None:
    bulletins = [
        make_bulletin("a"),
        make_bulletin("b", accounts=("europe", "india")),
        make_bulletin("c", accounts=("europe",)),
        make_bulletin("d", enabled=False),
    ]
    old = make_set(*bulletins, accounts=(make_account("gone"), make_account()))
    new = make_set(*bulletins, accounts=(make_account("europe"), make_account(concurrency=1)))
    found = [(change.kind, change.name, change.bulletins) for change in compare(old, new).accounts]
    assert found == [(ChangeKind.ADDED, "europe", 2), (ChangeKind.CHANGED, "india", 2), (ChangeKind.REMOVED, "gone", 0)]
    assert compare(old, new).accounts[2].place is None


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({}, {"required": ("b", "a")}, (Change("required", None, "a, b"),)),
        (
            {"properties": {"x": {"enum": ["b", "a"], "type": "string"}}},
            {"properties": {"x": {"type": "string", "enum": ["a", "b"]}, "y": None}},
            (
                Change("properties.x", '{"enum":["b","a"],"type":"string"}', '{"enum":["a","b"],"type":"string"}'),
                Change("properties.y", None, "{}"),
            ),
        ),
        ({}, {"properties": {}}, (Change("properties", "any", None),)),
        ({"properties": {"x": True}}, {}, (Change("properties.x", "true", None), Change("properties", None, "any"))),
    ],
)
def test_each_field_of_an_event_has_its_diff(
    before: dict[str, Any], after: dict[str, Any], changes: tuple[Change, ...]
) -> None:
    old, new = make_event(**before), make_event(**after)
    bulletins = [make_bulletin("a"), make_bulletin("b", enabled=False), make_bulletin("c", business_event="x")]
    (change,) = compare(make_set(events=(old,)), make_set(*bulletins, events=(new,))).events
    assert (change.kind, change.name, change.place) == (ChangeKind.CHANGED, "Program Released", new.place)
    assert (change.fields, change.bulletins) == (changes, 1)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_the_same_catalog_in_another_order_is_no_change(order: tuple[str, ...]) -> None:
    old = make_event(required=("a", "b"), properties={"a": {"x": 1, "y": 2}, "b": None})
    new = make_event(required=order, properties={name: {"a": {"y": 2, "x": 1}, "b": {}}[name] for name in order})
    assert compare(make_set(events=(old,)), make_set(events=(new,))).events == ()


def test_firings_of_what_changed_are_touched_and_no_others() -> None:
    accounts = [make_account(), make_account("moved"), make_account("renamed-variable")]
    bulletins = [make_bulletin(name, name=name) for name in ("same", "edited", "old", "gone")]
    old = make_set(*bulletins, accounts=tuple(accounts))
    accounts[1] = make_account("moved", region=None, base_url="http://127.0.0.1:1")
    accounts[2] = make_account("renamed-variable", passcode_env="Q")
    new = [bulletins[0], replace(bulletins[1], tags=("x",)), replace(bulletins[2], id="new"), make_bulletin("added")]
    found = compare(old, make_set(*new, accounts=tuple(accounts)))
    touched = [name for name in ("same", "edited", "new", "added") if found.touched(FiringKey("india", name, "r1"))]
    assert touched == ["edited", "new", "added"]
    assert found.touched(FiringKey("moved", "same", "r1"))
    assert not found.touched(FiringKey("renamed-variable", "same", "r1"))
    assert not replace(found, bulletins=()).touched(FiringKey("india", "edited", "r1"))
