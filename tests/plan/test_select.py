from __future__ import annotations

from dataclasses import replace

import pytest

from plan import HOUR, NOW, TICK, knowing, make_bulletin, make_entry, make_firing, make_firings
from runner.definitions.model import Bulletin, Definitions, Place
from runner.definitions.row_reference import MatrixRow, RowLine
from runner.errors import ErrorCode, Exit, UserError
from runner.plan.decide import Action, Plan, Step, decide
from runner.plan.firing import Firing
from runner.plan.history import State
from runner.plan.review.compare import compare
from runner.plan.select import KINDS, ChangedSince, Criterion, Selector, select, up_to
from runner.reason import Reason, ReasonCode


@pytest.fixture
def firings() -> list[Firing]:
    """hindi-1 in two accounts, hindi-2, and the sale, which has no tag."""
    return make_firings(
        make_bulletin("hindi-1", tags=("hindi", "music"), accounts=("india", "europe"), place=_at("music/hindi.yaml")),
        make_bulletin("hindi-2", tags=("hindi",), place=_at("music/hindi.yaml")),
        make_bulletin("sale", business_event="Flash Sale", place=_at("sales.yaml")),
    )


def _at(file: str) -> Place:
    return Place(f"bulletins.d/{file}", 1, 1, 0)


def found(firings: list[Firing], *criteria: Selector) -> list[str]:
    return [f"{firing.key.bulletin}@{firing.key.account}" for firing in select(firings, criteria)]


ALL = ["hindi-1@india", "hindi-1@europe", "hindi-2@india", "sale@india"]
SELECTIONS = [
    ("id", "hindi-2", ["hindi-2@india"]),
    ("id", "hindi-*", ["hindi-1@india", "hindi-1@europe", "hindi-2@india"]),
    ("id", "hindi-[13]", ["hindi-1@india", "hindi-1@europe"]),
    ("tag", "music", ["hindi-1@india", "hindi-1@europe"]),
    ("event", "Flash Sale", ["sale@india"]),
    ("account", "europe", ["hindi-1@europe"]),
    ("file", "*/music/*.yaml", ["hindi-1@india", "hindi-1@europe", "hindi-2@india"]),
]


def test_no_criteria_select_all(firings: list[Firing]) -> None:
    assert found(firings) == ALL


def test_no_criteria_on_nothing_are_no_mistake() -> None:
    assert select([], []) == []


@pytest.mark.parametrize(("kind", "value", "expected"), SELECTIONS)
def test_each_kind_selects(firings: list[Firing], kind: str, value: str, expected: list[str]) -> None:
    assert found(firings, Criterion(kind, (value,))) == expected


@pytest.mark.parametrize(("kind", "value", "expected"), SELECTIONS)
def test_each_kind_excludes(firings: list[Firing], kind: str, value: str, expected: list[str]) -> None:
    assert found(firings, Criterion(kind, (value,), excludes=True)) == [name for name in ALL if name not in expected]


def test_the_file_of_a_bulletin_is_also_the_table_of_its_row() -> None:
    rows = {
        "a": RowLine("bulletins.d/shows.csv", 17),
        "b": RowLine("bulletins.d/films.csv", 2),
        "c": RowLine("bulletins.d/x.yaml", 12, 9),
        "d": None,
        "e": MatrixRow("slot=bulletins.d/shows.csv:17"),
    }
    places = {name: Place("bulletins.d/x.yaml", 3, 5, 0, row) for name, row in rows.items()}
    made = make_firings(*(make_bulletin(name, place=place) for name, place in places.items()))
    assert found(made, Criterion("file", ("*/shows.csv",))) == ["a@india"]
    assert found(made, Criterion("file", ("*.csv",), excludes=True)) == ["c@india", "d@india", "e@india"]
    assert len(found(made, Criterion("file", ("*/x.yaml",)))) == 5


def test_every_kind_is_tried_here() -> None:
    assert {kind for kind, _, _ in SELECTIONS} == set(KINDS)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("id", ("sale", "hindi-2"), ["hindi-2@india", "sale@india"]),
        ("tag", ("music", "nothing"), ["hindi-1@india", "hindi-1@europe"]),
        ("event", ("Flash Sale", "Program Released"), ALL),
        ("account", ("india", "europe"), ALL),
        ("file", ("*/sales.yaml", "*hindi*"), ALL),
    ],
)
def test_values_of_one_kind_are_alternatives(
    firings: list[Firing], kind: str, values: tuple[str, ...], expected: list[str]
) -> None:
    assert found(firings, Criterion(kind, values)) == expected


