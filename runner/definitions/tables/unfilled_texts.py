"""Find texts of an entry that would be sent although nobody meant them: unfilled templates and placeholders. Pure.

In: the fields of an entry, merged with the defaults. Out: findings. Certain placeholders are errors; those that may be
meant, and typographic quotes around a value, are warnings. `literal_braces: true` allows every placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from runner.definitions.fields import FIELDS, FILLED_PER_OCCURRENCE, PAYLOAD, Form
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import listed, quoted
from runner.definitions.templates.placeholders import (
    SUSPICIOUS,
    Placeholder,
    meant_template,
    placeholders_in,
    without_quotes,
)

Key = tuple[str | int, ...]

# Texts that look like a template, braces missing included: {{ row.x, ${row.x}, row.x }}.
_MEANT = re.compile(r"\{[{%]?-?\s*(row|occurrence)\s*[.\[]|\b(row|occurrence)\.\w+\s*\}\}|\{\{-?\s*(row|occurrence)\b")
_FILLED_IN_BY = {"row": ("for_each", "for_each with its rows"), "occurrence": ("cron", "a schedule with cron")}
_WITH_TEXTS = tuple(field.name for field in FIELDS if field.form in (Form.TEXT, Form.WORD, Form.TIME))
# Fields whose texts are sent.
SENT = frozenset(field.name for field in PAYLOAD if field.form is not Form.TIME)
_FILLED_LATER = tuple(field.name for field in FILLED_PER_OCCURRENCE)
_LITERAL = "literal_braces"
_IF_MEANT = f"Write the text itself, or add {_LITERAL}: true if it is meant."


def is_literal(fields: Mapping[str, Any]) -> bool:
    """Whether the braces and placeholders of an entry are meant."""
    return fields.get(_LITERAL) is True


def is_suspicious(fields: Mapping[str, Any]) -> bool:
    """Whether a text of an entry may hold a template, a placeholder or typographic quotes. A quick test."""
    properties, schedule = fields.get("properties", {}), fields.get("schedule", {})
    texts = [str(fields[name]) for name in _WITH_TEXTS if name in fields]
    return SUSPICIOUS.search("\n".join((*texts, *schedule.values(), *properties.values(), *properties))) is not None


def texts_of(fields: Mapping[str, Any]) -> dict[Key, str]:
    """Return every text of an entry that may be a template, by its path."""
    texts: dict[Key, str] = {}
    for name, value in fields.items():
        match value:
            case str():
                texts[name,] = value
            case dict():
                texts |= {(name, key): text for key, text in value.items() if isinstance(text, str)}
            case list():
                texts |= {(name, number): text for number, text in enumerate(value) if isinstance(text, str)}
    return texts


def unfilled(fields: Mapping[str, Any], path: Path, file: str) -> Iterator[Finding]:
    """Yield findings about texts of a plain entry that look like templates or placeholders: they would be sent so."""
    literal = is_literal(fields)
    for key, text in texts_of(fields).items():
        what = None if literal and key[0] in SENT else meant(text)
        if what:
            yield unfilled_template(what, (*path, *key), file)
        elif key[0] in SENT:
            yield from in_quotes(text, (*path, *key), file)
            yield from () if literal else placeholders(text, (*path, *key), file)
    yield from bad_names(fields, path, file, lambda name: meant(name) is not None)


def in_quotes(text: str, path: Path, file: str) -> Iterator[Finding]:
    """Yield a finding about a text that is sent in typographic quotes."""
    if (inside := without_quotes(text)) is not None:
        yield _in_quotes(f"{quoted(text)} is in typographic quotes, which are sent too", path, file, inside)


def placeholders(text: str, path: Path, file: str, *, is_compiled: bool = False) -> Iterator[Finding]:
    """Yield findings about a text that is sent. `is_compiled`: a template, whose compiler reports bad braces."""
    found = placeholders_in(text)
    if is_compiled:
        found = [each for each in found if not each.text.startswith(("{{", "{%", "{#"))]
    yield from _placeholders(found, "", path, file)


def in_cell(column: str, cell: str, path: Path, file: str) -> Iterator[Finding]:
    """Yield findings about a cell that is filled in at `path`."""
    if without_quotes(cell) is not None:
        yield _in_quotes(f"the cell {quoted(column)} is in typographic quotes, which are sent too", path, file, "")
    yield from _placeholders(placeholders_in(cell), f" in the cell {quoted(column)}", path, file)


def bad_names(fields: Mapping[str, Any], path: Path, file: str, is_meant: Callable[[str], bool]) -> Iterator[Finding]:
    """Yield findings about names of properties that are templates, placeholders, or in typographic quotes."""
    literal = is_literal(fields)
    for name in fields.get("properties", ()):
        place = (*path, "properties", name)
        found = [] if literal else placeholders_in(name)
        if is_meant(name) or any(each.is_certain for each in found):
            message = f"the name of a property can't be a template: {quoted(name)}"
            yield Finding(Code.BAD_TEMPLATE, file, place, message, "Write the name itself.", True)
        elif (inside := without_quotes(name)) is not None:
            message = f"the name {quoted(name)} is in typographic quotes, which are part of it"
            yield Finding(Code.TYPOGRAPHIC_QUOTES, file, place, message, f'Write "{inside}" or {inside}.', True)
        elif found:
            message = (
                f"{quoted(found[0].text)} in the name of a property looks like a placeholder, which nothing fills in"
            )
            hint = f"Write the name itself, or add {_LITERAL}: true if it is meant."
            yield Finding(Code.POSSIBLE_PLACEHOLDER, file, place, message, hint, True)


def wants_rows(text: str, path: Path, file: str) -> Finding | None:
    """Return a finding if the text at `path`, of an entry without rows, needs something to fill it in."""
    if (what := meant(text)) is not None:
        return unfilled_template(what, path, file) if what == "row" else None
    certain = [each for each in placeholders_in(text) if each.is_certain]
    return next(_placeholders(certain, "", path, file), None)


def never_filled_in(what: str, text: str, path: Path, file: str) -> Finding:
    """Return the finding about a template in a field of a recurring entry other than name and properties."""
    if what == "row":
        return unfilled_template(what, path, file)
    where = " and ".join(f"the {name}" for name in _FILLED_LATER)
    message = f"{quoted(text)}: {{{{ occurrence… }}}} is filled in only in {where}"
    return Finding(Code.BAD_TEMPLATE, file, path, message, "Write the text itself.")


def unfilled_template(what: str, path: Path, file: str) -> Finding:
    """Return the finding about a template that nothing fills in: `what` is row or occurrence."""
    lacks, needs = _FILLED_IN_BY[what]
    message = f"{{{{ {what}.… }}}} can't be filled in without {lacks}, and would be sent like this"
    return Finding(Code.BAD_TEMPLATE, file, path, message, f"Add {needs}, or write the text itself.")


def meant(text: str) -> str | None:
    """Return `row` or `occurrence` if the text seems to be a template for it, else None."""
    found = _MEANT.search(text) if "row" in text or "occurrence" in text else None
    return found and (found[1] or found[2] or found[3])


def _placeholders(found: Sequence[Placeholder], where: str, path: Path, file: str) -> Iterator[Finding]:
    """Yield one finding about all certain placeholders of a text, and one about all others."""
    certain = [each.text for each in found if each.is_certain]
    possible = [each.text for each in found if not each.is_certain]
    if certain:
        hint, template = _IF_MEANT, next(filter(None, map(meant_template, certain)), None)
        if template is not None:
            hint = f"Did you mean {template[0]}? It is filled in by {_FILLED_IN_BY[template[1]][1]}."
        message = f"nothing fills in {listed(map(quoted, certain))}{where}: it would be sent like this"
        yield Finding(Code.UNFILLED_PLACEHOLDER, file, path, message, hint)
    if possible:
        are = "looks like a placeholder" if len(possible) == 1 else "look like placeholders"
        message = f"{listed(map(quoted, possible))}{where} {are}, and nothing fills it in"
        yield Finding(Code.POSSIBLE_PLACEHOLDER, file, path, message, _IF_MEANT)


def _in_quotes(message: str, path: Path, file: str, inside: str) -> Finding:
    hint = (
        f'Write "{inside}" with straight quotes, or without quotes.' if inside else "Remove the quotes from the cell."
    )
    return Finding(Code.TYPOGRAPHIC_QUOTES, file, path, message, hint)
