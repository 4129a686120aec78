from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from importers import dumped, payload, shown, table_in, text
from runner.definitions.load import load_sources
from runner.definitions.reading.document import Document
from runner.definitions.sources import Source
from runner.errors import ErrorCode, Exit
from runner.importers.conversion import Converted, converted
from runner.importers.import_context import ImportContext, ImportNotes
from runner.importers.payloads import payloads_in
from runner.importers.spreadsheet.column_faults import folded
from runner.importers.spreadsheet.rows import drafts_in
from runner.importers.text import Piece

IN1, SG1, EU1 = (
    f"{{region: {region}, account_id_env: ID_{region}, passcode_env: PASSCODE}}" for region in ("in1", "sg1", "eu1")
)
ACCOUNTS = "accounts: {india: {region: in1, account_id_env: ID, passcode_env: PASSCODE}}\n"
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ["007", "no", "a: b", "{{ x }}", " ", "a\nb", "\u2028", "~", "2026-12-01", "%}"]
)
PAYLOADS = st.builds(
    payload,
    business_event=st.sampled_from(["Program Released", "no", "12:30", "இசை"]),
    name=TEXTS.filter(lambda name: name.strip()),
    properties=st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=4),
    when=st.just("now") | st.integers(1_000_000_000, 99_999_999_999),
)


def of_payloads(payloads: Sequence[Any], known: ImportContext | None = None) -> Converted:
    whole = text("\n".join(map(dumped, payloads)))
    context = known or ImportContext("bulletins.d")
    return converted(payloads_in(Piece(whole, whole.text), {}), context, ImportNotes())


def of_rows(sheet: str, known: ImportContext | None = None, notes: ImportNotes | None = None) -> Converted:
    table = table_in(sheet)
    given_ = {"business_event": "Program Released", "c-by": "a@example.com"}
    return converted(
        drafts_in(table, given_),
        known or ImportContext("bulletins.d"),
        notes or ImportNotes(),
        lambda problems: folded(problems, table.sheet, table.header_row),
    )


def read(made: str) -> list[dict[str, Any]]:
    definitions = load_sources([Source("accounts.yaml", ACCOUNTS.encode), Source("b.yaml", made.encode)])
    assert [problem.message for problem in definitions.problems] == []
    return [bulletin.payload() for bulletin in definitions.bulletins]


@given(st.lists(PAYLOADS, min_size=1, max_size=5, unique_by=dumped))
def test_what_is_written_says_exactly_what_was_imported(payloads: list[dict[str, Any]]) -> None:
    result = of_payloads(payloads, ImportContext("bulletins.d", literal_braces=True))
    assert shown(list(result.problems)) == []
    assert len(result.drafts) == len(payloads)
    assert read(result.text) == payloads


def test_what_all_have_in_common_is_said_once() -> None:
    sheet = """\
name,program_id,language,at,timezone,grace,tags
Sa Re Ga Ma 1,1,Hindi,2026-12-01T18:30:00,Asia/Kolkata,2h,music
Sa Re Ga Ma 2,2,Hindi,2026-12-02T18:30:00,Asia/Kolkata,2h,music
"""
    assert (
        of_rows(sheet).text
        == """\
defaults:
  business_event: Program Released
  properties:
    language: Hindi
  c-by: a@example.com
  schedule: {timezone: Asia/Kolkata, grace: 2h}
  tags: [music]

bulletins:
  - id: sa-re-ga-ma-1
    name: Sa Re Ga Ma 1
    properties:
      program_id: "1"
    schedule: {at: 2026-12-01T18:30:00}

  - id: sa-re-ga-ma-2
    name: Sa Re Ga Ma 2
    properties:
      program_id: "2"
    schedule: {at: 2026-12-02T18:30:00}
"""
    )


SHEET = "name,at\nx,2026-12-01 18:30\n"


def known_with(defined: str, *named: str) -> ImportContext:
    """What is known in addition to a set that defines these accounts, and of which the options name some."""
    sources = [Source("accounts.yaml", f"accounts:\n{textwrap.indent(defined, '  ')}".encode)]
    return ImportContext("bulletins.d", load_sources(sources), sources, accounts=named)


@pytest.mark.parametrize(
    ("sheet", "schedule"),
    [
        (SHEET, {"at": "2026-12-01T18:30:00", "timezone": "Asia/Kolkata"}),
        ("name,cron\nx,0 9 * * *\n", {"cron": "0 9 * * *", "timezone": "Asia/Kolkata"}),
        ("name,at,timezone\nx,2026-12-01 18:30,UTC\n", {"at": "2026-12-01T18:30:00", "timezone": "UTC"}),
        ("name,at\nx,2026-12-01T18:30:00Z\n", {"at": "2026-12-01T18:30:00Z"}),
    ],
)
def test_times_without_an_offset_are_those_of_the_accounts_people(sheet: str, schedule: dict[str, str]) -> None:
    notes = ImportNotes()
    result = of_rows(sheet, known_with(f"india: {IN1}"), notes)
    assert shown(list(result.problems)) == []
    (entry,) = yaml.load(result.text, yaml.BaseLoader)["bulletins"]
    assert entry["schedule"] == schedule
    said = "times without an offset are local times of Asia/Kolkata, the time zone of india"
    assert (said in notes.texts) is (schedule.get("timezone") == "Asia/Kolkata")


