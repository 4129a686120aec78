"""Signals during a run. The first lets requests in flight finish, the second waits for nothing, the third kills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runner import interrupts
from runner.fire.run import Run


@contextmanager
def interrupting(run: Run) -> Iterator[None]:
    """Listen for signals: the first stops `run`, the second abandons it, the third kills the process.

    A signal after `run.fire` has returned does not change the exit code: all outcomes are recorded by then.
    """
    count = 0

    def listener(number: int) -> None:
        nonlocal count
        count += 1
        if count == 1:
            run.stop(number)
        else:
            interrupts.let_next_signal_kill()
            run.abandon()

    interrupts.listen(listener)
    yield
