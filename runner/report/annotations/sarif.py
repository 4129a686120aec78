"""Findings as SARIF 2.1.0, for code scanning and editors.

A result's fingerprint depends on its rule, its file and its subject (the text of its line, or its bulletin and
accounts), not on the line's number, so it stays the same when lines move. A number distinguishes results that are equal
in all of these. GitHub's upload action adds its own hash of the line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import starmap
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from runner import __version__
from runner.report.annotation_rules import RULES
from runner.report.annotations.annotation import Annotation, OtherPlace, by_severity
from runner.report.annotations.annotations_format import AnnotationsFormat
from runner.report.safe_text import printable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000  # of a run; GitHub refuses files with more, see its page "SARIF results exceed one or more limits"
FINGERPRINT = "bulletinsSubject/v1"

# Markup in SARIF's plain text messages: an embedded link, and a placeholder for an argument.
_MARKUP = re.compile(r"\](?=\()|\{(?=[0-9]+\})")
_LINK_TEXT = re.compile(r"[\\\[\]]")


def sarif(findings: Iterable[Annotation], version: str) -> str:
    """Return a document with one run of bulletins `version`: errors first, at most MAX_RESULTS findings."""
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


def _results(findings: Sequence[Annotation], rules: Sequence[str]) -> Iterable[dict[str, Any]]:
    places = {rule: place for place, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    for finding in findings:
        digest = _digest(finding)
        seen[digest] += 1
        related = _related_places(finding)
        yield {
            "ruleId": finding.rule,
            "ruleIndex": places[finding.rule],
            "level": finding.severity.value,
            "message": {"text": _no_markup(finding.text) + _links(finding, related)},
            "locations": [{"physicalLocation": _location(finding.file, finding.line, finding.column)}],
            **({"relatedLocations": list(starmap(_related, enumerate(related, 1)))} if related else {}),
            "partialFingerprints": {FINGERPRINT: f"{digest}:{seen[digest]}"},
        }


def _location(file: str, line: int, column: int | None) -> dict[str, Any]:
    region = {"startLine": line} if column is None else {"startLine": line, "startColumn": column}
    return {"artifactLocation": _artifact(file), "region": region}


def _related_places(finding: Annotation) -> list[OtherPlace]:
    """Return the places besides the line of the finding: its row, and the first of the other places."""
    row = finding.row_place
    own = [] if row is None else [OtherPlace(row.file, row.line, row.column)]
    return [*own, *finding.others]


def _related(number: int, place: OtherPlace) -> dict[str, Any]:
    location = _location(place.file, place.line, place.column)
    return {"id": number, "message": {"text": "the same here"}, "physicalLocation": location}


def _links(finding: Annotation, places: Sequence[OtherPlace]) -> str:
    """Return links to the related locations: GitHub shows only those with a link in the message."""
    links = [_link(str(place), number) for number, place in enumerate(places, 1)]
    own = [f"row: {links.pop(0)}"] if finding.row_place else []
    said = "; ".join([*own, *([f"also: {', '.join(links)}"] if links else [])])
    return f" ({said})" if said else ""


def _no_markup(text: str) -> str:
    return _MARKUP.sub(r"\g<0> ", text)


def _link(place: str, number: int) -> str:
    text = _LINK_TEXT.sub(r"\\\g<0>", _no_markup(printable(place)))
    return f"[{text}]({number})"


def _digest(finding: Annotation) -> str:
    about = json.dumps([finding.rule, finding.file, finding.subject or finding.message])
    return hashlib.sha256(about.encode()).hexdigest()


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    # A file's name may be invalid UTF-8: fsencode gives its bytes on the disk.
    uri = quote(os.fsencode(path.as_posix()), safe="/")
    if path.is_absolute():
        return {"uri": f"file://{uri if uri.startswith('/') else f'/{uri}'}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _cut(kept: int, found: int) -> dict[str, Any]:
    text = f"{found:,} findings; this file holds the {kept:,} most severe, because GitHub takes no more."
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": text}}],
    }


class _Sarif(AnnotationsFormat):
    def annotations_text(self, annotations: Sequence[Annotation]) -> str:
        return sarif(annotations, __version__)


FORMAT = _Sarif()
