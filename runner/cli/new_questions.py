"""What `new` asks of a bulletin, question by question; options given answer them beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from click import UsageError

from runner.cli.asking import Question, Unfit, answer, can_ask, choice, choices, missing
from runner.definitions.model import BusinessEvent, Definitions
from runner.definitions.problem import Path

Fields = dict[str, Any]

_AT_ONCE, _AT, _CRON = "as soon as it is there", "at a time", "again and again (cron)"
_AS_DEFAULTS = "as the defaults of the file say"
_OPTIONS = {_AT_ONCE: "at-once", _AT: "at", _CRON: "cron"}
_LOCAL = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_DEFAULT_GRACE = "1h"
_RECURRING = {"cron": "0 0 * * *", "timezone": "UTC"}


@dataclass(frozen=True, slots=True)
class Given:
    """What options answer; None where the question is asked."""

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
class Asked:
    """The set, the defaults of the file that is added to, what is given, and the answers so far."""

    definitions: Definitions
    defaults: Mapping[str, Any]
    given: Given
    now: datetime
    suggest_c_by: Callable[[], str]
    fields: Fields = field(default_factory=dict)

    def check(self, path: Path, value: Any) -> None:
        """Puts an answer in its place. Raises Unfit with what the check of the set would say of it."""
        from runner.definitions.trial import complaint

        name = str(path[0])
        changed = {**self.fields, name: {**self.fields.get(name, {}), str(path[1]): value} if path[1:] else value}
        schedule = {**self.defaults.get("schedule", {}), **changed.get("schedule", {})}
        if not {"at", "cron"} & set(schedule):  # none yet, but it may come to be one that recurs
            schedule = _RECURRING if "{{" in str(value) else {}
        event = self.defaults.get("business_event")
        tried = {**({"business_event": event} if event else {}), **changed}
        tried.pop("schedule", None)
        if schedule:
            tried["schedule"] = schedule
        found = complaint(path, tried, self.definitions)
        if found is not None:
            raise Unfit(f"{found.message}. {found.help}".rstrip())
        self.fields.update(changed)

    def taken(self, path: Path) -> Callable[[str], None]:
        """A check for `answer`: text, put in its place."""

        def take(text: str) -> None:
            if not text:
                raise Unfit("an answer is wanted here.")
            self.check(path, text)

        return take


def ask(asked: Asked) -> Fields:
    """The fields of a bulletin, all questions answered. Raises click.UsageError, or click.Abort where somebody left."""
    from runner.cli.suggesting import next_name

    _ask_event(asked)
    _ask_properties(asked)
    suggestion = next_name(asked.fields["business_event"], asked.definitions.bulletins)
    answer(
        _question(asked, "name", "name, as the activity log shows it", suggestion),
        asked.taken(("name",)),
        given=asked.given.name,
    )
    _ask_id(asked)
    answer(
        _question(asked, "c-by", "e-mail address of its creator (c-by)", asked.suggest_c_by()),
        asked.taken(("c-by",)),
        given=_default(asked, "c-by", asked.given.c_by),
    )
    _ask_accounts(asked)
    _ask_schedule(asked)
    if asked.given.tags:
        _given(asked, ("tags",), "--tag", list(asked.given.tags))
    return asked.fields


def _question(asked: Asked, name: str, text: str, suggestion: str = "") -> Question:
    return Question(text, f"--{name}", str(asked.defaults.get(name, suggestion)))


def _default(asked: Asked, name: str, given: str | None) -> str | None:
    """Where nobody can be asked, what the file's defaults say is answer enough."""
    return given if given is not None or can_ask() else asked.defaults.get(name)


def _given(asked: Asked, path: Path, option: str, value: Any) -> None:
    try:
        asked.check(path, value)
    except Unfit as error:
        raise UsageError(f"{option}: {error}") from None


def _ask_event(asked: Asked) -> None:
    question = Question("business event", "--event", str(asked.defaults.get("business_event", "")))
    given = _default(asked, "business_event", asked.given.event)
    names = list(asked.definitions.events)
    if names and given is None and can_ask():
        suggestion = question.suggestion or (names[0] if len(names) == 1 else "")
        asked.check(("business_event",), names[choice(Question(question.text, question.option, suggestion), names)])
    else:
        answer(question, asked.taken(("business_event",)), given=given)


def _ask_properties(asked: Asked) -> None:
    asked.fields["properties"] = {}
    inherited: Mapping[str, str] = asked.defaults.get("properties", {})
    event = asked.definitions.events.get(asked.fields["business_event"])
    for name, value in asked.given.properties.items():
        _given(asked, ("properties", name), f"--property {name}", value)
    if event is not None:
        for name in dict.fromkeys((*event.required, *(event.properties or ()))):
            if name not in asked.given.properties:
                _ask_property(asked, event, name, str(inherited.get(name, "")))
    if (event is None or event.properties is None) and can_ask():
        while answer(
            Question("another property, as name=value, or nothing", "--property"), lambda text: _another(asked, text)
        ):
            pass


