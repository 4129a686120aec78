"""One table of outcomes and one of actions: complete, and the same as what the schemas and the guide have."""

from __future__ import annotations

import re

import pytest

from runner.definitions.problem_codes import Severity
from runner.definitions.schema.schemas import schema
from runner.errors import Exit
from runner.fire.outcome import Outcome, Sent
from runner.guides import guide_text
from runner.plan.decide import Action
from runner.plan.history import State
from runner.report.annotation_rules import RULES
from runner.report.vocabulary import ACTIONS, OUTCOMES, VERDICTS, colour_of, exit_meaning


def test_every_outcome_action_and_verdict_has_a_term() -> None:
    assert set(OUTCOMES) == set(Outcome)
    assert set(ACTIONS) == set(Action)
    assert set(VERDICTS) == set(Sent)


@pytest.mark.parametrize("term", [*OUTCOMES.values(), *ACTIONS.values()], ids=lambda term: str(term.label))
def test_a_term_shows_its_meaning_without_colour_too(term: object) -> None:
    assert all(getattr(term, name) for name in ("label", "meaning", "colour", "tone", "mark", "junit"))


def test_outcomes_and_actions_have_different_marks() -> None:
    for terms in (OUTCOMES.values(), ACTIONS.values()):
        assert len({term.mark for term in terms}) == len(list(terms))


def test_the_exit_code_of_an_outcome_is_what_its_severity_says() -> None:
    for outcome in Outcome:
        assert (outcome.exit_code != Exit.OK) == (OUTCOMES[outcome].severity is Severity.ERROR)
        assert not (outcome.exit_code != Exit.OK and OUTCOMES[outcome].goes_out)
    assert max(outcome.exit_code for outcome in Outcome) is Outcome.IN_DOUBT.exit_code


def test_the_most_urgent_come_first() -> None:
    order = [*Severity, None]
    found = [order.index(term.severity) for term in OUTCOMES.values()]
    assert found == sorted(found)


def test_the_schemas_have_the_same_outcomes_and_actions() -> None:
    plan, report = schema("plan"), schema("report")
    assert set(Outcome) <= set(report["properties"]["summary"]["properties"])
    assert enums_of(report) == {frozenset({*Outcome, None}), frozenset(Action)}
    assert frozenset(Action) in enums_of(plan)


def enums_of(value: object) -> set[frozenset[object]]:
    """The lists of allowed values, in a schema, that hold an outcome or an action."""
    if isinstance(value, dict):
        own = {frozenset(value["enum"])} if {"in_doubt"} & set(map(str, value.get("enum", ()))) else set()
        return own.union(*map(enums_of, value.values()))
    return set().union(*map(enums_of, value)) if isinstance(value, list) else set()


def test_the_guide_has_every_outcome_and_action() -> None:
    page = guide_text("formats-and-exit-codes")
    assert set(Action) <= first_column(page, "## Actions of the plan")
    assert set(Outcome) <= set(re.findall(r"\| `(\w+)` \|", section(page, "## Outcomes of a run")))


def section(page: str, title: str) -> str:
    return page.partition(title)[2].partition("\n## ")[0]


def first_column(page: str, title: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", section(page, title), re.MULTILINE))


@pytest.mark.parametrize("term", [*OUTCOMES.values(), *ACTIONS.values()], ids=lambda term: str(term.label))
def test_a_remark_has_a_rule_that_is_explained(term: object) -> None:
    remark = getattr(term, "remark", None)
    assert remark is None or RULES[remark.rule].why


def test_states_of_the_ledger_have_the_colour_of_their_outcome() -> None:
    assert colour_of(State.IN_DOUBT) == OUTCOMES[Outcome.IN_DOUBT].colour
    assert colour_of(State.CLAIMED) == ACTIONS[Action.CLAIMED].colour
    assert colour_of(State.RELEASED) is None


def test_exit_codes_are_explained() -> None:
    assert exit_meaning(4) == "at least one firing is in doubt"
    assert "only" not in exit_meaning(0)
    assert "ledger" in exit_meaning(None)
