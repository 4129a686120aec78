"""The plan as a table and as JSON."""

from __future__ import annotations

import json

from plan import HOUR, NOW, make_bulletin, make_entry, make_firings

from runner.plan.decide import Action, Plan, decide
from runner.plan.history import History, State
from runner.report.plan import COLOURS, plan_json, rows, summary_line


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


def test_the_summary_names_the_actions_that_occur() -> None:
    assert summary_line(plan_of_many()) == "plan at 2026-12-01T13:00:00Z: 1 fire, 30 wait, 1 changed"


def test_long_runs_of_what_waits_are_cut_unless_all_is_wanted() -> None:
    cut, whole = (list(rows(plan_of_many().steps, whole=whole)) for whole in (False, True))

    assert sum(action is Action.WAIT for action, _ in cut) == 20
    assert (None, ("", "", "", "… and 10 more wait (--verbose shows them)")) in cut
    assert sum(action is Action.WAIT for action, _ in whole) == 30


def test_a_change_is_shown_field_by_field() -> None:
    changed = [cells[3].strip() for action, cells in rows(plan_of_many().steps) if action is Action.CHANGED][1:]

    assert changed == ["properties.program_id: '1' → '2'", "properties.gone: 'x' → nothing"]


def test_a_higher_revision_is_shown_with_its_occurrence() -> None:
    assert any(cells[1] == "now r2" for _, cells in rows(plan_of_many().steps))


def test_the_json_holds_every_step_with_its_payload() -> None:
    document = json.loads(plan_json(plan_of_many(), ledger="01JDX"))

    assert (document["ledger"], document["summary"]["selected"], len(document["firings"])) == ("01JDX", 32, 32)
    fired = next(firing for firing in document["firings"] if firing["action"] == "fire")
    assert fired["payload"]["name"] == "\x1b[31mNow"
    assert next(firing for firing in document["firings"] if firing["changes"])["id"] == "sent"


def test_every_action_has_a_colour() -> None:
    assert set(COLOURS) == set(Action)
