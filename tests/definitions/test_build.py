from __future__ import annotations

from datetime import UTC, datetime, timedelta

from definitions import Write
from runner.definitions.load import load
from runner.definitions.model import Bulletin, Schedule

ACCOUNTS = """
    accounts:
      india: {region: in1, account_id_env: A, passcode_env: B, concurrency: 2.0}
      europe: {base_url: 'https://api.clevertap.com/', account_id_env: A, passcode_file: /x}
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
