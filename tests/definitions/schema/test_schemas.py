from __future__ import annotations

import copy
from array import array
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from definitions.test_examples import SETS
from definitions.texts import KEYS, NESTED
from runner.definitions import model, regions
from runner.definitions.building.check import check
from runner.definitions.reading.document import Document
from runner.definitions.reading.reader import read
from runner.definitions.schedules import times
from runner.definitions.schema import byte_limit, schema_findings, schemas
from runner.definitions.schema.schema_findings import explain
from runner.definitions.schema.validators import explaining_validator

VALID: dict[str, dict[str, Any]] = {
    "accounts": {
        "accounts": {
            "india": {"region": "in1", "account_id_env": "A", "passcode_env": "B", "concurrency": 2},
            "local": {"base_url": "http://127.0.0.1:80", "account_id_env": "A", "passcode_file": "/x", "ledger": "01"},
        }
    },
    "business_events": {
        "business_events": {
            "Program Released": {"required": ["a"], "properties": {"a": {"pattern": "^[0-9]+$"}, "b": None, "c": True}},
            "Flash Sale": None,
        }
    },
    "bulletins": {
        "defaults": {"c-by": "a@example.com", "schedule": {"timezone": "Asia/Kolkata"}},
        "bulletins": [
            {
                "id": "a",
                "business_event": "E",
                "name": "सा रे",
                "properties": {"a": "b", "c": "आ" * 170},
                "c-by": "a@example.com",
                "when": 1796130000,
                "accounts": ["india", "local"],
                "schedule": {"at": "2026-12-01T18:30:00Z", "grace": "2h"},
                "enabled": True,
                "tags": ["x", "y"],
                "revision": 2,
                "allow_duplicate": False,
            }
        ],
    },
}
KINDS = sorted(VALID)
ODD = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.0,
        2.0,
        2.5,
        1e300,
        10**40,
        float("inf"),
        "",
        " ",
        "\n",
        "a\n",
        "\u00a0",
        "\u200b",
        "आ" * 171,
        "x" * 513,
        "🎵" * 128,
        "१२",
        "A",
        "a" * 120,
        "a" * 121,
        "in1",
        "in2",
        "a@b",
        "a@b.c\n",
        "\ufeff",
        [],
        {},
        ["a", "a"],
        [1, 1.0],
        [1, "1"],
        {"a": None},
        "http://127.0.0.1:1/",
        "http://localhost.evil.example",
    ]
).map(copy.deepcopy)  # what is drawn is changed further


