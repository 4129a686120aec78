"""The command line. `main` is the program: signal handlers first, then everything else.

Imports nothing heavy: until the handlers are in place, Python answers Ctrl-C with a traceback.
"""

from __future__ import annotations

import os
import sys

from runner import interrupts

TYPE_CHECKING = False  # typing would take its time
if TYPE_CHECKING:
    from typing import NoReturn


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the program and ends the process with its exit code.

    With `arguments`, as other programs call it, raises SystemExit, and the caller's signal handlers are put back.
    """
    try:
        try:
            interrupts.handle()
            from runner.cli.program import run

            code = run(arguments)
        finally:
            interrupts.end()
    except (interrupts.Interrupted, KeyboardInterrupt) as interruption:  # of Python's own before `handle` was done
        interrupts.end()
        code = interruption.exit_code if isinstance(interruption, interrupts.Interrupted) else 130
        _say_interrupted()
    finally:
        if arguments is not None:
            interrupts.restore()
    if arguments is None:
        _leave_threads(code)
    sys.exit(code)


def _say_interrupted() -> None:
    try:
        if sys.stderr is not None:
            sys.stderr.write("interrupted\n")
            sys.stderr.flush()
    except OSError:
        pass  # standard error has no other place to report to


def _leave_threads(code: int) -> None:
    """Ends the process at once where threads of the run are left: as Python shuts down, they could print or crash."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
