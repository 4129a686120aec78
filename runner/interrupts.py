"""SIGINT, SIGTERM and SIGHUP: what they do, from the first line of the program to its last.

Three phases follow each other. While a command *prepares*, a signal raises Interrupted, so that whatever blocks ends.
Python drops an exception in some places, such as callbacks of the garbage collector; so the signal is noted as well,
and `check` raises it again. While a run *sends*, nothing is raised: its listener is called. Once the program *ends*,
signals change nothing. A signal that was ignored when the program started stays ignored.

Imports hardly anything: before the handlers are in place, Python answers a signal with a traceback.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # typing would take its time
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    Listener = Callable[[int], None]

# Windows has no SIGHUP. The last one is in place when all are.
SIGNALS: tuple[int, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupted(BaseException):
    """A signal came before anything was sent."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = exit_code_of(number)


class _State:
    """What is true of this process. Each change is one assignment, so that a signal never sees half of it."""

    def __init__(self) -> None:
        self.noted: int | None = None
        self.listener: Listener | None = None
        self.before: dict[int, Any] = {}  # the handlers that were replaced
        self.unraisable: Any = None


_state = _State()


def exit_code_of(number: int) -> int:
    """The exit code of a process that a signal ended, as shells count it."""
    return 128 + number


def handle() -> None:
    """Puts the handlers in place; the program prepares. Does nothing outside the main thread, which gets no signals."""
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
    """Raises Interrupted where a signal came and its exception was dropped."""
    if _state.noted is not None:
        raise Interrupted(_state.noted)


def exit_code() -> int | None:
    """The exit code that a signal asks for which came while the program prepared; None where none came."""
    return None if _state.noted is None else exit_code_of(_state.noted)


def defer() -> None:
    """From here on a signal raises nothing and is only noted; a second one ends the process at once."""
    _state.listener = _note


def listen(listener: Listener) -> None:
    """From here on `listener` is called with the number of each signal, also of one that was noted before."""
    _state.listener = listener
    noted, _state.noted = _state.noted, None
    if noted is not None:
        listener(noted)


def die_of_the_next() -> None:
    """The next signal kills the process, even where Python can't run a handler."""
    for number in _state.before:
        signal.signal(number, signal.SIG_DFL)


def end() -> None:
    """The exit code is decided: signals change nothing any more."""
    _state.listener = _ignore
    for number in _state.before:
        signal.signal(number, signal.SIG_IGN)


def restore() -> None:
    """Puts back what `handle` replaced, for a caller that goes on."""
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
        os._exit(exit_code_of(_state.noted))  # nothing was sent, and the caller does not want to wait
    _state.noted = number


def _ignore(_number: int) -> None:
    pass


def _report_unraisable(unraisable: Any) -> None:
    # What Python has to drop once a signal has come is the signal's own exception, or a file that it left open.
    if _state.noted is None and not isinstance(unraisable.exc_value, Interrupted):
        _state.unraisable(unraisable)
