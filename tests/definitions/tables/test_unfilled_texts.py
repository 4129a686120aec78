"""Placeholders and typographic quotes in all texts that are sent, with and without rows and cron; `literal_braces`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from definitions import Write
from runner.definitions.editing.plain_entry import entry_of
from runner.definitions.editing.writing import document
from runner.definitions.load import load, load_sources
from runner.definitions.model import Definitions
from runner.definitions.problem_codes import Code
from runner.definitions.sources import Source
from runner.plan.firing import firings

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
PLAIN = "{id: a, business_event: E, name: N, properties: {title: T}, c-by: a@example.com%s}"
CRON = ', schedule: {cron: "30 18 * * FRI", timezone: Asia/Kolkata}'
ROWS = ", for_each: {rows: [{n: a1, show: S}]}"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def loaded(write: Write, *entries: str, defaults: str = "{}", **files: str) -> Definitions:
    text = f"defaults: {defaults}\nbulletins:\n" + "".join(f"  - {entry}\n" for entry in entries)
    return load([write({"accounts.yaml": ACCOUNTS, "b.yaml": text, **files})])


def codes(definitions: Definitions) -> list[Code]:
    return [problem.code for problem in definitions.found]


def payloads(definitions: Definitions) -> list[dict[str, object]]:
    assert definitions.problems == ()
    return [firing.bulletin.payload() for firing in firings(definitions, NOW)]


@pytest.mark.parametrize("more", ["", CRON, ROWS, ROWS + CRON], ids=["plain", "cron", "rows", "rows and cron"])
@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("business_event: E", 'business_event: "${EVENT}"'),
        ("name: N", 'name: "%(show)s tonight"'),
        ("title: T", 'title: "${SHOW} tonight"'),
        ("c-by: a@", 'c-by: "${USER}@'),
    ],
)
def test_a_certain_placeholder_is_an_error_in_each_text_that_is_sent(
    write: Write, field: str, written: str, more: str
) -> None:
    closed = '"' if field.startswith("c-by") else ""
    entry = (PLAIN % more).replace("id: a", 'id: "{{ row.n }}"' if "rows" in more else "id: a")
    entry = entry.replace(field, written).replace("@example.com", f"@example.com{closed}")
    assert codes(loaded(write, entry)) == [Code.UNFILLED_PLACEHOLDER]


@pytest.mark.parametrize("more", ["", CRON, ROWS], ids=["plain", "cron", "rows"])
def test_a_possible_placeholder_is_a_warning_and_sent(write: Write, more: str) -> None:
    entry = (PLAIN % more).replace("name: N", 'name: "{show} tonight"')
    entry = entry.replace("id: a", 'id: "{{ row.n }}"') if "rows" in more else entry
    definitions = loaded(write, entry)
    assert codes(definitions) == [Code.POSSIBLE_PLACEHOLDER]
    assert [payload["name"] for payload in payloads(definitions)] == ["{show} tonight"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("{{ Row.show }} at seven", "{{ row.show }}"),
        ("{{ rows.show }} again", "{{ row.show }}"),
        ("{{ occurence.dat }} special", "{{ occurrence.date }}"),
        ("{{ weekday }} special", "{{ occurrence.weekday }}"),
    ],
)
def test_a_near_miss_gets_a_suggestion(write: Write, name: str, meant: str) -> None:
    (problem,) = loaded(write, (PLAIN % "").replace("name: N", f'name: "{name}"')).problems
    assert (problem.code, meant in problem.help) == (Code.UNFILLED_PLACEHOLDER, True)


def test_a_placeholder_in_the_defaults_is_reported_once_where_it_is(write: Write) -> None:
    entries = [(PLAIN % "").replace("title: T", "id: x").replace("id: a", f"id: a-{number}") for number in range(3)]
    (problem,) = loaded(write, *entries, defaults='{properties: {title: "${SHOW}"}}').problems
    assert (problem.code, problem.line) == (Code.UNFILLED_PLACEHOLDER, 1)


def test_an_id_or_an_account_with_a_placeholder_is_reported_as_one(write: Write) -> None:
    assert codes(loaded(write, (PLAIN % "").replace("id: a", 'id: "{{ show }}-1"'))) == [Code.UNFILLED_PLACEHOLDER]


def test_the_name_of_a_property_is_no_placeholder(write: Write) -> None:
    entry = (PLAIN % "").replace("title: T", '"{{ key }}": T')
    assert codes(loaded(write, entry)) == [Code.BAD_TEMPLATE]
    assert codes(loaded(write, entry.replace("id: a", "id: a, literal_braces: true"))) == []


def test_cells_that_are_sent_are_checked_row_by_row(write: Write) -> None:
    table = "n,show,notes\na1,Sa Re Ga Ma,{x}\na2,${SHOW},{x}\na3,{show},\na4,{show} again,\na5,“Hindi”,\n"
    entry = "{id: '{{ row.n }}', business_event: E, name: '{{ row.show }}', properties: {}, c-by: a@example.com"
    definitions = loaded(write, entry + ", for_each: {csv: t.csv}}", **{"t.csv": table})
    found = {problem.code: str(problem.row).rpartition("/")[2] for problem in definitions.found}
    assert found == {
        Code.UNFILLED_PLACEHOLDER: "t.csv:3",
        Code.POSSIBLE_PLACEHOLDER: "t.csv:4",
        Code.TYPOGRAPHIC_QUOTES: "t.csv:6",
    }


def test_a_dollar_before_a_filled_in_number_is_no_placeholder(write: Write) -> None:
    entry = (PLAIN % ", for_each: {rows: [{n: a1, price: 20}]}").replace("id: a", 'id: "{{ row.n }}"')
    definitions = loaded(write, entry.replace("name: N", 'name: "Win ${{ row.price }}M"'))
    assert codes(definitions) == []
    assert payloads(definitions)[0]["name"] == "Win $20M"


# literal_braces


LITERAL = ", literal_braces: true"
TEXT = "Hi {{ Profile.name }}, ${SHOW} {% if x %}"


def test_literal_braces_are_sent_as_they_are(write: Write) -> None:
    definitions = loaded(write, (PLAIN % LITERAL).replace("title: T", f'title: "{TEXT}"'))
    assert codes(definitions) == []
    assert payloads(definitions)[0]["properties"] == {"title": TEXT}
    assert "literal_braces" not in payloads(definitions)[0]


def test_literal_braces_may_be_a_default(write: Write) -> None:
    definitions = loaded(write, (PLAIN % "").replace("title: T", f'title: "{TEXT}"'), defaults="{literal_braces: true}")
    assert codes(definitions) == []


@pytest.mark.parametrize(
    "more", [ROWS, CRON, ROWS.replace("show: S", f"show: '{TEXT}'") + CRON], ids=["rows", "cron", "cell"]
)
def test_literal_braces_in_a_template_are_raw_or_in_a_cell(write: Write, more: str) -> None:
    title = "{{ row.show }}" if "Profile" in more else f"{{% raw %}}{TEXT}{{% endraw %}}"
    entry = (PLAIN % (more + LITERAL)).replace("title: T", f'title: "{title}"')
    entry = entry.replace("id: a", 'id: "{{ row.n }}"') if "rows" in more else entry
    definitions = loaded(write, entry)
    assert codes(definitions) == []
    assert payloads(definitions)[0]["properties"] == {"title": TEXT}


def test_without_literal_braces_raw_is_refused_with_advice(write: Write) -> None:
    entry = (PLAIN % CRON).replace("title: T", 'title: "{% raw %}{{ x }}{% endraw %}"')
    (problem,) = loaded(write, entry).problems
    assert (problem.code, "literal_braces: true" in problem.help) == (Code.BAD_TEMPLATE, True)


def test_a_cell_never_holds_a_field_of_the_occurrence(write: Write) -> None:
    rows = ", for_each: {rows: [{n: a1, show: '{{ occurrence.date }}'}]}"
    entry = (PLAIN % (rows + CRON + LITERAL)).replace("id: a", 'id: "{{ row.n }}"')
    assert codes(loaded(write, entry.replace("name: N", 'name: "{{ row.show }}"'))) == [Code.ROW_VALUE]


def test_an_expanded_entry_with_literal_braces_sends_the_same(write: Write) -> None:
    text = f"{{% raw %}}{TEXT}{{% endraw %}} on {{{{ occurrence.date }}}}"
    before = loaded(write, (PLAIN % (CRON + LITERAL)).replace("title: T", f'title: "{text}"'))
    expanded = "".join(document([entry_of(bulletin) for bulletin in before.bulletins]))
    after = load_sources([Source("b.yaml", expanded.encode), Source("accounts.yaml", ACCOUNTS.encode)])
    assert payloads(after) == payloads(before)
    assert payloads(after)[0]["properties"] == {"title": f"{TEXT} on 2026-12-04"}


@pytest.mark.parametrize("text", ["“Sa Re Ga Ma”", "‘Sa Re Ga Ma’", "„Sa Re Ga Ma“", "«Sa Re Ga Ma»", '“Sa Re Ga Ma"'])
def test_a_value_in_typographic_quotes_is_a_warning(write: Write, text: str) -> None:
    definitions = loaded(write, (PLAIN % "").replace("name: N", f"name: {text}"))
    assert codes(definitions) == [Code.TYPOGRAPHIC_QUOTES]
    assert definitions.warnings[0].help.startswith('Write "Sa Re Ga Ma"')


@pytest.mark.parametrize("text", ["“Sholay” and “Deewar”", "It’s tonight", "The “Sa Re Ga Ma” final"])
def test_quotes_inside_of_a_text_are_meant(write: Write, text: str) -> None:
    assert codes(loaded(write, (PLAIN % "").replace("name: N", f"name: {text}"))) == []
