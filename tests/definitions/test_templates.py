from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.definitions.templates import (
    OCCURRENCE_FIELDS,
    Key,
    RowFault,
    TemplateFault,
    compile_texts,
    fill_occurrence,
    is_template,
    occurrence_values,
)
from runner.definitions.templates.filters import FILTERS, MAX_CHARACTERS
from runner.definitions.templates.language import MAX_PIECES, MAX_TEMPLATE_CHARACTERS
from runner.definitions.templates.renderer import Renderer, Sandbox

MESSAGES = Path(__file__).with_name("template_messages.txt")
NAME: Key = ("name",)
COLUMNS = ("show", "episode", "date", "Program ID", "items", "note")
ROW = {
    "show": "Sa Re Ga Ma",
    "episode": "12",
    "date": "2026-12-01",
    "Program ID": "234567",
    "items": "3",
    "note": "",
}


def filled(text: str, **cells: str) -> str:
    renderer = compile_texts({NAME: text}, COLUMNS)
    assert not isinstance(renderer, list), renderer
    return renderer.render({**ROW, **cells})[NAME]


def fault(text: str, columns: tuple[str, ...] = COLUMNS) -> TemplateFault:
    faults = compile_texts({NAME: text}, columns)
    assert isinstance(faults, list)
    (found,) = faults
    assert found.key == NAME
    return found


def outcome(renderer: Renderer, row: dict[str, str]) -> dict[Key, str] | TemplateFault:
    try:
        return renderer.render(row)
    except RowFault as refused:
        return refused.fault


def row_fault(text: str, **cells: str) -> TemplateFault:
    with pytest.raises(RowFault) as caught:
        filled(text, **cells)
    return caught.value.fault


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("{{ row.show }} episode {{row.episode}}\n", "Sa Re Ga Ma episode 12\n"),
        ("{{ row['Program ID'] }}{{ row.items }}", "2345673"),
        ("[{{ row.note }}]", "[]"),
        ("{{ row.date[:4] }}/{{ row.date[5:7] }}/{{ row.date[-2:] }}", "2026/12/01"),
        ("{{ row.show ~ '-' ~ row.episode }}", "Sa Re Ga Ma-12"),
        ("{{ row.episode | int + 1 - 3 }}", "10"),
        ("{{ 'new' if row.episode == '12' else 'old' }}", "new"),
        ("{{ 'new' if row.episode | int > 12 else 'old' }}", "old"),
        ("{{ 'a' if row.show in ('Sa Re Ga Ma', 'x') and not row.note else 'b' }}", "a"),
        ("{{ 'a' if row.show not in ['y'] or 'Re' in row.note else 'b' }}", "a"),
        ("{{ 'even' if row.episode | int is even else 'odd' }}", "even"),
        ("{% if row.note %}N{% elif row.show == 'x' %}X{% else %}E{{ row.episode }}{% endif %}", "E12"),
        ("{# nothing #}{{- row.episode -}} ", "12"),
        ("{{ row.note or 'none' }}", "none"),
        ("{ {{ row.episode }} }} {", "{ 12 }} {"),
        ("{{ 'सा' ~ row.note }}", "सा"),
    ],
)
def test_a_template_is_filled_in_from_the_row(text: str, gives: str) -> None:
    assert filled(text) == gives


FILTERED = [
    ("row.note | lower", "ABc", "abc"),
    ("row.note | upper", "straße", "STRASSE"),
    ("row.note | title", "sa re-ga", "Sa Re-Ga"),
    ("row.note | capitalize", "sa RE", "Sa re"),
    ("row.note | trim", " x \n", "x"),
    ("row.note | replace(' ', '-')", "a b c", "a-b-c"),
    ("row.note | replace(row.show, row.episode)", "x Sa Re Ga Ma", "x 12"),
    ("row.note | default('none')", "", "none"),
    ("row.note | default('none')", "x", "x"),
    ("row.note | default('0') | int", "", "0"),
    ("row.note | truncate(10)", "0123456789", "0123456789"),
    ("row.note | truncate(10)", "one two three", "one..."),
    ("row.note | truncate(10)", "0123456789x", "0123456..."),
    ("row.note | int", "007", "7"),
    ("row.note | int", "-7", "-7"),
    ("row.note | int | string", "5", "5"),
    ("row.note | length", "सारे", "4"),
    ("row.note | first", "abc", "a"),
    ("row.note | last", "abc", "c"),
    ("row.note | first", "", ""),
    ("row.note | zfill(3)", "7", "007"),
    ("row.note | int | zfill(3)", "12", "012"),
    ("row.note | slug", "Sa Re Ga Ma", "sa-re-ga-ma"),
    ("row.note | slug", "  Café — Ångström #1! ", "cafe-angstrom-1"),
    ("row.note | slug", "Straße ＡＢ ﬁn", "strasse-ab-fin"),
]


