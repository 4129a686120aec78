"""Budgets in the plan: what may go now, what waits and until when, and what will have expired by then."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plan import HOUR, NOW, TICK, make_bulletin, make_entry, make_firings
from runner.definitions.model import Account, Budget, Place
from runner.plan.budget import DAY, Budgets, HeldByBudget, Limit, Used, has_budget, limits, used
from runner.plan.decide import Action, Plan, Step, decide
from runner.plan.firing import Firing
from runner.plan.history import History, Spent, State
from runner.reason import ReasonCode

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


def others_first(step: Step) -> int:
    """The number of other firings that are sent first, from the reason."""
    found = re.search(r"([0-9,]+) other bulletins? (?:is|are)", step.reason.text)
    return int(found[1].replace(",", "")) if found else 0


def test_without_a_budget_nothing_is_held_back() -> None:
    assert not has_budget(an_account())
    assert len(plan(due(500), an_account(), spent(*[MINUTE] * 500)).to_send) == 500


def test_what_is_over_the_budget_waits_and_says_until_when() -> None:
    planned = plan(due(5), an_account(2), spent(57 * MINUTE + timedelta(seconds=49), 10 * MINUTE))
    assert [step.action for step in planned.steps] == [Action.WAIT] * 5
    assert {step.reason.code for step in planned.held_back} == {ReasonCode.BUDGET_USED_UP}
    assert [step.may_go_at for step in planned.held_back][:2] == [
        NOW + timedelta(minutes=2, seconds=11),
        NOW + 50 * MINUTE,
    ]
    assert planned.reserve == ()


def test_what_only_others_of_the_plan_hold_back_says_so_and_is_in_reserve() -> None:
    planned = plan(due(4), an_account(3), spent(10 * MINUTE))
    assert [step.action for step in planned.steps] == [Action.FIRE, Action.FIRE, Action.WAIT, Action.WAIT]
    assert {step.reason.code for step in planned.held_back} == {ReasonCode.BUDGET_FOR_OTHERS}
    assert [step.may_go_at for step in planned.held_back] == [NOW + 50 * MINUTE, NOW + HOUR]
    assert [others_first(step) for step in planned.held_back] == [2, 3]
    assert [step.reserve_action for step in planned.reserve] == [Action.FIRE] * 2


def test_what_fails_for_ever_never_keeps_anything_else_back() -> None:
    bad = due(3)
    good = make_firings(*(make_bulletin(f"g{n}", name=f"g{n}", at=NOW, grace=2 * HOUR) for n in range(2)))
    failed = {firing.key: make_entry(firing, State.FAILED, reason="HTTP 400") for firing in bad}
    planned = decide([*bad, *good], History(failed), NOW, {"india": an_account(3)})
    assert [step.action.value for step in planned.steps] == ["retry", "wait", "wait", "fire", "fire"]
    assert {step.reason.code for step in planned.held_back} == {ReasonCode.BUDGET_FOR_OTHERS}
    assert [others_first(step) for step in planned.held_back] == [3, 4]


def test_those_in_reserve_come_before_what_failed_before() -> None:
    failed, first, second, third = due(4)
    history = History({failed.key: make_entry(failed, State.FAILED, reason="HTTP 400")})
    planned = decide([failed, first, second, third], history, NOW, {"india": an_account(1)})
    assert [step.firing.key.bulletin for step in planned.reserve] == ["b002", "b003", "b000"]
    assert [step.reserve_action for step in planned.reserve] == [Action.FIRE, Action.FIRE, Action.RETRY]


def test_the_time_is_not_a_moment_too_early() -> None:
    (_, step) = plan(due(2), an_account(1), now=NOW + TICK).steps
    assert step.may_go_at == NOW + TICK + HOUR
    assert "2026-12-01T14:00:01Z" in step.reason.text


def test_those_that_wait_take_their_turns_too() -> None:
    planned = plan(due(121), an_account(60))
    assert len(planned.to_send) == 60
    assert [step.may_go_at for step in planned.steps[60:]] == [NOW + HOUR] * 60 + [NOW + 2 * HOUR]


def test_an_hour_and_a_day_are_counted_each_for_itself() -> None:
    planned = plan(due(6), an_account(2, 4))
    assert [step.may_go_at for step in planned.steps[2:]] == [NOW + HOUR] * 2 + [NOW + DAY] * 2
    assert others_first(planned.steps[-1]) == 5


def test_only_those_that_go_before_are_counted() -> None:
    sales = due(2, business_event="Flash Sale")
    others = make_firings(*(make_bulletin(f"c{number}", name=f"c{number}") for number in range(3)))
    planned = plan([*sales, *others], an_account(3, Flash_Sale=Budget(per_day=1)))
    assert planned.steps[1].may_go_at == NOW + DAY
    assert (planned.steps[-1].may_go_at, others_first(planned.steps[-1])) == (NOW + HOUR, 3)


def test_an_event_has_a_budget_besides_the_account() -> None:
    sales = due(3, business_event="Flash Sale")
    others = make_firings(*(make_bulletin(f"c{number}", name=f"c{number}") for number in range(3)))
    planned = plan([*sales, *others], an_account(4, Flash_Sale=Budget(per_day=1)))
    assert [step.action.value for step in planned.steps] == ["fire", "wait", "wait", "fire", "fire", "fire"]
    assert planned.steps[1].may_go_at == NOW + DAY
    assert others_first(planned.steps[1]) == 1
    assert "of Flash Sale" in planned.steps[1].reason.text


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
    assert (planned.steps[1].reason.code, planned.steps[1].will_be_sent) == (ReasonCode.BUDGET_FOR_OTHERS, False)
    assert planned.steps[1].may_go_at == NOW + HOUR
    assert "2026-12-01T13:30:00Z" in planned.steps[1].reason.text  # when it expires
    assert planned.steps[2].may_go_at == NOW + HOUR


def test_the_last_moment_of_a_window_is_not_too_late() -> None:
    (_, step) = plan(due(2, at=NOW, grace=HOUR), an_account(1)).steps
    assert step.may_go_at == step.firing.occurrence.expires_at
    assert step.will_be_sent
    assert step.reason.text.count("2026-12-01T") == 1  # no second time, at which it would expire


def test_an_expiry_for_which_the_budget_is_the_cause_says_so() -> None:
    firings = due(1, at=NOW - 2 * HOUR, grace=HOUR)
    reported = plan(firings, an_account(2), spent(61 * MINUTE, 100 * MINUTE)).steps[0]
    assert (reported.action, reported.may_go_at, reported.needs_report) == (Action.EXPIRED, None, True)
    assert reported.reason.code is ReasonCode.GRACE_ENDED_BY_BUDGET
    assert reported.kept_reason is not None
    assert reported.kept_reason.code is ReasonCode.GRACE_ENDED_BY_BUDGET
    assert "ago" not in reported.kept_reason.text  # a later report shows it too
    for before in (spent(61 * MINUTE), spent(59 * MINUTE, 100 * MINUTE), spent(61 * MINUTE, 120 * MINUTE)):
        other = plan(firings, an_account(2), before).steps[0]
        assert (other.reason.code, other.kept_reason) == (ReasonCode.GRACE_ENDED, None)


def test_a_reported_expiry_shows_what_was_reported_and_no_more() -> None:
    (firing,) = due(1, at=NOW - 2 * HOUR, grace=HOUR)
    before = tuple(sorted(spent(61 * MINUTE, 100 * MINUTE)))
    news = plan([firing], an_account(2), before).steps[0]
    entry = make_entry(firing, State.EXPIRED, expiry_reason=str(news.kept_reason))
    history = History({firing.key: entry}, spent={"india": before})
    (reported,) = decide([firing], history, NOW, {"india": an_account(2)}).steps
    assert (reported.needs_report, reported.reason.code) == (False, ReasonCode.EXPIRY_REPORTED)
    assert reported.reason.text.startswith(f"{news.kept_reason}; ")


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
    assert held[399] == HeldByBudget(Limit("india", 60, HOUR), NOW + 6 * HOUR, 399)
    assert held[400] == HeldByBudget(Limit("india", 400, DAY), NOW + DAY, 400)
    assert held[-1] is not None
    assert held[-1].until == NOW + 124 * DAY + 6 * HOUR


def test_a_limit_is_exceeded_until_enough_firings_have_left_its_window() -> None:
    before = spent(50 * MINUTE, 40 * MINUTE, 30 * MINUTE, 20 * MINUTE)
    assert list(used(an_account(2), before, NOW).values()) == [Used(4, NOW + 20 * MINUTE)]
    assert list(used(an_account(3), before, NOW).values()) == [Used(4, NOW + 10 * MINUTE)]
    assert list(used(an_account(4), before, NOW).values()) == [Used(4)]
