"""Axes: places in percent, and ticks at round times within the span."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.report.html.axis import axis_of


@given(st.integers(0, 2 * 10**12), st.integers(0, 10**11))
def test_ticks_are_a_handful_within_the_span(start_ms: int, span_ms: int) -> None:
    axis = axis_of(start_ms, start_ms + span_ms)
    ticks = axis.ticks()

    assert len(ticks) <= 7
    assert all(0 <= tick.x <= 100 and axis.start_ms <= tick.at_ms <= axis.end_ms for tick in ticks)


def test_ticks_show_as_much_of_the_time_as_they_need() -> None:
    forms = [axis_of(0, span).ticks()[0].form for span in (100, 10_000, 3_600_000, 90 * 86_400_000)]

    assert forms == ["milli", "second", "minute", "short"]
