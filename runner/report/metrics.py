"""A run's figures as Prometheus text for node_exporter's textfile collector, so that a dead cron job is noticed.

In: the report document, or the times and exit code of a refused run, and the text of the run before. Out: gauges of
this run. They have no timestamps, because the collector refuses files with timestamps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner import __version__
from runner.errors import Exit
from runner.fire.outcome import Outcome

if TYPE_CHECKING:
    from prometheus_client import Metric

_LAST_SUCCESS = "bulletins_last_success_timestamp_seconds"
_IN_DOUBT = "bulletins_in_doubt"
_OVERDUE = "bulletins_overdue"
_HELD_BACK = "bulletins_held_back"
_KEPT = " If a run can't count them, it keeps the figure of the run before."
_NONE_REFUSED = " Missing if the run was refused before it began."
_HELP = {
    "bulletins_last_run_timestamp_seconds": "End of the last run, successful or not, as a UNIX time.",
    _LAST_SUCCESS: "End of the last run with exit code 0, without dry runs, as a UNIX time; 0 if unknown.",
    "bulletins_last_run_exit_code": "Exit code of the last run.",
    "bulletins_last_run_duration_seconds": "Duration of the last run.",
    _IN_DOUBT: "Firings that may have been sent, until a person resolves them." + _KEPT,
    _OVERDUE: "Firings that were due and unsent at the end of the last run, without those held back." + _KEPT,
    _HELD_BACK: "Firings that were due and held back by the budget at the end of the last run." + _KEPT,
    "bulletins_last_run_firings": "Firings of the last run by outcome; 0 for outcomes that did not occur."
    + _NONE_REFUSED,
    "bulletins_last_run_bulletins_sent": "Bulletins that the API reported as sent in the last run." + _NONE_REFUSED,
    "bulletins_last_run_requests": "Requests of the last run whose end is known, retries included." + _NONE_REFUSED,
    "bulletins_last_run_requests_duration_seconds": "Sum of the durations of these requests." + _NONE_REFUSED,
    "bulletins_last_run_slowest_request_seconds": "Duration of the slowest of them. Missing without requests.",
    "bulletins_build_info": "The version of bulletins that made the last run, as a label; always 1.",
}

_Labels = tuple[str, ...]  # names or values of labels, in the same order
_Gauge = tuple[str, _Labels, Mapping[_Labels, float]]  # name, names of labels, samples by values of labels


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The figures of a run in one account; `latencies_s` holds the duration of each request in seconds."""

    account: str
    firings: Mapping[Outcome, int]
    bulletins_sent: int
    latencies_s: Sequence[float]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The figures of one run. For a refused run, only the times and the exit code are known."""

    started_at: datetime
    finished_at: datetime
    exit_code: int | None
    dry_run: bool = False
    accounts: tuple[AccountFigures, ...] = ()
    in_doubt: int | None = None
    overdue: int | None = None
    held_back: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """Figures of the run before, which a run keeps if it can't determine them itself."""

    last_success_s: float = 0.0
    in_doubt: float | None = None
    overdue: float | None = None
    held_back: float | None = None


def measure_run(
    document: Mapping[str, Any], *, in_doubt_now: int | None, overdue_now: int | None, held_back_now: int | None = None
) -> RunFigures:
    """Return the figures of a run's report, with the ledger's counts after the run; None for an unknown count."""
    run = document["run"]
    results: dict[str, list[Mapping[str, Any]]] = {}
    for each in document["results"]:
        results.setdefault(each["account"], []).append(each)
    return RunFigures(
        started_at=datetime.fromisoformat(run["started_at"]),
        finished_at=datetime.fromisoformat(run["finished_at"]),
        exit_code=run["exit_code"],
        dry_run=run["dry_run"],
        accounts=tuple(
            _account_figures(name, counts, results.get(name, ()))
            for name, counts in sorted(document["summary"]["accounts"].items())
        ),
        in_doubt=in_doubt_now,
        overdue=overdue_now,
        held_back=held_back_now,
    )


