"""A report of version 1 is read as one of the present version, with counts that follow from its entries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from report.documents import make_report, make_result
from runner.report.document.run import read_report

OF_VERSION_1 = (
    *("selected", "fired", "failed", "in_doubt", "expired", "skipped", "would_fire", "not_due", "done"),
    *("bulletins_sent", "warnings"),
)


def version_1(*results: dict[str, Any]) -> str:
    report = make_report(*results)
    summary = {name: report["summary"][name] for name in OF_VERSION_1}
    return json.dumps({**report, "schema_version": 1, "summary": summary})


def test_its_counts_follow_from_its_entries() -> None:
    held_back = make_result("held", None, may_go_at="2026-12-01T14:00:00Z", warnings=["late"])
    results = [
        make_result(),
        make_result("b", "skipped"),
        make_result("c", None),
        make_result("d", None, action="done"),
    ]
    document = read_report(version_1(*results, held_back))

    assert document["schema_version"] == 2
    assert document["results"] == [*results, held_back]
    left = {name: count for name, count in document["summary"]["left_alone"].items() if count}
    assert left == {"wait": 1, "done": 1, "held_back": 1}
    assert (document["summary"]["held_back_too_long"], document["summary"]["selected"]) == (1, 5)
    assert (
        document["summary"]["accounts"]["india"] | {"selected": 5, "fired": 1, "skipped": 1}
        == (document["summary"]["accounts"]["india"])
    )


def test_a_report_of_the_first_release_lacks_what_came_later() -> None:
    document = json.loads(version_1(make_result(), make_result("b", None)))
    for each in document["results"]:
        del each["reason_code"], each["may_go_at"]
    assert read_report(json.dumps(document))["summary"]["fired"] == 1


@pytest.mark.parametrize("text", ['{"schema_version": 1}', '{"schema_version": 1, "results": [1]}', '{"results": 3}'])
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_report(text)