@pytest.mark.parametrize(("text", "cell", "gives"), FILTERED)
def test_filters(text: str, cell: str, gives: str) -> None:
    assert filled(f"{{{{ {text} }}}}", note=cell) == gives


def test_every_filter_is_tested() -> None:
    texts = " ".join(text for text, _, _ in FILTERED)
    assert {name for name in FILTERS if f"| {name}" in texts} == set(FILTERS)


def test_all_texts_of_an_entry_are_filled_in_together_and_keep_their_order() -> None:
    texts: dict[Key, str] = {
        ("id",): "sgm-{{ row.episode }}",
        ("c-by",): "releases@example.com",
        ("properties", "date"): "{{ row.date }}",
        ("tags", 0): "{{ row.note }}",
    }
    renderer = compile_texts(texts, COLUMNS)
    assert not isinstance(renderer, list)
    for episode in ("1", "2", "{", "3"):
        rendered = renderer.render({**ROW, "episode": episode})
        assert list(rendered.items()) == [
            (("id",), f"sgm-{episode}"),
            (("c-by",), "releases@example.com"),
            (("properties", "date"), "2026-12-01"),
            (("tags", 0), ""),
        ]


def test_texts_without_templates_stay_as_they_are() -> None:
    renderer = compile_texts({NAME: "a } b\r\n"}, ())
    assert not isinstance(renderer, list)
    assert renderer.render({}) == {NAME: "a } b\r\n"}


def test_only_the_columns_that_are_used_need_be_there() -> None:
    renderer = compile_texts({NAME: "{{ row.show }}{{ row.note | default('-') }}"}, COLUMNS)
    assert not isinstance(renderer, list)
    assert renderer.render({"show": "x"}) == {NAME: "x-"}
    with pytest.raises(RowFault) as caught:
        renderer.render({"note": "x"})
    assert caught.value.fault.key == NAME
    assert "'show'" in caught.value.fault.message


@pytest.mark.parametrize("text", ["{{ row.show }}", "{{ 'a' if row.show in 'b' else '' }}", "{{ row.show[:2] ~ 'a' }}"])
def test_a_cell_that_is_needed_and_is_not_there_is_named(text: str) -> None:
    renderer = compile_texts({NAME: text}, COLUMNS)
    assert not isinstance(renderer, list)
    found = outcome(renderer, {})
    assert isinstance(found, TemplateFault)
    assert "'show'" in found.message


def test_each_bad_text_gives_one_fault() -> None:
    texts: dict[Key, str] = {NAME: "{{ row.shwo }}{{ row.x }}", ("id",): "{{ row.show }}", ("c-by",): "{{ foo }}"}
    faults = compile_texts(texts, ("show",))
    assert isinstance(faults, list)
    assert [each.key for each in faults] == [NAME, ("c-by",)]
    assert "'row.shwo'" in faults[0].message
    assert "'foo'" in faults[1].message


def messages(text: str, cells: dict[str, str] | None) -> str:
    """A template as the golden file has it, with its message and its fix; cells where the fault is one of the row."""
    found = fault(text) if cells is None else row_fault(text, **cells)
    case = json.dumps([text] if cells is None else [text, cells], ensure_ascii=False)
    return f"{case}\n  {found.message}\n  {found.help}\n"


def test_the_messages_of_refused_templates_and_rows() -> None:
    golden = MESSAGES.read_text(encoding="utf-8")
    cases = [json.loads(line) for line in golden.splitlines() if line.startswith("[")]
    assert "".join(messages(*case, *[None] * (2 - len(case))) for case in cases) == golden


