"""Fill in the texts of an entry for each of its rows: an entry with `for_each` comes in, many entries go out. Pure.

In a recurring entry, `{{ occurrence… }}` stays unfilled until the occurrence is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from runner.definitions.fields import FIELDS, FILLED_PER_OCCURRENCE, Form
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import RowReference
from runner.definitions.suggest import quoted
from runner.definitions.tables import unfilled_texts
from runner.definitions.tables.row_numbers import counting_column
from runner.definitions.tables.rows import Rows
from runner.definitions.tables.table_values import Cells
from runner.definitions.tables.unfilled_texts import Key, meant, texts_of
from runner.definitions.templates import OPENING, RowFault, compile_texts, is_template

if TYPE_CHECKING:
    from runner.definitions.templates.renderer import Renderer

Fields = dict[str, Any]

_FILLED_LATER = tuple(field.name for field in FILLED_PER_OCCURRENCE)
_COUNTED = ("properties", *(field.name for field in FIELDS if field.form is Form.WORDS))
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


def has_template(fields: Mapping[str, Any]) -> bool:
    """Whether a text is a template. For defaults: a plain entry may inherit a text that only rows can fill in."""
    return any(map(is_template, texts_of(fields).values()))


def not_filled_in(text: str, between: str = "") -> str:
    """Return the text outside {{ … }}, {% … %} and {# … #}, joined by `between`. Linear even if many are not closed."""
    rest, begin, at = [], 0, 0
    left_open: set[str] = set()
    while found := OPENING.search(text, at):
        closing = _CLOSINGS[found[0]]
        end = -1 if closing in left_open else text.find(closing, found.end())
        if end < 0:
            left_open.add(closing)  # and neither do later ones close
            at = found.start() + 1
        else:
            rest.append(text[begin : found.start()])
            begin = at = end + len(closing)
    return between.join((*rest, text[begin:]))


@dataclass(frozen=True, slots=True)
class Template:
    """An entry with compiled texts, ready to be filled in. A recurring entry without `for_each` has one empty row.

    `warnings` are about its texts; those about its rows are found when they are filled in.
    """

    rows: Sequence[tuple[Mapping[str, str], RowReference | None]]
    renderer: Renderer
    filling: _Filling
    path: Path
    file: str
    literal: bool = False  # placeholders are meant
    warnings: Sequence[Finding] = ()

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
        """Yield the bulletin of each row, or a finding if its values can't be filled in; and findings about cells."""
        from runner.definitions.templates.placeholders import SUSPICIOUS

        sent = self._sent_columns()
        for cells, row in self.rows:
            try:
                rendered = self.renderer.render(cells)
            except RowFault as error:
                fault = error.fault
                place = (*self.path, *fault.key)
                yield Finding(Code.ROW_VALUE, self.file, place, fault.message, fault.help, row=row)
                continue
            as_before = tuple(self._as_before(cells)) if isinstance(cells, Cells) and cells.as_before else ()
            yield FilledEntry(self.filling.filled(rendered), row, sum(map(len, rendered.values())), as_before)
            if not self.literal and SUSPICIOUS.search("\n".join([cells.get(column, "") for column in sent])):
                for column, key in sent.items():
                    for found in unfilled_texts.in_cell(column, cells.get(column, ""), (*self.path, *key), self.file):
                        yield replace(found, row=row)

    def _as_before(self, cells: Cells) -> Iterator[Fields]:
        for each in cells.as_before:
            try:
                yield self.filling.filled(self.renderer.render(each))
            except RowFault:
                continue  # no earlier release could make a bulletin of it either

    def _sent_columns(self) -> dict[str, Key]:
        """Return the columns that are sent, each with the first text that reads it."""
        found: dict[str, Key] = {}
        for key, columns in self.renderer.read.items():
            if key[0] in unfilled_texts.SENT:
                for column in columns:
                    found.setdefault(column, key)
        return found


def template(fields: Fields, rows: Rows | None, path: Path, file: str) -> Template | list[Finding]:
    """Compile the texts of an entry. Returns a `Template`, or findings that do not depend on the rows."""
    recurring, literal = is_recurring(fields), unfilled_texts.is_literal(fields)
    texts = texts_of(fields)
    later = {key for key in texts if recurring and key[0] in _FILLED_LATER}
    wanted = {key: text for key, text in texts.items() if is_template(text) and (rows or key in later)}
    is_bad_name = _is_template_or_meant if not literal else _is_meant
    findings = list(unfilled_texts.bad_names(fields, path, file, is_bad_name))
    left_open = set()
    for key, text in texts.items():
        place, is_filled = (*path, *key), bool(rows) or key in later
        rest = not_filled_in(text)
        if not is_filled and (what := meant(text)) and not (literal and key[0] in unfilled_texts.SENT):
            findings.append(unfilled_texts.never_filled_in(what, text, place, file))
        elif meant(rest) and is_filled:
            message = f"a brace is missing in {quoted(text)}, which would be sent like this"
            findings.append(Finding(Code.BAD_TEMPLATE, file, place, message, "Write {{ row.column }}."))
            if is_template(rest):
                left_open.add(key)  # the compiler would report the same mistake again
        elif key[0] in unfilled_texts.SENT:
            findings += unfilled_texts.in_quotes(text, place, file)
            if not literal:
                sent = not_filled_in(text, "\n") if is_filled else text
                findings += unfilled_texts.placeholders(sent, place, file, is_compiled=is_filled)
    renderer = compile_texts(wanted, rows.columns if rows else (), with_occurrence=later, literal=literal)
    if isinstance(renderer, list):
        faults = [each for each in renderer if each.key not in left_open]
        return findings + [
            Finding(Code.BAD_TEMPLATE, file, (*path, *each.key), each.message, each.help) for each in faults
        ]
    if rows and "id" in fields and ("id",) not in wanted:
        column = rows.columns[0]
        hint = f"Add a column that differs between the rows, like {fields['id']}-{{{{ row.{column} | slug }}}}."
        findings.append(Finding(Code.TEMPLATE_ID, file, (*path, "id"), "the id is the same for every row", hint))
    if any(finding.is_error for finding in findings):
        return findings
    if rows and (counted := counting_column(rows, renderer.read.get(("id",), ()))) is not None:
        findings.append(_numbered(counted, (*path, "id"), file))
    made_from: Sequence[tuple[Mapping[str, str], RowReference | None]] = rows.rows if rows else [({}, None)]
    return Template(made_from, renderer, _Filling(fields, wanted), path, file, literal, findings)


def _numbered(column: str, path: Path, file: str) -> Finding:
    message = f"the column {quoted(column)} only counts the rows: an inserted row gives the ids below it to other rows"
    hint = "Make the id from columns that belong to the row, such as {{ row.show | slug }}-{{ row.episode }}."
    return Finding(Code.ROW_NUMBER_ID, file, path, message, hint)


def _is_meant(name: str) -> bool:
    return meant(name) is not None


def _is_template_or_meant(name: str) -> bool:
    return is_template(name) or _is_meant(name)


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
