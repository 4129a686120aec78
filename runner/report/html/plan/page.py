"""The release calendar. In: a plan document. Out: an HTML page with changes, calendar, collisions, agenda and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.report.counts import only_later
from runner.report.document.budget_estimate import expires_first
from runner.report.document.entry_text import reason_with_warnings
from runner.report.document.plan import until_of
from runner.report.document.problem_entries import definition_warnings
from runner.report.html.instants import budget_allows_ms, instant_ms
from runner.report.html.labels import ACTION_KINDS
from runner.report.html.page import render
from runner.report.html.plan.agenda import agenda
from runner.report.html.plan.budget_forecast import budget_said, held_back
from runner.report.html.plan.calendar import MOST_ASKED, calendar, span_of
from runner.report.html.plan.collisions import MOST_SHOWN, collisions
from runner.report.html.plan.headline import goes_out, next_of, this_week, tiles, troubles
from runner.report.html.plan.page_data import plan_data
from runner.report.html.plan.placement import Placed, placed
from runner.report.local_time import zone_of

FIRST_ROWS = 40  # rows in the HTML itself, for readers without scripts
MOST_CHANGES = 100
MOST_WARNINGS = 20
_SCRIPTS = (
    "dom.js",
    "data.js",
    "times.js",
    "filter.js",
    "table.js",
    "details.js",
    "calendar.js",
    "agenda.js",
    "plan.js",
)


def plan_page(document: dict[str, Any]) -> str:
    """Return the page as one HTML file."""
    firings, now_ms = document["firings"], instant_ms(document["now"])
    places = placed(document)
    until = until_of(document)
    until_ms = None if until is None else instant_ms(until)
    span = span_of(places, now_ms, until_ms)
    accounts = sorted({firing["account"] for firing in firings} | set(document["accounts"]))
    names = {name: document["accounts"].get(name, {}).get("timezone") or "UTC" for name in accounts}
    zones = {name: zone_of(zone) for name, zone in names.items()}
    per_account = _by_account(places, accounts)
    held = held_back(document, places)
    calendars = [
        calendar(name, names[name], zones[name], per_account[name], now_ms, span, until_ms, held)
        for name in accounts
        if per_account[name]
    ]
    met = collisions(firings, places)
    data, details = plan_data(document, places, span, until_ms, held)
    return render(
        "plan.html.j2",
        scripts=_SCRIPTS,
        data={**data, "accounts": accounts, "zones": [names[name] for name in accounts]},
        details=details,
        document=document,
        now_ms=now_ms,
        until_ms=until_ms,
        only_later=only_later(document),
        cut_after_days=span.ahead if span.ahead == MOST_ASKED and any(each.after for each in calendars) else None,
        goes_out=goes_out(document, places),
        next=next_of(document, places),
        this_week=this_week(document, places),
        troubles=troubles(document),
        tiles=tiles(document),
        calendars=calendars,
        budgets={name: budget_said(document["accounts"].get(name, {})) for name in accounts},
        recurs={firing["account"] for firing in firings if _recurs(firing)},
        idle=[name for name in accounts if not per_account[name]],
        collisions=met[:MOST_SHOWN],
        more_collisions=len(met) - len(met[:MOST_SHOWN]),
        agenda=agenda(places, zones, data["most_days"]),
        firings=firings,
        rows=[_row(firing) for firing in firings[:FIRST_ROWS]],
        total=len(firings),
        accounts=accounts,
        zones=zones,
        numbers={name: number for number, name in enumerate(accounts)},
        zone_names=names,
        most_changes=MOST_CHANGES,
        warnings=definition_warnings(document),
        most_warnings=MOST_WARNINGS,
    )


def _by_account(places: Sequence[Placed], accounts: Sequence[str]) -> dict[str, list[Placed]]:
    found: dict[str, list[Placed]] = {name: [] for name in accounts}
    for each in places:
        found[each.account].append(each)
    return found


def _recurs(firing: dict[str, Any]) -> bool:
    """Report whether it is a waiting occurrence of a recurring bulletin."""
    return firing["action"] == "wait" and "@" in firing["occurrence"]


def _row(firing: dict[str, Any]) -> dict[str, Any]:
    due = firing["due_at"]
    return {
        **firing,
        "reason": reason_with_warnings(firing),
        "kind": ACTION_KINDS[firing["action"]],
        "due_ms": None if due is None else instant_ms(due),
        "may_go_ms": budget_allows_ms(firing),
        "too_late": expires_first(firing),
    }
