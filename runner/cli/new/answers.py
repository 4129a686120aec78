"""The state of `new` while it asks for a bulletin: the set, the values of options, and the answers so far.

Each answer is checked by the same rules as the set before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from click import UsageError

from runner.cli.new.dialogue import Dialogue
from runner.cli.new.fixes import proposed
from runner.cli.terminal.prompts import RejectedAnswer
from runner.definitions.model import Definitions
from runner.definitions.problem import Path, Problem

Fields = dict[str, Any]

_MOST_USED = 200
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
    """The dialogue, the set, the defaults of the target file, the values of options, and the answers so far."""

    dialogue: Dialogue
    definitions: Definitions
    defaults: Mapping[str, Any]
    given: OptionAnswers
    now: datetime
    suggest_c_by: Callable[[], str]
    fields: Fields = field(default_factory=dict)

    def check(self, path: Path, value: Any, value_of: Callable[[str], Any] = str) -> None:
        """Keep an answer. Raises RejectedAnswer with the problem that the set would have with it.

        `value_of` makes the value from a text that the problem proposes to write.
        """
        found, changed = self._try(path, value)
        if found is None:
            self.fields.update(changed)
            return
        fix = next((each for each in proposed(found.help) if self._try(path, value_of(each))[0] is None), "")
        raise RejectedAnswer(f"{found.message}. {found.help}".rstrip(), fix)

    def _try(self, path: Path, value: Any) -> tuple[Problem | None, Fields]:
        """Return the problem of an answer, or None, and the field that it changes."""
        from runner.definitions.editing.answer_check import check_answer

        name = str(path[0])
        changed = {name: {**self.fields.get(name, {}), str(path[1]): value} if path[1:] else value}
        fields = {**self.fields, **changed}
        schedule = {**self.defaults.get("schedule", {}), **fields.get("schedule", {})}
        if not {"at", "cron"} & set(schedule):  # not asked yet; {{ … }} is valid only in a recurring bulletin
            schedule = _RECURRING if "{{" in str(value) else {}
        event = self.defaults.get("business_event")
        tried = {**({"business_event": event} if event else {}), **fields}
        tried.pop("schedule", None)
        if schedule:
            tried["schedule"] = schedule
        return check_answer(path, tried, self.definitions), changed

    def check_given(self, path: Path, option: str, value: Any) -> None:
        """Keep an option's value. Raises click.UsageError that names the option."""
        try:
            self.check(path, value)
        except RejectedAnswer as error:
            raise UsageError(f"{option}: {error}") from None

    def used(self, field: str, *keys: str) -> list[str]:
        """Return the different values of a field in the bulletins of the set, the last one last."""
        found: dict[str, None] = {}
        for bulletin in self.definitions.bulletins:
            value: Any = getattr(bulletin, field)
            for key in keys:
                value = value.get(key)
            if isinstance(value, str) and "{{" not in value:
                found.pop(value, None)
                found[value] = None
        return list(found)[-_MOST_USED:]

    def taken(self, path: Path) -> Callable[[str], None]:
        """Return a check for `answer` that keeps a text, which must not be empty."""

        def take(text: str) -> None:
            if not text:
                raise RejectedAnswer("an answer is needed here.")
            self.check(path, text)

        return take
