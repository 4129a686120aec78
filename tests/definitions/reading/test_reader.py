from __future__ import annotations

from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from definitions.texts import BOMBS, NESTED, YAML_LIKE
from runner.definitions.problem import MAX_PROBLEMS, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading import event_source, reader
from runner.definitions.reading.document import Document
from runner.definitions.reading.reader import MAX_ALIAS_CHARACTERS, MAX_DEPTH, read


def value(text: str) -> Any:
    document, problems = read(text.encode(), "x.yaml")
    assert problems == []
    assert document is not None
    return document.value


def problem(text: str | bytes) -> Problem:
    _, problems = read(text if isinstance(text, bytes) else text.encode(), "x.yaml")
    (found,) = problems
    return found


def test_a_document_is_plain_values() -> None:
    assert value("a: [1, 2.5, x, null, true]\nb: {c: 'd'}\n") == {"a": [1, 2.5, "x", None, True], "b": {"c": "d"}}


@pytest.mark.parametrize("text", ['"12"', "'12'", "!!str 12", "! 12", "|-\n  12", ">-\n  12"])
def test_quotes_blocks_and_the_string_tag_make_text(text: str) -> None:
    assert value(f"a: {text}") == {"a": "12"}


def test_a_byte_order_mark_moves_no_column() -> None:
    document, _ = read(b"\xef\xbb\xbfa: b", "x.yaml")
    assert document is not None
    assert document.position(("a",)) == (1, 4)


def test_columns_count_characters() -> None:
    document, _ = read("{सा: 🎵, b: c}".encode(), "x.yaml")
    assert document is not None
    assert document.position(("b",)) == (1, 12)


def test_an_alias_is_a_copy_of_the_value_with_a_position_of_its_own() -> None:
    document, _ = read(b"a: &x [1, {b: 2}]\nc: *x\nd: 5\n", "x.yaml")
    assert document is not None
    assert document.value["c"] == [1, {"b": 2}]
    assert document.position(("c",)) == (2, 4)
    assert document.position(("c", 1, "b")) == (1, 15)
    assert document.position(("d",)) == (3, 4)


def test_an_anchor_may_be_used_again_for_another_value() -> None:
    assert value("[&a 1, *a, &a 2, *a]") == [1, 1, 2, 2]


def test_an_alias_within_its_own_anchor_never_means_an_older_one() -> None:
    assert problem("[&a 1, &a [*a]]").code is Code.YAML_ALIAS


@pytest.mark.parametrize("depth", [1, MAX_DEPTH])
def test_values_nest_as_deep_as_allowed(depth: int) -> None:
    assert repr(value("[" * depth + "]" * depth)) == "[" * depth + "]" * depth


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "a:\n"])
def test_deeper_values_are_refused(opening: str) -> None:
    if opening == "a:\n":
        text = "".join(" " * level + "a:\n" for level in range(MAX_DEPTH + 2))
    else:
        text = opening * (MAX_DEPTH + 1)
    assert problem(text).code is Code.YAML_DEPTH


def test_an_alias_cannot_nest_deeper_than_allowed() -> None:
    levels = MAX_DEPTH - 2
    text = "a: &a " + "[" * levels + "]" * levels + "\nb: [[[[*a]]]]\n"
    assert problem(text).message == f"the aliases of this file nest values deeper than {MAX_DEPTH} levels"


def test_a_large_text_cannot_be_multiplied_by_aliases() -> None:
    text = f"a: &a {'x' * (MAX_ALIAS_CHARACTERS // 4)}\nb: [*a, *a, *a, *a, *a]\n"
    assert problem(text).message == f"the aliases of this file repeat more than {MAX_ALIAS_CHARACTERS:,} characters"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('a: "\\x07"', Code.YAML_CONTROL_CHARACTER),
        ('a: !!str "\\x07"', Code.YAML_CONTROL_CHARACTER),
        ('"\\x07": a', Code.YAML_CONTROL_CHARACTER),
        ("a: !!map []", Code.YAML_TAG),
        ("a: !!seq {}", Code.YAML_TAG),
        ("a: !!int '12'", Code.YAML_TAG),
        ("%TAG !e! tag:example.com,2026:\n---\na: b", Code.YAML_TAG),
        ("a: b\r%TAG ! x", Code.YAML_TAG),
        ("[a]: b", Code.YAML_KEY),
        ("&a b: c", Code.YAML_KEY),
        ("a: 1\na: 2", Code.YAML_DUPLICATE_KEY),
        ("a: 1\n'a': 2", Code.YAML_DUPLICATE_KEY),
        ("%YAML 3.0\n---\na: b", Code.YAML_SYNTAX),
    ],
)
def test_what_could_be_misread_is_refused(text: str, code: Code) -> None:
    assert problem(text).code is code


