"""Findings → SARIF 2.1.0, as code scanning and editors read it.

The fingerprint of a result is made of its rule, its file and what it is about (the text of its line, or its bulletin
and accounts), never of the line's number: it stays as it is while lines shift. Results that are alike in all of that
are told apart by their order. GitHub's upload action adds its own hash of the line beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from runner.definitions.tables.row_line import RowPlace
from runner.report.findings import RULES, Finding, by_severity
from runner.report.safe_text import plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000  # of a run, beyond which GitHub refuses the file: its page on SARIF results that exceed limits
FINGERPRINT = "bulletinsSubject/v1"
_ROW = 1  # among the related locations of a result

# What a plain text message of SARIF may hold beside text: an embedded link, and a place for an argument.
_MARKUP = re.compile(r"\](?=\()|\{(?=[0-9]+\})")
_LINK_TEXT = re.compile(r"[\\\[\]]")


def sarif(findings: Iterable[Finding], version: str) -> str:
    """One document with one run of `version` of bulletins: errors first, the most that GitHub takes."""
    ordered = by_severity(findings)
    kept = ordered[:MAX_RESULTS]
    rules = [rule for rule in RULES if rule in {finding.rule for finding in kept}]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "bulletins", "version": version, "rules": [_rule(rule) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(kept, rules)),
    }
    if len(kept) < len(ordered):
        run["invocations"] = [_cut(len(kept), len(ordered))]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _rule(rule: str) -> dict[str, Any]:
    known = RULES[rule]
    text, markdown = known.why, known.why
    if known.wrong:
        text += f"\n\nWrong:\n{known.wrong}\n\nRight:\n{known.right}"
        markdown += f"\n\nWrong:\n```yaml\n{known.wrong}\n```\n\nRight:\n```yaml\n{known.right}\n```"
    return {
        "id": rule,
        "shortDescription": {"text": known.summary},
        "fullDescription": {"text": known.why},
        "help": {"text": text, "markdown": markdown},
    }


def _results(findings: Sequence[Finding], rules: Sequence[str]) -> Iterable[dict[str, Any]]:
    places = {rule: place for place, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    for finding in findings:
        digest = _digest(finding)
        seen[digest] += 1
        row = finding.row_place
        yield {
            "ruleId": finding.rule,
            "ruleIndex": places[finding.rule],
            "level": finding.level.value,
            "message": {"text": _no_markup(finding.text) + (f" (row: {_link(finding.row)})" if row else "")},
            "locations": [{"physicalLocation": _location(finding.file, finding.line, finding.column)}],
            **({"relatedLocations": [_related(row)]} if row else {}),
            "partialFingerprints": {FINGERPRINT: f"{digest}:{seen[digest]}"},
        }


def _location(file: str, line: int, column: int | None) -> dict[str, Any]:
    region = {"startLine": line} if column is None else {"startLine": line, "startColumn": column}
    return {"artifactLocation": _artifact(file), "region": region}


def _related(row: RowPlace) -> dict[str, Any]:
    return {"id": _ROW, "message": {"text": "the row"}, "physicalLocation": _location(*row)}


def _no_markup(text: str) -> str:
    return _MARKUP.sub(r"\g<0> ", text)


def _link(row: str) -> str:
    """A link to the related location: GitHub shows those alone that the message links to."""
    text = _LINK_TEXT.sub(r"\\\g<0>", _no_markup(plain(row)))
    return f"[{text}]({_ROW})"


def _digest(finding: Finding) -> str:
    about = json.dumps([finding.rule, finding.file, finding.subject or finding.message])
    return hashlib.sha256(about.encode()).hexdigest()


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    # A file's name need not be text: fsencode gives the bytes that it has on the disk.
    uri = quote(os.fsencode(path.as_posix()), safe="/")
    if path.is_absolute():
        return {"uri": f"file://{uri if uri.startswith('/') else f'/{uri}'}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _cut(kept: int, found: int) -> dict[str, Any]:
    text = f"{found:,} were found; the {kept:,} that matter most are here, as many as GitHub takes."
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": text}}],
    }
