"""Convert drafts into the text of a definition file.

In: drafts, the options and the set. Out: the text, or problems with their places in the imported files. The text is
checked like a set, and read again: it must give exactly the imported payloads.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.definitions.editing.plain_entry import with_literal_braces
from runner.definitions.editing.writing import document, scalar
from runner.definitions.fields import FIELDS, MERGED
from runner.definitions.load import load_sources
from runner.definitions.model import Bulletin, canonical
from runner.definitions.problem import MAX_PROBLEMS, Path, Problem, too_many
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document
from runner.definitions.reading.reader import read
from runner.definitions.sources import MAX_FILE_BYTES, Source
from runner.definitions.tables.unfilled_texts import unfilled
from runner.definitions.templates import OCCURRENCE_FIELDS, fill_occurrence
from runner.errors import ErrorCode, Exit, UserError
from runner.importers.draft import Draft
from runner.importers.import_context import ImportContext, ImportNotes, accounts_for, zone_for
from runner.importers.naming import base, ids_for

# Names that no file has. The first sorts behind all others, so that a duplicate is reported in the new file.
_NAME = "\U0010fffdimported.yaml"
_ACCOUNTS = "\U0010fffcaccounts.yaml"
_SEEN = re.compile(re.escape(_NAME) + r":(\d+)")
_OF_PLACEHOLDERS = (Code.UNFILLED_PLACEHOLDER, Code.POSSIBLE_PLACEHOLDER, Code.BAD_TEMPLATE)
_OF_THE_WHOLE = (Code.PROPERTY_MISSING, Code.MISSING_FIELD)
_Places = dict[tuple[int, int], list[tuple[Path, bool]]]
_COMMON = tuple(each.name for each in FIELDS if each.is_in_defaults and not (each.is_own or each.is_merged))


@dataclass(frozen=True, slots=True)
class Converted:
    """The result of an import: the text of a file with its bulletins, or the problems. Warnings don't prevent it.

    `numbered` are ids that end with a number only because another bulletin has the same name. `bulletins` are what the
    text defines, in the order of the drafts.
    """

    text: str
    drafts: Sequence[Draft]
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    numbered: Sequence[str] = ()
    bulletins: Sequence[Bulletin] = ()


def converted(
    found: Iterable[Draft | Problem],
    context: ImportContext,
    notes: ImportNotes,
    fold: Callable[[Iterable[Problem]], list[Problem]] = list,
) -> Converted:
    """Return the text for the drafts, or all problems if there are any. `fold` makes one of problems that are alike.

    Raises UserError if the accounts are unclear, or if there is nothing to import.
    """
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for each in found:
        (drafts if isinstance(each, Draft) else problems).append(each)  # type: ignore[arg-type]
    if not drafts and not problems:
        raise UserError(
            ErrorCode.NOTHING_TO_IMPORT,
            "no bulletin was found, so there is nothing to import",
            help="Check that this is the right file.",
            exit_code=Exit.USAGE,
        )
    text, ids = "", []
    bulletins: list[Bulletin] = []
    try:
        ids = list(ids_for(drafts, (bulletin.id for bulletin in context.definitions.bulletins)))
        text = _written(_entries(drafts, ids, context, notes))
        found_in_text, bulletins = _check(text, drafts, context, notes)
        problems += found_in_text
    except UserError:
        if not any(problem.is_error for problem in problems):
            raise
    numbered = [id_ for draft, id_ in zip(drafts, ids, strict=False) if "id" not in draft.fields and id_ != base(draft)]
    limited = _limited(fold(dict.fromkeys(problems)))
    errors = [problem for problem in limited if problem.is_error]
    warnings = [problem for problem in limited if not problem.is_error]
    return Converted(text, drafts, errors, warnings, numbered, bulletins)


def _limited(problems: Iterable[Problem]) -> list[Problem]:
    ordered = sorted(problems, key=lambda problem: (problem.file.split("/"), problem.line, problem.column))
    if len(ordered) > MAX_PROBLEMS:
        ordered[MAX_PROBLEMS:] = [too_many(ordered[MAX_PROBLEMS])]
    return ordered


def _entries(
    drafts: Sequence[Draft], ids: Sequence[str], context: ImportContext, notes: ImportNotes
) -> list[dict[str, Any]]:
    entries = []
    for draft, id_, accounts in zip(drafts, ids, accounts_for(drafts, context, notes), strict=True):
        fields = {**draft.fields, "id": id_, **({"accounts": list(accounts)} if accounts else {})}
        if zone := zone_for(fields, accounts, context, notes):
            fields["schedule"] = {**fields["schedule"], "timezone": zone}
        if context.literal_braces and _has_placeholder(fields):
            fields["literal_braces"] = True
        if fields.get("literal_braces") is True and "cron" in fields.get("schedule", ()):
            fields = with_literal_braces(fields)
        entries.append(fields)
    return entries


def _has_placeholder(fields: Mapping[str, Any]) -> bool:
    if "cron" in fields.get("schedule", ()):
        texts = [str(fields["name"]), *fields["properties"].values()]
        filled = [fill_occurrence(text, dict.fromkeys(OCCURRENCE_FIELDS, "")) for text in texts]
        fields = {"name": filled[0], "properties": dict(zip(fields["properties"], filled[1:], strict=True))}
    return any(finding.code in _OF_PLACEHOLDERS for finding in unfilled(fields, (), ""))


def _written(entries: list[dict[str, Any]]) -> str:
    common = _common(entries) if len(entries) > 1 else {}
    text = "".join(document((_without(entry, common) for entry in entries), common))
    if len(text.encode()) > MAX_FILE_BYTES:
        size = f"{len(text.encode()):,} bytes, more than the {MAX_FILE_BYTES:,} of a definition file"
        message = f"the import makes a file of {size}"
        raise UserError(
            ErrorCode.IMPORT_TOO_LARGE, message, help="Split the input, and import each part.", exit_code=Exit.USAGE
        )
    return text


def _common(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values that all entries share, as defaults; schedules and properties are compared key by key."""
    common = _alike(entries, _COMMON)
    for name in MERGED:
        if (name == "properties" and "business_event" not in common) or any(name not in entry for entry in entries):
            continue
        parts = [entry[name] for entry in entries]
        alike = _alike(parts, parts[0])
        if alike or not any(parts):
            common[name] = alike
    return common


