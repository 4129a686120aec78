"""What a budget holds back, an entry of a document → when its turn comes, and whether that is too late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.plan.time_text import whole_second


def turn_of(entry: Mapping[str, Any]) -> datetime | None:
    """When it may go, to the second and not a moment too early; None where no budget holds it back."""
    if entry.get("may_go_at") is None:
        return None
    return whole_second(datetime.fromisoformat(entry["may_go_at"]))


def expires_first(entry: Mapping[str, Any]) -> bool:
    """Whether its grace runs out before its turn comes; of a report, which holds no end of it, False."""
    may_go_at, expires_at = entry.get("may_go_at"), entry.get("expires_at")
    if may_go_at is None or expires_at is None:
        return False
    return datetime.fromisoformat(may_go_at) > datetime.fromisoformat(expires_at)
