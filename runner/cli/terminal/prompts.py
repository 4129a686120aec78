"""Ask questions on a terminal. A wrong answer is explained and the question asked again, all on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click

from runner import interrupts
from runner.errors import ErrorCode, Exit, UserError
from runner.report.safe_text import printable

T = TypeVar("T")


NOT_UTF_8 = "the characters can't be read: they are not UTF-8"


class RejectedAnswer(ValueError):
    """An answer was rejected; the message gives the reason and how to write it. `fix` is an answer that is allowed."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its text, the option that answers it without a terminal, and the answer that Enter alone gives."""

    text: str
    option: str
    suggestion: str = ""


def answer(question: Question, check: Callable[[str], T], *, given: str | None = None) -> T:
    """Ask until `check` accepts the answer, and return what `check` returns. It raises RejectedAnswer to reject one.

    If the option's value is `given`, nothing is asked. Raises click.UsageError if that value is rejected, or if no
    terminal can be asked on. Raises click.Abort on a signal.
    """
    if given is not None:
        try:
            return check(readable(given))
        except RejectedAnswer as error:
            raise click.UsageError(f"{question.option}: {error}") from None
    if not can_ask():
        raise missing(question.option)
    while True:
        try:
            typed = click.prompt(
                question.text, default=question.suggestion, show_default=bool(question.suggestion), err=True
            )
            return check(readable(str(typed).strip()))
        except interrupts.Interrupted:
            raise click.Abort from None
        except UnicodeDecodeError:
            click.echo(f"  {NOT_UTF_8}", err=True)
        except RejectedAnswer as error:
            click.secho(f"  {printable(str(error))}", fg="red", err=True)


def require_yes(
    question: str,
    *,
    undone: str,
    enter_is_yes: bool = False,
    ask: Callable[[Question, Callable[[str], bool]], bool] | None = None,
) -> None:
    """Ask on the terminal. Raises UserError without a yes; `undone` completes its "nothing was …".

    Use `enter_is_yes` only for what can be undone: then Enter alone means yes. `ask` is used in place of `answer`.
    """
    again = "Run the command again when you are sure."
    asked = Question(f"{question} [{'Y/n' if enter_is_yes else 'y/N'}]", "--yes")
    try:
        if (ask or answer)(asked, lambda text: _is_yes(text, enter_is_yes=enter_is_yes)):
            return
    except click.Abort:
        click.echo(err=True)  # ends the line of the question
        message = f"interrupted, and nothing was {undone}"
        code = Exit(interrupts.exit_code() or Exit.INTERRUPTED)
        raise UserError(ErrorCode.QUESTION_INTERRUPTED, message, help=again, exit_code=code) from None
    raise UserError(
        ErrorCode.NOT_CONFIRMED, f"the question was not answered with yes, and nothing was {undone}", help=again
    )


def _is_yes(text: str, *, enter_is_yes: bool) -> bool:
    if not text:
        return enter_is_yes
    if text.lower() not in ("y", "yes", "n", "no"):
        raise RejectedAnswer(f"{text!r} is neither yes nor no: answer y or n.")
    return text.lower() in ("y", "yes")


def readable(text: str) -> str:
    """Return the text unchanged. Raises RejectedAnswer if its bytes were not UTF-8."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise RejectedAnswer(NOT_UTF_8)
    return text


def can_ask() -> bool:
    """Report whether standard input is a terminal."""
    return sys.stdin.isatty()


def missing(*options: str, why: str = ", and there is no terminal to ask on") -> click.UsageError:
    """Return the error that names all missing options at once; `why` ends its sentence."""
    *others, last = options
    named = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return click.UsageError(f"{named} missing{why}")


def choice(question: Question, labels: Sequence[str]) -> int:
    """Ask for one label, by its number from 1 or by its text; return its index from 0."""
    show_labels(question.text, labels)
    return answer(numbered(question, labels), lambda text: number_of(text, labels))


def show_labels(text: str, labels: Sequence[str]) -> None:
    """Show the labels to choose from, with their numbers."""
    click.echo(f"{text}:", err=True)
    for number, label in enumerate(labels, start=1):
        click.echo(f"  {number}  {printable(label)}", err=True)


def numbered(question: Question, labels: Sequence[str]) -> Question:
    """Return the question for the number of a label."""
    return Question(f"1 to {len(labels)}" if len(labels) > 1 else "1", question.option, question.suggestion)


def number_of(text: str, labels: Sequence[str]) -> int:
    """Return the index, from 0, of the label that is meant by its number or its text. Raises RejectedAnswer."""
    # A label's text wins over its number: the values of a property may be 10 and 20.
    if text in labels:
        return labels.index(text)
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= len(labels):
        return int(text) - 1
    from runner.definitions.suggest import did_you_mean

    if not text:
        raise RejectedAnswer("nothing was chosen. Type the number in front of your choice.")
    meant = did_you_mean(text, labels)
    fix = meant.removeprefix("Did you mean ").removesuffix("?")
    raise RejectedAnswer(f"{text!r} is not in the list. {meant or 'Type the number in front of your choice.'}", fix)
