"""The requests of a report, and the lanes they fill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from report.documents import make_attempt, make_report, make_result
from runner.ledger.values import Attempt
from runner.report.document.firing_entry import attempt_values
from runner.report.html.run.requests import RequestBar, lanes, requests_of


def request(start_ms: float, end_ms: float) -> RequestBar:
    return RequestBar(0, "india", "a", 1, start_ms, end_ms, "yes", 200)


spans = st.tuples(st.integers(0, 1000), st.integers(0, 300)).map(lambda span: request(span[0], span[0] + span[1]))


@given(st.lists(spans, max_size=60))
def test_lanes_are_as_many_as_were_in_flight_at_once_and_hold_one_request_at_a_time(requests: list[RequestBar]) -> None:
    requests.sort(key=lambda each: each.start_ms)
    placed, count = lanes(requests)
    at_once = max(
        (
            sum(other.start_ms <= each.start_ms < other.end_ms - other.slack_ms or other is each for other in before)
            for place, each in enumerate(requests)
            for before in [requests[: place + 1]]
        ),
        default=0,
    )

    assert count == at_once
    for lane in range(count):
        mine = [each for each, at in zip(requests, placed, strict=True) if at == lane]
        assert all(b.start_ms >= a.end_ms - b.slack_ms for a, b in pairwise(mine))


@given(st.lists(st.tuples(st.integers(1, 400_000), st.integers(0, 999)), min_size=1, max_size=60))
def test_no_more_are_in_flight_than_the_slots_that_sent_them(spans_us: list[tuple[int, int]]) -> None:
    start = datetime(2026, 12, 1, 13, tzinfo=UTC)
    free_at = [start, start, start]
    results = []
    for number, (took_us, pause_us) in enumerate(spans_us):
        slot = free_at.index(min(free_at))
        at = free_at[slot] + timedelta(microseconds=pause_us)
        free_at[slot] = at + timedelta(microseconds=took_us)
        attempt = attempt_values(Attempt(1, at, round(took_us / 1000, 3), "yes", 200, None, None))
        results.append(make_result(f"b-{number}", attempts=[attempt], tries=1))
    _, count = lanes(requests_of(make_report(*results)))

    assert count <= 3


def test_every_attempt_is_a_request_in_the_order_of_starts() -> None:
    first = make_attempt(1, started_at="2026-12-01T13:00:01Z", verdict="no", http_status=429)
    second = make_attempt(2, started_at="2026-12-01T13:00:03Z")
    early = make_attempt(1, started_at="2026-12-01T13:00:00Z")
    found = requests_of(make_report(make_result(tries=2, attempts=[first, second]), make_result(attempts=[early])))

    assert [(each.row, each.number, each.verdict) for each in found] == [(1, 1, "yes"), (0, 1, "no"), (0, 2, "yes")]


def test_a_request_that_nobody_saw_end_lasts_until_the_run_ended() -> None:
    cut = make_result(outcome="in_doubt", tries=1, attempts=[], latency_ms=None, started_at="2026-12-01T12:59:58Z")
    (found,) = requests_of(make_report(cut))

    assert found.is_open
    assert found.verdict == "unknown"
    assert found.latency_ms == 2000


def test_results_that_sent_nothing_make_no_requests() -> None:
    assert requests_of(make_report(make_result(outcome=None), make_result(outcome="skipped"))) == []
