"""Fill in the texts of an entry for each of its rows: an entry with `for_each` comes in, many entries go out. Pure.

In a recurring entry, `{{ occurrence… }}` stays unfilled until the occurrence is due.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.definitions.fields import FIELDS, FILLED_PER_OCCURRENCE, Form
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import RowReference
from runner.definitions.suggest import quoted
from runner.definitions.tables.csv_table import Cells
from runner.definitions.tables.rows import Rows

if TYPE_CHECKING:
    from runner.definitions.templates.renderer import Renderer

Key = tuple[str | int, ...]
Fields = dict[str, Any]

# Texts that look like a template, braces missing included: {{ row.x, ${row.x}, row.x }}.
_MEANT = re.compile(r"\{[{%]?-?\s*(row|occurrence)\s*[.\[]|\b(row|occurrence)\.\w+\s*\}\}|\{\{-?\s*(row|occurrence)\b")
_FILLED_IN_BY = {"row": ("for_each", "for_each with its rows"), "occurrence": ("cron", "a schedule with cron")}
_MAY_HOLD_BRACES = tuple(field.name for field in FIELDS if field.form in (Form.TEXT, Form.WORD, Form.TIME))
_FILLED_LATER = tuple(field.name for field in FILLED_PER_OCCURRENCE)
_COUNTED = ("properties", *(field.name for field in FIELDS if field.form is Form.WORDS))
_OPENING = re.compile(r"\{[{%#]")
_CLOSINGS = {"{{": "}}", "{%": "%}", "{#": "#}"}


@dataclass(frozen=True, slots=True)
class FilledEntry:
    """The fields of one bulletin made by a template, its row, and the number of characters filled in.

    `as_before`: the fields that earlier releases made of the row in checkouts with other line ends.
    """

    fields: Fields
    row: RowReference | None = None
    characters: int = 0
    as_before: tuple[Fields, ...] = ()


def is_recurring(fields: Mapping[str, Any]) -> bool:
    """Whether an entry's schedule has a cron expression."""
    return "cron" in (fields.get("schedule") or ())


def may_have_template(fields: Mapping[str, Any]) -> bool:
    """Whether a text contains a template, or anything similar such as a single brace."""
    properties, schedule = fields.get("properties", {}), fields.get("schedule", {})
    texts = [str(fields[name]) for name in _MAY_HOLD_BRACES if name in fields]
    joined = "\n".join((*texts, *schedule.values(), *properties.values(), *properties))
    return "{" in joined or "}}" in joined


def has_template(fields: Mapping[str, Any]) -> bool:
    """Whether a text is a template. For defaults: a plain entry may inherit a text that only rows can fill in."""
    from runner.definitions.templates import is_template

    return any(map(is_template, _texts(fields).values()))


def unfilled(fields: Mapping[str, Any], path: Path, file: str) -> Iterator[Finding]:
    """Yield findings about texts of a plain entry that look like templates: they would be sent unfilled."""
    for key, text in _texts(fields).items():
        if what := _meant(text):
            yield _unfilled(what, (*path, *key), file)
    yield from _names(fields, path, file, lambda name: _meant(name) is not None)


def wants_rows(text: str, path: Path, file: str) -> Finding | None:
    """Return a finding if the text at `path`, of an entry without rows, needs a row to be filled in."""
    return _unfilled("row", path, file) if _meant(text) == "row" else None


def _never_filled_in(what: str, text: str, path: Path, file: str) -> Finding:
    """Return the finding about a template in a field of a recurring entry other than name and properties."""
    if what == "row":
        return _unfilled(what, path, file)
    where = " and ".join(f"the {name}" for name in _FILLED_LATER)
    message = f"{quoted(text)}: {{{{ occurrence… }}}} is filled in only in {where}"
    return Finding(Code.BAD_TEMPLATE, file, path, message, "Write the text itself.")


def _unfilled(what: str, path: Path, file: str) -> Finding:
    lacks, needs = _FILLED_IN_BY[what]
    message = f"{{{{ {what}.… }}}} cannot be filled in without {lacks}, and would be sent like this"
    return Finding(Code.BAD_TEMPLATE, file, path, message, f"Add {needs}, or write the text itself.")


def _meant(text: str) -> str | None:
    """Return `row` or `occurrence` if the text seems to be a template for it, else None."""
    found = _MEANT.search(text) if "row" in text or "occurrence" in text else None
    return found and (found[1] or found[2] or found[3])


def not_filled_in(text: str) -> str:
    """Return the text outside {{ … }}, {% … %} and {# … #}, in linear time even if many are not closed."""
    rest, begin, at = [], 0, 0
    left_open: set[str] = set()
    while found := _OPENING.search(text, at):
        closing = _CLOSINGS[found[0]]
        end = -1 if closing in left_open else text.find(closing, found.end())
        if end < 0:
            left_open.add(closing)  # and neither do later ones close
            at = found.start() + 1
        else:
            rest.append(text[begin : found.start()])
            begin = at = end + len(closing)
    return "".join((*rest, text[begin:]))


