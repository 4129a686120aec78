"""On a terminal: colour, the caret, the question, the bar, Ctrl-C; and none of it elsewhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from conftest import Write
from torture.processes import Zygote

from cli.conftest import BULLETINS, Bulletins, account, only_report, outcomes
from runner.sandbox.server import Sandbox

pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")

from cli import terminal

OnTerminal = Callable[..., AbstractContextManager[terminal.Terminal]]
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
QUESTION = "Send 2 (2 in india) to a server on this machine? [y/N]: "


@pytest.fixture
def on_terminal(zygote: Zygote | None) -> OnTerminal:
    """Runs the program on a terminal; it need not be imported."""
    return partial(terminal.on_terminal, zygote=zygote)


def test_a_problem_is_shown_with_its_line_and_a_caret(
    small_set: Path, write: Write, tmp_path: Path, on_terminal: OnTerminal
) -> None:
    write({"wrong.yaml": "bulletins:\n  - id: a\n    nam: हिन्दी\n"})
    with on_terminal("validate", folder=tmp_path) as terminal:
        assert terminal.wait() == 3
    assert "\x1b[31m" in terminal.raw
    lines = terminal.text.splitlines()
    place = next(number for number, line in enumerate(lines) if "error[unknown-field]" in line)
    assert lines[place].startswith("bulletins.d/wrong.yaml:3:5: error[unknown-field]: ")
    assert lines[place + 1] == "    3 |     nam: हिन्दी"
    assert lines[place + 2] == "      |     ^"


@pytest.mark.parametrize(
    ("command", "term"),
    [
        ("validate", "xterm-256color"),
        ("plan", "xterm-256color"),
        ("plan", "dumb"),
        ("explain yaml-key", "xterm-256color"),
        ("fire", "xterm-256color"),
    ],
)
def test_no_color(small_set: Path, tmp_path: Path, on_terminal: OnTerminal, command: str, term: str) -> None:
    environment = {"NO_COLOR": "1", "TERM": term}
    with on_terminal(*command.split(), folder=tmp_path, environment=environment) as terminal:
        terminal.wait()
    assert "\x1b[3" not in terminal.raw
    assert "\x1b[9" not in terminal.raw


def test_a_plan_keeps_to_the_width(small_set: Path, tmp_path: Path, on_terminal: OnTerminal) -> None:
    with on_terminal("plan", folder=tmp_path, columns=60) as terminal:
        assert terminal.wait() == 0
    assert max(map(len, terminal.text.splitlines()[1:-1])) <= 60
    assert "\x1b[32mfire" in terminal.raw


def test_an_error_has_colour_and_its_help(small_set: Path, tmp_path: Path, on_terminal: OnTerminal) -> None:
    with on_terminal("fire", folder=tmp_path) as terminal:
        assert terminal.wait() == 5
    assert "\x1b[31m" in terminal.raw
    assert terminal.text.splitlines()[-1] == "help: Create it with: bulletins ledger init"


def test_yes_sends(ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal) -> None:
    with on_terminal("fire", "--id", "now-*", folder=tmp_path, environment=dict(os.environ)) as terminal:
        terminal.wait_for(QUESTION)
        assert sandbox.received() == ()
        terminal.type("y\n")
        assert terminal.wait() == 0
    assert "fire  now-1  india  due at once (no schedule)\n" in terminal.text
    assert "2 fired (bulletins sent: 2)\n" in terminal.text
    assert "━" in terminal.text  # the bar
    assert "fired      now-1" not in terminal.text  # the bar says it
    assert len(sandbox.accepted()) == 2


def test_a_firing_that_changed_while_the_question_was_open_is_not_sent(
    ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal, bulletins: Bulletins
) -> None:
    """A payload that went out under another id meanwhile would go out twice: no claim is in its way."""
    with on_terminal("fire", "--id", "now-*", folder=tmp_path, environment=dict(os.environ)) as terminal:
        terminal.wait_for(QUESTION)
        other = {"accounts.yaml": account(sandbox.base_url), "twin.yaml": BULLETINS.replace("id: now-1", "id: twin-1")}
        for name, text in other.items():
            (tmp_path / "other.d").mkdir(exist_ok=True)
            (tmp_path / "other.d" / name).write_text(text, encoding="utf-8")
        assert bulletins("fire", "other.d", "--yes", "--id", "twin-1").code == 0
        terminal.type("y\n")
        assert terminal.wait() == 5
    assert " [shown-plan-outdated]\n" in terminal.text
    assert [received.name for received in sandbox.accepted()] == ["Now 1"]


@pytest.mark.parametrize("answer", ["no\n", "\n"])
def test_anything_else_sends_nothing(
    ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal, answer: str
) -> None:
    with on_terminal("fire", "--id", "now-*", folder=tmp_path, environment=dict(os.environ)) as terminal:
        terminal.wait_for(QUESTION)
        terminal.type(answer)
        assert terminal.wait() == 5
    assert terminal.text.splitlines()[-2].endswith(" [not-confirmed]")
    assert sandbox.received() == ()
    report = only_report(tmp_path)
    assert (report["run"]["exit_code"], report["run"]["interrupted"]) == (5, False)
    assert outcomes(report) == {"now-1": "skipped", "now-2": "skipped"}


def test_what_is_neither_yes_nor_no_is_asked_again(
    ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal
) -> None:
    with on_terminal("fire", "--id", "now-*", folder=tmp_path, environment=dict(os.environ)) as terminal:
        terminal.wait_for(QUESTION)
        terminal.type("yy\n")
        terminal.wait_for(f"  'yy' is neither yes nor no: answer y or n.\n{QUESTION}")
        assert sandbox.received() == ()
        terminal.type("YES\n")
        assert terminal.wait() == 0
    assert len(sandbox.accepted()) == 2


@pytest.mark.parametrize("keys", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
def test_leaving_at_the_question_sends_nothing(
    ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal, keys: str
) -> None:
    with on_terminal("fire", "--id", "now-*", folder=tmp_path, environment=dict(os.environ)) as terminal:
        terminal.wait_for(QUESTION)
        assert terminal.leave(keys) == 130
    assert " [question-interrupted]\n" in terminal.text
    assert sandbox.received() == ()
    report = only_report(tmp_path)
    assert (report["run"]["exit_code"], report["run"]["interrupted"]) == (130, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_at_the_question_sends_nothing(
    ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal, number: signal.Signals, code: int
) -> None:
    with on_terminal("fire", "--id", "now-*", folder=tmp_path, environment=dict(os.environ)) as terminal:
        terminal.wait_for(QUESTION)
        assert terminal.signal(number) == code
    assert "Traceback" not in terminal.text
    assert sandbox.received() == ()
    report = only_report(tmp_path)
    assert (report["run"]["exit_code"], report["run"]["interrupted"]) == (code, True)


def test_ctrl_c_in_the_middle(
    bulletins: Bulletins, ledger: str, write: Write, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal
) -> None:
    head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india]}\nbulletins:\n"
    entries = (f'  - {{id: x-{n}, name: N {n}, properties: {{program_id: "{n}"}}}}\n' for n in range(40))
    write({"all.yaml": head + "".join(entries)})
    sandbox.add_fault("timeout@N 0")
    with on_terminal("fire", "--yes", folder=tmp_path, environment=dict(os.environ)) as terminal:
        sandbox.wait_received(5, timeout_s=60)
        terminal.type("\x03")
        terminal.wait_for(
            "interrupted: waiting for the requests in progress; a second interruption leaves them in doubt"
        )
        assert terminal.raw.rindex(SHOW_CURSOR) > terminal.raw.rindex(HIDE_CURSOR)  # should it be killed now
        terminal.type("\x03")
        assert terminal.wait() == 130
    assert "Traceback" not in terminal.text
    assert "in doubt   x-0 india · " in terminal.text
    report = only_report(tmp_path)
    assert report["run"]["interrupted"] is True
    assert outcomes(report)["x-0"] == "in_doubt"


def test_a_run_that_fails_shows_lines_above_the_bar(
    ledger: str, sandbox: Sandbox, tmp_path: Path, on_terminal: OnTerminal
) -> None:
    sandbox.add_fault("fail:no [red]such[/red] event@Now 1")
    with on_terminal("fire", "--yes", folder=tmp_path, environment=dict(os.environ)) as terminal:
        assert terminal.wait() == 1
    assert "failed     now-1 india · HTTP 200: no [red]such[/red] event · " in terminal.text
    assert "1 fired, 1 failed, 1 expired (bulletins sent: 1)\n" in terminal.text


def test_a_report_in_json_on_a_terminal_has_no_colour_in_it(
    ledger: str, tmp_path: Path, on_terminal: OnTerminal
) -> None:
    with on_terminal("plan", "--format", "json", folder=tmp_path) as terminal:
        assert terminal.wait() == 0
    assert "\x1b" not in terminal.raw


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        ("y\n", 0, "resolved: now-2 in india (r1) is recorded as not sent; nothing was sent now\n"),
        ("n\n", 5, " [not-confirmed]\n"),
        ("\x03", 130, " [question-interrupted]\n"),
    ],
)
def test_a_word_is_asked_for_once_more(
    bulletins: Bulletins, tmp_path: Path, on_terminal: OnTerminal, keys: str, code: int, said: str
) -> None:
    with on_terminal("resolve", "now-2", "--not-sent", "--note", "n", folder=tmp_path) as terminal:
        terminal.wait_for("Record 1 as not sent? Nothing is sent now; the next run sends them, if they are still due.")
        assert terminal.text.startswith("now-2 in india (r1)\n")
        assert terminal.leave(keys) == code
    assert said in terminal.text
    assert ("now: retry" in bulletins("status", "now-2").out) is (code == 0)


@pytest.mark.parametrize(("keys", "code", "fired"), [("y\n", 0, 3), ("\n", 5, 0)])
def test_a_baseline_is_asked_for(
    bulletins: Bulletins, ledger: str, tmp_path: Path, on_terminal: OnTerminal, keys: str, code: int, fired: int
) -> None:
    with on_terminal("ledger", "baseline", folder=tmp_path) as terminal:
        terminal.wait_for("Record these 3 as sent in .bulletins/ledger.sqlite3? None of them will be sent.")
        assert terminal.leave(keys) == code
    assert bulletins("ledger", "show", "--format", "json").json["firings"]["fired"] == fired
