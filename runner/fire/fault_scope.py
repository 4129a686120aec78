"""The scope of an exception in a run: takes an exception, returns whether it concerns one firing or the whole ledger.

Also returns the text that a report shows for it.
"""

from __future__ import annotations

import traceback

from runner.errors import UserError
from runner.ledger.ledger_errors import Unstorable


def concerns_ledger(error: Exception) -> bool:
    """Whether the error concerns the whole ledger, so that every other firing would meet it too."""
    return isinstance(error, UserError) and not isinstance(error, Unstorable)


def is_internal(error: Exception) -> bool:
    """Whether the error is a bug in this program, and not caused by a value or by the ledger."""
    return not isinstance(error, UserError)


def fault_text(error: Exception) -> str:
    """Return the message of an error that a user can fix.

    For any other error, its text could contain a secret: only its type and its place in the code are shown, for the
    developers.
    """
    if isinstance(error, UserError):
        return error.message
    places = [
        f" in {name}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (name := frame.f_globals.get("__name__", "")).startswith("runner.")
    ]
    return f"internal error of this program (for its developers: {type(error).__name__}{places[-1] if places else ''})"
