"""The dialogue of `new`: each answer is checked, explained if it is refused, and can be taken back.

Going back starts the questions again, with the answers before it as they were given. So a question never has to undo
what its answer changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from runner.cli.new.line_editor import BACK, Reading, keys, read_line
from runner.cli.terminal import prompts
from runner.cli.terminal.prompts import (
    NOT_UTF_8,
    Question,
    RejectedAnswer,
    can_ask,
    number_of,
    numbered,
    readable,
    show_labels,
)
from runner.report.safe_text import printable

T = TypeVar("T")


class GoBack(Exception):
    """The person wants to answer the question before again."""


class Dialogue:
    """The answers that were typed so far, and how the next one is read."""

    def __init__(self) -> None:
        self._has_begun = False
        self._kept: list[str] = []
        self._next = 0  # the answer in `_kept` that the next question gets
        self._typed = ""  # the answer that was taken back, to be edited

    def begin(self) -> None:
        """Begin with the first question, which gets the first kept answer. The keys are explained at the beginning."""
        if can_ask() and not self._has_begun:
            click.secho(keys(), dim=True, err=True)
        self._next, self._has_begun = 0, True

    def answer(
        self,
        question: Question,
        check: Callable[[str], T],
        *,
        given: str | None = None,
        known: Sequence[str] = (),
        preview: Callable[[str], str] | None = None,
    ) -> T:
        """Return what `check` makes of the answer: of the option's value `given`, or of what is typed.

        `known` and `preview` are those of a `Reading`. Raises click.UsageError if an option's value is refused or no
        terminal can be asked on, click.Abort if the person leaves, and GoBack.
        """
        if given is not None or not can_ask():
            return prompts.answer(question, check, given=given)
        if self._is_repeating:
            try:
                found = check(self._kept[self._next])
            except RejectedAnswer:  # it was accepted before: time has passed
                del self._kept[self._next :]
            else:
                self._next += 1
                return found
        typed, self._typed = self._typed, ""
        while True:
            try:
                text = readable(read_line(Reading(question.text, question.suggestion, typed, known, preview)))
                if text == BACK:
                    self._take_back()
                    continue
                found = check(text)
            except UnicodeDecodeError:
                click.echo(f"  {NOT_UTF_8}", err=True)
            except RejectedAnswer as error:
                click.secho(f"  {printable(str(error))}", fg="red", err=True)
                typed = error.fix
                if typed:
                    click.echo(f"  use {printable(typed)}? Enter takes it.", err=True)
            else:
                if preview is not None and (said := preview(text)):
                    click.echo(f"  {printable(said)}", err=True)
                self._kept.append(text)
                self._next += 1
                return found

    def choice(self, question: Question, labels: Sequence[str], *, given: str | None = None) -> int:
        """Ask for one label, by its number from 1 or by its text; return its index from 0."""
        if given is None:
            self._show(question.text, labels)
        return self.answer(numbered(question, labels), lambda text: number_of(text, labels), given=given)

    def choices(self, question: Question, labels: Sequence[str]) -> list[int]:
        """Ask for one or more labels, with commas between them; return their indexes from 0."""
        self._show(question.text, labels)

        def check(text: str) -> list[int]:
            return list(dict.fromkeys(number_of(part.strip(), labels) for part in text.split(",")))

        return self.answer(numbered(question, labels), check)

    @property
    def _is_repeating(self) -> bool:
        return self._next < len(self._kept)

    def _take_back(self) -> None:
        """Forget the last answer and raise GoBack. Does nothing at the first question."""
        if self._kept:
            self._typed = self._kept.pop()
            raise GoBack
        click.echo("  this is the first question", err=True)

    def _show(self, text: str, labels: Sequence[str]) -> None:
        if not can_ask() or self._is_repeating:
            return
        show_labels(text, labels)