@pytest.mark.parametrize("text", ["a\n{{ row.show }}\n{{ foo }}", "\n\n{{ row.show | }}", "\n\n{{ row.foo }}\n"])
def test_a_fault_names_its_line_in_a_text_of_several_lines(text: str) -> None:
    assert "(line 3 of the text)" in fault(text).message


def test_an_entry_without_rows_has_no_columns() -> None:
    assert "'row.show'" in fault("{{ row.show }}", columns=()).message


@pytest.mark.parametrize("name", [*dict.__dict__, "_x", "1", "a b", "cell_0", "row", "self", "if", "सा", "'", "\\"])
def test_a_column_is_a_column_whatever_its_name(name: str) -> None:
    texts = {NAME: f"{{{{ row[{name!r}] }}}}"}
    if name.isidentifier() and name != "if":
        texts[NAME] += f"{{{{ row.{name} }}}}"
    renderer = compile_texts(texts, ["other", name])
    assert not isinstance(renderer, list), renderer
    assert renderer.render({"other": "-", name: "x"})[NAME].strip("x") == ""


HOSTILE = [
    "{{ ''.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}",
    "{% import '/etc/passwd' as x %}",
    "{% extends '/etc/passwd' %}",
    "{% for x in range(10**12) %}{% endfor %}",
    "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}",
    "{{ 'a' * 10**9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{0.__class__}'.format(row) }}",
    "{{ 10**10**10 }}",
    "{{ 9" + "9" * 5000 + " }}",
    "{{ 0x" + "f" * 8000 + " }}",
    "{{ 1e999 }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ row|attr('__class__') }}",
    "{{ row.show|attr('__class__') }}",
    "{{ row.show|map('upper')|list }}",
    "{{ lipsum() }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ loop.index }}",
    "{{ range(10**9) | length }}",
    "{{ row.show.format(row) }}",
    "{{ row.show.format_map(row) }}",
    "{{ '%s' | format(row) }}",
    "{{ '{0.__class__}' | format(row) }}",
    "{{ [row.show] * 10**9 }}",
    "{{ ().__class__ }}",
    "{{ {}.__class__ }}",
    "{{ row['show']['__class__'] }}",
    "{{ row.show[row.episode | int:] }}",
    "{{ row ~ '' }}",
    "{% if row %}x{% endif %}",
    "{{ row.show is filter }}",
    "{{ row.show if row.show is defined(row) else '' }}",
    "{{ row.show | default('a', **row) }}",
    "{{ row.show | lower(*row) }}",
    "{{ row.show | truncate(9, end='x') }}",
    "{{ row.show | zfill(true) }}",
    "{{ 'a' if row.show is defined(x=1) else 'b' }}",
    "{{ 'a' if row.show is defined(*row) else 'b' }}",
    "{{ row.show['a':] }}",
    "{{ row.show[:1.5] }}",
    "{{ row.show[:true] }}",
    "{{ row.show[:9999999999999999] }}",
    "{{ 'a' if row.show else range(3) }}",
    "{{ 'a' if range(3) else 'b' }}",
    "{{ ('a' if row.show else row.episode | int) + 1 }}",
    "{{ row.show and range(3) }}",
    "{% if range(3) %}x{% endif %}",
    "{% if row.show %}{{ range(3) }}{% endif %}",
    "{% if row.show %}{% elif range(3) %}x{% endif %}",
    "{% if row.show %}{% elif row.note %}{{ range(3) }}{% endif %}",
    "{% if row.show %}{% else %}{{ range(3) }}{% endif %}",
    "{% if row.episode | int in 12 %}x{% endif %}",
    "{% if (row.show == 'a') == (row.note == 'b') %}x{% endif %}",
    "{% if row.show in ['a', 3] %}x{% endif %}",
    "{% if row.show in ['a', range(3)] %}x{% endif %}",
    "{{ occurrence.__class__ }}",
    "{{ context }}{{ environment }}{{ resolve }}{{ undefined }}",
    "{% filter upper %}{{ row.show }}{% endfilter %}",
    "{% block text_0 %}{{ super() }}{% endblock %}",
    "{% autoescape true %}{{ row.show }}{% endautoescape %}",
    "{{ namespace(x=1) }}",
    "{{ row.show|replace('a', 'b')|replace }}",
    "{{ " + "(" * 4000 + "row.show" + ")" * 4000 + " }}",
    "{{ " + "(" * 4000,
    "{{ " + "[" * 4000,
    "{{ " + "not " * 1500 + "1 }}",
    "{{ " + "-" * 4000 + "1 }}",
    "{{ " + "1 if " * 1500,
    "{{ 1" + "+1" * 4000 + " }}",
    "{{ row.show" + "|lower" * 1000 + " }}",
    "{{ row.show" + ".x" * 3000 + " }}",
    "{{ row" + "[row" * 1500 + " }}",
    "{% if row.show %}" * 400 + "{% endif %}" * 100,
    "{{-" * 2000,
    "{#" * 4000,
    "{%- -%}" * 1000,
    "{% raw %}" * 800,
    "{{'" + "\\" * 8000,
    "{{" + " " * 8000 + "}}",
    "x" * MAX_TEMPLATE_CHARACTERS + "{{ row.show }}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30])
def test_a_hostile_template_is_refused(text: str) -> None:
    found = fault(text)
    assert found.message
    assert len(found.message) < 300
    assert found.help


@pytest.mark.parametrize(
    "text",
    [
        "{{ row.__class__ }}",
        "{{ row['__class__'] }}",
        "{{ row.keys() }}",
        "{{ row.show.upper() }}",
        "{{ '{0.__class__}'.format(row) }}",
        "{{ range(3) }}",
        "{{ range }}",
        "{{ row.function() }}",
        "{{ row | attr('__class__') }}",
        "{{ namespace() }}",
        "{% include 'x' %}",
    ],
)
def test_the_sandbox_alone_reaches_no_attribute_and_calls_nothing(text: str) -> None:
    with pytest.raises((jinja2.TemplateError, TypeError)):
        Sandbox().from_string(text).render(row={**ROW, "function": str})


PIECES = [
    *("{{", "}}", "{%", "%}", "{#", "#}", "-", "row", ".", "show", "episode", "note", "[", "]", "(", ")", "'a'", '"'),
    *("|", "lower", "int", "slug", "zfill", "replace", "default", "truncate", "~", "+", "*", "**", ",", "==", "<"),
    *("if", "else", "elif", "endif", "for", "in", "is", "not", "and", "or", "even", "defined", "occurrence", "date"),
    *(
        "3",
        "1.5",
        "10",
        ":",
        "=",
        "__class__",
        "set",
        "raw",
        "endraw",
        "none",
        "true",
        "\n",
        "\\",
        "\0",
        "{",
        "सा",
        "%",
    ),
]
CELLS = st.text(st.sampled_from("aZ0 12-{}%#é\n\0\1सा'"), max_size=6)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join), CELLS, CELLS)
@example("{{ row.show ~ row.note }}{{ occurrence.date }}", "{", "{ x")
@example("{{ row.show }}{{ row.note }}", "{", "{ occurrence.date }}")
def test_nothing_ends_in_a_traceback(text: str, show: str, note: str) -> None:
    renderer = compile_texts({NAME: "{{ " + text, ("id",): text}, COLUMNS, with_occurrence=[NAME, ("id",)])
    if isinstance(renderer, list):
        assert all(each.message and each.help for each in renderer)
        return
    rendered = outcome(renderer, {**ROW, "show": show, "note": note})
    if isinstance(rendered, TemplateFault):
        assert rendered.message
        assert rendered.help
        return
    now = datetime(2026, 12, 4, 18, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    for each in rendered.values():
        assert not is_template(fill_occurrence(each, occurrence_values(now)))


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=40).map(lambda text: "{{ row.show }}" + text), st.text(max_size=10))
def test_no_text_ends_in_a_traceback(text: str, cell: str) -> None:
    renderer = compile_texts({NAME: text}, COLUMNS)
    if not isinstance(renderer, list):
        rendered = outcome(renderer, {**ROW, "show": cell})
        assert rendered.key == NAME if isinstance(rendered, TemplateFault) else rendered[NAME].startswith(cell)


