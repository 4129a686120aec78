"""Handles SIGINT, SIGTERM and SIGHUP from the start of the program to its end.

There are three phases. While a command *prepares*, a signal raises Interrupted, which also ends a blocking call. Python
drops exceptions in some places, such as callbacks of the garbage collector. So the signal is also noted, and `check`
raises the exception again. While a run *sends*, no exception is raised: the listener of the run is called. When the
program *ends*, signals have no effect. A signal that was ignored when the program started stays ignored.

This module imports as little as possible: until its handlers are set, a signal causes a traceback of Python.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # importing typing takes too long here
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Listener = Callable[[int], None]

# Windows has no SIGHUP. The handlers are set in this order.
SIGNALS: tuple[int, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupted(BaseException):
    """A signal arrived before anything was sent."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = exit_code_of(number)


class _State:
    """The state of this process. Each change is one assignment, so that a signal handler never sees half a change."""

    def __init__(self) -> None:
        self.noted: int | None = None
        self.listener: Listener | None = None
        self.before: dict[int, Any] = {}  # the handlers that were replaced
        self.unraisable: Any = None


_state = _State()


def exit_code_of(number: int) -> int:
    """Return the exit code of a process that a signal ended: 128 plus the signal's number, as in shells."""
    return 128 + number


def handle() -> None:
    """Set the handlers and begin the phase *prepares*. Do nothing outside the main thread: only that gets signals."""
    _state.noted, _state.listener = None, None
    try:
        for number in SIGNALS:
            before = signal.getsignal(number)
            if before not in (signal.SIG_IGN, None, _handle):
                signal.signal(number, _handle)
                _state.before[number] = before
    except ValueError:
        return
    if _state.unraisable is None:
        _state.unraisable, sys.unraisablehook = sys.unraisablehook, _report_unraisable


def check() -> None:
    """Raise Interrupted if a signal arrived and Python dropped its exception."""
    if _state.noted is not None:
        raise Interrupted(_state.noted)


def exit_code() -> int | None:
    """Return the exit code for a signal that arrived in the phase *prepares*, or None if there was none."""
    return None if _state.noted is None else exit_code_of(_state.noted)


def note_signals() -> None:
    """From now on, only note a signal. A second signal ends the process at once."""
    _state.listener = _note


def listen(listener: Listener) -> None:
    """From now on, call `listener` with the number of each signal, including a signal that was noted before."""
    _state.listener = listener
    noted, _state.noted = _state.noted, None
    if noted is not None:
        listener(noted)


def let_next_signal_kill() -> None:
    """Let the next signal kill the process, even while Python can't run a handler."""
    for number in _state.before:
        signal.signal(number, signal.SIG_DFL)


def end() -> None:
    """From now on, ignore all signals: the exit code is decided."""
    _state.listener = _ignore
    for number in _state.before:
        signal.signal(number, signal.SIG_IGN)


def restore() -> None:
    """Restore the handlers that `handle` replaced, for a caller that continues."""
    for number, before in _state.before.items():
        signal.signal(number, before)
    _state.before.clear()
    if _state.unraisable is not None:
        sys.unraisablehook, _state.unraisable = _state.unraisable, None
    _state.noted, _state.listener = None, None


def _handle(number: int, _frame: FrameType | None) -> None:
    if _state.listener is not None:
        _state.listener(number)
        return
    _note(number)
    raise Interrupted(number)


def _note(number: int) -> None:
    if _state.noted is not None:
        os._exit(exit_code_of(_state.noted))  # nothing was sent, and the user does not want to wait
    _state.noted = number


def _ignore(_number: int) -> None:
    pass


def _report_unraisable(unraisable: Any) -> None:
    # After a signal, Python drops the signal's own exception, or reports a file that the exception left open.
    if _state.noted is None and not isinstance(unraisable.exc_value, Interrupted):
        _state.unraisable(unraisable)
