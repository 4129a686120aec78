"""Turn validation errors of jsonschema into findings with messages for people who do not program.

A document comes in; findings about what its schema refuses go out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from runner.definitions.problem import MAX_PROBLEMS, Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document
from runner.definitions.regions import region_hint
from runner.definitions.schema import credential_fields
from runner.definitions.schema.byte_limit import utf8_bytes
from runner.definitions.schema.descriptions import describe_path, describe_value
from runner.definitions.schema.misspelled_fields import empty_group_above, is_misspelt, known_fields, may_be_filled_in
from runner.definitions.schema.schemas import KINDS, is_valid, schema, validator_for
from runner.definitions.schema.suggested_value import rest_of_a_text, saved_as_csv, suggest_value
from runner.definitions.schema.validators import explaining_validator, first_repeated
from runner.definitions.slug import slug
from runner.definitions.suggest import counted, did_you_mean, listed, quoted

_Error = Any  # jsonschema's ValidationError, whose type stubs leave every field open

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of fields",
    "null": "nothing",
}
# The characters that a pattern of the schemas allows, for people who can't read patterns.
_CHARACTERS = {
    "^[a-z0-9][a-z0-9._-]*$": "lowercase letters from a to z, digits, dots, hyphens and underscores",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters from A to Z, digits, dots, hyphens and underscores",
}


def explain(kind: str, document: Document) -> list[Finding]:
    """Return findings about what the schema of this kind of file refuses in the document.

    At most `MAX_PROBLEMS` + 1, since a hostile file could fill the memory with errors.
    """
    return list(islice(_findings(kind, document), MAX_PROBLEMS + 1))


def _findings(kind: str, document: Document) -> Iterator[Finding]:
    validator = explaining_validator(schema(kind))
    for excerpt, first in _excerpts(kind, document.value):
        for error in validator.iter_errors(excerpt):
            path: Path = tuple(error.absolute_path)
            if first and len(path) > 1:
                path = (kind, first + int(path[1]), *path[2:])
            for finding in _EXPLAINERS.get(str(error.validator), _explain_other)(error, path, document):
                # The reader has reported duplicate keys already, and kept them under generated names.
                if not any(str(step).startswith("\0") for step in finding.path):
                    yield finding


def _excerpts(kind: str, value: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield parts of a file to validate, each with the number of its first entry.

    Each bulletin that the fast validator refuses is one part, because jsonschema is fifty times slower.
    """
    entries = value[kind]
    if not isinstance(entries, list):
        yield value, 0
        return
    yield {**value, kind: []}, 0
    # Missing fields of a bulletin may be in the defaults, or under a misspelt "defaults".
    around: dict[str, Any] = {"defaults": {}} if "defaults" in value or _defaults_misspelt(value) else {}
    fast = validator_for(kind)
    for number, entry in enumerate(entries):
        excerpt = {**around, kind: [entry]}
        if not is_valid(fast, excerpt):
            yield excerpt, number


def _defaults_misspelt(value: Mapping[str, Any]) -> bool:
    others = [key for key in value if key not in ("bulletins", "defaults")]
    return "bulletins" in value and any(did_you_mean(key, ["defaults"]) for key in others[:10])


def top_level(document: Document) -> Finding:
    """Return the finding about a file that is none of the three kinds."""
    value, file = document.value, document.file
    wanted = "exactly one of accounts:, business_events: and bulletins:"
    if type(value) is not dict:
        found = "a text" if isinstance(value, str) else describe_value(value, ())  # a passcode, perhaps
        message = f"the file is {found}; it must have {wanted}"
        hint = "Write bulletins: on a line of its own above the first dash." if isinstance(value, list) else ""
        if isinstance(value, list):
            message = "the file begins with a list, but nothing says what the list contains"
        return Finding(Code.TOP_LEVEL, file, (), message, hint)
    kinds = [key for key in value if key in KINDS]
    if kinds:
        message = f"the file has {listed(kinds)}; it must have {wanted}"
        return Finding(Code.TOP_LEVEL, file, (kinds[1],), message, "Move it to a file of its own.", True)
    keys = [key for key in value if not (key.startswith("\0") or credential_fields.looks_like_secret(key))]
    for key in keys[:100]:
        if hint := did_you_mean(key, KINDS):
            return Finding(Code.TOP_LEVEL, file, (key,), f"{key} is not allowed at the top of a file", hint, True)
    return Finding(Code.TOP_LEVEL, file, (), f"the file has {listed(keys) or 'no field'}; it must have {wanted}")