PLAIN = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
PLAIN.filters["length"] = lambda value: len(str(value))  # a number has none in Jinja2; here its digits count


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["row.show", "row.episode", "row.note", "'a b'", "''", "row.date[:4]", "row.date[5:-1]"])
    filters = ["lower", "upper", "title", "capitalize", "trim", "string", "replace('a', '-')", "int", "length"]

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("({} | {})".format, inner, st.sampled_from(filters)),
            st.builds("({} ~ {})".format, inner, inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("({} if {} == {} else 'z')".format, inner, inner, inner),
            st.builds("({} if {} not in ('x', {}) else 'z')".format, inner, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("({} | int + {} | int)".format, inner, inner),
        )

    return st.recursive(leaves, larger, max_leaves=8)


@settings(max_examples=examples(150), deadline=None)
@given(expressions(), st.text("aB 12", max_size=4))
@example("((row.show | length) | length)", "")
def test_what_is_taken_means_what_it_means_to_jinja(expression: str, note: str) -> None:
    renderer = compile_texts({NAME: f"<{{{{ {expression} }}}}>\n"}, COLUMNS)
    if isinstance(renderer, list):
        return
    row = {**ROW, "note": note}
    rendered = outcome(renderer, row)
    if isinstance(rendered, TemplateFault):  # jinja's int takes what is no number for 0
        return
    assert rendered[NAME] == PLAIN.from_string(f"<{{{{ {expression} }}}}>\n").render(row=row)


@pytest.mark.parametrize("cell", ["twelve", "1.5", " 1", "1 ", "१२", "", "1" * 19, "0x1", "1_0", "--1", "1\n"])
def test_a_number_is_ascii_digits_alone(cell: str) -> None:
    assert "whole number" in row_fault("{{ row.note | int }}", note=cell).message


@pytest.mark.parametrize("cell", ["", "सारे गा", "--", "!"])
def test_a_slug_of_nothing_is_refused(cell: str) -> None:
    assert "slug" in row_fault("{{ row.note | slug }}", note=cell).message


@pytest.mark.parametrize("cell", ["{{ row.show }}", "a {% b", "{#"])
def test_a_cell_is_not_a_template(cell: str) -> None:
    assert "'note'" in row_fault("{{ row.show }} {{ row.note }}", note=cell).message


def test_a_cell_that_no_template_names_may_hold_anything() -> None:
    assert filled("{{ row.show }}", note="{{") == "Sa Re Ga Ma"


@pytest.mark.parametrize(("show", "note"), [("{", "{ x }}"), ("x{", "% y"), ("{", "#")])
def test_a_row_and_its_template_together_make_no_template(show: str, note: str) -> None:
    assert "together make a {{" in row_fault("{{ row.show }}{{ row.note }}", show=show, note=note).message


@pytest.mark.parametrize("character", ["\0", "\x01"])
def test_a_cell_cannot_hold_what_parts_the_texts(character: str) -> None:
    assert "control character" in row_fault("{{ row.note }}", note=f"a{character}date{character}").message


def test_a_row_fault_names_the_text_that_is_at_fault() -> None:
    texts: dict[Key, str] = {NAME: "{{ row.show }}", ("properties", "episode"): "{{ row.show | int }}"}
    renderer = compile_texts(texts, COLUMNS)
    assert not isinstance(renderer, list)
    with pytest.raises(RowFault) as caught:
        renderer.render(ROW)
    assert caught.value.fault.key == ("properties", "episode")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("{{ row.note }}{{ row.note }}", "x" * 40_000),
        ("{{ row.note ~ row.note }}", "x" * 40_000),
        ("{{ 'a' if row.note ~ row.note == 'b' else 'c' }}", "x" * 40_000),
        ("{{ 'a' if row.note == 'b' else 'c' }}", "x" * (MAX_CHARACTERS + 1)),
        ("{{ row.note }}", "x" * (MAX_CHARACTERS + 1)),
        ("{{ row.note | lower }}", "x" * 10_000),
        ("{{ row.note | replace('x', 'yyyyyyyyyy') }}", "x" * 1_000),
        ("{{ row.note | slug }}", "e\u0301\u0327" * 1_000),
        ("{{ row.note }}" * 500, "x" * 60_000),
    ],
)
def test_a_row_cannot_grow_beyond_bounds(text: str, cell: str) -> None:
    assert "characters" in row_fault(text, note=cell).message


