"""Pages of text that `explain` shows: a list by theme, and a page for each code, answer, action and outcome."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runner.definitions.problem_codes import EXPLANATIONS, THEMES, Code, Severity
from runner.definitions.schema.schemas import schema
from runner.error_codes import ERROR_MEANINGS
from runner.fire.api.refusal_causes import ANSWERS
from runner.fire.outcome import Outcome
from runner.reason import REASON_MEANINGS
from runner.report import annotation_rules
from runner.report.annotation_rules import AnnotationRule
from runner.report.vocabulary import ACTIONS, EXIT_MEANINGS, OTHER_CODES, OUTCOMES

Heading = Callable[[str], str]

# code -> the fields whose rules its page shows, each as `kind: path in an entry`
RULES: Mapping[str, tuple[str, ...]] = {
    "one-of-fields": ("accounts: region", "accounts: base_url", "accounts: passcode_env", "accounts: passcode_file"),
    "not-allowed": ("accounts: region", "accounts: concurrency", "bulletins: revision"),
    "bad-format": ("bulletins: id", "bulletins: c-by", "bulletins: tags", "accounts: account_id_env"),
    "blank": ("bulletins: name",),
    "too-long": ("bulletins: id", "bulletins: business_event"),
    "too-many-bytes": ("bulletins: properties",),
    "property-not-string": ("bulletins: properties",),
    "bad-time": ("bulletins: schedule.at", "bulletins: schedule.timezone", "bulletins: when"),
    "bad-duration": ("bulletins: schedule.grace",),
    "bad-cron": ("bulletins: schedule.cron", "bulletins: schedule.timezone"),
    "when-milliseconds": ("bulletins: when",),
    "table-unreadable": ("bulletins: for_each.csv",),
    "bad-table": ("bulletins: for_each.csv",),
    "bad-rows": ("bulletins: for_each.matrix", "bulletins: for_each.exclude", "bulletins: for_each.rows"),
    "duplicate-id": ("bulletins: id", "bulletins: revision"),
    "duplicate-payload": ("bulletins: allow_duplicate",),
    "unknown-account": ("bulletins: accounts",),
    "account-needed": ("bulletins: accounts",),
    "unknown-event": ("bulletins: business_event",),
    "property-missing": ("business_events: required",),
    "property-unknown": ("business_events: properties",),
    "property-value": ("business_events: properties",),
    "catalog-schema": ("business_events: properties",),
}


def _sentences(meanings: Mapping[str, str]) -> dict[str, str]:
    return {code: f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" for code, text in meanings.items()}


_ENTRIES = {"accounts": "account", "bulletins": "bulletin", "business_events": "event"}
_ANSWERS_THEME = "Answers of the API"
_ACTIONS_THEME = "Actions of a plan"
_OUTCOMES_THEME = "Outcomes of a run"
_ERRORS_THEME = "Errors of a command"
_REASONS_THEME = "Reasons in plans and reports"

_REMARKS_THEME = "Remarks in annotations"
_OTHERS_THEME = "Other words in reports and status"
_EXITS_THEME = "Exit codes"

_REMARKS = {
    rule.value: annotation_rules.RULES[rule.value]
    for rule in AnnotationRule
    if rule not in {*ACTIONS, *OUTCOMES, *(code.value for code in REASON_MEANINGS)}
}
_EXITS = {f"exit-{code:d}": meaning for code, meaning in EXIT_MEANINGS.items()}

# The meaning of each code that has no page of its own: of an error, a reason, an exit and more.
MEANINGS: Mapping[str, str] = {
    **_sentences(OTHER_CODES),
    **_sentences({code: f"{known.summary}. {known.why}" for code, known in _REMARKS.items()}),
    **_sentences(_EXITS),
    **{code.value: meaning for code, meaning in ERROR_MEANINGS.items()},
    **{code.value: meaning for code, meaning in REASON_MEANINGS.items() if code not in ANSWERS},
}


def exit_key(text: str) -> str | None:
    """Return the code of an exit for a text such as `4`, `exit-4` or `exit code 4`; None for another text."""
    key = f"exit-{text.lower().removeprefix('exit').removeprefix(' code').strip(' -')}"
    return key if key in _EXITS else None


def listed_by_theme(width: int, *, heading: Heading = str) -> Iterator[str]:
    """Return lines of at most `width` columns: every code with its summary, by theme."""
    column = max(len(code) for code in (*Code, *MEANINGS)) + 4
    themes = {
        theme: {code.value: explanation.summary for code, explanation in codes.items()}
        for theme, codes in THEMES.items()
    }
    themes[_ANSWERS_THEME] = {code: explanation.summary for code, explanation in ANSWERS.items()}
    themes[_ACTIONS_THEME] = {action: term.meaning for action, term in ACTIONS.items()}
    themes[_OUTCOMES_THEME] = {outcome: term.meaning for outcome, term in OUTCOMES.items()}
    themes[_REASONS_THEME] = {code: MEANINGS[code] for code in REASON_MEANINGS if code in MEANINGS}
    themes[_REMARKS_THEME] = {code: explanation.summary for code, explanation in _REMARKS.items()}
    themes[_OTHERS_THEME] = dict(OTHER_CODES)
    themes[_EXITS_THEME] = _EXITS
    themes[_ERRORS_THEME] = {code.value: MEANINGS[code] for code in ERROR_MEANINGS}
    for number, (theme, summaries) in enumerate(themes.items()):
        if number:
            yield ""
        yield heading(theme)
        for code, summary in summaries.items():
            first = f"  {code}".ljust(column)
            yield from textwrap.wrap(summary, width, initial_indent=first, subsequent_indent=" " * column)


def page(code: Code, width: int, *, heading: Heading = str) -> Iterator[str]:
    """Return the page of a problem code: meaning, reason, a wrong and a right example, rules of the fields."""
    explanation = EXPLANATIONS[code]
    yield from _wrapped(f"{code.value}: {explanation.summary}", width, heading, len(code.value))
    yield ""
    yield from textwrap.wrap(explanation.why, width)
    if explanation.severity is Severity.WARNING:
        said = "It is a warning: the value may be meant. With --strict, it is an error."
        yield from ("", *textwrap.wrap(said, width))
    for title, text in (("wrong", explanation.wrong), ("right", explanation.right)):
        yield from ("", heading(f"{title}:"), *textwrap.indent(text, "    ").splitlines())
    rules = [(field.partition(": ")[2], _described(field)) for field in RULES.get(code.value, ())]
    if rules:
        yield from ("", heading("rule:" if len(rules) == 1 else "rules:"))
        column = max(len(name) for name, _ in rules) + 6
        for name, text in rules:
            yield from textwrap.wrap(
                text, width, initial_indent=f"    {name}".ljust(column), subsequent_indent=" " * column
            )


def meaning_page(code: str, width: int, *, heading: Heading = str) -> Iterator[str]:
    """Return the page of a code of an error or a reason: its meaning."""
    yield from _wrapped(f"{code}: {MEANINGS[code]}", width, heading, len(code))


def answer_page(code: str, width: int, *, heading: Heading = str) -> Iterator[str]:
    """Return the page of an answer of the API: its meaning, what the program does, what a person can do."""
    explanation = ANSWERS[code]
    yield from _wrapped(f"{code}: {explanation.summary}", width, heading, len(code))
    yield ""
    yield from textwrap.wrap(explanation.meaning, width)
    yield from ("", heading("what bulletins does:"))
    yield from textwrap.wrap(explanation.handling, width, initial_indent="    ", subsequent_indent="    ")
    yield from ("", heading("what you can do:"))
    for each in explanation.remedies:
        yield from textwrap.wrap(each, width, initial_indent="    - ", subsequent_indent="      ")


def word_page(word: str, width: int, *, heading: Heading = str) -> Iterator[str]:
    """Return the page of an action or an outcome; some words are both. Raises KeyError for another word."""
    if word not in ACTIONS and word not in OUTCOMES:
        raise KeyError(word)
    yield heading(word)
    if action := ACTIONS.get(word):
        yield from ("", *textwrap.wrap(f"As the action of a plan: {action.meaning}.", width))
    if outcome := OUTCOMES.get(word):
        exit_code = Outcome(word).exit_code
        effect = f" The run then has exit code {exit_code:d}, or a higher one." if exit_code else ""
        yield from ("", *textwrap.wrap(f"As the outcome of a run: {outcome.meaning}.{effect}", width))


def _wrapped(text: str, width: int, heading: Heading, bold: int) -> Iterator[str]:
    first, *rest = textwrap.wrap(text, width, break_on_hyphens=False)  # options and codes stay whole
    yield heading(first[:bold]) + first[bold:]
    yield from rest


def _described(field: str) -> str:
    """Return the schema's description of a field, such as `bulletins: schedule.at`."""
    kind, _, path = field.partition(": ")
    known = schema(kind)["$defs"]
    found: dict[str, Any] = known[_ENTRIES[kind]]
    of_template = known.get("template", {}).get("properties", {})
    for name in path.split("."):
        found = (found["properties"] if name in found["properties"] else of_template)[name]
        while "description" not in found or "properties" not in found:
            if "$ref" not in found:
                break
            found = {**known[found["$ref"].removeprefix("#/$defs/")], **{k: v for k, v in found.items() if k != "$ref"}}
    return str(found["description"])
