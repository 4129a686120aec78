"""The codes of problems, their severities, and the form of an explanation.

Codes are stable, because scripts and people search for them. An explanation may be reworded at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem of the definitions, or a finding about a plan or a run, matters; most first.

    Only errors keep a set from being fired. SARIF has the same levels.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """The kind of a problem, as reports print it."""

    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    TOO_MANY_PROBLEMS = "too-many-problems"
    TOO_MANY_WARNINGS = "too-many-warnings"
    YAML_ENCODING = "yaml-encoding"
    YAML_CONTROL_CHARACTER = "yaml-control-character"
    INVISIBLE_CHARACTER = "invisible-character"
    YAML_SYNTAX = "yaml-syntax"
    YAML_EMPTY = "yaml-empty"
    YAML_DOCUMENTS = "yaml-documents"
    YAML_DUPLICATE_KEY = "yaml-duplicate-key"
    YAML_KEY = "yaml-key"
    YAML_TAG = "yaml-tag"
    YAML_ALIAS = "yaml-alias"
    YAML_DEPTH = "yaml-depth"
    TOP_LEVEL = "top-level"
    WRONG_TYPE = "wrong-type"
    MISSING_FIELD = "missing-field"
    UNKNOWN_FIELD = "unknown-field"
    ONE_OF_FIELDS = "one-of-fields"
    NOT_ALLOWED = "not-allowed"
    BAD_FORMAT = "bad-format"
    BLANK = "blank"
    TOO_LONG = "too-long"
    TOO_MANY_BYTES = "too-many-bytes"
    COMMENT_IN_TEXT = "comment-in-text"
    PROPERTY_NOT_STRING = "property-not-string"
    UNFILLED_PLACEHOLDER = "unfilled-placeholder"
    POSSIBLE_PLACEHOLDER = "possible-placeholder"
    TYPOGRAPHIC_QUOTES = "typographic-quotes"
    TWO_ENCODINGS = "two-encodings"
    BAD_TIME = "bad-time"
    BAD_DURATION = "bad-duration"
    WHEN_MILLISECONDS = "when-milliseconds"
    BAD_CRON = "bad-cron"
    SURPRISING_CRON = "surprising-cron"
    NEW_IN_PAST = "new-in-past"
    TABLE_UNREADABLE = "table-unreadable"
    BAD_TABLE = "bad-table"
    LFS_POINTER = "lfs-pointer"
    REPEATED_HEADER = "repeated-header"
    TOTAL_ROW = "total-row"
    CELL_DAMAGED = "cell-damaged"
    CELL_REWRITTEN = "cell-rewritten"
    CELL_WHITE_SPACE = "cell-white-space"
    BAD_ROWS = "bad-rows"
    BAD_TEMPLATE = "bad-template"
    ROW_VALUE = "row-value"
    TEMPLATE_ID = "template-id"
    ROW_NUMBER_ID = "row-number-id"
    DUPLICATE_ID = "duplicate-id"
    DUPLICATE_NAME = "duplicate-name"
    DUPLICATE_PAYLOAD = "duplicate-payload"
    DUPLICATE_ACCOUNT = "duplicate-account"
    ID_IS_PASSCODE = "id-is-passcode"
    UNKNOWN_ACCOUNT = "unknown-account"
    ACCOUNT_NEEDED = "account-needed"
    UNKNOWN_EVENT = "unknown-event"
    CATALOG_SCHEMA = "catalog-schema"
    PROPERTY_MISSING = "property-missing"
    PROPERTY_UNKNOWN = "property-unknown"
    PROPERTY_VALUE = "property-value"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The meaning of a code, the reason for the rule, and one example written wrongly and correctly.

    `severity` is that of a problem of the definitions: a warning is for a value that may be meant.
    """

    summary: str
    why: str
    wrong: str
    right: str
    severity: Severity = Severity.ERROR
