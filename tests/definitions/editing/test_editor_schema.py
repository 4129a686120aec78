"""The schema narrowed to a set: it says what the set says, and refuses nothing that the set's check accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.definitions.editing.editor_schema import narrow_schema
from runner.definitions.files import sources_under
from runner.definitions.load import load, load_sources
from runner.definitions.model import Definitions
from runner.definitions.reading.reader import read
from runner.definitions.schema.schemas import KINDS, document_kind, fast_validator, published
from runner.definitions.schema.validators import explaining_validator
from runner.definitions.sources import Source

ACCOUNTS = {
    name: {"region": "in1", "account_id_env": f"{name}_ID", "passcode_env": "PASSCODE"} for name in ("india", "europe")
}
EVENTS: dict[str, Any] = {
    "Program Released": {
        "required": ["program_id"],
        "properties": {
            "program_id": {"pattern": "^[0-9]+$", "description": "The number of the program.", "examples": ["234567"]},
            "language": {"enum": ["Hindi", "Tamil"]},
            "title": {},
            "anything": None,
            "never": False,
        },
    },
    "Flash Sale": {"required": ["sale_id"]},
    "Album Out": {"properties": {"genre": {"$ref": "#/$defs/genre", "$defs": {"genre": {"enum": ["film"]}}}}},
    "Nothing": None,
}


def source(name: str, value: Any) -> Source:
    return Source(name, json.dumps(value, ensure_ascii=False).encode)


def the_set(*files: Mapping[str, Any], events: Mapping[str, Any] = EVENTS, accounts: Any = ACCOUNTS) -> Definitions:
    named = [source(f"{number}.yaml", file) for number, file in enumerate(files)]
    rest = [source("accounts.yaml", {"accounts": accounts}), source("events.yaml", {"business_events": events})]
    return load_sources([*named, *(rest if events else rest[:1])])


def entry(**fields: Any) -> dict[str, Any]:
    usual = {"id": "a", "name": "A", "business_event": "Program Released", "c-by": "a@example.com"}
    return {**usual, "accounts": ["india"], "properties": {"program_id": "1"}, **fields}


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def accepts(file: Mapping[str, Any], definitions: Definitions | None = None) -> bool:
    schema = narrow_schema("bulletins", definitions or the_set())
    verdict = fast_validator(schema).is_valid(file)
    assert explaining_validator(schema).is_valid(file) is verdict
    return verdict


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_schema_and_plain_json(kind: str) -> None:
    schema = narrow_schema(kind, the_set())
    assert json.loads(json.dumps(schema)) == schema
    fast_validator(schema)
    explaining_validator(schema).check_schema(schema)


def test_a_set_of_nothing_narrows_nothing() -> None:
    assert accepts({"bulletins": [entry(business_event="Any", accounts=["any"])]}, load_sources([]))


@pytest.mark.parametrize(
    "wrong",
    [
        entry(accounts=["inda"]),
        without(entry(), "accounts"),
        entry(business_event="Program Relased"),
        entry(properties={}),
        entry(properties={"program_id": "x"}),
        entry(properties={"program_id": "1", "language": "hindi"}),
        entry(properties={"program_id": "1", "langauge": "Hindi"}),
        entry(properties={"program_id": "1", "never": "x"}),
        entry(business_event="Flash Sale", properties={}),
    ],
    ids=lambda wrong: json.dumps(wrong)[-60:],
)
def test_what_the_check_refuses_is_refused(wrong: dict[str, Any]) -> None:
    file = {"bulletins": [wrong]}
    assert the_set(file).problems
    assert not accepts(file)
    assert accepts({"bulletins": [entry()]})


@pytest.mark.parametrize("field", ["program_id", "language"])
def test_an_event_from_the_defaults_counts(field: str) -> None:
    defaults = {"business_event": "Program Released"}
    good = {"defaults": defaults, "bulletins": [without(entry(), "business_event")]}
    bad = {"defaults": defaults, "bulletins": [without(entry(properties={field: "x"}), "business_event")]}
    assert accepts(good)
    assert not accepts(bad)
    assert accepts({"defaults": defaults, "bulletins": [entry(business_event="Nothing", properties={})]})


def test_what_defaults_give_is_not_missed() -> None:
    defaults = {"properties": {"program_id": "1"}, "accounts": ["india"], "business_event": "Program Released"}
    bare = without(entry(), "accounts", "properties", "business_event")
    assert accepts({"defaults": defaults, "bulletins": [bare, entry(properties={"title": "A"})]})


def test_defaults_that_nothing_takes_are_not_wrong() -> None:
    defaults = {"properties": {"program_id": "x"}, "accounts": ["inda"], "business_event": "Program Relased"}
    file = {"defaults": defaults, "bulletins": [entry()]}
    assert the_set(file).problems == ()
    assert accepts(file)


@pytest.mark.parametrize("wrong", [{"accounts": ["inda"]}, {"business_event": "Program Relased"}], ids=json.dumps)
def test_wrong_defaults_that_some_entry_takes_are_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    file = {"defaults": wrong, "bulletins": [{**entry(), "id": "b"}, without(entry(), name)]}
    assert the_set(file).problems
    assert not accepts(file)
    assert accepts({**file, "defaults": {name: entry()[name]}})


@pytest.mark.parametrize("default", [{"accounts": ["{{ row.a }}"]}, {"business_event": "{{ row.e }}"}], ids=json.dumps)
def test_a_template_among_the_defaults_may_be_taken(default: dict[str, Any]) -> None:
    (name,) = default
    taking = {**without(entry(id="a-{{ row.a }}"), name), "for_each": {"rows": [{"a": "india", "e": "Nothing"}]}}
    file = {"defaults": default, "bulletins": [{**taking, "properties": {}}]}
    if name == "accounts":
        file["bulletins"] = [taking]
    assert the_set(file).problems == ()
    assert accepts(file)


@pytest.mark.parametrize(
    "template", ["{{ row.a }}", "a {{- row.a -}}", "{% if row.a %}1{% endif %}", "{# c #}", "{{ occurrence.date }}"]
)
def test_templates_are_taken_everywhere(template: str) -> None:
    fields = entry(
        business_event=template,
        accounts=[template],
        properties={"program_id": template, "language": template, template: "x"},
    )
    schema = narrow_schema("bulletins", the_set())
    for name in ("business_event", "accounts", "properties"):
        part = fast_validator({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]})
        assert part.is_valid(fields[name]), name
    assert fast_validator({"$ref": "#/$defs/event-1", "$defs": schema["$defs"]}).is_valid(fields)


def test_it_says_what_there_is() -> None:
    found = narrow_schema("bulletins", the_set({"bulletins": [entry(tags=["music"])]}))["$defs"]
    assert found["business_event"]["anyOf"][0] == {
        "enum": ["Program Released", "Flash Sale", "Album Out", "Nothing"],
        "enumDescriptions": [
            "Requires program_id. May have language, title, anything and never.",
            "Requires sale_id. May have any other property.",
            "Requires no property. May have genre.",
            "Requires no property. May have any other property.",
        ],
    }
    assert found["accounts"]["items"]["anyOf"][0] == {"enum": ["india", "europe"]}
    assert found["tags"]["items"]["examples"] == ["music"]
    properties = found["event-1"]["properties"]["properties"]["properties"]
    assert properties["program_id"]["description"] == "The number of the program. Required by Program Released."
    assert properties["program_id"]["examples"] == ["234567"]
    assert properties["language"]["examples"] == ["Hindi", "Tamil"]


def test_a_cron_of_the_set_is_shown_in_words_and_every_other_stays_valid() -> None:
    cron = {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata"}
    whole = narrow_schema("bulletins", the_set({"bulletins": [entry(schedule=cron)]}))
    shown = whole["$defs"]["editors"]["$defs"]["cron"]["then"]
    assert shown["enum"] == ["30 18 * * FRI"]
    assert shown["enumDescriptions"][0].startswith("At 18:30 on Friday.")
    surprising = narrow_schema("bulletins", the_set({"bulletins": [entry(schedule={**cron, "cron": "*/40 * * * *"})]}))
    assert "not every 40 minutes" in surprising["$defs"]["editors"]["$defs"]["cron"]["then"]["enumDescriptions"][0]
    other = {**cron, "cron": "0 9 * * MON"}
    assert fast_validator(whole).is_valid({"bulletins": [entry(schedule=cron), entry(id="b", schedule=other)]})
    wrong = {**cron, "cron": "*/90 * * * *"}
    assert not fast_validator(whole).is_valid({"bulletins": [entry(schedule=wrong)]})


def test_budgets_offer_the_events() -> None:
    budgets = narrow_schema("accounts", the_set())["$defs"]["account"]["properties"]["budget"]["properties"]["events"]
    assert list(budgets["properties"]) == list(EVENTS)


SETS = sorted(path for path in (Path(__file__).parents[1] / "valid").iterdir() if path.suffix != ".txt")
SETS.append(Path(__file__).parents[3] / "bulletins.d")


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name)
def test_it_accepts_the_files_of_valid_sets(path: Path) -> None:
    paths = [path] if path.is_dir() else [Path(__file__).parents[1] / "accounts.yaml", path]
    definitions = load(paths)
    assert definitions.problems == ()
    for source in sources_under(paths):
        document, _ = read(source.read(), source.name)
        assert document is not None
        kind = document_kind(document.value)
        assert kind is not None
        assert fast_validator(narrow_schema(kind, definitions)).is_valid(document.value), source.name


def test_a_template_keeps_to_the_catalog_where_it_says_what_it_comes_to() -> None:
    template = {"for_each": {"rows": [{"n": 1}]}, **entry(id="a-{{ row.n }}", properties={"program_id": "{{ row.n }}"})}
    assert accepts({"bulletins": [template]})
    assert accepts({"bulletins": [{**template, "business_event": "{{ row.n }}", "properties": {"x": "y"}}]})
    assert not accepts({"bulletins": [{**template, "properties": {"program_id": "x"}}]})
    assert not accepts({"bulletins": [{**template, "business_event": "Program Relased"}]})


NAMES = st.sampled_from(["program_id", "language", "title", "sale_id", "genre", "other"])
VALUES = st.sampled_from(["1", "x", "Hindi", "film", "", "{", "{{", "{% x", "हिन्दी"])
PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=3)
SOME_FIELDS = {
    "business_event": st.sampled_from([*EVENTS, "Unknown"]),
    "properties": PROPERTIES,
    "accounts": st.lists(st.sampled_from([*ACCOUNTS, *ACCOUNTS, "unknown"]), min_size=1, max_size=2, unique=True),
    "name": st.sampled_from(["A", "B {{"]),
    "c-by": st.just("a@example.com"),
    "tags": st.just(["music"]),
    "when": st.sampled_from(["now", 1796130000, "2026-12-01T18:30:00Z", "tomorrow"]),
    "schedule": st.fixed_dictionaries(
        {},
        optional={
            "at": st.sampled_from(["2026-12-01T18:30:00Z", "2026-12-01T18:30:00", "tomorrow"]),
            "cron": st.sampled_from(["30 18 * * FRI", "@daily"]),
            "timezone": st.sampled_from(["Asia/Kolkata", "Asia/Kolkatta"]),
            "grace": st.sampled_from(["2h", "2 h"]),
            "starts": st.sampled_from(["2026-12-01", "now"]),
            "catch_up": st.just("all"),
        },
    ),
}
DEFAULTS = st.fixed_dictionaries({}, optional=SOME_FIELDS)
# Mostly whole ones, lest hardly any be valid; what a file's defaults may give is left out of many.
ENTRIES = st.lists(
    st.builds(
        lambda changed, left_out: without(entry(**changed), *left_out),
        st.fixed_dictionaries({"properties": PROPERTIES}, optional=without(SOME_FIELDS, "properties")),
        st.sets(st.sampled_from(["name", "business_event", "c-by", "accounts", "properties"]), max_size=2),
    ),
    min_size=8,
    max_size=16,
)
CATALOGS = st.dictionaries(
    st.sampled_from(list(EVENTS)),
    st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "required": st.lists(NAMES, max_size=1),
            "properties": st.dictionaries(
                NAMES,
                st.sampled_from(
                    [None, True, False, {}, {"enum": ["Hindi"]}, {"pattern": "^[0-9]+$"}, {"not": {"const": "x"}}]
                ),
                max_size=4,
            ),
        },
    ),
    max_size=4,
)


@settings(max_examples=examples(60))
@given(
    catalog=CATALOGS,
    names=st.sets(st.sampled_from(list(ACCOUNTS)), min_size=1),
    defaults=DEFAULTS | st.none(),
    entries=ENTRIES,
)
def test_it_accepts_each_entry_that_the_check_accepts(
    catalog: dict[str, Any], names: set[str], defaults: dict[str, Any] | None, entries: list[dict[str, Any]]
) -> None:
    accounts = {name: ACCOUNTS[name] for name in sorted(names)}
    inherited = {} if defaults is None else {"defaults": defaults}
    numbered = [{**fields, "id": f"b-{number}", "allow_duplicate": True} for number, fields in enumerate(entries)]
    alone = the_set(*({**inherited, "bulletins": [each]} for each in numbered), events=catalog, accounts=accounts)
    wrong = {problem.file for problem in alone.problems}
    file = {**inherited, "bulletins": [each for n, each in enumerate(numbered) if f"{n}.yaml" not in wrong]}
    definitions = the_set(file, events=catalog, accounts=accounts)
    if not definitions.problems:
        assert accepts(file, definitions)
        assert fast_validator(published("bulletins")).is_valid(file)
