"""A reviewed plan holds while what it sends can be sent as it was reviewed; else the changes are reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from plan import HOUR, NOW, knowing, make_bulletin, make_entry, make_firings
from runner.definitions.model import Account, Bulletin, Place
from runner.plan.decide import Plan, decide
from runner.plan.history import KnownFiring, State
from runner.plan.review.reviewed import Destination, ReviewedFiring, ReviewedPlan, differences

INDIA = Account("india", "https://in1.api.clevertap.com", "ID", Place("a.yaml", 1, 1, "india"), "PASS")
ACCOUNTS = {"india": INDIA}
DUE = make_bulletin("due", name="Due", at=NOW)
AT_ONCE = make_bulletin("at-once", name="At once")
LATER = make_bulletin("later", name="Later", at=NOW + HOUR)


def plan_of(*bulletins: Bulletin, entries: tuple[KnownFiring, ...] = (), now: Any = NOW) -> Plan:
    return decide(make_firings(*bulletins), knowing(*entries), now)


def reviewed(plan: Plan, **fields: Any) -> ReviewedPlan:
    to_send = tuple(
        ReviewedFiring(
            step.firing.key,
            step.firing.fingerprint,
            step.firing.bulletin.payload(),
            step.firing.occurrence.due_at,
            step.firing.occurrence.expires_at,
        )
        for step in plan.to_send
    )
    values: dict[str, Any] = {"path": "bulletins.d", "ledger": "L1", "destinations": {"india": Destination.of(INDIA)}}
    return ReviewedPlan(to_send=to_send, **{**values, **fields})


REVIEWED = reviewed(plan_of(DUE, AT_ONCE, LATER))


def moved_to(*bulletins: Bulletin, accounts: Mapping[str, Account] = ACCOUNTS, **fields: Any) -> list[str]:
    return differences(REVIEWED, plan_of(*bulletins, **fields), accounts, "L1")


def test_nothing_moved() -> None:
    assert REVIEWED.keys == {("india", "due", "r1"), ("india", "at-once", "r1")}
    assert moved_to(DUE, AT_ONCE) == []
    assert moved_to(DUE, AT_ONCE, now=NOW + HOUR / 2) == []


def test_what_is_not_sent_may_move() -> None:
    assert moved_to(AT_ONCE, DUE, replace(LATER, name="Edited")) == []
    elsewhere = replace(INDIA, name="europe", base_url="https://api.clevertap.com")
    assert moved_to(DUE, replace(AT_ONCE, tags=("new",)), accounts={**ACCOUNTS, "europe": elsewhere}) == []
    assert moved_to(DUE, AT_ONCE, accounts={"india": replace(INDIA, concurrency=1)}) == []


def test_a_failed_try_leaves_it_to_be_sent() -> None:
    (firing,) = make_firings(AT_ONCE)
    assert moved_to(DUE, AT_ONCE, entries=(make_entry(firing, State.FAILED),)) == []


@pytest.mark.parametrize(
    ("bulletin", "line"),
    [
        (replace(AT_ONCE, name="Edited"), "at-once in india: name was 'At once', and is now 'Edited'"),
        (replace(AT_ONCE, properties={}), "at-once in india: properties.program_id was '234567', and is now nothing"),
        (
            replace(AT_ONCE, revision=2),
            "at-once in india: it is no longer defined: it was removed, or its schedule or revision was changed",
        ),
        (replace(AT_ONCE, allow_duplicate=True), "at-once in india: allow_duplicate is now true"),
        (replace(AT_ONCE, enabled=False), "at-once in india: its action is now disabled: enabled is false"),
        (
            replace(AT_ONCE, schedule=LATER.schedule),
            "at-once in india: schedule.at was nothing, and is now '2026-12-01T14:00:00Z'",
        ),
    ],
)
def test_an_edit_is_reported(bulletin: Bulletin, line: str) -> None:
    assert moved_to(DUE, bulletin)[0] == line


def test_another_grace_is_reported() -> None:
    shorter = make_bulletin("due", name="Due", at=NOW, grace=HOUR / 2)
    assert moved_to(shorter, AT_ONCE) == [
        "due in india: it could be sent until 2026-12-01T14:00:00Z, and can now be sent until 2026-12-01T13:30:00Z"
    ]


@pytest.mark.parametrize("state", [State.FIRED, State.IN_DOUBT, State.CLAIMED])
def test_a_firing_in_the_ledger_is_reported(state: State) -> None:
    (firing,) = make_firings(AT_ONCE)
    action = {State.FIRED: "done", State.IN_DOUBT: "in_doubt", State.CLAIMED: "claimed"}[state]
    (line,) = moved_to(DUE, AT_ONCE, entries=(make_entry(firing, state),))
    assert line.startswith(f"at-once in india: its action is now {action}: ")


def test_time_that_ran_out_is_reported() -> None:
    (line,) = moved_to(DUE, AT_ONCE, now=NOW + 2 * HOUR)
    assert line.startswith(
        "due in india: its action is now expired: was due 2026-12-01T13:00:00Z; its grace period of 1h ended"
    )


def test_another_ledger_is_reported_and_none() -> None:
    plan = plan_of(DUE, AT_ONCE)
    assert differences(REVIEWED, plan, ACCOUNTS, "L2") == [
        "it was made with the ledger L1, but the ledger used now is L2"
    ]
    assert differences(REVIEWED, plan, ACCOUNTS, None) == ["it was made with the ledger L1, but no ledger exists here"]
    blind = replace(REVIEWED, ledger=None)
    assert differences(blind, plan, ACCOUNTS, "L1") == [
        "it was made without a ledger, so it could not know what had been sent before"
    ]


@pytest.mark.parametrize(
    ("account", "line"),
    [
        (None, "the account india is no longer defined"),
        (
            replace(INDIA, base_url="https://sg1.api.clevertap.com"),
            "the URL of the account india was https://in1.api.clevertap.com, and is now https://sg1.api.clevertap.com",
        ),
        (
            replace(INDIA, passcode_env="OTHER"),
            "the credentials of the account india now come from another variable or file",
        ),
    ],
)
def test_an_account_that_moved_is_reported(account: Account | None, line: str) -> None:
    assert moved_to(DUE, AT_ONCE, accounts={"india": account} if account else {}) == [line]
