"""Check one answer of `bulletins new` before its entry is complete: fields come in, a `Problem` or None goes out.

The same rules apply as in `validate`: the fields, the names of the accounts and the catalog are loaded as a small set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runner.definitions.load import load_sources
from runner.definitions.model import Definitions
from runner.definitions.problem import Path, Problem
from runner.definitions.sources import Source

_FILE = "new.yaml"
_ACCOUNT = {"region": "in1", "account_id_env": "ID", "passcode_env": "PASSCODE"}
_FILLED_IN = {"id": "a", "business_event": "a", "name": "a", "properties": {}, "c-by": "a@example.com"}


def check_answer(path: Path, fields: Mapping[str, Any], definitions: Definitions) -> Problem | None:
    """Return the first problem of the field at `path`, such as `("properties", "language")`; None if it is valid.

    Other fields may still be missing.
    """
    whole = {**_FILLED_IN, **fields}
    lines = list(_lines(whole))
    text = "\n".join(line for _, line in lines)
    sources = [Source(_FILE, text.encode), *_surroundings(str(whole["business_event"]), definitions)]
    for problem in load_sources(sources).problems:
        if problem.file == _FILE and lines[problem.line - 1][0][: len(path)] == path:
            return problem
    return None


def _lines(fields: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield the lines of a file with one field a line, each with the path of its field."""
    yield (), '{"bulletins": [{'
    for name, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield (name,), f"{json.dumps(name)}: {{"
            for key, each in value.items():
                yield (name, key), f"{json.dumps(key)}: {json.dumps(each, ensure_ascii=False)},"
            yield (name,), "},"
        else:
            yield (name,), f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},"
    yield (), "}]}"


def _surroundings(event: str, definitions: Definitions) -> Iterator[Source]:
    accounts = dict.fromkeys(definitions.accounts, _ACCOUNT)
    yield Source("accounts.yaml", json.dumps({"accounts": accounts}).encode)
    if definitions.events:
        events: dict[str, Any] = {name: {} for name in definitions.events}
        if event in definitions.events:
            found = definitions.events[event]
            events[event] = {"required": found.required}
            if found.properties is not None:
                events[event]["properties"] = found.properties
        yield Source("events.yaml", json.dumps({"business_events": events}).encode)
