"""The fields of a bulletin: one table, in the order in which an entry is written.

It drives reading, merging with defaults, the payload, comparing, writing and importing. A new field is a line here,
an attribute of `model.Bulletin`, and its rules in `schemas/bulletins.schema.json`; tests hold the three together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Form(Enum):
    """The form in which a definition holds the value of a field."""

    TEXT = auto()  # any text, sent character by character
    WORD = auto()  # a text of certain characters, such as an id, without spaces around it
    WORDS = auto()  # a list of words
    FLAG = auto()  # true or false
    NUMBER = auto()  # a whole number
    TIME = auto()  # "now", UNIX seconds, or an RFC 3339 time with an offset
    MAPPING = auto()  # keys and texts


class Sent(Enum):
    """Whether a field is part of the payload."""

    NEVER = auto()
    ALWAYS = auto()
    IF_SET = auto()  # left out where it has its default, so that the payloads of other bulletins stay byte-equal


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a bulletin. `name` is its name in definitions, in the payload and in tables to import.

    `default` is the value where neither the entry nor its defaults set the field; for a required field, an empty one.
    """

    name: str
    form: Form
    default: Any
    sent: Sent = Sent.NEVER
    is_required: bool = False
    is_own: bool = False  # (nearly) each bulletin has another value
    is_in_defaults: bool = True  # whether the `defaults` of a file may set it
    is_merged: bool = False  # each key counts by itself: an entry adds to the keys of the defaults
    is_filled_per_occurrence: bool = False  # `{{ occurrence… }}` in it is filled in when an occurrence is due
    columns: tuple[str, ...] = ()  # other headers of its column in a table to import
    example: Any = None  # of a field of the payload

    @property
    def attribute(self) -> str:
        """Return the name of the attribute of `model.Bulletin`."""
        return self.name.replace("-", "_")


FIELDS = (
    Field("id", Form.WORD, "", is_required=True, is_own=True, is_in_defaults=False),
    Field(
        "business_event", Form.TEXT, "", Sent.ALWAYS, is_required=True, columns=("event",), example="Program Released"
    ),
    Field(
        "name",
        Form.TEXT,
        "",
        Sent.ALWAYS,
        is_required=True,
        is_own=True,
        is_filled_per_occurrence=True,
        example="Sa Re Ga Ma episode 12",
    ),
    Field(
        "properties",
        Form.MAPPING,
        {},
        Sent.ALWAYS,
        is_required=True,
        is_merged=True,
        is_filled_per_occurrence=True,
        example={"program_id": "234567"},
    ),
    Field(
        "c-by",
        Form.WORD,
        "",
        Sent.ALWAYS,
        is_required=True,
        columns=("created_by",),
        example="releases@example.com",
    ),
    Field("when", Form.TIME, "now", Sent.ALWAYS, example="now"),
    Field("accounts", Form.WORDS, (), columns=("account",)),
    Field("schedule", Form.MAPPING, None, is_merged=True),
    Field("enabled", Form.FLAG, True),
    Field("tags", Form.WORDS, (), columns=("tag",)),
    Field("revision", Form.NUMBER, 1, is_in_defaults=False),
    Field("allow_duplicate", Form.FLAG, False),
    Field("literal_braces", Form.FLAG, False),
)

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
MERGED = tuple(field.name for field in FIELDS if field.is_merged)
# The body of the request: the fields of CleverTap's page "Create Bulletin API".
PAYLOAD = tuple(field for field in FIELDS if field.sent is not Sent.NEVER)
_SENT = tuple((field.name, field.default) for field in PAYLOAD)
_SENT_IF_SET = tuple((field.name, field.default) for field in PAYLOAD if field.sent is Sent.IF_SET)
_SENT_MAPPINGS = tuple(field.name for field in PAYLOAD if field.form is Form.MAPPING)
FILLED_PER_OCCURRENCE = tuple(field for field in FIELDS if field.is_filled_per_occurrence)
# Keys of the schedule that have a column of their own in a table to import, by the header of the column.
SCHEDULE_COLUMNS = {"at": "at", "timezone": "timezone", "time_zone": "timezone", "grace": "grace", "cron": "cron"}


def payload_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload for the values of a bulletin by field name. A missing value counts as the default."""
    payload = {name: values.get(name, default) for name, default in _SENT}
    for name in _SENT_MAPPINGS:
        payload[name] = dict(payload[name])
    for name, default in _SENT_IF_SET:
        if payload[name] == default:
            del payload[name]
    return payload
