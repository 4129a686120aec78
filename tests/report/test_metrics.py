"""The metrics file: an independent parser reads it back; it describes this run and keeps figures of earlier runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plan import NOW, make_firing
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from runner import __version__
from runner.errors import Exit
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.ledger.values import Attempt
from runner.plan.decide import Action, Step
from runner.plan.reasons import due
from runner.report.document.run import RunFacts, document_of, entry
from runner.report.metrics import Earlier, RunFigures, earlier, measure_run, metrics_text

LAST_RUN = "bulletins_last_run_timestamp_seconds"
LAST_SUCCESS = "bulletins_last_success_timestamp_seconds"
MINUTE = timedelta(minutes=1)
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def result(outcome: Outcome | None, *latencies_ms: float, account: str = "india", sent: int | None = None) -> Any:
    """An entry of the report document."""
    attempts = tuple(Attempt(number, NOW, each, "no") for number, each in enumerate(latencies_ms, start=1))
    step = Step(make_firing(), Action.FIRE, due(None))
    made = entry(Result(step, outcome, bulletins_sent=sent, tries=len(attempts), attempts=attempts))
    return made | {"account": account}


def document(*results: Any, exit_code: int | None = 0, dry_run: bool = False, took: timedelta = MINUTE) -> Any:
    facts = RunFacts(
        id="01JDX0000000000000000000AA",
        command="fire",
        dry_run=dry_run,
        started_at=NOW - took,
        finished_at=NOW,
        interrupted=False,
        exit_code=exit_code,
        version=__version__,
        ledger=None,
        host="here",
    )
    return document_of(facts, results)


def run_figures(*results: Any, **fields: Any) -> RunFigures:
    return measure_run(document(*results, **fields), in_doubt_now=0, overdue_now=0)


def refusal(exit_code: int = Exit.REFUSED, after: timedelta = timedelta(0)) -> RunFigures:
    return RunFigures(NOW + after - MINUTE, NOW + after, exit_code)


def read(text: str) -> Samples:
    """All samples of a text. Each series may be there once."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def value(text: str, name: str, **labels: str) -> float | None:
    return read(text).get((name, frozenset(labels.items())))


def names(text: str) -> set[str]:
    return {name for name, _ in read(text)}


def test_a_run_is_reported_in_full() -> None:
    found = [
        result(Outcome.FIRED, 250.0, 500.0, sent=3),
        result(Outcome.FIRED, 1000.0, sent=4),
        result(Outcome.IN_DOUBT, 60_000.0),
        result(None),
        result(Outcome.FAILED, 125.0, account="america"),
        result(Outcome.SKIPPED, account="america"),
    ]
    run = measure_run(document(*found, exit_code=4), in_doubt_now=5, overdue_now=2)

    text = metrics_text(run)

    assert value(text, LAST_RUN) == NOW.timestamp()
    assert value(text, LAST_SUCCESS) == 0
    assert value(text, "bulletins_last_run_exit_code") == 4
    assert value(text, "bulletins_last_run_duration_seconds") == 60
    assert value(text, "bulletins_in_doubt") == 5
    assert value(text, "bulletins_overdue") == 2
    assert value(text, "bulletins_build_info", version=__version__) == 1
    per_account = {
        "bulletins_last_run_bulletins_sent": (7, 0),
        "bulletins_last_run_requests": (4, 1),
        "bulletins_last_run_requests_duration_seconds": (61.75, 0.125),
        "bulletins_last_run_slowest_request_seconds": (60, 0.125),
    }
    for name, (india, america) in per_account.items():
        assert value(text, name, account="india") == india
        assert value(text, name, account="america") == america


def test_every_outcome_of_every_account_has_its_count_be_it_zero() -> None:
    outcomes = {outcome: 1 + place for place, outcome in enumerate(Outcome)}
    found = [result(outcome) for outcome, count in outcomes.items() for _ in range(count)]

    text = metrics_text(run_figures(*found, result(None, account="america")))

    for outcome, count in outcomes.items():
        assert value(text, "bulletins_last_run_firings", account="india", outcome=outcome.value) == count
        assert value(text, "bulletins_last_run_firings", account="america", outcome=outcome.value) == 0


