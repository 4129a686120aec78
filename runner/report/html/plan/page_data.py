"""The data of a plan's page: a row for each firing, with its place on the calendar."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from runner.report.document.plan import reason_with_warnings
from runner.report.html.compact_data import drop_payloads, packed
from runner.report.html.instants import budget_allows_ms, instant_ms
from runner.report.html.labels import ACTIONS
from runner.report.html.plan.calendar import LEVELS, MOST_AHEAD, Span
from runner.report.html.plan.placement import Placed

COLUMNS = (
    *("id", "account", "occurrence", "file", "line", "row", "business_event", "name", "due", "expires", "may_go", "at"),
    *("group", "kind", "reason"),
)
DETAIL_COLUMNS = ("fingerprint", "payload", "changes")  # details, read when a row is opened
_POOLED = ("account", "occurrence", "file", "business_event", "group", "kind", "reason")
_NESTED = ("payload", "changes")


def plan_data(
    document: dict[str, Any],
    placed: Sequence[Placed],
    span: Span,
    until_ms: int | None = None,
    held: Collection[int] = (),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data for `plan.js`: what it shows at once, and the details of rows. `held` are rows held back."""
    rows = [_row(firing, place) for firing, place in zip(document["firings"], placed, strict=True)]
    details = [_details(firing) for firing in document["firings"]]
    drop_payloads(details, DETAIL_COLUMNS.index("payload"))
    data = {
        **packed(COLUMNS, rows, pooled=_POOLED),
        "kinds": {kind.key: [kind.name, kind.tone, kind.mark] for kind in ACTIONS.values()},
        "now": instant_ms(document["now"]),
        "span": [span.back, span.ahead],
        "until": until_ms,
        "held": sorted(held),
        "most_days": max(MOST_AHEAD, span.ahead),
        "levels": LEVELS,
    }
    return data, packed(DETAIL_COLUMNS, details, nested=_NESTED)


def _row(firing: dict[str, Any], place: Placed) -> list[Any]:
    due, expires = firing["due_at"], firing["expires_at"]
    return [
        *(firing[name] for name in ("id", "account", "occurrence", "file", "line")),
        firing.get("row"),
        *(firing[name] for name in ("business_event", "name")),
        None if due is None else instant_ms(due),
        None if expires is None else instant_ms(expires),
        budget_allows_ms(firing),
        place.at_ms,
        place.group,
        firing["action"],
        reason_with_warnings(firing),
    ]


def _details(firing: dict[str, Any]) -> list[Any]:
    changes = [[change["field"], change["old"], change["new"]] for change in firing["changes"]]
    return [firing["fingerprint"], firing["payload"], changes]