def verdicts(kind: str, value: Any) -> tuple[bool, bool]:
    fast = schemas.is_valid(schemas.validator_for(kind), value)
    return fast, explaining_validator(schemas.schema(kind)).is_valid(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, child in children for found in places(child, (*path, step)))]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A valid file with one to three faults of the kinds that people make."""
    kind = draw(st.sampled_from(KINDS))
    value = copy.deepcopy(VALID[kind])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(value)[1:] or [(kind,)]))
        parent = value
        for step in path[:-1]:
            parent = parent[step]
        match draw(st.sampled_from(["replace", "remove", "rename", "add"])):
            case "remove" if isinstance(parent, (dict, list)):
                parent.pop(path[-1], None) if isinstance(parent, dict) else parent.pop(path[-1])
            case "rename" if isinstance(parent, dict) and path[-1] in parent:
                parent[draw(KEYS | st.sampled_from(["", "a" * 121, "in dia", "क"]))] = parent.pop(path[-1])
            case "add" if isinstance(parent, dict):
                parent[draw(KEYS)] = draw(ODD)
            case _:
                parent[path[-1]] = draw(ODD | NESTED)
    return kind, value


@settings(max_examples=examples(150))
@given(mutated())
def test_both_engines_give_the_same_verdict(case: tuple[str, Any]) -> None:
    fast, slow = verdicts(*case)
    assert fast == slow


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_take_what_is_valid(kind: str) -> None:
    assert verdicts(kind, VALID[kind]) == (True, True)


def test_both_engines_agree_on_every_example() -> None:
    files = [file for path in SETS for file in ([path] if path.is_file() else sorted(path.rglob("*.y*ml")))]
    agreed = 0
    for file in files:
        document, _ = read(file.read_bytes(), file.name)
        kind = schemas.document_kind(document.value) if document else None
        if document and kind:
            fast, slow = verdicts(kind, document.value)
            assert fast == slow, file
            assert fast or explain(kind, document)
            agreed += 1
    assert agreed > 50


@settings(max_examples=examples(100))
@given(mutated())
def test_what_fails_is_explained(case: tuple[str, Any]) -> None:
    """Whatever the verdict rests on, it is reported at a place, in words."""
    kind, value = case
    import yaml

    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000)
    document, problems = read(text.encode("utf-8", "surrogatepass"), "x.yaml")
    if document is None or problems or schemas.document_kind(document.value) != kind:
        return
    findings = check(document)
    assert bool(findings) == (not schemas.is_valid(schemas.validator_for(kind), document.value))
    for finding in findings:
        assert finding.message
        document.position(finding.path, at_key=finding.at_key)


@settings(max_examples=examples(60))
@given(st.lists(mutated().map(lambda case: case[1]), min_size=1, max_size=5))
def test_the_schema_describes_every_field_of_a_bulletin(files: list[Any]) -> None:
    """One by one they fail as they do in their file, which contains others as well."""
    entries = [entry for file in files for entry in bulletins_of(file)] + [VALID["bulletins"]["bulletins"][0]]
    without_and_with: list[dict[str, Any]] = [{}, {"defaults": {}}]
    for defaults in without_and_with:
        whole: dict[str, Any] = {**defaults, "bulletins": entries}
        errors = explaining_validator(schemas.schema("bulletins")).iter_errors(whole)
        found = explain("bulletins", Document("x.yaml", whole, array("Q", bytes(8 * 10_000)), "", {}))
        assert {finding.path[:2] for finding in found} == {tuple(error.absolute_path)[:2] for error in errors}


def bulletins_of(file: Any) -> list[Any]:
    entries = file.get("bulletins") if isinstance(file, dict) else None
    return entries if isinstance(entries, list) else []


def test_only_the_bulletins_that_fail_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """jsonschema takes a minute for what the fast verdict takes a second for."""
    asked = []

    class Spy:
        def __init__(self, definition: Any) -> None:
            self._validator = explaining_validator(definition)

        def iter_errors(self, value: Any) -> Any:
            asked.append(value["bulletins"])
            return self._validator.iter_errors(value)

    monkeypatch.setattr(schema_findings, "explaining_validator", Spy)
    good = VALID["bulletins"]["bulletins"][0]
    bad = {**good, "c-by": "nobody"}
    whole = {"bulletins": [good, good, bad, good]}
    (finding,) = explain("bulletins", Document("x.yaml", whole, array("Q"), "", {}))
    assert finding.path == ("bulletins", 2, "c-by")
    assert asked == [[], [bad]]


@pytest.mark.parametrize("kind", [*KINDS])
def test_the_schemas_are_valid_schemas(kind: str) -> None:
    Draft202012Validator.check_schema(schemas.schema(kind))
    Draft202012Validator.check_schema(schemas.published(kind))
    assert schemas.published(kind)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_keyword_has_an_equivalent_that_editors_know(kind: str) -> None:
    for part in parts(schemas.schema(kind)):
        if "maxBytes" in part:
            assert part["maxLength"] == part["maxBytes"]


@pytest.mark.parametrize("kind", KINDS)
def test_examples_and_defaults_in_the_schemas_are_valid(kind: str) -> None:
    for part in parts(schemas.published(kind)):
        for value in [*part.get("examples", []), *([part["default"]] if "default" in part else [])]:
            whole = {**part, "$defs": schemas.published(kind)["$defs"]}
            explaining_validator(whole).validate(value)


def parts(value: Any) -> list[dict[str, Any]]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) else []
    return [*own, *(found for child in children for found in parts(child))]


def test_the_regions_are_those_that_have_a_host() -> None:
    account = schemas.schema("accounts")["$defs"]["account"]
    assert account["properties"]["region"]["enum"] == list(regions.HOSTS)


def test_defaults_are_those_of_the_model() -> None:
    concurrency = schemas.schema("accounts")["$defs"]["account"]["properties"]["concurrency"]
    fields = schemas.schema("bulletins")["$defs"]
    bulletin = {name: field.default for name, field in model.Bulletin.__dataclass_fields__.items()}
    assert concurrency["default"] == concurrency["maximum"] == model.MAX_CONCURRENCY
    assert times.duration(fields["schedule"]["properties"]["grace"]["default"]) == model.DEFAULT_GRACE
    assert fields["bulletin"]["properties"]["revision"]["default"] == bulletin["revision"]
    for name in ("when", "enabled", "allow_duplicate"):
        assert fields[name]["default"] == bulletin[name]


def test_whatever_a_bulletin_takes_its_defaults_take_but_id_and_revision() -> None:
    definitions = schemas.schema("bulletins")["$defs"]
    fields = set(definitions["bulletin"]["properties"])
    assert set(definitions["defaults"]["properties"]) == fields - {"id", "revision"}


def test_every_field_is_described() -> None:
    bulletins, events = schemas.schema("bulletins")["$defs"], schemas.schema("business_events")["$defs"]
    for owner in (
        schemas.schema("accounts")["$defs"]["account"],
        bulletins["bulletin"],
        bulletins["schedule"],
        events["event"],
    ):
        for name, field in owner["properties"].items():
            assert (bulletins[name] if list(field) == ["$ref"] else field).get("description"), name


def test_schemas_are_found_by_name() -> None:
    assert {"accounts", "bulletins", "business_events"} <= set(schemas.schema_names())
    assert schemas.schema_text("bulletins") == (
        Path(__file__).parents[3] / "schemas" / "bulletins.schema.json"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("é", 2), ("आ", 3), ("🎵", 4), ("\ud800", 3)])
def test_bytes_are_counted_in_utf_8(text: str, length: int) -> None:
    assert byte_limit.utf8_bytes(text) == length
