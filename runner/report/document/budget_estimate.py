"""Estimate when a firing that is held back by a budget can be sent, and whether it expires before.

In: the firing's entry in a plan or report document. Out: a UTC instant, or a yes or no.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.plan.time_text import whole_second


def budget_allows_at(entry: Mapping[str, Any]) -> datetime | None:
    """Return when the budget lets the firing go, rounded up to a second, in UTC; None if it is not held back."""
    if entry.get("may_go_at") is None:
        return None
    return whole_second(datetime.fromisoformat(entry["may_go_at"]))


def expires_first(entry: Mapping[str, Any]) -> bool:
    """Report whether the grace period ends before the budget lets the firing go; False for entries of a report."""
    may_go_at, expires_at = entry.get("may_go_at"), entry.get("expires_at")
    if may_go_at is None or expires_at is None:
        return False
    return datetime.fromisoformat(may_go_at) > datetime.fromisoformat(expires_at)
