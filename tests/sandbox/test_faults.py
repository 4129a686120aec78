"""The text of faults: everything parses to a fault or to a ValueError, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.sandbox.faults import Fault, FaultKind, FaultRules, format_fault, parse_fault


@given(st.text() | st.from_regex(r"[a-z0-9-]{0,12}(@.*)?(\*[0-9]+)?(~[0-9.]+)?", fullmatch=True))
def test_every_text_is_a_fault_or_a_value_error(text: str) -> None:
    try:
        fault = parse_fault(text)
    except ValueError:
        return
    assert parse_fault(format_fault(fault)) == fault


@given(
    kind=st.sampled_from(
        [
            kind
            for kind in FaultKind
            if kind not in (FaultKind.STATUS, FaultKind.FAIL, FaultKind.REFUSE, FaultKind.STICKY_429)
        ]
    ),
    match=st.text(min_size=1),
    times=st.none() | st.integers(1, 99),
    probability=st.floats(0.001, 1.0),
)
def test_what_is_formatted_parses_to_the_same(
    kind: FaultKind, match: str, times: int | None, probability: float
) -> None:
    fault = Fault(kind, match=match, times=times, probability=probability)

    assert parse_fault(format_fault(fault)) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("503", Fault(FaultKind.STATUS, status=503)),
        ("503-after", Fault(FaultKind.STATUS, after=True, status=503)),
        ("timeout-after@*Hindi*", Fault(FaultKind.TIMEOUT, after=True, match="*Hindi*")),
        ("429@*12*2", Fault(FaultKind.STATUS, status=429, match="*12", times=2)),
        ("sticky-429", Fault(FaultKind.STICKY_429)),
        ("sticky-429:1.5s", Fault(FaultKind.STICKY_429, text="1.5s")),
        ("fail:Business Event Not Found~0.5", Fault(FaultKind.FAIL, text="Business Event Not Found", probability=0.5)),
    ],
)
def test_the_forms_mean_what_the_help_says(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "sticky-429:",
        "sticky-429:long",
        "sticky-429:-1s",
        "sticky-429@x",
        "sticky-429*1",
        "sticky-429-after",
        "429:30s",
        "",
        "200",
        "truncated-after",
        "nonsense",
        "503*0",
        "503~2",
        "refuse@x",
        "fail:",
        "503@",
    ],
)
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        parse_fault(text)


def test_a_fault_befalls_those_it_matches_as_often_as_it_says() -> None:
    rules = FaultRules()
    rules.add(parse_fault("503@a**2"))

    assert [rules.pick(name) is not None for name in ("b", "a1", "a2", "a3")] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("sticky-429", 600), ("sticky-429:30s", 30), ("sticky-429:2m", 120), ("sticky-429:250ms", 0.25)],
)
def test_a_429_sticks_to_its_account_for_a_while(text: str, seconds: float) -> None:
    rules = FaultRules()
    rules.add(parse_fault(text))
    assert not rules.refuses("india", 1000.0)
    rules.note_429("india", 1000.0)
    rules.note_429("india", 1000.0 + seconds / 2)  # refused, and no reason to wait longer
    assert rules.refuses("india", 1000.0 + 0.99 * seconds)
    assert not rules.refuses("india", 1000.0 + seconds)
    assert not rules.refuses("europe", 1000.0)
    rules.note_429("india", 1000.0 + seconds)
    assert rules.refuses("india", 1000.0 + seconds)
    rules.clear()
    assert not rules.refuses("india", 1000.0 + seconds)


def test_without_the_fault_no_429_sticks() -> None:
    rules = FaultRules()
    rules.note_429("india", 1000.0)
    assert not rules.refuses("india", 1000.0)


def test_chance_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        rules = FaultRules(seed)
        rules.add(parse_fault("503~0.5"))
        return [rules.pick(f"n{number}") is not None for number in range(64)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 10 < sum(drawn(1)) < 54