def test_texts_that_are_long_together_are_filled_in_one_by_one() -> None:
    texts: dict[Key, str] = {("tags", number): "{{ row.note }}" for number in range(3)}
    renderer = compile_texts(texts, COLUMNS)
    assert not isinstance(renderer, list)
    assert set(renderer.render({**ROW, "note": "x" * 40_000}).values()) == {"x" * 40_000}


def test_an_entry_has_a_bounded_number_of_pieces() -> None:
    for template, cost in (("{{ row.note }}", 1), ("{{ row.note | slug }}", 11), ("{{ row.note | lower }}", 2)):
        fitting = compile_texts({("tags", number): template for number in range(MAX_PIECES // (cost + 1))}, COLUMNS)
        assert isinstance(fitting, Renderer)
        assert MAX_PIECES - cost - 1 < fitting.pieces <= MAX_PIECES
        faults = compile_texts({("tags", number): template for number in range(MAX_PIECES // (cost + 1) + 1)}, COLUMNS)
        assert isinstance(faults, list)
        assert "pieces" in faults[0].message


def test_an_occurrence_is_filled_in_once_it_is_known() -> None:
    text = (
        "{{row.show}} on {{occurrence.date}}, {{ occurrence.weekday }}{% if row.note %}{{ occurrence.time }}{% endif %}"
    )
    renderer = compile_texts({NAME: text}, COLUMNS, with_occurrence={NAME})
    assert not isinstance(renderer, list)
    rendered = renderer.render(ROW)[NAME]
    assert rendered == "Sa Re Ga Ma on {{ occurrence.date }}, {{ occurrence.weekday }}"
    values = occurrence_values(datetime(2026, 12, 4, 18, 30, tzinfo=ZoneInfo("Asia/Kolkata")))
    assert fill_occurrence(rendered, values) == "Sa Re Ga Ma on 2026-12-04, Friday"


def test_an_entry_without_rows_may_name_its_occurrence() -> None:
    renderer = compile_texts({NAME: "{{ occurrence.utc }}"}, (), with_occurrence={NAME})
    assert not isinstance(renderer, list)
    assert renderer.render({}) == {NAME: "{{ occurrence.utc }}"}


def test_the_fields_of_an_occurrence() -> None:
    values = occurrence_values(datetime(2027, 1, 1, 2, 30, tzinfo=ZoneInfo("Asia/Kolkata")))
    assert values == {
        "date": "2027-01-01",
        "time": "02:30",
        "datetime": "2027-01-01T02:30:00+05:30",
        "year": "2027",
        "month": "01",
        "month_name": "January",
        "day": "01",
        "weekday": "Friday",
        "week": "53",
        "week_year": "2026",
        "utc": "2026-12-31T21:00:00Z",
        "unix": "1798750800",
    }
    assert tuple(values) == OCCURRENCE_FIELDS


def test_what_is_not_a_marker_stays() -> None:
    assert fill_occurrence("a {{ occurrence.nothing }} {{occurrence.date}} }}", {"date": "x"}) == (
        "a {{ occurrence.nothing }} {{occurrence.date}} }}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ occurrence.dat }}", "'occurrence.dat'"),
        ("{{ occurrence }}", "alone"),
        ("{{ occurrence['date'] }}", "alone"),
        ("{{ occurrence.date[:4] }}", "alone"),
        ("{{ occurrence.date | upper }}", "alone"),
        ("{{ 'a' if occurrence.weekday == 'Friday' else 'b' }}", "alone"),
        ("{% if occurrence.date %}{% endif %}", "alone"),
    ],
)
def test_a_field_of_the_occurrence_is_alone_in_its_braces(text: str, message: str) -> None:
    faults = compile_texts({NAME: text}, COLUMNS, with_occurrence={NAME})
    assert isinstance(faults, list)
    assert message in faults[0].message


def test_only_some_texts_know_their_occurrence() -> None:
    faults = compile_texts({("id",): "{{ occurrence.date }}"}, COLUMNS, with_occurrence={NAME})
    assert isinstance(faults, list)
    assert "'occurrence.date'" in faults[0].message
