from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from definitions import Write
from runner.definitions import regions
from runner.definitions.load import load
from runner.definitions.model import Bulletin, Schedule
from runner.definitions.problem_codes import Code

ACCOUNTS = """
    accounts:
      india: {region: in1, account_id_env: A, passcode_env: B, concurrency: 2.0}
      europe: {base_url: 'https://api.clevertap.com/', account_id_env: C, passcode_file: /x}
    """


def only(write: Write, text: str) -> Bulletin:
    definitions = load([write({"accounts.yaml": ACCOUNTS, "b.yaml": text})])
    assert definitions.problems == ()
    (found,) = definitions.bulletins
    return found


def test_every_field_arrives(write: Write) -> None:
    found = only(
        write,
        """
        bulletins:
          - id: sa-re-ga-ma-12
            business_event: Program Released
            name: सा रे गा मा
            properties: {program_id: "234567"}
            c-by: releases@example.com
            when: 2026-12-01T18:30:00+05:30
            accounts: [europe, india]
            schedule: {at: 2026-12-01T18:30:00, timezone: Asia/Kolkata, grace: 2h}
            enabled: false
            tags: [hindi]
            revision: 2.0
            allow_duplicate: true
        """,
    )
    assert found.payload() == {
        "business_event": "Program Released",
        "name": "सा रे गा मा",
        "properties": {"program_id": "234567"},
        "c-by": "releases@example.com",
        "when": 1796130000,
    }
    assert found.schedule == Schedule(datetime(2026, 12, 1, 13, tzinfo=UTC), timedelta(hours=2))
    assert (found.accounts, found.enabled, found.tags, found.allow_duplicate) == (
        ("europe", "india"),
        False,
        ("hindi",),
        True,
    )
    assert (type(found.revision), found.revision) == (int, 2)
    assert (found.place.line, found.place.column, found.place.entry) == (2, 5, 0)


def test_what_is_left_out_has_its_default(write: Write) -> None:
    found = only(
        write,
        """
        bulletins:
          - {id: a, business_event: E, name: N, properties: {}, c-by: a@example.com, accounts: [india]}
        """,
    )
    assert (found.when, found.schedule, found.enabled, found.tags, found.revision) == ("now", None, True, (), 1)


def test_defaults_give_way_and_mappings_are_merged(write: Write) -> None:
    found = only(
        write,
        """
        defaults:
          business_event: Program Released
          c-by: a@example.com
          accounts: [india]
          tags: [music]
          properties: {language: Hindi, season: "3"}
          schedule: {timezone: Asia/Kolkata, grace: 30m}
        bulletins:
          - id: a
            name: N
            properties: {language: Tamil}
            schedule: {at: 2026-12-01T18:30:00}
            tags: []
        """,
    )
    assert found.properties == {"language": "Tamil", "season": "3"}
    assert found.schedule == Schedule(datetime(2026, 12, 1, 13, tzinfo=UTC), timedelta(minutes=30))
    assert (found.tags, found.accounts) == ((), ("india",))


def test_a_grace_among_the_defaults_alone_is_no_schedule(write: Write) -> None:
    found = only(
        write,
        """
        defaults: {schedule: {timezone: Asia/Kolkata, grace: 2h}}
        bulletins:
          - {id: a, business_event: E, name: N, properties: {}, c-by: a@example.com, accounts: [india]}
        """,
    )
    assert found.schedule is None


def test_accounts_have_an_address_and_a_limit(write: Write) -> None:
    accounts = load([write({"accounts.yaml": ACCOUNTS})]).accounts
    assert accounts["india"].base_url == "https://in1.api.clevertap.com"
    assert accounts["europe"].base_url == "https://api.clevertap.com"
    assert [type(account.concurrency) for account in accounts.values()] == [int, int]
    assert [account.concurrency for account in accounts.values()] == [2, 3]


@pytest.mark.parametrize(
    ("base_url", "is_usable"),
    [
        ("https://in1.api.clevertap.com", True),
        ("https://in1.api.clevertap.com:65535/", True),
        ("https://a-b.example:1", True),
        (f"https://{'a' * 63}.example", True),
        ("http://127.0.0.255:8642", True),
        ("http://[::1]:80", True),
        ("https://in1.api.clevertap.com:65536", False),
        ("https://in1.api.clevertap.com:99999", False),
        ("https://in1.api.clevertap.com:0", False),
        ("http://127.0.0.1:70000", False),
        ("http://[::1]:70000", False),
        ("http://127.0.0.256", False),
        (f"https://{'a' * 64}.example", False),
        ("https://in1..clevertap.com", False),
        ("https://-a.example", False),
        ("https://.", False),
    ],
)
def test_an_address_that_no_request_can_go_to_is_a_problem(write: Write, base_url: str, is_usable: bool) -> None:
    text = f"accounts: {{india: {{base_url: '{base_url}', account_id_env: A, passcode_env: B}}}}\n"
    codes = [problem.code for problem in load([write({"accounts.yaml": text})]).problems]
    assert codes == ([] if is_usable else [Code.BAD_FORMAT])


