"""The drawing of a run's requests: bars while they can be reported apart, a crowd beyond."""

from __future__ import annotations

import pytest

from report.documents import make_attempt, make_report, make_result
from report.html.samples import busy_report
from runner.report.html.run import timeline as module
from runner.report.html.run.requests import requests_of
from runner.report.html.run.timeline import MOST_BARS, sentence, timeline


def test_without_requests_there_is_nothing_to_draw() -> None:
    assert timeline([]) is None


def test_bars_are_drawn_at_their_times_and_a_retry_is_linked_to_the_try_before() -> None:
    first = make_attempt(1, started_at="2026-12-01T13:00:00Z", latency_ms=1000, verdict="no", http_status=429)
    second = make_attempt(2, started_at="2026-12-01T13:00:03Z", latency_ms=1000)
    drawn = timeline(requests_of(make_report(make_result("a", tries=2, attempts=[first, second]))))

    assert drawn is not None
    (track,) = drawn.tracks
    assert [(bar.x, bar.width, bar.verdict) for bar in track.bars] == [(0, 25, "no"), (75, 25, "yes")]
    assert [(link.x1, link.x2) for link in track.links] == [(25, 75)]
    assert track.bars[1].text == "a, try 2: sent, HTTP 200, 1.0 s"


def test_an_account_has_as_many_lanes_as_requests_in_flight() -> None:
    drawn = timeline(requests_of(busy_report(80)))

    assert drawn is not None
    assert {track.account: track.at_once for track in drawn.tracks} == {"india": 3, "europe": 3, "singapore": 2}
    for track in drawn.tracks:
        assert len({bar.y for bar in track.bars}) == track.at_once
        assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 and bar.y < track.height for bar in track.bars)


def test_too_many_to_be_distinguished_are_drawn_as_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = requests_of(busy_report(300))
    monkeypatch.setattr(module, "MOST_BARS", len(requests) - 1)
    drawn = timeline(requests)

    assert drawn is not None
    assert not any(track.bars for track in drawn.tracks)
    for track in drawn.tracks:
        assert track.crowd is not None
        assert track.crowd.most_in_flight == track.at_once
        assert all(stack.y >= -0.1 and stack.y + stack.height <= 100.1 for stack in track.crowd.stacks)
    assert MOST_BARS == 1500


def test_the_sentence_says_what_was_in_flight() -> None:
    drawn = timeline(requests_of(make_report(make_result())))

    assert drawn is not None
    assert sentence(drawn) == "1 request over 212 ms: india had at most 1 in flight at once."
