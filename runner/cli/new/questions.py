"""The questions of `new`, one for each field of a bulletin. A given option answers its question beforehand.

In: the set, the target file's defaults and the options. Out: the fields of the new bulletin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.cli.new.answers import Fields, Interview, OptionAnswers
from runner.cli.new.schedule import ONE_SCHEDULE, ask_schedule
from runner.cli.terminal.prompts import Question, RejectedAnswer, can_ask, missing
from runner.definitions.model import BusinessEvent, Definitions

_EMPTY = "(empty)"


def missing_options(definitions: Definitions, defaults: Mapping[str, Any], given: OptionAnswers) -> list[str]:
    """Return the options that are missing without a terminal: neither given nor set by the file's defaults."""
    found = []
    name = given.event or defaults.get("business_event")
    if given.event is None and name is None:
        found.append("--event")
    event = definitions.events.get(name or "")
    known = {**given.properties, **{key: value for key, value in defaults.get("properties", {}).items() if value}}
    found += [f"--property {each}=…" for each in (event.required if event else ()) if each not in known]
    values = {"--name": given.name, "--c-by": given.c_by or defaults.get("c-by")}
    found += [option for option, value in values.items() if value is None]
    if len(definitions.accounts) > 1 and not given.accounts and not defaults.get("accounts"):
        found.append("--account")
    schedule = defaults.get("schedule", {})
    is_said = given.at_once or given.at is not None or given.cron is not None
    if not is_said and not {"at", "cron"} & set(schedule):
        found.append(ONE_SCHEDULE)
    return found


def ask(interview: Interview) -> Fields:
    """Ask all questions and return the fields. Raises click.UsageError, or click.Abort if the person leaves."""
    from runner.cli.new.suggestions import next_name

    _ask_event(interview)
    _ask_properties(interview)
    suggestion = next_name(interview.fields["business_event"], interview.definitions.bulletins)
    interview.dialogue.answer(
        _question(interview, "name", "name, as the activity log shows it", suggestion),
        interview.taken(("name",)),
        given=interview.given.name,
        known=interview.used("name"),
    )
    _ask_id(interview)
    interview.dialogue.answer(
        _question(interview, "c-by", "e-mail address of its creator (c-by)", interview.suggest_c_by()),
        interview.taken(("c-by",)),
        given=_default(interview, "c-by", interview.given.c_by),
        known=interview.used("c_by"),
    )
    _ask_accounts(interview)
    ask_schedule(interview)
    if interview.given.tags:
        interview.check_given(("tags",), "--tag", list(interview.given.tags))
    return interview.fields


def _question(interview: Interview, name: str, text: str, suggestion: str = "") -> Question:
    return Question(text, f"--{name}", str(interview.defaults.get(name, suggestion)))


def _default(interview: Interview, name: str, given: str | None) -> str | None:
    """Return the given answer; without a terminal and without an answer, the file's default."""
    return given if given is not None or can_ask() else interview.defaults.get(name)


def _ask_event(interview: Interview) -> None:
    question = Question("business event", "--event", str(interview.defaults.get("business_event", "")))
    given = _default(interview, "business_event", interview.given.event)
    names = list(interview.definitions.events)
    if names and given is None and can_ask():
        suggestion = question.suggestion or (names[0] if len(names) == 1 else "")
        interview.check(
            ("business_event",),
            names[interview.dialogue.choice(Question(question.text, question.option, suggestion), names)],
        )
    else:
        interview.dialogue.answer(
            question, interview.taken(("business_event",)), given=given, known=interview.used("business_event")
        )


def _ask_properties(interview: Interview) -> None:
    interview.fields["properties"] = {}
    inherited: Mapping[str, str] = interview.defaults.get("properties", {})
    event = interview.definitions.events.get(interview.fields["business_event"])
    for name, value in interview.given.properties.items():
        interview.check_given(("properties", name), f"--property {name}", value)
    if event is not None:
        for name in dict.fromkeys((*event.required, *(event.properties or ()))):
            if name not in interview.given.properties:
                _ask_property(interview, event, name, str(inherited.get(name, "")))
    if (event is None or event.properties is None) and can_ask():
        while interview.dialogue.answer(
            Question("another property, as name=value (Enter: none)", "--property"),
            lambda text: _another(interview, text),
        ):
            pass


def _ask_property(interview: Interview, event: BusinessEvent, name: str, inherited: str) -> None:
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
    if isinstance(allowed, list) and allowed and all(isinstance(value, str) for value in allowed):
        labels = [*(value or _EMPTY for value in allowed), *(["left out"] if not is_required and not inherited else [])]
        picked = interview.dialogue.choice(
            Question(text, option, inherited or ("" if is_required else labels[-1])), labels
        )
        if picked < len(allowed):
            interview.check(("properties", name), allowed[picked])
        return

    def take(typed: str) -> None:
        if typed or is_required:
            interview.taken(("properties", name))(typed)

    interview.dialogue.answer(Question(text, option, inherited), take, known=interview.used("properties", name))


def _another(interview: Interview, text: str) -> bool:
    """Keep one more property; return False for an empty answer."""
    if not text:
        return False
    name, is_pair, value = text.partition("=")
    if not is_pair or not name.strip():
        raise RejectedAnswer(f"{text!r} is not written like name=value. Press Enter alone to go on.")
    interview.check(("properties", name.strip()), value.strip())
    return True


def _ask_id(interview: Interview) -> None:
    from runner.cli.new.suggestions import free_id, id_of

    known = {bulletin.id for bulletin in interview.definitions.bulletins}
    words = (interview.fields["name"], interview.fields["business_event"])
    suggestion = free_id(*words, known)
    # Without a terminal, no number makes the id unique: a script that runs twice would add the bulletin twice.
    given = interview.given.id if interview.given.id is not None or can_ask() else id_of(*words)

    def take(text: str) -> None:
        if text in known:
            raise RejectedAnswer(
                f"the id {text!r} is already used. Give another id, such as {suggestion}.", free_id(text, text, known)
            )
        interview.taken(("id",))(text)

    interview.dialogue.answer(Question("id, unique in the whole set", "--id", suggestion), take, given=given)


def _ask_accounts(interview: Interview) -> None:
    names = list(interview.definitions.accounts)
    if interview.given.accounts:
        interview.check_given(("accounts",), "--account", list(interview.given.accounts))
        return
    inherited = [name for name in interview.defaults.get("accounts", ()) if name in names]
    if len(names) < 2 or (inherited and not can_ask()):
        return
    question = Question("accounts, with commas between them", "--account", ", ".join(inherited))
    chosen = [names[number] for number in interview.dialogue.choices(question, names)]
    interview.check(("accounts",), chosen)
