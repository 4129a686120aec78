"""The plan, and what changed since a git ref, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from plan import HOUR, NOW, make_bulletin, make_entry, make_firings

from report.documents import COMMIT, hostile_plan, make_bulletin_change, make_changes, make_field, make_shared_change
from report.hostile import HOSTILE
from runner.definitions.model import Account, Budget, CatchUp, Place, Recurrence
from runner.plan.decide import Action, Plan, decide
from runner.plan.firing import WatchKey
from runner.plan.history import History, State
from runner.report.document.plan import PlanFacts, plan_document
from runner.report.safe_text import printable
from runner.report.text.plan import change_rows, changes_line, plan_rows, rows, summary_line


def plan_of_many() -> Plan:
    sent, *rest = make_firings(
        make_bulletin("sent", properties={"program_id": "2"}),
        *(make_bulletin(f"later-{number}", name=str(number), at=NOW + HOUR) for number in range(30)),
        make_bulletin("now", name="\x1b[31mNow", revision=2),
    )
    entry = make_entry(
        sent,
        State.FIRED,
        fingerprint="sha256:other",
        definition={**sent.definition, "properties": {"program_id": "1", "gone": "x"}},
    )
    return decide([sent, *rest], History({sent.key: entry}), NOW)


def summary(plan: Plan, **facts: Any) -> str:
    return summary_line(plan_document(plan, PlanFacts("0.1.0", "bulletins.d", {}, **facts)))


def test_the_summary_names_the_actions_that_occur() -> None:
    assert summary(plan_of_many()) == "plan at 2026-12-01T13:00:00Z: 1 fire, 30 wait, 1 changed"
    assert summary(Plan(NOW, ())) == "plan at 2026-12-01T13:00:00Z: nothing is defined"


def test_the_summary_of_a_plan_up_to_a_time_says_so_and_what_comes_later() -> None:
    said = "plan at 2026-12-01T13:00:00Z, up to 2026-12-01T14:00:00Z: "
    facts = {"until": NOW + HOUR, "later": 2}
    assert summary(plan_of_many(), **facts) == f"{said}1 fire, 30 wait, 1 changed; 2 more come only after that"
    assert summary(Plan(NOW, ()), until=NOW + HOUR) == f"{said}nothing comes"


def test_the_summary_says_what_expired_and_is_not_reported_yet_where_a_ledger_knows() -> None:
    plan = decide(make_firings(make_bulletin("once", at=NOW - 9 * HOUR)), History(), NOW)
    assert summary(plan, ledger="01JDX") == "plan at 2026-12-01T13:00:00Z: 1 expired (not reported yet)"
    assert summary(plan) == "plan at 2026-12-01T13:00:00Z: 1 expired"


def test_what_comes_is_not_cut_for_those_who_ask_for_it() -> None:
    found = list(rows(plan_of_many().steps, coming=True))
    assert sum(action is Action.WAIT for action, _ in found) == 30
    off = make_firings(*(make_bulletin(f"off-{number}", name=str(number), enabled=False) for number in range(30)))
    found = list(rows(decide(off, History(), NOW).steps, coming=True))
    assert (len(found), found[-1][0]) == (21, None)


def test_long_runs_of_what_waits_are_cut_unless_all_is_wanted() -> None:
    cut, whole = (list(rows(plan_of_many().steps, whole=whole)) for whole in (False, True))

    assert sum(action is Action.WAIT for action, _ in cut) == 20
    assert (None, ("", "", "", "… and 10 more wait (--verbose shows them)")) in cut
    assert sum(action is Action.WAIT for action, _ in whole) == 30


def test_many_expired_times_of_a_bulletin_are_one_row_unless_all_is_wanted() -> None:
    found = make_firings(
        make_bulletin("once", at=NOW - 9 * HOUR),
        make_bulletin("hourly", schedule=Recurrence("0 * * * *", "UTC", 6 * HOUR, catch_up=CatchUp.LATEST)),
    )
    watched = {WatchKey("india", "hourly", 1): NOW - 24 * HOUR}
    steps = decide(found, History(settled=watched), NOW).steps
    cut, whole = (
        [cells for action, cells in rows(steps, whole=whole) if action is Action.EXPIRED] for whole in (False, True)
    )
    assert [cells[1] for cells in cut] == ["hourly", "once"]
    assert cut[0][3] == (
        "6 times from 2026-12-01T07:00:00Z to 2026-12-01T12:00:00Z (--verbose shows them); the last was due"
        " 2026-12-01T12:00:00Z; catch_up is latest, and r1@2026-12-01T13:00:00Z is sent in its place"
    )
    assert len(whole) == 7


def test_a_change_is_shown_field_by_field() -> None:
    changed = [cells[3].strip() for action, cells in rows(plan_of_many().steps) if action is Action.CHANGED][1:]

    assert changed == ["properties.program_id: '1' → '2'", "properties.gone: 'x' → nothing"]


def test_a_higher_revision_is_shown_with_its_occurrence() -> None:
    assert any(cells[1] == "now r2" for _, cells in rows(plan_of_many().steps))


def test_what_changed_is_shown_with_what_it_does_and_its_edits() -> None:
    inherited = make_field("c-by", None, "a@example.com", inherited=True)
    changes = make_changes(
        [
            make_bulletin_change("changed", fields=[make_field("name", "a", "b"), inherited]),
            make_bulletin_change("removed", id="gone", effects=[]),
            make_bulletin_change("renamed", id="new"),
        ],
        [make_shared_change()],
        [make_shared_change("added", "Album Out", fields=[], bulletins=1, unsent=0)],
    )

    assert [cells for _, cells in change_rows(changes)] == [
        ("~ changed", "sa-re-ga-ma-12", "goes out as soon as fire runs"),
        ("", "", "  name: 'a' → 'b'"),
        ("", "", "  c-by: nothing → 'a@example.com' (from the file's defaults)"),
        ("- removed", "gone", ""),
        ("> renamed", "new (was old-id)", "goes out as soon as fire runs"),
        ("", "", "  warning: was sent as old-id: the same payload would go out again"),
        ("~ changed", "account india", "12 bulletins of the set go there; 2 that went there before are not sent yet"),
        ("", "", "  region: 'in1' → 'sg1'"),
        ("+ added", "business event Album Out", "1 bulletin of the set raises it"),
    ]
    assert changes_line(changes) == f"against origin/main ({COMMIT[:12]}): 1 changed, 1 renamed, 1 removed"
    broken = make_changes(base_problems=2)
    assert changes_line(broken) == f"against origin/main ({COMMIT[:12]}; 2 problems there): no bulletin changed"


def planned(*steps_of: Any, changes: dict[str, Any] | None = None, **facts: Any) -> tuple[Plan, dict[str, Any]]:
    plan = decide(make_firings(*steps_of), History(), NOW)
    accounts = {"india": make_account(region="in1"), "europe": make_account("europe")}
    return plan, plan_document(plan, PlanFacts("0.1.0", "bulletins.d", accounts, **facts), changes)


def make_account(name: str = "india", region: str | None = None) -> Account:
    return Account(name, "https://example.com", "ID", Place("a.yaml", 1, 1, name), region=region)


def test_what_waits_says_when_that_is_by_the_clocks_of_its_people() -> None:
    plan, document = planned(
        make_bulletin("once", accounts=("india", "europe"), at=NOW + 73 * HOUR),
        make_bulletin("weekly", schedule=Recurrence("30 18 * * FRI", "Asia/Kolkata", HOUR)),
        make_bulletin("now", name="now"),
    )

    assert [cells[3] for _, cells in plan_rows(plan.steps, document)] == [
        "due at once (no schedule)",
        "due Fri 18:30 in Asia/Kolkata, in 3d; then Fri 2026-12-11 18:30 and Fri 2026-12-18 18:30 in Asia/Kolkata",
        "due 2026-12-04T14:00:00Z (Fri 19:30 in Asia/Kolkata), in 3d 1h",
        "due 2026-12-04T14:00:00Z, in 3d 1h",
    ]


@pytest.mark.parametrize(("later_us", "said"), [(0, "Tue 2026-12-01 19:30 in"), (1, "Tue 2026-12-01 19:30:01 in")])
def test_what_waits_for_a_budget_says_when_it_may_go_by_the_clocks_of_its_people(later_us: int, said: str) -> None:
    now = NOW + timedelta(microseconds=later_us)
    account = replace(make_account(region="in1"), budget=Budget(per_hour=1))
    firings = make_firings(make_bulletin("a", at=NOW), make_bulletin("b", name="b", at=NOW))
    plan = decide(firings, History(), now, {"india": account})
    document = plan_document(plan, PlanFacts("0.1.0", "bulletins.d", {"india": account}))

    (waits,) = [cells[3] for action, cells in plan_rows(plan.steps, document) if action is Action.WAIT]
    assert f"{said} Asia/Kolkata (2026-12-01T14:00:0" in waits


def of_many() -> list[Any]:
    many = [make_bulletin(f"b-{number}", name=str(number)) for number in range(200)]
    return [*many, *(make_bulletin(f"w-{number}", name=str(number), at=NOW + HOUR) for number in range(30))]


def test_with_changes_the_plan_is_short_and_repeats_no_changed_bulletin() -> None:
    effects = [make_bulletin_change()["effects"][0]]
    changes = make_changes([make_bulletin_change(id="b-0", effects=effects), make_bulletin_change("removed", "gone")])
    plan, document = planned(*of_many(), changes=changes)
    found = list(plan_rows(plan.steps, document))

    assert [cells[1] for action, cells in found if action is Action.FIRE] == ["b-1", "b-2", "b-3", "b-4", "b-5"]
    assert [cells[3] for action, cells in found if action is None] == [
        "… and 194 more fire (--verbose shows them)",
        "… and 25 more wait (--verbose shows them)",
        "… and 1 fire of changed bulletins, shown above (--verbose shows them)",
    ]
    assert sum(action is not None for action, _ in plan_rows(plan.steps, document, whole=True)) == 230


def test_coming_firings_are_not_cut_with_changes_and_sent_firings_not_without() -> None:
    plan, document = planned(*of_many(), changes=make_changes(), until=NOW + 9 * HOUR)
    assert sum(action is Action.WAIT for action, _ in plan_rows(plan.steps, document)) == 30
    plan, document = planned(*of_many())
    assert sum(action is Action.FIRE for action, _ in plan_rows(plan.steps, document)) == 200


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_terminal_obeys_nothing_of_a_change(text: str) -> None:
    document = hostile_plan(text)
    changes = document["changes"]

    for cells in [
        *(cells for _, cells in change_rows(changes)),
        (changes_line(changes),),
        tuple(summary_line(document).splitlines()),
    ]:
        assert [printable(cell) for cell in cells] == list(cells)
