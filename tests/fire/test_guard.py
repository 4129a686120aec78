from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from refusals import refused

from fire import account, bulletin, due, plan_of
from runner.errors import ErrorCode, Exit, UserError
from runner.fire.api.credentials import read_credentials
from runner.fire.guard import accounts_needed, check_identities, check_ledger_pins, check_maximum
from runner.ledger.ledger import Ledger

ACCOUNTS = {name: account(name=name) for name in ("india", "europe", "unused")}


def test_accounts_are_needed_for_what_is_sent_now_or_later(ledger: Ledger) -> None:
    later = due(datetime.now(UTC) + timedelta(days=1))
    plan = plan_of([bulletin(1), bulletin(2, accounts=("europe",), schedule=later)], ledger)
    assert [each.name for each in accounts_needed(plan, ACCOUNTS)] == ["india", "europe"]
    plan = plan_of([bulletin(1, enabled=False)], ledger)
    assert accounts_needed(plan, ACCOUNTS) == []


def test_more_than_the_maximum_is_refused_with_the_figures(ledger: Ledger) -> None:
    plan = plan_of([bulletin(number) for number in range(3)], ledger)
    check_maximum(plan, 3)
    with refused(ErrorCode.TOO_MANY_FIRINGS, "3 firings", "--max allows 2", "--max 3") as caught:
        check_maximum(plan, 2)
    assert caught.value.exit_code is Exit.REFUSED


def test_of_a_reviewed_plan_nothing_can_be_left_out(ledger: Ledger) -> None:
    plan = plan_of([bulletin(number) for number in range(3)], ledger)
    check_maximum(plan, 3, is_reviewed=True)
    with refused(ErrorCode.TOO_MANY_FIRINGS, "--max 3", "plan"):
        check_maximum(plan, 2, is_reviewed=True)


def test_an_account_that_names_a_ledger_is_fired_with_no_other(ledger: Ledger) -> None:
    check_ledger_pins([account(), account(ledger=ledger.id)], ledger.id, "here")
    with refused(ErrorCode.WRONG_LEDGER, "01ABC"):
        check_ledger_pins([account(ledger="01ABC")], ledger.id, "here")


INDIA = "https://in1.api.clevertap.com"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (INDIA, INDIA),
        (INDIA, "https://api.clevertap.com"),
        ("https://api.clevertap.com", "https://EU1.api.clevertap.com:443"),
        ("http://127.0.0.1:8642", "http://localhost:8642"),
        ("http://localhost", "http://[::1]:80"),
        ("https://gateway.example.com", "https://Gateway.example.com.:443"),
    ],
)
def test_one_account_under_two_names_is_refused_without_quoting_its_id(first: str, second: str) -> None:
    accounts = [account(first, "india"), account(second, "bharat"), account(INDIA, "unset")]
    for id_ in ("WRK-485-456Z", "wrk-485-456z"):
        readings = read_credentials(accounts, {"INDIA_ID": "WRK-485-456Z", "BHARAT_ID": id_})
        with pytest.raises(UserError) as caught:
            check_identities(readings)
        assert caught.value.exit_code is Exit.REFUSED
        assert all(word in caught.value.message for word in ("india", "bharat", "INDIA_ID", "BHARAT_ID"))
        assert "WRK" not in (caught.value.message + caught.value.help).upper()


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        (INDIA, INDIA, ("WRK-1", "WRK-2")),
        (INDIA, "https://gateway.example.com", ("WRK-1", "WRK-1")),
        ("http://127.0.0.1:8642", "http://127.0.0.1:8643", ("WRK-1", "WRK-1")),
        (INDIA, INDIA, ("", "")),
    ],
)
def test_two_accounts_are_two(first: str, second: str, ids: tuple[str, str]) -> None:
    accounts = [account(first, "india"), account(second, "bharat")]
    check_identities(read_credentials(accounts, dict(zip(("INDIA_ID", "BHARAT_ID"), ids, strict=True))))


@pytest.mark.parametrize("holder", ["INDIA_PASSCODE", "BHARAT_PASSCODE"])
def test_an_id_that_is_a_passcode_is_refused_without_quoting_it(holder: str) -> None:
    environment = {"INDIA_ID": "QAB-SECRET-1", holder: "QAB-SECRET-1"}
    with pytest.raises(UserError) as caught:
        check_identities(read_credentials([account(INDIA, "india"), account(INDIA, "bharat")], environment))
    assert caught.value.exit_code is Exit.REFUSED
    assert "INDIA_ID" in caught.value.message
    assert "SECRET" not in caught.value.message + caught.value.help