def _account_figures(account: str, counts: Mapping[str, int], results: Iterable[Mapping[str, Any]]) -> AccountFigures:
    bulletins_sent, latencies_s = 0, []
    for each in results:
        bulletins_sent += each["bulletins_sent"] or 0
        latencies_s += [attempt["latency_ms"] / 1000 for attempt in each["attempts"]]
    return AccountFigures(account, {each: counts[each.value] for each in Outcome}, bulletins_sent, latencies_s)


def earlier(text: str) -> Earlier | None:
    """Read the figures of the run before from its file's text. None if the text is not metrics."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        found = {sample.name: float(sample.value) for sample in samples if not sample.labels}
    except (ValueError, OverflowError, IndexError):
        return None
    known = {name: value for name, value in found.items() if math.isfinite(value) and value >= 0}
    return Earlier(known.get(_LAST_SUCCESS, 0.0), known.get(_IN_DOUBT), known.get(_OVERDUE), known.get(_HELD_BACK))


def metrics_text(run: RunFigures, before: Earlier | None = None) -> str:
    """Return the text of the metrics file after this run; `before` holds the file's figures until now."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    families = [_family(*gauge) for gauge in _gauges(run, before or Earlier()) if gauge[2]]

    class Snapshot(Collector):
        def collect(self) -> Iterable[Metric]:
            return families

    registry = CollectorRegistry()  # the global registry also holds figures of this process, which are useless later
    registry.register(Snapshot())
    return generate_latest(registry).decode("utf-8")


def _family(name: str, label_names: _Labels, samples: Mapping[_Labels, float]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, _HELP[name], labels=label_names)
    for labels, value in samples.items():
        family.add_metric(labels, value)
    return family


def _gauges(run: RunFigures, before: Earlier) -> Iterator[_Gauge]:
    # If the clock was set back, a run can end before it began.
    duration_s = max(0.0, (run.finished_at - run.started_at).total_seconds())
    yield _single("bulletins_last_run_timestamp_seconds", run.finished_at.timestamp())
    yield _single(_LAST_SUCCESS, _last_success_s(run, before))
    yield _single("bulletins_last_run_exit_code", run.exit_code)
    yield _single("bulletins_last_run_duration_seconds", duration_s)
    yield _single(_IN_DOUBT, before.in_doubt if run.in_doubt is None else run.in_doubt)
    yield _single(_OVERDUE, before.overdue if run.overdue is None else run.overdue)
    yield _single(_HELD_BACK, before.held_back if run.held_back is None else run.held_back)
    yield "bulletins_last_run_firings", ("account", "outcome"), _firings(run.accounts)
    yield _by_account("bulletins_last_run_bulletins_sent", {each.account: each.bulletins_sent for each in run.accounts})
    latencies_s = {each.account: each.latencies_s for each in run.accounts}
    yield _by_account("bulletins_last_run_requests", {name: len(each) for name, each in latencies_s.items()})
    took_s = {name: math.fsum(each) for name, each in latencies_s.items()}
    yield _by_account("bulletins_last_run_requests_duration_seconds", took_s)
    slowest_s = {name: max(each) for name, each in latencies_s.items() if each}
    yield _by_account("bulletins_last_run_slowest_request_seconds", slowest_s)
    yield "bulletins_build_info", ("version",), {(__version__,): 1}


def _firings(accounts: Iterable[AccountFigures]) -> dict[_Labels, float]:
    return {(each.account, outcome.value): each.firings[outcome] for each in accounts for outcome in Outcome}


def _last_success_s(run: RunFigures, before: Earlier) -> float:
    finished_s = run.finished_at.timestamp()
    if run.exit_code == Exit.OK and not run.dry_run:
        return finished_s
    # A time in the future, from a clock that was corrected since, would silence the alert until then.
    return min(before.last_success_s, finished_s)


def _single(name: str, value: float | None) -> _Gauge:
    return name, (), {} if value is None else {(): value}


def _by_account(name: str, values: Mapping[str, float]) -> _Gauge:
    return name, ("account",), {(account,): value for account, value in values.items()}
