"""Budgets in the plan: what may go now, what waits and until when, and what will have expired by then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan import HOUR, NOW, TICK, make_bulletin, make_entry, make_firings
from runner.definitions.model import Account, Budget, Place
from runner.plan.budget import DAY, Budgets, Held, Limit, has_budget, limits
from runner.plan.decide import Action, Plan, Step, decide
from runner.plan.firing import Firing
from runner.plan.history import History, Spent, State

EVENT = "Program Released"
MINUTE = timedelta(minutes=1)


def an_account(per_hour: int | None = None, per_day: int | None = None, **events: Budget) -> Account:
    budgets = {name.replace("_", " "): budget for name, budget in events.items()}
    place = Place("a.yaml", 1, 1, "india")
    return Account("india", "https://example.com", "ID", place, budget=Budget(per_hour, per_day), event_budgets=budgets)


def due(count: int, **fields: object) -> list[Firing]:
    return make_firings(*(make_bulletin(f"b{number:03}", name=str(number), **fields) for number in range(count)))


def spent(*ago: timedelta, event: str = EVENT) -> list[Spent]:
    return [Spent(NOW - each, event) for each in ago]


def plan(firings: Iterable[Firing], account: Account, before: Iterable[Spent] = (), now: datetime = NOW) -> Plan:
    return decide(firings, History(spent={"india": tuple(sorted(before))}), now, {"india": account})


def test_without_a_budget_nothing_is_held_back() -> None:
    assert not has_budget(an_account())
    assert len(plan(due(500), an_account(), spent(*[MINUTE] * 500)).to_send) == 500


def test_what_is_over_the_budget_waits_and_says_until_when() -> None:
    planned = plan(due(5), an_account(2), spent(57 * MINUTE + timedelta(seconds=49), 10 * MINUTE))
    assert [step.action for step in planned.steps] == [Action.WAIT] * 5
    assert [step.reason for step in planned.held_back][:2] == [
        "the budget of india is 2 an hour, and it is used up until 2026-12-01T13:02:11Z; it can be sent then",
        "the budget of india is 2 an hour, and it is used up until 2026-12-01T13:50:00Z; it can be sent then",
    ]
    assert planned.held_back[0].may_go_at == NOW + timedelta(minutes=2, seconds=11)
    assert planned.in_reserve == ()


def test_what_only_others_of_the_plan_hold_back_says_so_and_is_in_reserve() -> None:
    planned = plan(due(4), an_account(3), spent(10 * MINUTE))
    assert [step.action for step in planned.steps] == [Action.FIRE, Action.FIRE, Action.WAIT, Action.WAIT]
    assert [step.reason.partition(";")[0] for step in planned.held_back] == [
        f"the budget of india is 3 an hour, and {count} others are sent first: no room until {until}"
        for count, until in ((2, "2026-12-01T13:50:00Z"), (3, "2026-12-01T14:00:00Z"))
    ]
    assert [step.in_reserve for step in planned.in_reserve] == [Action.FIRE] * 2


def test_what_fails_for_ever_never_keeps_anything_else_back() -> None:
    bad = due(3)
    good = make_firings(*(make_bulletin(f"g{n}", name=f"g{n}", at=NOW, grace=2 * HOUR) for n in range(2)))
    failed = {firing.key: make_entry(firing, State.FAILED, reason="HTTP 400") for firing in bad}
    planned = decide([*bad, *good], History(failed), NOW, {"india": an_account(3)})
    assert [step.action.value for step in planned.steps] == ["retry", "wait", "wait", "fire", "fire"]
    assert [step.reason.partition(": no room")[0] for step in planned.held_back] == [
        f"the budget of india is 3 an hour, and {count} others are sent first" for count in (3, 4)
    ]


def test_those_in_reserve_come_before_what_failed_before() -> None:
    failed, first, second, third = due(4)
    history = History({failed.key: make_entry(failed, State.FAILED, reason="HTTP 400")})
    planned = decide([failed, first, second, third], history, NOW, {"india": an_account(1)})
    assert [step.firing.key.bulletin for step in planned.in_reserve] == ["b002", "b003", "b000"]
    assert [step.in_reserve for step in planned.in_reserve] == [Action.FIRE, Action.FIRE, Action.RETRY]


def test_the_time_is_not_a_moment_too_early() -> None:
    (_, step) = plan(due(2), an_account(1), now=NOW + TICK).steps
    assert step.may_go_at == NOW + TICK + HOUR
    assert "2026-12-01T14:00:01Z" in step.reason


def test_those_that_wait_take_their_turns_too() -> None:
    planned = plan(due(121), an_account(60))
    assert len(planned.to_send) == 60
    assert [step.may_go_at for step in planned.steps[60:]] == [NOW + HOUR] * 60 + [NOW + 2 * HOUR]


def test_an_hour_and_a_day_are_counted_each_for_itself() -> None:
    planned = plan(due(6), an_account(2, 4))
    assert [step.may_go_at for step in planned.steps[2:]] == [NOW + HOUR] * 2 + [NOW + DAY] * 2
    assert "is 4 a day, and 5 others are sent first: no room until 2026-12-02T13:00:00Z" in planned.steps[-1].reason


def test_only_those_that_go_before_are_counted() -> None:
    sales = due(2, business_event="Flash Sale")
    others = make_firings(*(make_bulletin(f"c{number}", name=f"c{number}") for number in range(3)))
    planned = plan([*sales, *others], an_account(3, Flash_Sale=Budget(per_day=1)))
    assert planned.steps[1].may_go_at == NOW + DAY
    assert "is 3 an hour, and 3 others are sent first: no room until 2026-12-01T14:00:00Z" in planned.steps[-1].reason


def test_an_event_has_a_budget_beside_the_account() -> None:
    sales = due(3, business_event="Flash Sale")
    others = make_firings(*(make_bulletin(f"c{number}", name=f"c{number}") for number in range(3)))
    planned = plan([*sales, *others], an_account(4, Flash_Sale=Budget(per_day=1)))
    assert [step.action.value for step in planned.steps] == ["fire", "wait", "wait", "fire", "fire", "fire"]
    assert planned.steps[1].reason == (
        "the budget of india for Flash Sale is 1 a day, and 1 other is sent first: no room until 2026-12-02T13:00:00Z;"
        " it can be sent then"
    )


def test_what_counts_for_an_event_is_what_it_sent_before() -> None:
    sales = due(1, business_event="Flash Sale")
    account = an_account(Flash_Sale=Budget(per_hour=1))
    assert plan(sales, account, spent(MINUTE)).to_send
    assert not plan(sales, account, spent(MINUTE, event="Flash Sale")).to_send


def test_what_will_have_expired_by_then_says_so_and_takes_no_turn() -> None:
    short, long = (
        make_bulletin("short", at=NOW, grace=HOUR / 2),
        make_bulletin("long", at=NOW, name="2", grace=2 * HOUR),
    )
    planned = plan(make_firings(make_bulletin("first", at=NOW - TICK, name="3"), short, long), an_account(1))
    assert [step.action for step in planned.steps] == [Action.FIRE, Action.WAIT, Action.WAIT]
    assert planned.steps[1].reason == (
        "the budget of india is 1 an hour, and 1 other is sent first: no room until 2026-12-01T14:00:00Z;"
        " it will expire before that, 2026-12-01T13:30:00Z"
    )
    assert planned.steps[2].may_go_at == NOW + HOUR


def test_the_last_moment_of_a_window_is_not_too_late() -> None:
    (_, step) = plan(due(2, at=NOW, grace=HOUR), an_account(1)).steps
    assert step.may_go_at == step.firing.occurrence.expires_at
    assert step.reason.endswith("it can be sent then")


def test_an_expiry_for_which_the_budget_is_the_cause_says_so() -> None:
    firings = due(1, at=NOW - 2 * HOUR, grace=HOUR)
    told = plan(firings, an_account(2), spent(61 * MINUTE, 100 * MINUTE)).steps[0]
    assert (told.action, told.may_go_at, told.is_news) == (Action.EXPIRED, None, True)
    assert told.reason.endswith("; the budget of india is 2 an hour, and it was used up when the grace ran out")
    assert told.kept_reason == (
        "was due 2026-12-01T11:00:00Z; the budget of india is 2 an hour, and it was used up when the grace ran out"
    )
    for before in (spent(61 * MINUTE), spent(59 * MINUTE, 100 * MINUTE), spent(61 * MINUTE, 120 * MINUTE)):
        other = plan(firings, an_account(2), before).steps[0]
        assert ("budget" in other.reason, other.kept_reason) == (False, None)


def test_an_expiry_that_was_told_says_what_was_told_and_no_more() -> None:
    (firing,) = due(1, at=NOW - 2 * HOUR, grace=HOUR)
    before = tuple(sorted(spent(61 * MINUTE, 100 * MINUTE)))
    news = plan([firing], an_account(2), before).steps[0]
    entry = make_entry(firing, State.EXPIRED, reason=news.kept_reason)
    history = History({firing.key: entry}, spent={"india": before})
    (told,) = decide([firing], history, NOW, {"india": an_account(2)}).steps
    assert (told.is_news, told.reason) == (False, f"{news.kept_reason}; reported by run RUN1")


def test_only_what_would_be_sent_is_charged() -> None:
    later, off, sent, new = make_firings(
        make_bulletin("later", at=NOW + HOUR), make_bulletin("off", enabled=False), make_bulletin("sent", name="s"),
        make_bulletin("new", name="n"),
    )  # fmt: skip
    history = History({sent.key: make_entry(sent, State.FIRED)})
    planned = decide([later, off, sent, new], history, NOW, {"india": an_account(1)})
    assert [step.firing for step in planned.to_send] == [new]


def test_a_retry_is_charged_as_any_other() -> None:
    firings = due(2)
    history = History({each.key: make_entry(each, State.FAILED, reason="HTTP 400") for each in firings})
    planned = decide(firings, history, NOW, {"india": an_account(1)})
    assert [step.action for step in planned.steps] == [Action.RETRY, Action.WAIT]


def test_each_account_has_its_own_budget() -> None:
    firings = make_firings(*(make_bulletin(str(n), name=str(n), accounts=("india", "europe")) for n in range(2)))
    planned = decide(firings, History(), NOW, {"india": an_account(1)})
    assert [step.firing.key.account for step in planned.held_back] == ["india"]


def test_a_clock_that_was_ahead_frees_nothing_early() -> None:
    (step,) = plan(due(1), an_account(1), spent(-5 * MINUTE)).steps
    assert step.action is Action.WAIT


def test_a_clock_that_was_ahead_frees_when_the_ledger_says() -> None:
    """Which counts from the moment of the claim."""
    (step,) = plan(due(1), an_account(1), spent(-5 * MINUTE)).steps
    assert step.may_go_at == NOW + 5 * MINUTE + HOUR
    times = [step.may_go_at for step in plan(due(3), an_account(2), spent(-5 * MINUTE, -10 * MINUTE)).steps]
    assert times == [NOW + 65 * MINUTE, NOW + 70 * MINUTE, NOW + 125 * MINUTE]


def test_a_clock_that_was_far_ahead_holds_nothing_back_for_ever() -> None:
    assert plan(due(1), an_account(1), spent(-HOUR)).to_send
    assert not plan(due(1), an_account(1, 1), spent(-HOUR)).to_send


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (Limit("india", 1200, HOUR), "the budget of india is 1,200 an hour"),
        (Limit("india", 3, DAY, "Flash Sale"), "the budget of india for Flash Sale is 3 a day"),
    ],
)
def test_a_limit_is_said_as_people_do(limit: Limit, said: str) -> None:
    assert str(limit) == said
    assert Held(limit, NOW).reason(None).startswith(said)


def test_a_firing_is_held_against_the_account_and_its_event() -> None:
    account = an_account(60, 400, Flash_Sale=Budget(per_day=3))
    own = (Limit("india", 60, HOUR), Limit("india", 400, DAY))
    assert limits(account, EVENT) == own
    assert limits(account, "Flash Sale") == (*own, Limit("india", 3, DAY, "Flash Sale"))
    assert limits(an_account(), EVENT) == ()


minutes = st.integers(0, 47 * 60)
counts = st.none() | st.integers(1, 4)


@given(
    counts,
    counts,
    counts,
    st.lists(st.tuples(minutes, st.booleans()), max_size=12),
    st.lists(st.booleans(), max_size=25),
)
def test_no_window_ever_holds_more_than_its_budget(
    per_hour: int | None,
    per_day: int | None,
    sales_an_hour: int | None,
    before: list[tuple[int, bool]],
    wanted: list[bool],
) -> None:
    account = an_account(per_hour, per_day, Flash_Sale=Budget(sales_an_hour))
    names = {True: "Flash Sale", False: EVENT}
    history = [Spent(NOW - minute * MINUTE, names[is_sale]) for minute, is_sale in before]
    firings = make_firings(
        *(make_bulletin(str(n), name=str(n), business_event=names[is_sale]) for n, is_sale in enumerate(wanted))
    )
    planned = plan(firings, account, history)
    for step in planned.to_send:
        for limit in limits(account, step.firing.bulletin.business_event):
            old = sum(each.at > NOW - limit.window and limit.event in (None, each.event) for each in history)
            new = sum(limit.event in (None, each.firing.bulletin.business_event) for each in planned.to_send)
            assert old + new <= limit.count
    for step in planned.held_back:
        assert step.may_go_at is not None
        assert step.may_go_at > NOW


@given(st.integers(1, 5), st.integers(1, 8), st.integers(1, 60))
def test_turns_are_where_the_windows_leave_room_and_no_later(per_hour: int, per_day: int, count: int) -> None:
    """With one event, what the plan foresees is exactly what a run at each of those moments would send."""
    account = an_account(per_hour, per_day)
    steps: tuple[Step, ...] = plan(due(count), account).steps
    times = [step.may_go_at or NOW for step in steps]
    assert times == sorted(times)
    for number, at in enumerate(times):
        for limit in limits(account, EVENT):
            assert sum(other > at - limit.window for other in times[: number + 1]) <= limit.count
        earlier = at - TICK
        if at > NOW:
            full = (sum(other > earlier - each.window for other in times[:number]) for each in limits(account, EVENT))
            assert any(taken >= each.count for taken, each in zip(full, limits(account, EVENT), strict=True))


def test_fifty_thousand_that_wait_are_no_trouble() -> None:
    budgets = Budgets({"india": an_account(60, 400)}, {}, NOW)
    (firing,) = due(1)
    held = [budgets.charge(firing) for _ in range(50_000)]
    assert held[399] == Held(Limit("india", 60, HOUR), NOW + 6 * HOUR, 399)
    assert held[400] == Held(Limit("india", 400, DAY), NOW + DAY, 400)
    assert held[-1] is not None
    assert held[-1].until == NOW + 124 * DAY + 6 * HOUR
