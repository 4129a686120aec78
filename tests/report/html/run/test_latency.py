"""Latencies: percentiles and the histogram."""

from __future__ import annotations

from report.documents import make_attempt, make_report, make_result
from runner.report.html.run.latency import distribution, latency_rows, percentile
from runner.report.html.run.requests import RequestBar, requests_of


def taking(*latencies: float) -> list[RequestBar]:
    attempts = [[make_attempt(latency_ms=each)] for each in latencies]
    return requests_of(make_report(*(make_result(attempts=each) for each in attempts)))


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(1, 101)]

    assert (percentile(values, 50), percentile(values, 95), percentile(values, 100)) == (50, 95, 100)
    assert percentile([7.0], 50) == 7


def test_figures_are_of_all_and_of_each_account_where_there_are_several() -> None:
    one = make_result(attempts=[make_attempt(latency_ms=100)])
    other = make_result(attempts=[make_attempt(latency_ms=300)], account="europe")
    found = latency_rows(requests_of(make_report(one, other)))

    assert [(each.account, each.count, each.max_ms) for each in found] == [
        ("", 2, 300),
        ("india", 1, 100),
        ("europe", 1, 300),
    ]
    assert [each.account for each in latency_rows(taking(100))] == ["india"]


def test_requests_that_nobody_saw_end_took_no_known_time() -> None:
    cut = make_result(outcome="in_doubt", attempts=[], latency_ms=None)

    assert latency_rows(requests_of(make_report(cut))) == []


def test_a_few_requests_are_no_distribution() -> None:
    assert distribution(taking(1, 2, 3, 4)) is None


def test_the_scale_is_logarithmic_where_latencies_differ_by_much() -> None:
    near, far = distribution(taking(100, 110, 120, 130, 140)), distribution(taking(10, 20, 30, 40, 4000))

    assert near is not None
    assert far is not None
    assert (near.is_log, far.is_log) == (False, True)
    assert max(near.columns) == max(far.columns) == 100


def test_equal_latencies_are_one_column() -> None:
    found = distribution(taking(*[100] * 9))

    assert found is not None
    assert [column for column in found.columns if column] == [100]
