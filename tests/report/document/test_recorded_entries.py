"""What the ledger keeps of a report gives the same entries again, without the payloads that its rows hold."""

from __future__ import annotations

from report.documents import make_report, make_result
from report.hostile import HOSTILE
from runner.report.document.recorded_entries import entries_of, recorded_report, summary_of


def test_entries_and_counts_come_back() -> None:
    skipped = make_result("a", "skipped", row="bulletins.d/shows.csv:17")
    held_back = make_result("b", None, may_go_at="2026-12-01T14:00:00Z")
    document = make_report(make_result(), skipped, held_back, make_result("c", "expired"))
    recorded = recorded_report(document)

    assert summary_of(recorded) == document["summary"]
    first, *others = entries_of(recorded)
    assert first == {name: value for name, value in document["results"][0].items() if name != "attempts"} | {
        "payload": None
    }
    assert [{**each, "attempts": []} for each in others] == document["results"][1:]


def test_a_report_without_entries_keeps_only_its_counts() -> None:
    recorded = recorded_report(make_report())
    assert recorded.entries is None
    assert entries_of(recorded) == []


def test_hostile_texts_come_back_unchanged() -> None:
    for text in HOSTILE.values():
        document = make_report(make_result(text, "skipped", reason=text))
        (entry,) = entries_of(recorded_report(document))
        assert (entry["id"], entry["reason"]) == (text, text)
