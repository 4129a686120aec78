"""The state of `new` while it asks for a bulletin: the set, the values of options, and the answers so far.

Each answer is checked by the same rules as the set before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from click import UsageError

from runner.cli.terminal.prompts import RejectedAnswer
from runner.definitions.model import Definitions
from runner.definitions.problem import Path

Fields = dict[str, Any]

_RECURRING = {"cron": "0 0 * * *", "timezone": "UTC"}


@dataclass(frozen=True, slots=True)
class OptionAnswers:
    """The answers given by options; None if the question must be asked."""

    event: str | None = None
    name: str | None = None
    id: str | None = None
    c_by: str | None = None
    at: str | None = None
    at_once: bool = False
    cron: str | None = None
    timezone: str | None = None
    grace: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interview:
    """The set, the defaults of the target file, the values of options, and the answers so far."""

    definitions: Definitions
    defaults: Mapping[str, Any]
    given: OptionAnswers
    now: datetime
    suggest_c_by: Callable[[], str]
    fields: Fields = field(default_factory=dict)

    def check(self, path: Path, value: Any) -> None:
        """Keep an answer. Raises RejectedAnswer with the problem that the set would have with it."""
        from runner.definitions.editing.answer_check import check_answer

        name = str(path[0])
        changed = {**self.fields, name: {**self.fields.get(name, {}), str(path[1]): value} if path[1:] else value}
        schedule = {**self.defaults.get("schedule", {}), **changed.get("schedule", {})}
        if not {"at", "cron"} & set(schedule):  # not asked yet; {{ … }} is valid only in a recurring bulletin
            schedule = _RECURRING if "{{" in str(value) else {}
        event = self.defaults.get("business_event")
        tried = {**({"business_event": event} if event else {}), **changed}
        tried.pop("schedule", None)
        if schedule:
            tried["schedule"] = schedule
        found = check_answer(path, tried, self.definitions)
        if found is not None:
            raise RejectedAnswer(f"{found.message}. {found.help}".rstrip())
        self.fields.update(changed)

    def check_given(self, path: Path, option: str, value: Any) -> None:
        """Keep an option's value. Raises click.UsageError that names the option."""
        try:
            self.check(path, value)
        except RejectedAnswer as error:
            raise UsageError(f"{option}: {error}") from None

    def taken(self, path: Path) -> Callable[[str], None]:
        """Return a check for `answer` that keeps a text, which must not be empty."""

        def take(text: str) -> None:
            if not text:
                raise RejectedAnswer("an answer is needed here.")
            self.check(path, text)

        return take
