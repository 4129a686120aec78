"""What a message proposes is found, so that Enter can take it; an example is no proposal."""

from __future__ import annotations

import pytest

from runner.cli.new.fixes import proposed


@pytest.mark.parametrize(
    ("help_", "texts"),
    [
        ("Write tonight-1. Allowed are lowercase letters.", ["tonight-1"]),
        ("Write 2h.", ["2h"]),
        ("Write Asia/Kolkata for India.", ["Asia/Kolkata for India"]),
        ("Write 2026-12-04T18:30:00, which is then a time in Asia/Kolkata.", ["2026-12-04T18:30:00"]),
        ("Write five fields: 0 0 * * *.", ["0 0 * * *"]),
        ("Did you mean Program Released?", ["Program Released"]),
        ("Write it like releases@example.com.", []),
        ("Write five, such as 30 18 * * FRI: minute, hour.", []),
    ],
)
def test_a_proposal_is_found(help_: str, texts: list[str]) -> None:
    assert list(proposed(help_)) == texts
