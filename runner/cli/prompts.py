"""Questions on a terminal: every wrong answer is told, and asked again. All of it goes to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click

from runner.interrupts import Interrupted
from runner.report.safe_text import plain

T = TypeVar("T")


class Unfit(ValueError):
    """An answer that can't be taken, and why."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the option that answers it without a terminal, and what Enter alone answers."""

    text: str
    option: str
    suggestion: str = ""


def answer(question: Question, check: Callable[[str], T], *, given: str | None = None) -> T:
    """The answer as `check` takes it, which raises Unfit; `given` is the option's value, and then nothing is asked.

    Raises click.UsageError where there is no terminal to ask on, or where the option's value is unfit, and click.Abort
    where a signal came meanwhile.
    """
    if given is not None:
        try:
            return check(readable(given))
        except Unfit as error:
            raise click.UsageError(f"{question.option}: {error}") from None
    if not can_ask():
        raise missing(question.option)
    while True:
        try:
            typed = click.prompt(
                question.text, default=question.suggestion, show_default=bool(question.suggestion), err=True
            )
            return check(readable(str(typed).strip()))
        except Interrupted:
            raise click.Abort from None
        except UnicodeDecodeError:
            click.echo("  that is not UTF-8", err=True)
        except Unfit as error:
            click.secho(f"  {plain(str(error))}", fg="red", err=True)


def readable(text: str) -> str:
    """The text itself. Raises Unfit where it was typed in bytes that are not UTF-8."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Unfit("that is not UTF-8")
    return text


def can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def missing(*options: str, why: str = ", and there is no terminal to ask on") -> click.UsageError:
    """What is said where options are wanted: all of them at once, however many, and why nobody is asked."""
    *others, last = options
    named = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    return click.UsageError(f"{named} missing{why}")


def choice(question: Question, labels: Sequence[str], *, given: str | None = None) -> int:
    """The number, from 0, of one of the labels: chosen by its number from 1, or by itself."""
    if given is None and can_ask():
        _show(question.text, labels)
    return answer(_numbered(question, labels), lambda text: _number(text, labels), given=given)


def choices(question: Question, labels: Sequence[str]) -> list[int]:
    """The same for one or more, with commas between them."""
    if can_ask():
        _show(question.text, labels)

    def check(text: str) -> list[int]:
        return list(dict.fromkeys(_number(part.strip(), labels) for part in text.split(",")))

    return answer(_numbered(question, labels), check)


def _show(text: str, labels: Sequence[str]) -> None:
    click.echo(f"{text}:", err=True)
    for number, label in enumerate(labels, start=1):
        click.echo(f"  {number}  {plain(label)}", err=True)


def _numbered(question: Question, labels: Sequence[str]) -> Question:
    return Question(f"1 to {len(labels)}" if len(labels) > 1 else "1", question.option, question.suggestion)


def _number(text: str, labels: Sequence[str]) -> int:
    # Its own text comes first: a property may take the values 10 and 20.
    if text in labels:
        return labels.index(text)
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= len(labels):
        return int(text) - 1
    from runner.definitions.suggest import did_you_mean

    hint = did_you_mean(text, labels) or "Type the number before it."
    raise Unfit(f"{text!r} is none of these. {hint}" if text else "one of these is wanted. Type the number before it.")