def test_kinds_must_all_be_met(firings: list[Firing]) -> None:
    criteria = [Criterion("tag", ("hindi",)), Criterion("account", ("india",)), Criterion("id", ("*-1", "sale"))]
    assert found(firings, *criteria) == ["hindi-1@india"]


def test_exclusion_wins_over_selection(firings: list[Firing]) -> None:
    criteria = [Criterion("tag", ("hindi",)), Criterion("id", ("hindi-1", "sale"), excludes=True)]
    assert found(firings, *criteria) == ["hindi-2@india"]


@pytest.mark.parametrize("value", ["HINDI-1", "hindi", "indi-1"])
def test_a_glob_meets_the_whole_id_letter_by_letter(firings: list[Firing], value: str) -> None:
    with pytest.raises(UserError):
        select(firings, [Criterion("id", (value,))])


def test_a_selection_that_matches_nothing_is_wrong_usage(firings: list[Firing]) -> None:
    criteria = [Criterion("tag", ("hindi", "music")), Criterion("id", ("hindi-*",), excludes=True)]
    with pytest.raises(UserError) as error:
        select(firings, criteria)
    assert error.value.code is ErrorCode.NO_MATCH
    assert "--tag hindi --tag music --exclude-id hindi-*" in error.value.message
    assert error.value.exit_code is Exit.USAGE
    assert error.value.help


def test_a_selection_of_an_empty_set_is_wrong_usage() -> None:
    with pytest.raises(UserError):
        select([], [Criterion("id", ("*",))])


def since_before(*old: Bulletin, firings: list[Firing]) -> ChangedSince:
    """What changed from these bulletins to those of the firings."""
    new = {firing.bulletin.id: firing.bulletin for firing in firings}
    return ChangedSince("main", compare(Definitions({}, {}, old, ()), Definitions({}, {}, tuple(new.values()), ())))


def test_what_changed_since_a_ref_is_selected(firings: list[Firing]) -> None:
    same, edited = firings[0].bulletin, replace(firings[2].bulletin, name="before")
    since = since_before(same, edited, firings=firings)
    assert found(firings, since) == ["hindi-2@india", "sale@india"]
    assert found(firings, since, Criterion("tag", ("hindi",))) == ["hindi-2@india"]


def test_a_ref_since_which_nothing_changed_is_wrong_usage(firings: list[Firing]) -> None:
    since = since_before(*{firing.bulletin.id: firing.bulletin for firing in firings}.values(), firings=firings)
    with pytest.raises(UserError) as error:
        select(firings, [since, Criterion("tag", ("hindi",))])
    assert error.value.code is ErrorCode.NO_MATCH
    assert "--changed-since main --tag hindi" in error.value.message
    assert error.value.exit_code is Exit.USAGE


def test_a_plan_up_to_a_time_leaves_out_what_comes_later_and_nothing_else() -> None:
    off = make_bulletin("off", at=NOW + 3 * HOUR, name="Off", enabled=False)
    sent = make_bulletin("sent", at=NOW + 3 * HOUR, name="Sent")
    named = {"in-time": NOW + 2 * HOUR, "late": NOW + 2 * HOUR + TICK, "now": None, "over": NOW - 9 * HOUR}
    made = make_firings(off, sent, *(make_bulletin(id, at=at, name=id) for id, at in named.items()))  # noqa: A001
    history = knowing(make_entry(made[1], State.FIRED))
    plan, later = up_to(decide(made, history, NOW), NOW + 2 * HOUR)

    kept = {step.firing.key.bulletin: step.action.value for step in plan.steps}
    assert kept == {"now": "fire", "over": "expired", "in-time": "wait", "off": "disabled", "sent": "done"}
    assert later == 1


def test_a_plan_up_to_a_time_keeps_what_is_due_and_held_by_a_budget_until_after_it() -> None:
    step = Step(
        make_firing("a", at=NOW), Action.WAIT, Reason(ReasonCode.BUDGET_USED_UP, "spent"), may_go_at=NOW + 9 * HOUR
    )
    assert up_to(Plan(NOW, (step,)), NOW + HOUR) == (Plan(NOW, (step,)), 0)


def test_a_misspelt_value_is_answered_with_the_name_that_is_meant(firings: list[Firing]) -> None:
    with pytest.raises(UserError) as caught:
        select(firings, [Criterion("account", ("India",)), Criterion("id", ("hindi-11",)), Criterion("tag", ("zzz",))])
    assert caught.value.code is ErrorCode.NO_MATCH
    assert caught.value.help == "Did you mean india? Did you mean hindi-1?"
