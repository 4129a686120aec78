from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, make_bulletin, make_firing, make_firings
from runner.definitions.model import Definitions, Place, Recurrence
from runner.plan.firing import FiringKey, WatchKey, definition, firings


def test_every_account_of_every_bulletin_is_a_firing_in_file_order() -> None:
    found = make_firings(make_bulletin("b", accounts=("india", "europe")), make_bulletin("a", revision=2))
    assert [firing.key for firing in found] == [
        FiringKey("india", "b", "r1"),
        FiringKey("europe", "b", "r1"),
        FiringKey("india", "a", "r2"),
    ]


def test_the_body_is_what_the_api_takes() -> None:
    firing = make_firing(name="सा रे गा मा", properties={"language": "Hindi", "program_id": "1"}, when=1796130000)
    assert json.loads(firing.body) == {
        "business_event": "Program Released",
        "name": "सा रे गा मा",
        "properties": {"language": "Hindi", "program_id": "1"},
        "c-by": "releases@example.com",
        "when": 1796130000,
    }
    assert "सा".encode() in firing.body


def test_the_order_of_properties_changes_no_hash() -> None:
    one = make_firing(properties={"a": "1", "b": "2"})
    other = make_firing(properties={"b": "2", "a": "1"})
    assert (one.body, one.payload_hash, one.fingerprint) == (other.body, other.payload_hash, other.fingerprint)


@pytest.mark.parametrize(
    "edit",
    [
        {"business_event": "Program Ended"},
        {"name": "Episode 13"},
        {"properties": {"program_id": "234568"}},
        {"properties": {}},
        {"c_by": "other@example.com"},
        {"when": 1796130000},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_every_field_of_the_payload_is_in_both_hashes(edit: dict[str, Any]) -> None:
    before, after = make_firing(), make_firing(**edit)
    assert before.payload_hash != after.payload_hash
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    "edit",
    [
        {"tags": ("music",)},
        {"enabled": False},
        {"allow_duplicate": True},
        {"place": Place("elsewhere.yaml", 1, 1, 0)},
        {"accounts": ("europe",)},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_what_the_api_does_not_get_is_in_no_hash(edit: dict[str, Any]) -> None:
    before, after = make_firing(), make_firing(**edit)
    assert (before.payload_hash, before.fingerprint) == (after.payload_hash, after.fingerprint)


def test_the_due_time_is_in_the_fingerprint_and_not_in_the_payload() -> None:
    before, after = make_firing(at=NOW), make_firing(at=NOW + timedelta(seconds=1))
    assert before.payload_hash == after.payload_hash
    assert before.fingerprint != after.fingerprint


def test_the_grace_is_no_part_of_what_was_sent() -> None:
    assert make_firing(at=NOW, grace=HOUR).fingerprint == make_firing(at=NOW, grace=2 * HOUR).fingerprint


def test_a_definition_read_back_from_its_body_is_the_same() -> None:
    firing = make_firing(at=NOW)
    assert definition(json.loads(firing.body), firing.occurrence.due_at) == firing.definition


def test_each_time_of_what_recurs_is_a_firing_that_says_which_it_is() -> None:
    schedule = Recurrence("30 18 * * FRI", "Asia/Kolkata")
    bulletin = make_bulletin(
        name="Weekly of {{ occurrence.date }} {{ occurrence.time }}",
        properties={"day": "{{ occurrence.weekday }}", "program_id": "1"},
        accounts=("india", "europe"),
        schedule=schedule,
    )
    found = list(firings(Definitions({}, {}, (bulletin,), ()), NOW, until=NOW + timedelta(days=14)))
    assert [firing.key for firing in found] == [
        FiringKey(account, "a", f"r1@2026-12-{day}T13:00:00Z")
        for day in ("04", "11")
        for account in ("india", "europe")
    ]
    assert [firing.bulletin.name for firing in found[::2]] == [
        "Weekly of 2026-12-04 18:30",
        "Weekly of 2026-12-11 18:30",
    ]
    assert found[0].bulletin.properties == {"day": "Friday", "program_id": "1"}
    assert json.loads(found[0].body) == found[0].bulletin.payload()
    assert len({firing.payload_hash for firing in found}) == len({firing.fingerprint for firing in found}) == 2
    assert found[0].watch_key == WatchKey("india", "a", 1)


def test_where_nothing_is_said_of_the_time_all_firings_share_their_bulletin() -> None:
    bulletin = make_bulletin(schedule=Recurrence("0 9 * * *", "UTC"))
    found = list(firings(Definitions({}, {}, (bulletin,), ()), NOW, until=NOW + timedelta(days=3)))
    assert [firing.bulletin is bulletin for firing in found] == [True] * 3
    assert (len({firing.payload_hash for firing in found}), len({firing.fingerprint for firing in found})) == (1, 3)


def test_a_marker_in_what_does_not_recur_is_left_as_it_is() -> None:
    assert make_firing(name="{{ occurrence.date }}", at=NOW).bulletin.name == "{{ occurrence.date }}"
    assert make_firing(at=NOW).watch_key is None