def _alike(values: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, Any]:
    first, others = values[0], values[1:]
    return {
        name: first[name]
        for name in names
        if name in first and all(name in each and each[name] == first[name] for each in others)
    }


def _without(entry: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in entry.items() if name not in common}
    for name in MERGED:
        if name in entry and name in common:
            own = {key: value for key, value in entry[name].items() if key not in common[name]}
            if own:
                kept[name] = own
    return kept


def _check(
    text: str, drafts: Sequence[Draft], context: ImportContext, notes: ImportNotes
) -> tuple[list[Problem], list[Bulletin]]:
    """Return problems and warnings of the text together with the set, and what it defines.

    Raises UserError if it differs from what was imported.
    """
    data = text.encode()
    definitions = load_sources([*_beside(drafts, context, notes), Source(_NAME, lambda: data)])
    found = [problem for problem in definitions.found if problem.file == _NAME]
    translated = list(_translated(found, read(data, _NAME)[0], drafts)) if found else []
    if any(problem.is_error for problem in found):
        return translated, []
    read_back = [bulletin for bulletin in definitions.bulletins if bulletin.place.file == _NAME]
    if [canonical(bulletin.payload()) for bulletin in read_back] != [canonical(draft.payload) for draft in drafts]:
        message = "the new definitions differ from what was imported, so nothing was written"
        raise UserError(
            ErrorCode.IMPORT_DIFFERS,
            message,
            help="This is a bug of bulletins itself. Report it with the imported file.",
            exit_code=Exit.REFUSED,
        )
    return translated, read_back


def _beside(drafts: Sequence[Draft], context: ImportContext, notes: ImportNotes) -> list[Source]:
    """Return the set to check the text with; not one with problems, which would hide problems of the text."""
    sources = list(context.sources)
    if context.definitions.problems:
        notes.add(f"{context.path} has problems itself, so the imported bulletins were checked without it")
        sources = []
    if not sources or not context.definitions.accounts:
        used = {name for draft in drafts for name in draft.fields.get("accounts", ())} | set(context.accounts)
        used |= set(context.definitions.accounts)
        fields = "{region: in1, account_id_env: ACCOUNT_ID, passcode_env: PASSCODE}"
        text = "accounts:\n" + "".join(f"  {scalar(name)}: {fields}\n" for name in sorted(used) or ["any"])
        sources.append(Source(_ACCOUNTS, text.encode))
    return sources


def _translated(problems: Iterable[Problem], made: Document | None, drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Return the problems of the text, with their places in the imported files."""
    lines = [line for line, _ in made.entries("bulletins")] if made is not None else []
    places: dict[int, _Places] = {}
    for problem in problems:
        number = max(bisect_right(lines, problem.line) - 1, 0)
        alike = drafts if problem.line < (lines or [0])[0] else drafts[number : number + 1]  # of all, in the defaults
        if made is not None and number not in places:
            places = {number: _places(number, made)}  # only the last entry: problems come in the file's order
        path, at_key = _path_at(problem, places.get(number, {}))
        message = _SEEN.sub(lambda seen: _shown(int(seen[1]), lines, drafts), problem.message.removeprefix("defaults."))
        for draft in alike if drafts[number].place.is_row else alike[:1]:
            help_ = problem.help.replace("add literal_braces: true", "give --literal-braces")
            yield draft.place.problem(path, problem.code, message, help_, at_key=at_key)


def _shown(line: int, lines: Sequence[int], drafts: Sequence[Draft]) -> str:
    place = drafts[max(bisect_right(lines, line) - 1, 0)].place.problem((), Code.DUPLICATE_ID, "", "")
    return f"{place.file}:{place.line}"


def _path_at(problem: Problem, places: _Places) -> tuple[Path, bool]:
    """Return the field at the place of a problem."""
    found = places.get((problem.line, problem.column))
    # A mapping begins at its first key: a missing field is about the mapping, any other problem about the key.
    if not found or not found[0][0]:
        return (), False
    return found[0 if problem.code in _OF_THE_WHOLE else -1]


def _places(number: int, made: Document) -> _Places:
    """Return the fields at each line and column, of the entry and of the defaults."""
    places: _Places = {}
    for root in (("bulletins", number), ("defaults",)):
        value = made.value
        for step in root:
            value = value.get(step, {}) if isinstance(value, dict) else value[step]
        for path in _paths(value, ()):
            for at_key in (False, True):
                places.setdefault(made.position((*root, *path), at_key=at_key), []).append((path, at_key))
    return places


def _paths(value: Any, path: Path) -> Iterator[Path]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _paths(child, (*path, key))