@pytest.mark.parametrize(
    ("fields", "region", "zone"),
    [
        ("region: in1", "in1", "Asia/Kolkata"),
        ("region: sg1", "sg1", "Asia/Singapore"),
        ("region: aps3", "aps3", "Asia/Jakarta"),
        ("region: mec1", "mec1", "Asia/Dubai"),
        ("region: us1", "us1", "UTC"),
        ("region: eu1", "eu1", "UTC"),
        ("region: eu1, timezone: Europe/Berlin", "eu1", "Europe/Berlin"),
        ("base_url: 'https://in1.api.clevertap.com'", None, "UTC"),
        ("base_url: 'https://in1.api.clevertap.com', timezone: Asia/Kolkata", None, "Asia/Kolkata"),
    ],
)
def test_accounts_have_a_region_and_a_time_zone_for_people(
    write: Write, fields: str, region: str | None, zone: str
) -> None:
    text = f"accounts: {{x: {{{fields}, account_id_env: A, passcode_env: B}}}}\n"
    definitions = load([write({"accounts.yaml": text})])
    assert definitions.problems == ()
    assert (definitions.accounts["x"].region, definitions.accounts["x"].zone) == (region, zone)


def test_the_time_zones_are_those_of_regions() -> None:
    assert set(regions.TIMEZONES) <= set(regions.HOSTS)


def test_bulletins_of_an_account_with_a_wrong_time_zone_are_not_wrong_too(write: Write) -> None:
    accounts = ACCOUNTS.replace("region: in1,", "region: in1, timezone: IST,")
    bulletin = (
        "bulletins: [{id: a, business_event: E, name: N, properties: {}, c-by: a@example.com, accounts: [india]}]"
    )
    (problem,) = load([write({"accounts.yaml": accounts, "b.yaml": bulletin})]).problems
    assert problem.code == "bad-time"


def test_what_comes_from_the_defaults_is_known_key_by_key(write: Write) -> None:
    found = only(
        write,
        """
        defaults:
          business_event: Program Released
          c-by: a@example.com
          accounts: [india]
          tags: [music]
          enabled: true
          properties: {language: Hindi, season: "3"}
          schedule: {timezone: Asia/Kolkata, grace: 30m}
        bulletins:
          - id: a
            name: N
            c-by: b@example.com
            properties: {language: Tamil, episode: "7"}
            schedule: {at: 2026-12-01T18:30:00}
            tags: []
        """,
    )
    assert found.inherited == {
        "business_event", "accounts", "enabled", "properties.season", "schedule.timezone", "schedule.grace"
    }  # fmt: skip


def test_without_own_properties_all_keys_of_the_defaults_are_inherited(write: Write) -> None:
    found = only(
        write,
        """
        defaults: {properties: {language: Hindi, season: "3"}, schedule: {at: 2026-12-01T18:30:00Z}, when: now}
        bulletins:
          - {id: a, business_event: E, name: N, c-by: a@example.com, accounts: [india]}
        """,
    )
    assert found.inherited == {"properties.language", "properties.season", "schedule.at", "when"}


def test_without_defaults_nothing_is_inherited_not_even_the_only_account(write: Write) -> None:
    accounts = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
    bulletin = "bulletins: [{id: a, business_event: E, name: N, properties: {}, c-by: a@example.com}]\n"
    (found,) = load([write({"accounts.yaml": accounts, "b.yaml": bulletin})]).bulletins
    assert (found.accounts, found.inherited) == (("india",), frozenset())


def test_bulletins_that_inherit_the_same_share_it(write: Write) -> None:
    text = """
        defaults: {business_event: E, c-by: a@example.com, properties: {}, accounts: [india]}
        bulletins:
          - {id: ID-1, name: ID-1}
          - {id: ID-2, name: ID-2}
    """
    files = {f"{name}.yaml": text.replace("ID", name) for name in ("b", "c")}
    bulletins = load([write({"accounts.yaml": ACCOUNTS, **files})]).bulletins
    assert len(bulletins) == 4
    assert len({id(bulletin.inherited) for bulletin in bulletins}) == 1
