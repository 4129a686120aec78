"""Firing a set without a command line: what is shown and asked, in which order, and with which exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli.conftest import BULLETINS, account, only_report, outcomes
from conftest import Write

from runner import local
from runner.definitions.model import Definitions
from runner.errors import ErrorCode, Exit, UserError
from runner.fire.result import Result
from runner.jobs.firing.fire import fire
from runner.jobs.firing.request import FireRequest
from runner.jobs.selection import Selection
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.plan.decide import Plan
from runner.plan.select import Criterion
from runner.sandbox.server import Sandbox

DUE = Selection((Criterion("id", ("now-*",)),))


class RecordedDisplay:
    """Notes what is shown and asked. `on_question` answers a question: it returns, or raises an error."""

    def __init__(self, on_question: Callable[[], object] = lambda: None, *, can_ask: bool = True) -> None:
        self.events: list[str] = []
        self.can_ask = can_ask
        self._on_question = on_question

    def note(self, text: str) -> None:
        self.events.append("note")

    def warn(self, text: str) -> None:
        self.events.append("warning")

    def fault(self, text: str) -> None:
        self.events.append("fault")

    def prepare(self) -> None:
        self.events.append("prepare")

    def show_problems(self, definitions: Definitions) -> None:
        self.events.append("problems")

    def show_warning_count(self, count: int, path: Path) -> None:
        self.events.append(f"{count} warnings")

    def show_plan(self, plan: Plan) -> None:
        self.events.append("plan")

    def require_yes(self, question: str) -> None:
        self.events.append("question")
        self._on_question()

    @contextmanager
    def progress(self, total: int) -> Iterator[RecordedDisplay]:
        self.events.append(f"progress of {total}")
        yield self
        self.events.append("end of progress")

    def result(self, result: Result) -> None:
        self.events.append("result")

    def message(self, text: str) -> None:
        self.events.append("message")

    def show_news(self, lines: Sequence[tuple[str | None, str]]) -> None:
        self.events.append("news")

    def print_report(self, text: str) -> None:
        self.events.append("report")

    def show_error(self, error: UserError) -> None:
        self.events.append("error")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The API's stand-in, that answers at once."""
    with Sandbox() as served:
        yield served


@pytest.fixture
def request_(write: Write, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> FireRequest:
    """A request for two bulletins that are due, over a new ledger."""
    monkeypatch.setenv("INDIA_ID", "india")
    monkeypatch.setenv("INDIA_PASSCODE", "sesame")
    write({"accounts.yaml": account(sandbox.base_url), "all.yaml": BULLETINS})
    local.make_folder(local.FOLDER)
    create(parse_url(str(local.LEDGER)), now=datetime.now(UTC), who="tester")
    return FireRequest(Path(local.DEFINITIONS), DUE)


def test_a_run_shows_its_plan_asks_and_only_then_sends(request_: FireRequest, sandbox: Sandbox) -> None:
    display = RecordedDisplay(lambda: display.events.append(f"{len(sandbox.received())} sent"))
    assert fire(request_, display) == Exit.OK
    assert len(sandbox.accepted()) == 2
    assert display.events == [
        *("prepare", "plan", "question", "0 sent"),
        *("progress of 2", "result", "result", "end of progress", "report", "note"),
    ]


def test_without_a_terminal_to_ask_on_nothing_is_sent(request_: FireRequest, sandbox: Sandbox) -> None:
    display = RecordedDisplay(can_ask=False)
    with pytest.raises(UserError) as refused:
        fire(request_, display)
    assert (refused.value.exit_code, sandbox.received(), display.events) == (Exit.REFUSED, (), ["prepare", "plan"])
    assert set(outcomes(only_report(Path())).values()) == {"skipped"}


def test_what_another_run_sends_during_the_question_is_not_sent_again(request_: FireRequest, sandbox: Sandbox) -> None:
    display = RecordedDisplay(lambda: fire(replace(request_, may_ask=False), RecordedDisplay()))
    with pytest.raises(UserError) as refused:
        fire(request_, display)
    assert (refused.value.exit_code, len(sandbox.accepted())) == (Exit.REFUSED, 2)
    assert "progress of 2" not in display.events


@pytest.mark.parametrize(
    "error", [UserError(ErrorCode.CANNOT_WRITE, "it broke"), KeyError("x")], ids=["known", "internal"]
)
def test_an_error_after_a_request_is_shown_and_never_raised(
    request_: FireRequest, sandbox: Sandbox, error: Exception
) -> None:
    class Breaking(RecordedDisplay):
        def print_report(self, text: str) -> None:
            raise error

    display = Breaking()
    assert fire(replace(request_, may_ask=False), display) == Exit.FAILED
    assert (len(sandbox.accepted()), display.events[-1]) == (2, "error")


def test_an_error_before_a_request_is_raised(request_: FireRequest, sandbox: Sandbox) -> None:
    class Breaking(RecordedDisplay):
        @contextmanager
        def progress(self, total: int) -> Iterator[RecordedDisplay]:
            raise KeyError("x")

    with pytest.raises(KeyError):
        fire(replace(request_, may_ask=False), Breaking())
    assert sandbox.received() == ()


def test_a_set_with_problems_is_shown_and_not_fired(request_: FireRequest, sandbox: Sandbox, write: Write) -> None:
    write({"all.yaml": BULLETINS.replace("id: now-2", "id: now-1")})
    display = RecordedDisplay()
    assert fire(request_, display) == Exit.PROBLEMS
    assert (display.events, sandbox.received()) == (["problems"], ())


def test_a_dry_run_shows_the_plan_and_reports_what_would_be_sent(request_: FireRequest, sandbox: Sandbox) -> None:
    display = RecordedDisplay()
    assert fire(replace(request_, dry_run=True), display) == Exit.OK
    assert (display.events, sandbox.received()) == (["plan", "report", "note"], ())
    assert set(outcomes(only_report(Path())).values()) == {"would_fire"}


@pytest.mark.parametrize(
    "options",
    [
        {"now": datetime(2026, 12, 1, tzinfo=UTC)},
        {"accepted_losses": ("01ARZ",)},
        {"note": "because"},
        {"accepted_losses": ("01ARZ",), "note": " "},
        {"accepted_losses": ("01ARZ",), "note": "because", "dry_run": True},
    ],
)
def test_options_that_exclude_each_other_are_a_usage_error(request_: FireRequest, options: dict[str, object]) -> None:
    with pytest.raises(UserError) as refused:
        fire(replace(request_, **options), RecordedDisplay())  # type: ignore[arg-type]
    assert refused.value.exit_code == Exit.USAGE
