"""SIGINT and SIGTERM during a run: the first lets it finish what is in flight, the second waits for nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from runner.fire.run import Run

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interrupting(run: Run) -> Iterator[None]:
    """While it lasts, a first signal stops `run`, a second abandons it, a third kills. For the main thread."""

    def first(number: int, _frame: FrameType | None) -> None:
        _handle(second)
        run.stop(number)

    def second(_number: int, _frame: FrameType | None) -> None:
        _handle(signal.SIG_DFL)
        run.abandon()

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    _handle(first)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _handle(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _SIGNALS:
        signal.signal(number, handler)
