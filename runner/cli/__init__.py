"""The command line. `main` is the program: it takes arguments and ends the process with an exit code.

Nothing heavy is imported here: until the signal handlers are installed, Python answers Ctrl-C with a traceback.
"""

from __future__ import annotations

import os
import sys

from runner import interrupts

TYPE_CHECKING = False  # importing typing is slow
if TYPE_CHECKING:
    from typing import NoReturn


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program and end the process with its exit code.

    With `arguments`, as from another program: raise SystemExit, after the caller's signal handlers are restored.
    """
    try:
        try:
            interrupts.handle()
            from runner.cli.program import run

            code = run(arguments)
        finally:
            interrupts.end()
    except (interrupts.Interrupted, KeyboardInterrupt) as interruption:  # KeyboardInterrupt: before `handle` has run
        interrupts.end()
        code = interruption.exit_code if isinstance(interruption, interrupts.Interrupted) else 130
        _say_interrupted()
    finally:
        if arguments is not None:
            interrupts.restore()
    if arguments is None:
        _end_process(code)
    sys.exit(code)


def _say_interrupted() -> None:
    try:
        if sys.stderr is not None:
            sys.stderr.write("interrupted\n")
            sys.stderr.flush()
    except OSError:
        pass  # there is no other place for an error of standard error


def _end_process(code: int) -> NoReturn:
    """End the process without Python's shutdown.

    During that, threads of the run could print or crash. It also frees each object, a quarter of the cost of --help.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