def test_an_account_without_requests_has_none_that_was_slowest() -> None:
    text = metrics_text(run_figures(result(None)))

    assert value(text, "bulletins_last_run_requests", account="india") == 0
    assert value(text, "bulletins_last_run_requests_duration_seconds", account="india") == 0
    assert "bulletins_last_run_slowest_request_seconds" not in names(text)


def test_a_refusal_shows_what_is_known_of_it_and_invents_nothing() -> None:
    text = metrics_text(refusal())

    assert names(text) == {
        LAST_RUN,
        LAST_SUCCESS,
        "bulletins_last_run_exit_code",
        "bulletins_last_run_duration_seconds",
        "bulletins_build_info",
    }
    assert value(text, "bulletins_last_run_exit_code") == Exit.REFUSED


def test_a_run_that_ended_without_a_word_has_no_exit_code_and_is_no_success() -> None:
    text = metrics_text(run_figures(exit_code=None))

    assert "bulletins_last_run_exit_code" not in names(text)
    assert value(text, LAST_SUCCESS) == 0


def test_the_last_success_outlives_what_fails_and_moves_with_the_next_success() -> None:
    text = metrics_text(run_figures(result(Outcome.FIRED, 100.0)))
    succeeded = NOW.timestamp()
    for number, code in enumerate((1, 2, 3, 4, 5, 130, 143), start=1):
        text = metrics_text(refusal(code, after=number * MINUTE), earlier(text))
        assert value(text, LAST_RUN) == succeeded + 60 * number
        assert value(text, LAST_SUCCESS) == succeeded

    text = metrics_text(refusal(Exit.OK, after=timedelta(days=1)), earlier(text))

    assert value(text, LAST_SUCCESS) == succeeded + 86_400


def test_a_dry_run_is_no_success() -> None:
    dry = run_figures(result(Outcome.WOULD_FIRE), dry_run=True)

    assert value(metrics_text(dry, Earlier(last_success_s=1000.0)), LAST_SUCCESS) == 1000


def test_a_success_from_the_future_is_not_believed_once_the_clock_is_right() -> None:
    ahead = Earlier(last_success_s=(NOW + timedelta(days=400)).timestamp())

    assert value(metrics_text(refusal(), ahead), LAST_SUCCESS) == NOW.timestamp()


def test_a_clock_that_was_set_back_makes_no_run_shorter_than_nothing() -> None:
    assert value(metrics_text(run_figures(took=-MINUTE)), "bulletins_last_run_duration_seconds") == 0


def test_what_is_in_doubt_and_overdue_stays_until_a_run_knows_better() -> None:
    text = metrics_text(measure_run(document(exit_code=4), in_doubt_now=3, overdue_now=1))

    text = metrics_text(refusal(), earlier(text))
    text = metrics_text(refusal(), earlier(text))
    assert value(text, "bulletins_in_doubt") == 3
    assert value(text, "bulletins_overdue") == 1

    text = metrics_text(measure_run(document(), in_doubt_now=0, overdue_now=None), earlier(text))
    assert value(text, "bulletins_in_doubt") == 0
    assert value(text, "bulletins_overdue") == 1


@pytest.mark.parametrize(
    "text",
    [
        "a list of things to buy",
        '{"schema_version": 1}',
        "# TYPE x\n",
        f"{LAST_SUCCESS} yesterday\n",
        f'{LAST_SUCCESS}{{account="india 1000\n',
        f'{LAST_SUCCESS}{{account="india", ="x"}} 1000\n',
        f"{LAST_SUCCESS} {'9' * 400}\n",
        f"{LAST_SUCCESS} 1000\n\x7fELF\x02\x01 \ufffd\ufffd",
    ],
)
def test_a_text_that_is_no_metrics_text_is_recognized(text: str) -> None:
    assert earlier(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "node_load1 0.5\n",
        f"{LAST_SUCCESS} NaN\n",
        f"{LAST_SUCCESS} +Inf\n",
        f"{LAST_SUCCESS} -1\n",
        f'{LAST_SUCCESS}{{account="india"}} 1000\n',
    ],
)
def test_metrics_without_usable_figures_count_as_none(text: str) -> None:
    assert earlier(text) == Earlier()


