from __future__ import annotations

import pytest

from definitions import Write
from runner.definitions.load import load
from runner.definitions.model import Definitions
from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.problem_codes import Code
from runner.definitions.rules import across_files

ACCOUNTS = {"accounts.yaml": "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"}
CATALOG = """
    business_events:
      Program Released:
        required: [program_id]
        properties: {program_id: {pattern: '^[0-9]+$'}, language: {enum: [Hindi, Tamil]}}
    """


def bulletin(id: str = "a", **fields: str) -> str:  # noqa: A002
    """One bulletin as an item of a list; `c_by` means c-by."""
    whole = {"business_event": "Program Released", "name": id, "properties": "{}", "c_by": "a@example.com"} | fields
    lines = [f"{name.replace('c_by', 'c-by')}: {value}" for name, value in whole.items() if value]
    return f"- id: {id}\n" + "".join(f"  {line}\n" for line in lines)


def found(definitions: Definitions) -> list[Code]:
    return [problem.code for problem in definitions.problems]


def test_the_only_account_is_filled_in(write: Write) -> None:
    definitions = load([write({**ACCOUNTS, "b.yaml": "bulletins:\n" + bulletin()})])
    assert definitions.bulletins[0].accounts == ("india",)
    assert definitions.problems == ()


def test_with_a_second_account_it_must_be_said(write: Write) -> None:
    second = {"more.yaml": "accounts:\n  europe: {region: eu1, account_id_env: C, passcode_env: D}\n"}
    assert found(load([write({**ACCOUNTS, **second, "b.yaml": "bulletins:\n" + bulletin()})])) == [Code.ACCOUNT_NEEDED]


def test_a_broken_account_is_not_unknown_too(write: Write) -> None:
    broken = {"accounts.yaml": "accounts:\n  india: {region: in9, account_id_env: A, passcode_env: B}\n"}
    assert found(load([write({**broken, "b.yaml": "bulletins:\n" + bulletin(accounts="[india]")})])) == [
        Code.NOT_ALLOWED
    ]


def test_with_a_file_unread_no_name_is_called_unknown(write: Write) -> None:
    files = {"accounts.yaml": "accounts: [", "b.yaml": "bulletins:\n" + bulletin(accounts="[india]")}
    assert found(load([write(files)])) == [Code.YAML_SYNTAX]


def test_a_broken_event_is_not_unknown_too(write: Write) -> None:
    events = "business_events:\n  Program Released: {require: [a]}\n  Flash Sale:\n"
    definitions = load([write({**ACCOUNTS, "e.yaml": events, "b.yaml": "bulletins:\n" + bulletin()})])
    assert found(definitions) == [Code.UNKNOWN_FIELD]


def test_without_a_catalog_every_event_is_taken(write: Write) -> None:
    assert load([write({**ACCOUNTS, "b.yaml": "bulletins:\n" + bulletin(business_event="Anything")})]).problems == ()


def test_an_event_without_a_list_of_properties_takes_any(write: Write) -> None:
    files = {**ACCOUNTS, "e.yaml": "business_events:\n  Program Released:\n"}
    assert load([write({**files, "b.yaml": "bulletins:\n" + bulletin(properties="{x: y}")})]).problems == ()


@pytest.mark.parametrize(
    ("properties", "codes"),
    [
        ('{program_id: "1", language: Tamil}', []),
        ("{program_id: x}", [Code.PROPERTY_VALUE]),
        ('{program_id: "1\\n"}', [Code.PROPERTY_VALUE]),
        ('{program_id: "१"}', [Code.PROPERTY_VALUE]),
        ("{language: tamil}", [Code.PROPERTY_MISSING, Code.PROPERTY_VALUE]),
        ('{program_id: "1", langauge: Tamil}', [Code.PROPERTY_UNKNOWN]),
    ],
)
def test_properties_are_held_to_the_catalog(write: Write, properties: str, codes: list[Code]) -> None:
    files = {**ACCOUNTS, "e.yaml": CATALOG, "b.yaml": "bulletins:\n" + bulletin(properties=properties)}
    assert found(load([write(files)])) == codes


def test_the_same_id_in_two_files_is_reported_at_the_second(write: Write) -> None:
    files = {**ACCOUNTS, "1.yaml": "bulletins:\n" + bulletin(), "2.yaml": "bulletins:\n" + bulletin(name="other")}
    (problem,) = load([write(files)]).problems
    assert (problem.file.rsplit("/", 1)[1], problem.line, problem.column) == ("2.yaml", 2, 7)
    assert "1.yaml:2" in problem.message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({"when": "1796130000"}, {"when": "2026-12-01T18:30:00+05:30"}),
        ({"properties": "{a: b, c: d}"}, {"properties": "{c: d, a: b}"}),
        (
            {"schedule": "{at: 2026-12-01T18:30:00+05:30}"},
            {"schedule": "{at: 2026-12-01T13:00:00Z, grace: 3h}"},
        ),
    ],
)
def test_the_same_payload_at_the_same_time_is_a_double_send(
    write: Write, first: dict[str, str], second: dict[str, str]
) -> None:
    text = "bulletins:\n" + bulletin("a", name="same", **first) + bulletin("b", name="same", **second)
    assert found(load([write({**ACCOUNTS, "b.yaml": text})])) == [Code.DUPLICATE_PAYLOAD]


