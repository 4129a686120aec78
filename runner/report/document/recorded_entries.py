"""The report of a run as the ledger keeps it: text that is stored in one column, and entries read from it.

In: a report's document. Out: its counts, the times of the run and its entries as JSON. Payloads and requests are left
out where the rows of the firings hold them, because they are most of a report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runner.ledger.values import RecordedReport

_TIMES = ("started_at", "finished_at")
_RUN = "run"  # the key of these times among the counts
_OF_ROWS = ("payload", "attempts")  # fields that the rows of a firing hold, if the run made a request


def recorded_report(document: Mapping[str, Any]) -> RecordedReport:
    """Return what the ledger keeps of a report."""
    times = {name: document["run"][name] for name in _TIMES}
    return RecordedReport(_text({**document["summary"], _RUN: times}), _packed(document["results"]))


def summary_of(report: RecordedReport) -> dict[str, Any]:
    """Return the counts of a recorded report."""
    summary: dict[str, Any] = json.loads(report.summary)
    return {name: value for name, value in summary.items() if name != _RUN}


def times_of(report: RecordedReport) -> dict[str, str]:
    """Return start and end of the run as its report states them; empty for a report of an earlier release.

    The run's row has the times of the ledger's clock, which may differ.
    """
    times: dict[str, str] = json.loads(report.summary).get(_RUN, {})
    return times


def entries_of(report: RecordedReport) -> list[dict[str, Any]]:
    """Return the entries of a recorded report. Where the ledger holds a request, `payload` is None."""
    if report.entries is None:
        return []
    packed = json.loads(report.entries)
    entries = [dict(zip(packed["fields"], values, strict=True)) for values in packed["rows"]]
    return [{name: value for name, value in each.items() if name != "row" or value is not None} for each in entries]


def _packed(entries: list[dict[str, Any]]) -> str | None:
    if not entries:
        return None
    fields = [name for name in max(entries, key=len) if name != "attempts"]
    rows = [[_value(each, name) for name in fields] for each in entries]
    return _text({"fields": fields, "rows": rows})


def _value(entry: Mapping[str, Any], name: str) -> Any:
    return None if name in _OF_ROWS and entry["tries"] else entry.get(name)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