def _ask_property(asked: Asked, event: BusinessEvent, name: str, inherited: str) -> None:
    is_required = name in event.required and not inherited
    option = f"--property {name}=…"
    if not can_ask():
        if is_required:
            raise missing(option)
        return
    said = (event.properties or {}).get(name)
    said = said if isinstance(said, Mapping) else {}
    allowed = said.get("enum")
    notes = [
        text
        for text in (said.get("description"), None if is_required or inherited else "may be left out")
        if isinstance(text, str)
    ]
    text = f"{name} ({'; '.join(note.rstrip('.') for note in notes)})" if notes else name
    if isinstance(allowed, list) and allowed and all(isinstance(value, str) and value for value in allowed):
        labels = [*allowed, *(["left out"] if not is_required and not inherited else [])]
        picked = choice(Question(text, option, inherited or ("" if is_required else labels[-1])), labels)
        if picked < len(allowed):
            asked.check(("properties", name), allowed[picked])
        return

    def take(typed: str) -> None:
        if typed or is_required:
            asked.taken(("properties", name))(typed)

    answer(Question(text, option, inherited), take)


def _another(asked: Asked, text: str) -> bool:
    """Takes one more property; whether there was one."""
    if not text:
        return False
    name, is_pair, value = text.partition("=")
    if not is_pair or not name.strip():
        raise Unfit("that is no name=value. Type nothing to go on.")
    asked.check(("properties", name.strip()), value.strip())
    return True


def _ask_id(asked: Asked) -> None:
    from runner.cli.suggesting import free_id

    known = {bulletin.id for bulletin in asked.definitions.bulletins}
    suggestion = free_id(asked.fields["name"], asked.fields["business_event"], known)

    def take(text: str) -> None:
        if text in known:
            raise Unfit(f"the id {text!r} is already used. Give it one of its own, such as {suggestion}.")
        asked.taken(("id",))(text)

    answer(Question("id, unique in the whole set", "--id", suggestion), take, given=asked.given.id)


def _ask_accounts(asked: Asked) -> None:
    names = list(asked.definitions.accounts)
    if asked.given.accounts:
        _given(asked, ("accounts",), "--account", list(asked.given.accounts))
        return
    inherited = [name for name in asked.defaults.get("accounts", ()) if name in names]
    if len(names) < 2 or (inherited and not can_ask()):
        return
    question = Question("accounts, with commas between them", "--account", ", ".join(inherited))
    chosen = [names[number] for number in choices(question, names)]
    asked.check(("accounts",), chosen)


def _ask_schedule(asked: Asked) -> None:
    given, kind = asked.given, _kind_of_schedule(asked)
    if kind == _AT:
        answer(
            Question(f"time, with its offset or in {_zone(asked)}, like 2026-12-01 18:30", "--at"),
            lambda text: _take_time(asked, text),
            given=given.at,
        )
    elif kind == _CRON:
        question = Question("cron: minute, hour, day of month, month, day of week, like 30 18 * * FRI", "--cron")
        zone = given.timezone or _zone(asked)
        answer(question, lambda text: asked.check(("schedule",), {"cron": text, "timezone": zone}), given=given.cron)
    if kind != _AT_ONCE:
        _ask_grace(asked)
    elif given.grace is not None or given.timezone is not None:
        raise UsageError(f"{'--timezone' if given.grace is None else '--grace'} goes with --at or --cron")


def _kind_of_schedule(asked: Asked) -> str:
    inherited, given = asked.defaults.get("schedule", {}), asked.given
    kinds = [_AT_ONCE, _AT, _CRON]
    if "at" in inherited or "cron" in inherited:  # a bulletin can't undo what the defaults of its file say
        kinds = [_AS_DEFAULTS, _AT if "at" in inherited else _CRON]
    asked_for = {_AT_ONCE: given.at_once, _AT: given.at is not None, _CRON: given.cron is not None}
    for kind, is_meant in asked_for.items():
        if is_meant and kind not in kinds:
            raise UsageError(f"--{_OPTIONS[kind]}: the defaults of the file say otherwise; give another --file")
        if is_meant:
            return kind
    if not can_ask():
        if kinds[0] == _AT_ONCE:
            raise missing("--at, --cron or --at-once")
        return kinds[0]
    suggestion = _AS_DEFAULTS if kinds[0] == _AS_DEFAULTS else ""
    return kinds[choice(Question("when is it due", "--at", suggestion), kinds)]


def _zone(asked: Asked) -> str:
    """In which local times are read: as asked for, as the file's defaults say, or as people of the account do."""
    accounts = asked.definitions.accounts
    names = asked.fields.get("accounts") or asked.defaults.get("accounts") or list(accounts)
    found = next((accounts[name].zone for name in names if name in accounts), "UTC")
    return asked.given.timezone or asked.defaults.get("schedule", {}).get("timezone", found)


def _take_time(asked: Asked, text: str) -> None:
    from runner.definitions.times import TimeProblem, instant

    match = _LOCAL.fullmatch(text)
    at = (
        f"{match['day']}T{match['time']}{match['seconds'] or ':00'}{(match['offset'] or '').upper()}" if match else text
    )
    schedule = {"at": at}
    if (match and not match["offset"]) or asked.given.timezone:
        schedule["timezone"] = _zone(asked)
    asked.check(("schedule",), schedule)
    try:
        is_past = instant(at, schedule.get("timezone")) < asked.now
    except TimeProblem as error:
        raise Unfit(f"{error.message}. {error.help}") from None
    if is_past:
        del asked.fields["schedule"]
        raise Unfit(f"{at} is past. Give a time to come; what is to go out now is due as soon as it is there.")


def _ask_grace(asked: Asked) -> None:
    usual = str(asked.defaults.get("schedule", {}).get("grace", _DEFAULT_GRACE))
    given = asked.given.grace if asked.given.grace is not None or can_ask() else usual

    def take(text: str) -> None:
        if text != usual:
            asked.check(("schedule", "grace"), text)

    answer(Question("grace: how late it may still go out", "--grace", usual), take, given=given)