@pytest.mark.parametrize(
    "difference",
    [
        {"name": "other"},
        {"c_by": "b@example.com"},
        {"when": "1796130000"},
        {"properties": "{a: b}"},
        {"business_event": "Album Out"},
        {"schedule": "{at: 2026-12-01T18:30:00+05:30}"},
        {"enabled": "false"},
        {"allow_duplicate": "true"},
    ],
)
def test_one_difference_makes_it_another_bulletin(write: Write, difference: dict[str, str]) -> None:
    text = "bulletins:\n" + bulletin("a", name="same") + bulletin("b", **{"name": "same", **difference})
    assert load([write({**ACCOUNTS, "b.yaml": text})]).problems == ()


def test_a_fault_in_the_defaults_is_reported_once_and_there(write: Write) -> None:
    text = "defaults: {accounts: [mars]}\nbulletins:\n" + "".join(bulletin(f"b{number}") for number in range(2000))
    (problem,) = load([write({**ACCOUNTS, "b.yaml": text})]).problems
    assert (problem.code, problem.line, problem.column) == (Code.UNKNOWN_ACCOUNT, 1, 23)


def test_thousands_of_problems_across_files_are_cut_short(write: Write) -> None:
    text = "bulletins:\n" + "".join(bulletin(f"b{number}", accounts="[mars]") for number in range(2000))
    codes = found(load([write({**ACCOUNTS, "b.yaml": text})]))
    assert codes.count(Code.UNKNOWN_ACCOUNT) == 1000
    assert codes.count(Code.TOO_MANY_PROBLEMS) == 1


RECURRING = '{cron: "30 18 * * FRI", timezone: Asia/Kolkata}'


def test_recurring_ones_with_the_same_payload_and_times_are_a_double_send(write: Write) -> None:
    other = "{cron: '30  18 * * fri', timezone: Asia/Kolkata, grace: 2h, catch_up: all}"
    text = "bulletins:\n" + bulletin(schedule=RECURRING) + bulletin("b", name="a", schedule=other)
    (problem,) = load([write({**ACCOUNTS, "b.yaml": text})]).problems
    assert problem.code == Code.DUPLICATE_PAYLOAD


@pytest.mark.parametrize(
    "other",
    [
        '{cron: "30 18 * * MON", timezone: Asia/Kolkata}',
        '{cron: "30 18 * * FRI", timezone: Asia/Dubai}',
        '{cron: "30 18 * * FRI", timezone: Asia/Kolkata, starts: 2027-01-01}',
        "{at: 2026-12-04T18:30:00+05:30}",
    ],
)
def test_recurring_ones_at_other_times_are_none(write: Write, other: str) -> None:
    text = "bulletins:\n" + bulletin(schedule=RECURRING) + bulletin("b", name="a", schedule=other)
    assert load([write({**ACCOUNTS, "b.yaml": text})]).problems == ()


def test_a_property_of_an_occurrence_is_checked_by_what_it_comes_to(write: Write) -> None:
    catalog = """
    business_events:
      Program Released:
        properties:
          day: {enum: [Monday, Tuesday, Wednesday, Thursday, Friday]}
          date: {pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'}
          month: {pattern: '^[0-9]$'}
    """
    properties = '{day: "{{ occurrence.weekday }}", date: "{{ occurrence.date }}", month: "{{ occurrence.month }}"}'
    text = "bulletins:\n" + bulletin(schedule=RECURRING, properties=properties)
    (problem,) = load([write({**ACCOUNTS, "events.yaml": catalog, "b.yaml": text})]).problems
    assert problem.code == Code.PROPERTY_VALUE
    assert problem.message == (
        "properties.month is '01', which the catalog does not allow; '{{ occurrence.month }}' is filled in like this"
    )


def test_a_property_of_an_occurrence_that_is_wrong_on_one_day_of_the_week_is_found(write: Write) -> None:
    catalog = "business_events: {Program Released: {properties: {day: {enum: [Monday, Tuesday, Friday]}}}}\n"
    schedule = '{cron: "0 9 * * MON,WED", timezone: Asia/Kolkata}'
    text = "bulletins:\n" + bulletin(schedule=schedule, properties='{day: "{{ occurrence.weekday }}"}')
    (problem,) = load([write({**ACCOUNTS, "events.yaml": catalog, "b.yaml": text})]).problems
    assert problem.message.startswith("properties.day is 'Wednesday', which")


def test_what_was_meant_is_looked_for_a_bounded_number_of_times(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(across_files, "MAX_PROBLEMS", 2)
    wrong = ["Tamyl", "Hindy", "Tamyl", "Hindu", "Hindu", "Hindy"]
    text = "bulletins:\n" + "".join(
        bulletin(f"b{n}", properties=f'{{program_id: "1", language: {value}}}') for n, value in enumerate(wrong)
    )
    problems = load([write({**ACCOUNTS, "events.yaml": CATALOG, "b.yaml": text})]).problems
    tamil, hindi = "Did you mean Tamil?", "Did you mean Hindi?"
    assert [problem.help for problem in problems] == [tamil, hindi, tamil, "", "", hindi]


def test_each_wrong_value_that_is_shown_has_its_hint(write: Write) -> None:
    text = "bulletins:\n" + "".join(
        bulletin(f"b{n}", properties=f'{{program_id: "1", language: Hindi{n}}}') for n in range(MAX_PROBLEMS)
    )
    problems = load([write({**ACCOUNTS, "events.yaml": CATALOG, "b.yaml": text})]).problems
    assert len(problems) == MAX_PROBLEMS
    assert {problem.help for problem in problems} == {"Did you mean Hindi?"}
