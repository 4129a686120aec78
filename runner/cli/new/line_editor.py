"""Read one answer with line editing, earlier answers and a way back, by prompt_toolkit; plainly on a dumb terminal.

In: a `Reading`, which says what is asked. Out: the typed text. All is shown on standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runner import interrupts
from runner.report.safe_text import printable

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

BACK = "<"  # typed alone, it goes back to the question before


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer to read: the question, what Enter alone gives, and the text that is there to be edited.

    `known` are answers that were given to this question before, the newest last. `preview` returns a line about the
    text as it is typed.
    """

    text: str
    suggestion: str = ""
    typed: str = ""
    known: Sequence[str] = ()
    preview: Callable[[str], str] | None = None


def read_line(reading: Reading) -> str:
    """Return the answer as it was typed, without blanks at its ends; the suggestion if nothing was typed.

    Raises click.Abort if the person leaves, and UnicodeDecodeError for bytes that are not UTF-8.
    """
    if not can_edit():
        return _read_plainly(reading)
    try:
        typed = _session(reading.known).prompt(
            lambda: _prompt(reading), default=reading.typed, key_bindings=_bindings(), handle_sigint=False
        )
    except (EOFError, KeyboardInterrupt, interrupts.Interrupted):
        raise click.Abort from None
    return typed.strip() or reading.suggestion


def can_edit() -> bool:
    """Whether the terminal can move its cursor, so that a line can be edited."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "") and sys.stderr.isatty()


def keys() -> str:
    """Return a line about the keys, to be shown before the first question."""
    keys = (
        f"Shift-Tab or {BACK}: the question before · Up: earlier answers"
        if can_edit()
        else f"{BACK}: the question before"
    )
    return f"({keys} · Ctrl-C: leave, and write nothing)"


def _prompt(reading: Reading) -> str:
    """Return the prompt, below a line about the text that is being typed."""
    from prompt_toolkit.application import get_app

    app = get_app()
    typed = app.current_buffer.text.strip()
    said = reading.preview(typed) if reading.preview is not None and not app.is_done else ""
    suggestion = f" [{printable(reading.suggestion)}]" if reading.suggestion else ""
    above = f"  {printable(said)}\n" if said else ""
    return f"{above}{printable(reading.text)}{suggestion}: "


def _read_plainly(reading: Reading) -> str:
    suggestion = reading.typed or reading.suggestion
    try:
        return str(click.prompt(reading.text, default=suggestion, show_default=bool(suggestion), err=True)).strip()
    except interrupts.Interrupted:
        raise click.Abort from None


def _session(known: Sequence[str]) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.output import create_output
    from prompt_toolkit.output.vt100 import Vt100_Output

    output = create_output(stdout=sys.stderr)
    if isinstance(output, Vt100_Output):
        output.enable_cpr = False  # some terminals never say where their cursor is
    return PromptSession(history=InMemoryHistory(known), output=output)


def _bindings() -> KeyBindings:
    """Return the keys of our own: the way back, and a paste of several lines, which becomes one line."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.keys import Keys

    bindings = KeyBindings()

    @bindings.add("s-tab")
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=BACK)

    @bindings.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(" ".join(line.strip() for line in event.data.splitlines()))

    return bindings