@pytest.mark.parametrize(
    ("accounts", "named", "zone"),
    [
        (f"india: {IN1}\neast: {IN1}", ("india", "east"), "Asia/Kolkata"),
        (f"india: {IN1}\nasia: {SG1}", ("asia",), "Asia/Singapore"),
        (f"india: {IN1}\nasia: {SG1}", ("india", "asia"), None),
        (f"europe: {EU1}", (), None),
        (f"europe: {EU1.replace('{', '{timezone: Europe/Berlin, ')}", (), "Europe/Berlin"),
    ],
)
def test_the_zone_is_that_of_all_accounts_of_the_bulletin_or_none(
    accounts: str, named: tuple[str, ...], zone: str | None
) -> None:
    result = of_rows(SHEET, known_with(accounts, *named))
    if zone is None:
        (problem,) = shown(list(result.problems))
        assert "'2026-12-01T18:30:00' lacks the offset" in problem
    else:
        assert f"timezone: {zone}" in result.text


def test_one_alone_has_no_defaults_and_properties_of_two_events_stay_with_them() -> None:
    assert "defaults" not in of_payloads([payload()]).text
    two = of_payloads([payload(), payload(business_event="Other")]).text
    assert two.count("language: Hindi") == 2


@pytest.mark.parametrize(
    ("sheet", "problems"),
    [
        ("name,a\nx,1\ny," + "आ" * 171 + "\n", ["3:3 properties.a has 513 bytes"]),
        ("name,at\nx,2026-12-01\ny,\n", ["2:3 schedule.at: 2026-12-01 has no time", "3:3 the row has no time"]),
        ("name,at\nx,2026-12-01 18:30\n", ["2:3 schedule.at: '2026-12-01T18:30:00' lacks the offset"]),
        ("name,grace,at\nx,soon,2026-12-01T18:30:00Z\n", ["2:3 schedule.grace: 'soon' is not a duration"]),
        ("id,name,a\nx,x,1\nx,y,2\n", ["3:1 the id 'x' is already used at file:2"]),
        ("id,name\nX Y,x\n", ["2:1 id is 'X Y'"]),
        ("name,a\nx,1\ny,2\nx,1\n", ["4:1 x (file:2) sends the same content to any at the same time"]),
        (
            "name,c-by,a\nx,nobody,1\ny,nobody,2\n",
            ["1:6 c-by is 'nobody', which is not allowed here, in 2 rows: lines"],
        ),
        ("name,tags\nx,a\ny,-\nz,?\n", ["1:6 tags[0] is '-'"]),
        ("name,enabled\nx,maybe\n", ["2:3 enabled is the text 'maybe'"]),
        ("name,schedule.ta\nx,1\n", ["2:3 schedule.ta is not a field"]),
        ("name," + "k" * 121 + "\nx,1\n", ["2:3 "]),
        ("name,when\nx,12\n,1\n", ["2:3 when: 12 is too small for UNIX seconds", "3:1 the row has no name"]),
    ],
)
def test_what_validate_would_find_is_reported_at_the_cell(sheet: str, problems: list[str]) -> None:
    result = of_rows(sheet)
    found = shown(list(result.problems))
    assert len(found) == len(problems), found
    for line, begin in zip(found, problems, strict=True):
        assert line.startswith(begin)


def test_positions_are_looked_up_once_for_all_problems_of_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    position = Document.position

    def counted(made: Document, path: Any, *, at_key: bool = False) -> tuple[int, int]:
        asked.append(path)
        return position(made, path, at_key=at_key)

    monkeypatch.setattr(Document, "position", counted)
    result = of_payloads([payload(properties={f"p{number}": "x" * 513 for number in range(60)})])
    assert len(result.problems) == 60
    assert [problem.column for problem in result.problems] == sorted({problem.column for problem in result.problems})
    assert len(asked) < 600


def test_the_set_has_its_word_too() -> None:
    catalog = "business_events: {Program Released: {required: [language], properties: {language: {enum: [Hindi]}}}}"
    fields = "id: x, business_event: Program Released, name: X, c-by: a@example.com, properties: {language: Hindi}"
    older = f"bulletins: [{{{fields}}}]"
    sources = [Source(f"{n}.yaml", each.encode) for n, each in enumerate((ACCOUNTS, catalog, older))]
    known = ImportContext("bulletins.d", load_sources(sources), sources)
    assert not known.definitions.problems
    result = of_rows("name,language\nX,Hindi\nx,Tamil\n", known)
    assert [line.partition(";")[0] for line in shown(list(result.problems))] == [
        "2:1 x (2.yaml:1) sends the same content to india at the same time",
        "3:3 properties.language is 'Tamil', which the catalog does not allow",
    ]
    assert "id: x-2\n" in of_rows("name,language\nx,Hindi\n", known).text


def test_a_set_with_problems_of_its_own_does_not_hide_those_of_the_import() -> None:
    sources = [Source("broken.yaml", lambda: b"bulletins: [{id: x}]")]
    known, notes = ImportContext("bulletins.d", load_sources(sources), sources), ImportNotes()
    whole = text(dumped(payload(**{"c-by": "x"})))
    result = converted(payloads_in(Piece(whole, whole.text), {}), known, notes)
    assert len(result.problems) == 1
    assert "bulletins.d has problems itself, so the imported bulletins were checked without it" in notes.texts


def test_more_than_a_file_may_hold_is_refused() -> None:
    with refused(ErrorCode.IMPORT_TOO_LARGE) as caught:
        of_payloads([payload(name=f"{number} {'x' * 60_000}") for number in range(100)])
    assert caught.value.exit_code == Exit.USAGE


def test_nothing_is_no_import() -> None:
    with refused(ErrorCode.NOTHING_TO_IMPORT):
        of_payloads([[]])
