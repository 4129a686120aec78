"""Signals during a run: the first lets it finish what is in flight, the second waits for nothing, the third kills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runner import interrupts
from runner.fire.run import Run


@contextmanager
def interrupting(run: Run) -> Iterator[None]:
    """From its start on, a first signal stops `run`, a second abandons it, a third kills the process.

    A signal that comes after `run.fire` has returned changes no exit code: all that was sent is recorded by then.
    """
    count = 0

    def listener(number: int) -> None:
        nonlocal count
        count += 1
        if count == 1:
            run.stop(number)
        else:
            interrupts.die_of_the_next()
            run.abandon()

    interrupts.listen(listener)
    yield