def _explain_type(error: _Error, path: Path, document: Document) -> list[Finding]:
    instance = error.instance
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    code = Code.WRONG_TYPE
    takes = f"it takes {listed([_TYPES[name] for name in wanted], 'or')}"
    if wanted == ["string"] and path[-2:-1] == ("properties",) and path[0] != "business_events":
        code, takes = Code.PROPERTY_NOT_STRING, "CleverTap takes only text"
    found = describe_value(instance, path)
    written = document.written(path)
    if not credential_fields.is_quotable(path, instance):
        if instance is not None and path[2:] and path[2] in credential_fields.VARIABLES:
            return [replace(credential_fields.bad_variable(path, document.file), code=code)]
        message = f"{describe_path(path)} is {found}; {takes}"
        known = None if instance is None else instance if isinstance(instance, list) else ""
        return [Finding(code, document.file, path, message, suggest_value(known, wanted, path, document))]
    if type(instance) in (int, float) and written:
        # as written: 007 would be shown as 7, and 1.10 as 1.1
        found = f"the number {written[:60]}"
    message = f"{describe_path(path)} is {found}; {takes}"
    if instance is None and rest_of_a_text(path, document):
        message = f"the text before {quoted(str(path[-1]))} ends at the comma, so that this becomes a field of its own"
    return [Finding(code, document.file, path, message, suggest_value(instance, wanted, path, document))]


def _explain_required(error: _Error, path: Path, document: Document) -> list[Finding]:
    # jsonschema yields one error for each missing field, and names the field only in the message.
    (name,) = (name for name in error.validator_value if error.message.startswith(repr(name)))
    return [] if is_misspelt([name], error, path) else [missing_field(path, name, document.file)]


def missing_field(path: Path, name: str, file: str) -> Finding:
    """Return the finding that a required field is missing."""
    example = _example(name)
    message = f"{describe_path(path)} has no {name}, which is required"
    return Finding(Code.MISSING_FIELD, file, path, message, f"Add {name}: {example}." if example else f"Add {name}.")


def _example(field: str) -> str:
    bulletins, accounts = schema("bulletins")["$defs"], schema("accounts")["$defs"]
    known = {**accounts["account"]["properties"], **bulletins["bulletin"]["properties"], **bulletins}
    example = known.get(field, {}).get("examples", [""])[0]
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


def _explain_unknown(error: _Error, path: Path, document: Document) -> Iterator[Finding]:
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    meant = known_fields(error, path)
    for key in error.instance:
        if key in known:
            continue
        hint = did_you_mean(key, meant) or f"Allowed here: {listed(known)}."
        if key == "<<":
            hint = "The YAML merge key << is not supported; use defaults."
        elif "accounts" in document.value and len(path) in (0, 2):
            yield credential_fields.unknown_field((*path, key), error.instance[key], hint, document.file)
            continue
        elif error.instance[key] is None:
            hint = rest_of_a_text((*path, key), document) or hint
        if (group := empty_group_above(error.instance, key, known)) and not hint.startswith("Did"):
            hint = f"If it belongs to {group}, type 2 more spaces before it."
        message = f"{describe_path((*path, key))} is not a field"
        yield Finding(Code.UNKNOWN_FIELD, document.file, (*path, key), message, hint, True)


def _explain_enum(error: _Error, path: Path, document: Document) -> list[Finding]:
    allowed = [str(value) for value in error.validator_value]
    hint = did_you_mean(str(error.instance), allowed)
    if path[:1] == ("accounts",) and path[2:] == ("region",):
        hint = hint or region_hint(
            str(error.instance), dict(zip(allowed, error.schema["enumDescriptions"], strict=True))
        )
    message = f"{describe_path(path)} is {describe_value(error.instance, path)}; it takes {listed(allowed, 'or')}"
    return [Finding(Code.NOT_ALLOWED, document.file, path, message, hint)]


def _explain_range(error: _Error, path: Path, document: Document) -> list[Finding]:
    bound = "at least" if error.validator == "minimum" else "at most"
    found = describe_value(error.instance, path)
    message = f"{describe_path(path)} is {found}; it takes {bound} {error.validator_value}"
    return [Finding(Code.NOT_ALLOWED, document.file, path, message, f"Write {error.validator_value}.")]


def _explain_items(error: _Error, path: Path, document: Document) -> list[Finding]:
    if error.validator != "uniqueItems":
        what = "list" if error.validator == "minItems" else "mapping"
        message, hint = f"{describe_path(path)} is an empty {what}", "Write at least one entry, or remove the field."
        return [Finding(Code.NOT_ALLOWED, document.file, path, message, hint)]
    number = first_repeated(error.instance) or 0
    message = f"{describe_path(path)} contains {describe_value(error.instance[number], path)} twice"
    return [Finding(Code.NOT_ALLOWED, document.file, (*path, number), message, "Remove one of the two.")]


