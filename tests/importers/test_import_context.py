from __future__ import annotations

import pytest
from refusals import refused

from importers import payload
from runner.definitions.load import load_sources
from runner.definitions.sources import Source
from runner.errors import ErrorCode, Exit
from runner.importers.draft import Draft
from runner.importers.import_context import ImportContext, ImportNotes, accounts_for, filled_in
from runner.importers.payloads import PayloadPlace
from runner.importers.text import Piece, text_of

INDIA = "https://in1.api.clevertap.com"


def known(*accounts: str, more: str = "", said: tuple[str, ...] = ()) -> ImportContext:
    texts = [
        f"accounts:\n  {each.replace('=', ': {')}, account_id_env: ID_{number}, passcode_env: PASSCODE}}"
        for number, each in enumerate(accounts)
    ] + ([more] if more else [])
    sources = [Source(f"{number}.yaml", text.encode) for number, text in enumerate(texts)]
    definitions = load_sources(sources)
    assert not definitions.problems
    return ImportContext("bulletins.d", definitions, sources, accounts=said)


def draft(base_url: str | None = None, **fields: object) -> Draft:
    whole = text_of(b"{}", "f")
    place = PayloadPlace(Piece(whole, "{}"), 0)  # type: ignore[arg-type]
    return Draft({**payload(), **fields}, payload(), place, base_url)


EU_AND_INDIA = ("india=region: in1", "europe=region: eu1")


@pytest.mark.parametrize(
    ("accounts", "said", "base_url", "chosen"),
    [
        (EU_AND_INDIA, (), INDIA, ("india",)),
        (EU_AND_INDIA, (), "https://API.CleverTap.com:443", ("europe",)),
        (EU_AND_INDIA, ("europe", "india"), INDIA, ("europe", "india")),
        (EU_AND_INDIA, ("europe",), None, ("europe",)),
        (("local=base_url: http://127.0.0.1:8080",), (), "http://127.0.0.1:8080", ("local",)),
        (("india=region: in1",), (), None, ()),
        ((), (), INDIA, ()),
        ((), (), None, ()),
        (EU_AND_INDIA, (), "http://in1.api.clevertap.com", ("india",)),
        (EU_AND_INDIA, (), "http://in1.api.clevertap.com:8080", ("india",)),
        ((), ("india",), INDIA, ("india",)),
    ],
)
def test_accounts_are_those_of_the_address(
    accounts: tuple[str, ...], said: tuple[str, ...], base_url: str | None, chosen: tuple[str, ...]
) -> None:
    assert list(accounts_for([draft(base_url)], known(*accounts, said=said), ImportNotes())) == [chosen]


def test_accounts_that_a_draft_names_itself_stay() -> None:
    drafts = [draft(accounts=["india"]), draft("https://api.clevertap.com")]
    assert list(accounts_for(drafts, known(*EU_AND_INDIA), ImportNotes())) == [("india",), ("europe",)]


def test_calls_over_http_are_noted_and_are_the_same_address() -> None:
    notes = ImportNotes()
    drafts = [draft("http://in1.api.clevertap.com"), draft(INDIA)]
    assert list(accounts_for(drafts, known(*EU_AND_INDIA), notes)) == [("india",)] * 2
    assert notes.texts == [
        "calls go to http://in1.api.clevertap.com, which does not begin with https://; the account uses https",
        "accounts are india, because the calls go to https://in1.api.clevertap.com",
    ]
    assert list(accounts_for(drafts, known(), ImportNotes())) == [()] * 2


@pytest.mark.parametrize(
    ("accounts", "said", "addresses", "code", "values"),
    [
        (EU_AND_INDIA, (), [None], ErrorCode.ACCOUNT_UNCLEAR, ("india", "europe")),
        (("india=region: in1", "test=region: in1"), (), [INDIA], ErrorCode.ACCOUNT_UNCLEAR, (INDIA, "india", "test")),
        (
            ("europe=region: eu1",),
            (),
            [INDIA],
            ErrorCode.ACCOUNT_UNCLEAR,
            (INDIA, "in1", "europe"),
        ),
        (EU_AND_INDIA, ("inda",), [None], ErrorCode.NO_SUCH_ACCOUNT, ("inda", "india?")),
        ((), (), [INDIA, "https://api.clevertap.com"], ErrorCode.ACCOUNT_UNCLEAR, (INDIA, "https://api.clevertap.com")),
    ],
)
def test_what_the_set_leaves_open_is_asked_for(
    accounts: tuple[str, ...],
    said: tuple[str, ...],
    addresses: list[str | None],
    code: ErrorCode,
    values: tuple[str, ...],
) -> None:
    with refused(code, *values) as caught:
        list(accounts_for(map(draft, addresses), known(*accounts, said=said), ImportNotes()))
    assert caught.value.exit_code == Exit.USAGE


CATALOG = """
business_events:
  Program Released: {required: [program_id], properties: {program_id: {}, language: {}}}
  Album Out: {required: [album_id]}
"""
SENT = "bulletins: [{id: a, business_event: Album Out, name: A, c-by: a@example.com, properties: {album_id: '1'}}]"


@pytest.mark.parametrize(
    ("properties", "event"),
    [
        (("program_id",), "Program Released"),
        (("program_id", "language"), "Program Released"),
        (("program_id", "x"), None),
        (("album_id", "x"), "Album Out"),
        (("program_id", "album_id"), "Album Out"),
        ((), None),
    ],
)
def test_the_event_is_the_only_one_that_has_the_properties(properties: tuple[str, ...], event: str | None) -> None:
    notes = ImportNotes()
    given = filled_in([("name",), *(("properties", each) for each in properties)], known(more=CATALOG), notes)
    assert given.get("business_event") == event
    assert len(notes.texts) == (event is not None)


def test_the_creator_is_the_one_of_the_whole_set() -> None:
    notes = ImportNotes()
    assert filled_in([], known("india=region: in1", more=SENT), notes) == {"c-by": "a@example.com"}
    assert notes.texts == ["c-by is a@example.com, as in every bulletin of bulletins.d"]
    two = SENT[:-1] + ", " + SENT.partition("[")[2].replace("id: a,", "id: b,").replace("a@", "b@")
    assert filled_in([], known("india=region: in1", more=two.replace("'1'", "'2'", 1)), ImportNotes()) == {}


def test_what_columns_or_options_say_is_not_guessed() -> None:
    said = ImportContext("bulletins.d", known(more=CATALOG).definitions, event="E", c_by="c@example.com")
    assert filled_in([("properties", "program_id")], said, ImportNotes()) == {
        "business_event": "E",
        "c-by": "c@example.com",
    }
    columns = [("business_event",), ("c-by",), ("properties", "program_id")]
    assert filled_in(columns, known(more=CATALOG), ImportNotes()) == {}
