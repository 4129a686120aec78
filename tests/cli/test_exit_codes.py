"""Exit code 5 means that no request has left: whatever fails after that, another one says so."""

from __future__ import annotations

import importlib
import signal
from functools import reduce
from typing import Any

import pytest

from cli.conftest import Bulletins
from runner import interrupts
from runner.errors import ErrorCode, UserError
from runner.sandbox.server import Sandbox

DISK_FULL = UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the disk is full")

AFTER_SENDING = (
    "runner.fire.run:Run.finish",
    "runner.ledger.ledger:Ledger.finish_run",
    "runner.report.document.run:report_document",
    "runner.report.text.run:summary_lines",
    "runner.jobs.firing.publishing:ReportPublisher.publish",
    "runner.jobs.firing.metrics_file:MetricsFile.count_ledger",
    "runner.ledger.ledger:Ledger.close",
    "runner.report.metrics:metrics_text",
)
BEFORE_SENDING = (
    "runner.ledger.ledger:Ledger.history",
    "runner.fire.run:Run.__init__",
    "runner.ledger.ledger:Ledger.start_run",
    "runner.ledger.ledger:Ledger.put_claims_in_doubt",
)


def break_down(monkeypatch: pytest.MonkeyPatch, at: str, error: Exception) -> None:
    """Makes the function raise instead of doing its work."""

    def broken(*_: Any, **__: Any) -> None:
        raise error

    module, _, path = at.partition(":")
    *owners, last = path.split(".")
    monkeypatch.setattr(reduce(getattr, owners, importlib.import_module(module)), last, broken)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("error", [DISK_FULL, KeyError("x")], ids=["ledger", "internal"])
@pytest.mark.parametrize("at", AFTER_SENDING)
def test_what_fails_after_a_request_has_left_is_no_refusal(
    bulletins: Bulletins, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, at: str, error: Exception
) -> None:
    with monkeypatch.context() as patch:
        break_down(patch, at, error)
        done = bulletins("fire", "--yes", "--id", "now-*", "--metrics-file", "m.prom")
    assert (done.code, len(sandbox.accepted())) == (1, 2), done
    assert "error: " in done.err or at.endswith("count_ledger")


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("at", AFTER_SENDING)
def test_a_doubt_wins_over_what_fails_later(
    bulletins: Bulletins, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    sandbox.add_fault("503@Now 1")
    break_down(monkeypatch, at, DISK_FULL)
    assert bulletins("fire", "--yes", "--id", "now-*", "--metrics-file", "m.prom").code == 4


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("at", BEFORE_SENDING)
def test_what_fails_before_is_one(
    bulletins: Bulletins, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    break_down(monkeypatch, at, DISK_FULL)
    done = bulletins("fire", "--yes", "--id", "now-*")
    assert (done.code, sandbox.received()) == (5, ())


def test_a_caller_keeps_its_signal_handlers(bulletins: Bulletins) -> None:
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    assert bulletins("--version").code == 0
    assert {number: signal.getsignal(number) for number in interrupts.SIGNALS} == before
