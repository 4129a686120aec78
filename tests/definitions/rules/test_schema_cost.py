"""A catalog's schema may refer to parts of itself, as long as that stays small."""

from __future__ import annotations

from typing import Any

import pytest

from definitions import Write
from runner.definitions.load import load
from runner.definitions.problem_codes import Code
from runner.definitions.rules.schema_cost import fault
from runner.definitions.schema.schemas import fast_validator, is_valid

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"


def doubling(levels: int, to: str = "#/$defs/d{}", **extra: str) -> dict[str, Any]:
    """A schema of which each part refers twice to the next."""
    parts: dict[str, Any] = {
        f"d{n}": {**{key: value.format(n) for key, value in extra.items()}, "allOf": [{"$ref": to.format(n + 1)}] * 2}
        for n in range(levels)
    }
    last = {key: value.format(levels) for key, value in extra.items()}
    return {"$ref": to.format(0), "$defs": {**parts, f"d{levels}": {**last, "pattern": "x"}}}


RING = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{other}"} for other in range(8)]} for n in range(8)}
TREE = {
    "type": ["string", "array", "object"],
    "items": {"$ref": "#/$defs/tree"},
    "additionalProperties": {"anyOf": [{"$ref": "#/$defs/tree"}, {"$ref": "#/$defs/tree/items"}]},
}
CHAIN = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(5000)}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (doubling(40), "its references lead to too many parts"),
        (doubling(40, "#d{}", **{"$anchor": "d{}"}), "its references lead to too many parts"),
        ({"$ref": "#/$defs/d0", "$defs": RING}, "its references lead back to themselves in several ways"),
        ({"$ref": "#/$defs/d0", "$defs": {**CHAIN, "d5000": {}}}, "its references lead to too many parts"),
        ({"items": {"anyOf": [{"$ref": "#"}] * 10_001}}, "its references lead to too many parts"),
        (
            {**doubling(40, "https://example.com/a#/$defs/d{}"), "$id": "https://example.com/a"},
            "its references lead to too many parts",
        ),
        (
            {"$ref": "b", "$defs": {"b": {**doubling(40), "$id": "b"}}},
            "a part of it has an $id, which changes the targets of its references",
        ),
    ],
    ids=["doubled", "by anchors", "rings", "long chain", "very many", "by its address", "of one inside"],
)
def test_what_multiplies_is_too_much(schema: Any, words: str) -> None:
    assert fault(schema) == words


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        {},
        {"enum": ["a"] * 20_000},
        {"$ref": "#/$defs/a", "$defs": {"a": {"pattern": "x"}}},
        {"anyOf": [{"$ref": "#/$defs/a~1b%25"}, {"$ref": "#/anyOf/0"}, {"$ref": "#/anyOf/9"}], "$defs": {"a/b%": {}}},
        {"$ref": "#"},
        {"$ref": "#nowhere"},
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"const": {"$ref": "#"}, "enum": [{"$ref": "#"}], "not": {"$ref": 5}},
        {"allOf": [{"$ref": f"#/allOf/{'9' * 5000}"}, {"$ref": "#/allOf/²"}, {"$ref": "#/allOf/-1"}]},
        doubling(5),
        doubling(10),
    ],
    ids=lambda schema: str(schema)[:40],
)
def test_what_stays_small_is_not(schema: Any) -> None:
    assert fault(schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/tree", "$defs": {"tree": TREE}},
        {"type": "string", "$defs": {"tree": TREE}},
        {"pattern": "x", "$defs": RING},
    ],
    ids=["tree", "beside a tree", "beside rings"],
)
def test_what_no_text_is_held_to_may_lead_to_itself(schema: Any) -> None:
    assert fault(schema) is None
    assert is_valid(fast_validator(schema), "x")


def test_it_is_a_problem_of_the_catalog(write: Write) -> None:
    parts = "".join(
        f"            d{n}: {{allOf: [{{$ref: '#/$defs/d{n + 1}'}}, {{$ref: '#/$defs/d{n + 1}'}}]}}\n"
        for n in range(40)
    )
    catalog = (
        "business_events:\n  E:\n    properties:\n      p:\n          $ref: '#/$defs/d0'\n          $defs:\n"
        f"{parts}            d40: {{pattern: x}}\n"
    )
    bulletin = "bulletins:\n  - {id: a, business_event: E, name: N, properties: {p: y}, c-by: a@example.com}\n"
    (problem,) = load([write({"accounts.yaml": ACCOUNTS, "events.yaml": catalog, "b.yaml": bulletin})]).problems
    assert (problem.code, problem.line) == (Code.CATALOG_SCHEMA, 5)
    assert problem.message == "the schema of p can't be used: its references lead to too many parts"


def test_a_reference_to_a_number_without_end_is_no_traceback(write: Write) -> None:
    catalog = f"business_events:\n  E: {{properties: {{p: {{allOf: [{{$ref: '#/allOf/{'9' * 5000}'}}]}}}}}}\n"
    (problem,) = load([write({"accounts.yaml": ACCOUNTS, "events.yaml": catalog})]).problems
    assert (problem.code, problem.line) == (Code.CATALOG_SCHEMA, 2)
