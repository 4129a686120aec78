"""When what a budget holds back may go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from report.documents import make_planned, make_result
from runner.report.document.budget_estimate import budget_allows_at, expires_first


def test_a_turn_is_to_the_second_and_not_a_moment_too_early() -> None:
    two = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    assert budget_allows_at(make_planned(may_go_at="2026-12-01T14:00:00Z")) == two
    assert budget_allows_at(make_result(may_go_at="2026-12-01T13:59:59.001Z")) == two
    assert budget_allows_at(make_planned()) is None
    assert budget_allows_at({}) is None  # of a document of before there were budgets


@pytest.mark.parametrize(
    ("may_go_at", "expires_at", "is_late"),
    [
        (None, "2026-12-01T14:00:00Z", False),
        ("2026-12-01T14:00:00Z", None, False),
        ("2026-12-01T14:00:00Z", "2026-12-01T14:00:00Z", False),
        ("2026-12-01T14:00:00.001Z", "2026-12-01T14:00:00Z", True),
    ],
)
def test_a_turn_after_the_grace_is_too_late(may_go_at: str | None, expires_at: str | None, is_late: bool) -> None:
    assert expires_first(make_planned("a", "wait", may_go_at=may_go_at, expires_at=expires_at)) is is_late