def _explain_one_of(error: _Error, path: Path, document: Document) -> list[Finding]:
    if not isinstance(error.instance, Mapping):
        return []  # the wrong type is reported by itself
    names = [name for branch in error.validator_value for name in branch.get("required", ())]
    found = [name for name in names if name in error.instance]
    if not found and is_misspelt(names, error, path):
        return []
    message = f"{describe_path(path)} has {'both ' + listed(found) if found else 'neither ' + listed(names, 'nor')}"
    return [Finding(Code.ONE_OF_FIELDS, document.file, path, message, f"Write exactly one of {listed(names)}.")]


def _explain_text(error: _Error, path: Path, document: Document) -> list[Finding]:
    # propertyNames checks keys: the path of the error is that of the mapping, and its instance is the key.
    at_key = "propertyNames" in error.absolute_schema_path
    if not at_key and may_be_filled_in(error.instance, path, document):
        return []
    what = f"the name {quoted(error.instance)} in {describe_path(path)}" if at_key else describe_path(path)
    place = (*path, error.instance) if at_key else path
    limit = error.schema.get("maxBytes") if error.validator == "maxLength" else None
    if limit is not None and utf8_bytes(error.instance) > limit:
        return []  # the finding about maxBytes says more
    if path[:1] == ("accounts",) and len(path) == 3 and path[2] in credential_fields.VARIABLES:
        return [credential_fields.bad_variable(path, document.file)]
    code, message, hint = _text_finding(error, what, path, at_key)
    return [Finding(code, document.file, place, message, hint, at_key)]


def _text_finding(error: _Error, what: str, path: Path, at_key: bool) -> tuple[Code, str, str]:
    text, limit = error.instance, error.validator_value
    match error.validator:
        case "maxLength":
            over = len(text) - limit
            message = f"{what} has {len(text)} characters, {over} over the limit of {limit}"
            return Code.TOO_LONG, message, f"Cut {counted(over, 'character')}."
        case "maxBytes":
            count = utf8_bytes(text)
            over = count - limit
            message = f"{what} has {count} bytes of UTF-8 ({len(text)} characters), {over} over the limit of {limit}"
            return Code.TOO_MANY_BYTES, message, f"Cut {counted(over, 'byte')}: CleverTap counts bytes, not letters."
        case "pattern" if limit != "\\S" and text.strip():
            # The fields of an account share one pattern for variable names, but each has its own example.
            own = _example(str(path[2])) if path[0] == "accounts" and len(path) == 3 else ""
            example = own or next(iter(error.schema.get("examples", ())), "")
            hint = f"Write it like {example}." if example else f"Allowed is the pattern '{limit}'."
            if path[-2:] == ("for_each", "csv"):
                hint = saved_as_csv(text) or hint
            if characters := _CHARACTERS.get(limit):
                meant = "" if path[:1] == ("accounts",) else _allowed_name(text, limit)
                hint = f"Write {meant or example}. Allowed are {characters}."
            if not at_key and not credential_fields.is_quotable(path, text):
                hint += " Remove the user name and password before the @." if "@" in text else ""
                return Code.BAD_FORMAT, f"{what} is not an allowed address", hint
            found = what if at_key else f"{what} is {quoted(text)}, which"
            return Code.BAD_FORMAT, f"{found} is not allowed here", hint
        case _:
            return Code.BLANK, f"{what} is blank", "Write a text."


def _allowed_name(text: str, pattern: str) -> str:
    """Return the allowed name that is nearest to a refused one; empty if nothing of it would remain."""
    if "A-Z" not in pattern:
        kept = slug(text) if not re.fullmatch("[A-Za-z0-9._-]+", text) else text.lower()
    else:
        kept = re.sub("[^A-Za-z0-9._-]+", "-", text).strip("-")
    return kept if re.search(pattern, kept) and text.isascii() else ""


def _explain_other(error: _Error, path: Path, document: Document) -> list[Finding]:
    return [Finding(Code.NOT_ALLOWED, document.file, path, f"{describe_path(path)}: {error.message[:300]}")]


_EXPLAINERS: dict[str, Callable[[_Error, Path, Document], Iterable[Finding]]] = {
    "type": _explain_type,
    "required": _explain_required,
    "additionalProperties": _explain_unknown,
    "enum": _explain_enum,
    "minimum": _explain_range,
    "maximum": _explain_range,
    "minItems": _explain_items,
    "minProperties": _explain_items,
    "uniqueItems": _explain_items,
    "oneOf": _explain_one_of,
    "maxLength": _explain_text,
    "minLength": _explain_text,
    "maxBytes": _explain_text,
    "pattern": _explain_text,
}
