"""The entries that an entry makes: one for each row of its `for_each`, and itself for a plain entry.

In: a merged entry. Out: entries with all texts filled in; findings, and the totals of the set, go to its `SetContents`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from runner.definitions.building.check import checked
from runner.definitions.building.incomplete_entry import MergedEntry
from runner.definitions.building.set_contents import (
    MAX_MADE,
    MAX_MADE_CHARACTERS,
    MAX_MADE_VALUES,
    MAX_WORK,
    SetContents,
)
from runner.definitions.problem import MAX_PROBLEMS, Finding
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document
from runner.definitions.tables import expansion
from runner.definitions.tables.rows import rows_of
from runner.definitions.tables.unfilled_texts import unfilled


def filled_in(
    parts: SetContents, entry: MergedEntry, document: Document, read_table_bytes: Callable[[str], bytes]
) -> expansion.Template | list[Finding]:
    """Return the template of an entry, or findings if its texts can't be filled in; [] for a plain entry."""
    fields = entry.fields
    if "for_each" in fields:
        if parts.is_full or parts.bad_templates > MAX_PROBLEMS:
            return []  # reported already
        rows = rows_of(fields["for_each"], (*entry.path, "for_each"), document, read_table_bytes, parts.tables)
        if isinstance(rows, list):
            return rows
        fields = {name: value for name, value in fields.items() if name != "for_each"}
        found = expansion.template(fields, rows, entry.path, entry.file)
    elif expansion.is_recurring(fields):
        found = expansion.template(fields, None, entry.path, entry.file)
    else:
        return list(unfilled(fields, entry.path, entry.file))
    parts.bad_templates += len(found) if isinstance(found, list) else 0
    return found


def made_entries(
    parts: SetContents, entry: MergedEntry, document: Document, read_table_bytes: Callable[[str], bytes]
) -> Iterator[expansion.FilledEntry]:
    """Yield the valid fields of each bulletin that an entry makes: one for a plain entry."""
    filled = filled_in(parts, entry, document, read_table_bytes)
    if isinstance(filled, list):
        parts.findings += filled
        if "for_each" not in entry.fields and not any(finding.is_error for finding in filled):
            yield from _sound(parts, [expansion.FilledEntry(entry.fields)], entry)
    elif excess := _excess(parts, filled):
        message, hint = excess, "Use fewer rows, or split the definitions into two sets."
        parts.findings.append(Finding(Code.BAD_ROWS, entry.file, entry.path, message, hint))
    else:
        parts.findings += filled.warnings
        yield from _sound(parts, _counted(parts, filled, entry), entry)


def _sound(
    parts: SetContents, made: Iterable[expansion.FilledEntry | Finding], entry: MergedEntry
) -> Iterator[expansion.FilledEntry]:
    """Yield the valid bulletins of an entry, and add findings about the others."""
    for each in checked(made, entry):
        if isinstance(each, Finding):
            parts.findings.append(each)
        else:
            yield each


def _excess(parts: SetContents, template: expansion.Template) -> str | None:
    """Add a template to the totals of the set. Returns a message if a limit is exceeded, else None."""
    parts.made += template.count
    parts.work += template.count * template.pieces
    parts.values += template.count * template.values
    if parts.made > MAX_MADE:
        return f"the templates of this set make more than {MAX_MADE:,} bulletins, the limit"
    if parts.values > MAX_MADE_VALUES:
        return f"the templates of this set make more than {MAX_MADE_VALUES:,} properties, tags and accounts, the limit"
    if parts.work > MAX_WORK:
        return f"the templates of this set are too long for so many rows; this one has {template.pieces:,} parts"
    return None


def _counted(
    parts: SetContents, template: expansion.Template, entry: MergedEntry
) -> Iterator[expansion.FilledEntry | Finding]:
    """Yield what the template makes, until all texts of the set together exceed the limit."""
    for each in template.made():
        parts.characters += each.characters if isinstance(each, expansion.FilledEntry) else 0
        if parts.characters > MAX_MADE_CHARACTERS:
            message = f"the templates of this set fill in more than {MAX_MADE_CHARACTERS:,} characters, the limit"
            yield Finding(Code.BAD_ROWS, entry.file, entry.path, message, "Shorten the cells, or use fewer rows.")
            return
        yield each