def _names(fields: Mapping[str, Any], path: Path, file: str, is_meant: Callable[[str], bool]) -> Iterator[Finding]:
    for name in fields.get("properties", ()):
        if is_meant(name):
            message = f"the name of a property cannot be a template: {quoted(name)}"
            yield Finding(Code.BAD_TEMPLATE, file, (*path, "properties", name), message, "Write the name itself.", True)


@dataclass(frozen=True, slots=True)
class Template:
    """An entry with compiled texts, ready to be filled in. A recurring entry without `for_each` has one empty row."""

    rows: Sequence[tuple[Mapping[str, str], RowReference | None]]
    renderer: Renderer
    filling: _Filling
    path: Path
    file: str

    @property
    def count(self) -> int:
        """Return the largest number of bulletins that it can make."""
        return len(self.rows)

    @property
    def values(self) -> int:
        """Return the number of properties, tags and accounts of each bulletin."""
        return self.filling.values

    @property
    def pieces(self) -> int:
        """Return the number of template parts to evaluate for each bulletin."""
        return self.renderer.pieces

    def made(self) -> Iterator[FilledEntry | Finding]:
        """Yield the bulletin of each row, or a finding if its values cannot be filled in."""
        from runner.definitions.templates import RowFault

        for cells, row in self.rows:
            try:
                rendered = self.renderer.render(cells)
            except RowFault as error:
                fault = error.fault
                place = (*self.path, *fault.key)
                yield Finding(Code.ROW_VALUE, self.file, place, fault.message, fault.help, row=row)
            else:
                as_before = tuple(self._as_before(cells)) if isinstance(cells, Cells) and cells.as_before else ()
                yield FilledEntry(self.filling.filled(rendered), row, sum(map(len, rendered.values())), as_before)

    def _as_before(self, cells: Cells) -> Iterator[Fields]:
        from runner.definitions.templates import RowFault

        for each in cells.as_before:
            try:
                yield self.filling.filled(self.renderer.render(each))
            except RowFault:
                continue  # no earlier release could make a bulletin of it either


def template(fields: Fields, rows: Rows | None, path: Path, file: str) -> Template | list[Finding]:
    """Compile the texts of an entry. Returns a `Template`, or findings that do not depend on the rows."""
    from runner.definitions.templates import compile_texts, is_template

    recurring = is_recurring(fields)
    texts = _texts(fields)
    later = {key for key in texts if recurring and key[0] in _FILLED_LATER}
    wanted = {key: text for key, text in texts.items() if is_template(text) and (rows or key in later)}
    findings = list(_names(fields, path, file, lambda name: is_template(name) or _meant(name) is not None))
    left_open = set()
    for key, text in texts.items():
        if not rows and key not in later and (what := _meant(text)):
            findings.append(_never_filled_in(what, text, (*path, *key), file))
        elif _meant(rest := not_filled_in(text)):
            message = f"a brace is missing in {quoted(text)}, which would be sent like this"
            findings.append(Finding(Code.BAD_TEMPLATE, file, (*path, *key), message, "Write {{ row.column }}."))
            if is_template(rest):
                left_open.add(key)  # the compiler would report the same mistake again
    renderer = compile_texts(wanted, rows.columns if rows else (), with_occurrence=later)
    if isinstance(renderer, list):
        faults = [each for each in renderer if each.key not in left_open]
        return findings + [
            Finding(Code.BAD_TEMPLATE, file, (*path, *each.key), each.message, each.help) for each in faults
        ]
    if rows and "id" in fields and ("id",) not in wanted:
        column = rows.columns[0]
        hint = f"Add a column that differs between the rows, like {fields['id']}-{{{{ row.{column} | slug }}}}."
        findings.append(Finding(Code.TEMPLATE_ID, file, (*path, "id"), "the id is the same for every row", hint))
    return findings or Template(rows.rows if rows else [({}, None)], renderer, _Filling(fields, wanted), path, file)


def _texts(fields: Mapping[str, Any]) -> dict[Key, str]:
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


class _Filling:
    """Puts rendered texts into a copy of the fields. Values that no row changes are shared, not copied."""

    def __init__(self, fields: Fields, keys: Mapping[Key, str]) -> None:
        self._fields = fields
        self._plain = [str(key[0]) for key in keys if len(key) == 1]
        self._nested: dict[str, list[Key]] = {}
        for key in keys:
            if len(key) > 1:
                self._nested.setdefault(str(key[0]), []).append(key)

    @property
    def values(self) -> int:
        return sum(len(self._fields.get(name, ())) for name in _COUNTED)

    def filled(self, rendered: Mapping[Key, str]) -> Fields:
        fields = self._fields.copy()
        for name in self._plain:
            fields[name] = rendered[name,]
        for name, keys in self._nested.items():
            inside = fields[name] = self._fields[name].copy()
            for key in keys:
                inside[key[-1]] = rendered[key]
        return fields