def test_a_file_that_somebody_else_wrote_the_metrics_to_is_read_too() -> None:
    text = f"# a comment\n{LAST_SUCCESS} 1000 1796130000000\n\n# TYPE bulletins_in_doubt untyped\nbulletins_in_doubt 2"

    assert earlier(text) == Earlier(last_success_s=1000.0, in_doubt=2.0)


scraps = st.sampled_from(
    ["# HELP", "# TYPE", "#", " ", "\t", "\n", "{", "}", '"', "\\", "=", ",", "a", LAST_SUCCESS, "1e3", "gauge", "\x1c"]
)


@given(st.text() | st.lists(scraps).map("".join))
def test_nothing_that_was_in_the_file_stops_a_run_from_being_reported(text: str) -> None:
    before = earlier(text)

    assert value(metrics_text(refusal(), before), LAST_RUN) == NOW.timestamp()


@given(st.dictionaries(st.text(min_size=1), st.lists(st.sampled_from(Outcome), min_size=1, max_size=4), max_size=5))
@example({'in"dia': [Outcome.FIRED], "in\\dia": [Outcome.FIRED], "in\\ndia": [], "in\ndia": [Outcome.FAILED]})
@example({"\\": [Outcome.FIRED], '\\"': [Outcome.FIRED], '"} 1\nbulletins_in_doubt 9\n#': [Outcome.FIRED]})
@example({"\r\n": [Outcome.FIRED], "\u2028": [Outcome.FIRED], "\x00": [Outcome.FIRED], "{a=,}": [Outcome.FIRED]})
def test_the_name_of_an_account_survives_whatever_it_is(accounts: dict[str, list[Outcome]]) -> None:
    found = [result(outcome, account=name) for name, outcomes in accounts.items() for outcome in outcomes]

    text = metrics_text(run_figures(*found))

    firings = {labels: count for (name, labels), count in read(text).items() if name == "bulletins_last_run_firings"}
    assert firings == {
        frozenset({"account": name, "outcome": outcome.value}.items()): outcomes.count(outcome)
        for name, outcomes in accounts.items()
        if outcomes
        for outcome in Outcome
    }
    assert value(text, "bulletins_in_doubt") == 0
    assert earlier(text) == Earlier(NOW.timestamp(), in_doubt=0, overdue=0)


NUMBER = r"[0-9]+(\.[0-9]+)?(e\+[0-9]{2})?"
LINE = re.compile(
    rf'# HELP bulletins_[a-z_]+ [^\n]+|# TYPE bulletins_[a-z_]+ gauge|bulletins_[a-z_]+(\{{[a-z]+="[^"\n]*"'
    rf'(,[a-z]+="[^"\n]*")*\}})? {NUMBER}'
)


def lines_of(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in text.removesuffix("\n").split("\n")]


def test_the_text_is_what_the_collector_takes_gauges_with_help_and_no_timestamps() -> None:
    texts = [metrics_text(run_figures(result(Outcome.FIRED, 212.4, sent=1))), metrics_text(refusal())]

    assert all(text.endswith("\n") for text in texts)
    assert [line for line in lines_of(texts) if not LINE.fullmatch(line)] == []
    for text in texts:
        families = list(text_string_to_metric_families(text))
        assert len({family.name for family in families}) == len(families)
        assert all(family.type == "gauge" and family.documentation and family.samples for family in families)
        assert all(sample.timestamp is None for family in families for sample in family.samples)


def test_names_keep_clear_of_the_endings_that_mean_something_else_and_end_in_base_units() -> None:
    text = metrics_text(run_figures(result(Outcome.FIRED, 212.4, sent=1)))

    assert [name for name in names(text) if name.endswith(("_total", "_sum", "_count", "_bucket", "_created"))] == []
    assert [name for name in names(text) if re.search("duration|timestamp|slowest", name)] == [
        name for name in names(text) if name.endswith("_seconds")
    ]


def test_nothing_is_left_in_the_registry_of_the_process_or_taken_from_it() -> None:
    text = metrics_text(run_figures(result(Outcome.FIRED, 212.4)))

    assert all(name.startswith("bulletins_") for name in names(text))
    assert [family.name for family in REGISTRY.collect() if family.name.startswith("bulletins_")] == []