def test_no_message_carries_an_escape_sequence_to_a_terminal() -> None:
    document, _ = read(b'"\\e[31mx": "\\e[0m"', "x.yaml")
    assert document is not None
    assert document.value == {"\ufffd[31mx": "\ufffd[0m"}


def test_a_tag_may_be_about_a_percent_sign_elsewhere() -> None:
    assert value("a: 20%TAG") == {"a": "20%TAG"}


def test_problems_in_one_file_are_reported_together() -> None:
    _, problems = read(b"{a: 1, 1: b, a: 2, true: c}", "x.yaml")
    assert [found.code for found in problems] == [Code.YAML_KEY, Code.YAML_DUPLICATE_KEY, Code.YAML_KEY]


def test_thousands_of_problems_are_cut_short() -> None:
    _, problems = read(b"{" + b"a: 1, " * 5000 + b"}", "x.yaml")
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].code is Code.TOO_MANY_PROBLEMS


def test_positions_after_a_duplicate_key_stay_true() -> None:
    document, _ = read(b"a: 1\na: {b: 2}\nc: 3\n", "x.yaml")
    assert document is not None
    assert document.position(("c",)) == (3, 4)


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [(b"\xff", 1, 1), (b"a\r\nb\r\xff", 3, 1), ("सा\nरे ".encode() + b"\xe0\xa4", 2, 4), (b"\xef\xbb\xbfa\xff", 1, 2)],
)
def test_bytes_that_are_not_utf_8_are_found(data: bytes, line: int, column: int) -> None:
    found = problem(data)
    assert (found.code, found.line, found.column) == (Code.YAML_ENCODING, line, column)


def with_pure_python(text: str) -> tuple[Document | None, list[Problem]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "event_source", lambda: event_source.PythonParser)
        return read(text.encode("utf-8", "surrogatepass"), "x.yaml")


def test_libyaml_is_used_where_it_is_there() -> None:
    if yaml.__with_libyaml__:
        assert event_source.event_source().__name__ == "CParser"


@settings(max_examples=examples(80))
@given(NESTED, st.sampled_from([None, True, False]), st.booleans())
def test_both_parsers_give_the_same_values_and_positions(nested: object, flow: bool | None, unicode: bool) -> None:
    text = yaml.safe_dump(nested, allow_unicode=unicode, default_flow_style=flow)
    with_libyaml, problems = read(text.encode(), "x.yaml")
    in_python, others = with_pure_python(text)
    assert problems == others == []
    assert with_libyaml is not None
    assert in_python is not None
    assert with_libyaml.value == in_python.value == nested
    assert with_libyaml.marks == in_python.marks


@settings(max_examples=examples(150))
@given(YAML_LIKE | BOMBS | st.text())
@example('a: "\\U00110000"')
@example('a: "\\UFFFFFFFF"')
@example('"\\uD800": "\\uDFFF"')
@example("%YAML 1." + "9" * 5000)
@example("!%FF a")
@example("!foo%0A a")
@example("[" * 20_000)
@example("{" * 20_000)
@example("- " * 20_000)
@example("? " * 20_000)
@example("a: " + "9" * 100_000)
@example("&a " * 1000)
def test_no_text_ends_in_an_exception(text: str) -> None:
    for document, problems in (read(text.encode("utf-8", "surrogatepass"), "x.yaml"), with_pure_python(text)):
        assert document is not None or problems
        for found in problems:
            assert found.line >= 1
            assert found.column >= 1
            assert "\n" not in found.message + found.help + found.source


@given(st.binary() | YAML_LIKE.flatmap(lambda text: st.sampled_from(["utf-16", "utf-32", "utf-7"]).map(text.encode)))
def test_no_bytes_end_in_an_exception(data: bytes) -> None:
    document, problems = read(data, "x.yaml")
    assert document is not None or problems


@settings(max_examples=examples(80))
@given(YAML_LIKE)
def test_what_is_read_never_changes_its_kind_unseen(text: str) -> None:
    """What another strict reader of YAML takes as text, this one never takes as a number, or the other way round."""
    document, problems = read(text.encode(), "x.yaml")
    if document is None or problems:
        return
    source: Any = event_source.event_source()
    events = [event for event in yaml.parse(text, Loader=source) if isinstance(event, yaml.ScalarEvent)]
    quoted = {event.value for event in events if event.style}
    assert quoted <= set(texts(document.value))


def texts(found: object) -> list[str]:
    match found:
        case dict():
            return [*found, *(text for child in found.values() for text in texts(child))]
        case list():
            return [text for child in found for text in texts(child)]
        case str():
            return [found]
        case _:
            return []
