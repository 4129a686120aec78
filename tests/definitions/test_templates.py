from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.definitions.templates import (
    OCCURRENCE_FIELDS,
    Fault,
    Key,
    RowFault,
    compile_texts,
    fill_occurrence,
    is_template,
    occurrence_values,
)
from runner.definitions.templates.filters import MAX_CHARACTERS, RULES
from runner.definitions.templates.language import MAX_PIECES, MAX_TEMPLATE_CHARACTERS
from runner.definitions.templates.render import Renderer

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


def fault(text: str, columns: tuple[str, ...] = COLUMNS) -> Fault:
    faults = compile_texts({NAME: text}, columns)
    assert isinstance(faults, list)
    (found,) = faults
    assert found.key == NAME
    return found


def outcome(renderer: Renderer, row: dict[str, str]) -> dict[Key, str] | Fault:
    try:
        return renderer.render(row)
    except RowFault as refused:
        return refused.fault


def row_fault(text: str, **cells: str) -> Fault:
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
    assert {name for name in RULES if f"| {name}" in texts} == set(RULES)


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
    assert caught.value.fault == Fault(NAME, "the row has no 'show'", "Write it in the row.")


@pytest.mark.parametrize("text", ["{{ row.show }}", "{{ 'a' if row.show in 'b' else '' }}", "{{ row.show[:2] ~ 'a' }}"])
def test_a_cell_that_is_needed_and_is_not_there_is_named(text: str) -> None:
    renderer = compile_texts({NAME: text}, COLUMNS)
    assert not isinstance(renderer, list)
    assert outcome(renderer, {}) == Fault(NAME, "the row has no 'show'", "Write it in the row.")


def test_each_bad_text_gives_one_fault() -> None:
    texts: dict[Key, str] = {NAME: "{{ row.shwo }}{{ row.x }}", ("id",): "{{ row.show }}", ("c-by",): "{{ foo }}"}
    faults = compile_texts(texts, ("show",))
    assert isinstance(faults, list)
    assert [(each.key, each.message) for each in faults] == [
        (NAME, "'row.shwo': the rows have no column 'shwo'"),
        (("c-by",), "the name 'foo' is not known in a template"),
    ]


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ("{{ row.shwo }}", "'row.shwo': the rows have no column 'shwo'", "Did you mean show? The columns are show,"),
        ("{{ row['__x__'] }}", "no column '__x__'", "The columns are show,"),
        ("{{ row.__class__ }}", "no column '__class__'", "The columns are show,"),
        ("{{ show }}", "the name 'show' is not known in a template", "Write row.show."),
        ("{{ row }}", "row is the whole row", "Write row and a column; the columns are show,"),
        ("{{ row.show.lower() }}", "'row.show.lower()' is a call", "Write row.show | lower."),
        ("{{ row.show.strip() }}", "is a call", "Write row.show | trim."),
        ("{{ row.show.replace('a', 'b') }}", "is a call", "Write row.show | replace('a', 'b')."),
        ("{{ row.show.encode() }}", "is a call", "The filters are lower, upper,"),
        ("{{ row.keys() }}", "is a call", "Write row and a column"),
        ("{{ row.show | lowr }}", "there is no filter 'lowr'", "Did you mean lower? The filters are"),
        ("{{ row.show | strip }}", "there is no filter 'strip'", "Did you mean trim? The filters are"),
        ("{{ row.show | lower(1) }}", "lower takes nothing in brackets", "Write row.column | lower."),
        ("{{ row.show | zfill }}", "takes a whole number from 1 to 100 in brackets", "Write row.column | zfill(3)."),
        ("{{ row.show | zfill(101) }}", "a whole number from 1 to 100", "zfill(3)"),
        ("{{ row.show | zfill(row.episode) }}", "a whole number from 1 to 100", "zfill(3)"),
        ("{{ row.show | truncate(length=9) }}", "a whole number from 4 to 1024", "truncate(80)"),
        ("{{ row.show + row.note }}", "'row.show' is not a number", "Write row.show | int; texts are joined with ~."),
        ("{{ row.show * 3 }}", "'row.show * 3': numbers are only added and subtracted", "column of its own"),
        ("{{ row.episode == 12 }}", "compares what is not alike", "row.column | int"),
        ("{% if 3 in row.episode %}x{% endif %}", "compares what is not alike", "row.column | int"),
        ("{% if 1 in [1] < 2 %}x{% endif %}", "is not one text", "a list stands only behind in"),
        ("{{ row.episode == '12' }}", "gives true or false, not a text", "{{ 'this' if ... else 'that' }}"),
        ("{{ 'a' if row.note }}", "\"'a' if row.note\" has no else", "else ''"),
        ("{{ row.show[0] }}", "'row.show[0]' reaches into a text", "row.column[:10]"),
        ("{{ row.show[::2] }}", "is not cut by whole numbers", "row.column[:10]"),
        ("{{ (row.episode | int)[:1] }}", "what is cut must be a text", "Write (row.episode | int | string)[:1]."),
        ("{{ [row.show] }}", "'[row.show]' is not one text", "~"),
        ("{{ none }}", "'none' is not a text", "quotes"),
        ("{{ 1.5 }}", "'1.5' is not a text", "quotes"),
        ("{% for x in row %}{% endfor %}", "does not take {% for %}", "for_each is the loop"),
        ("{% set x = 1 %}", "does not take {% set %}", "Templates know {{ ... }} and {% if %}."),
        ("{% raw %}{{ row.show }}{% endraw %}", "{% raw %} is not taken", "Remove it."),
        ("{{ '{{' }}", "holds what no text may", "Remove it."),
        (r"{{ '\x00' }}", "holds what no text may", "Remove it."),
        (r"{{ '\ud800' }}", "holds what no text may", "Remove it."),
        ("{{ row.show }}\0", "the control character U+0000", "Remove it."),
        ("{{ row.show }}\r\n", "a carriage return", r"End lines with \n alone."),
        ("{{ row.show", "the template ends too early", "Write }} or %}"),
        ("{% if row.show %}x", "{% if %} is left open", "Write {% endif %}"),
        ("{# x", "a comment {# is left open", "Write #}"),
        ("{% raw %}x", "{% raw %} is left open", "Remove it."),
        ("{% foo %}", "the tag {% foo %} is not known", "Templates know"),
        ("{% %}", "{% stands there without a tag", "Templates know"),
        ("{{ }}", "{{ }} holds nothing", "{{ row.column }}"),
        ("{{ 'abc }}", "a quote is left open", "Write it again"),
        ("{{ row.show row.note }}", "'row' stands where }} is wanted", "joined with ~"),
        ("{{ row.show | zfill 3 }}", "a number stands where }} is wanted", "zfill(3)"),
        ("{{ row. }}", "a column is wanted behind the dot", "{{ row.column }}"),
        ("{{ $ }}", "the character '$' is not a part of a template", "quotes"),
        ("a\n{{ row.show }}\n{{ foo }}", "not known in a template (line 3 of the text)", "quotes"),
        ("a\n{{ row.show | }}", "(line 2 of the text)", "bracket"),
    ],
)
def test_what_is_not_taken_is_told_with_the_mend(text: str, message: str, mend: str) -> None:
    found = fault(text)
    assert message in found.message
    assert mend in found.help


def test_an_entry_without_rows_has_no_columns() -> None:
    found = fault("{{ row.show }}", columns=())
    assert found.message == "'row.show': the entry has no rows"


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


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join), CELLS, CELLS)
@example("{{ row.show ~ row.note }}{{ occurrence.date }}", "{", "{ x")
@example("{{ row.show }}{{ row.note }}", "{", "{ occurrence.date }}")
def test_nothing_ends_in_a_traceback(text: str, show: str, note: str) -> None:
    renderer = compile_texts({NAME: "{{ " + text, ("id",): text}, COLUMNS, with_occurrence=[NAME, ("id",)])
    if isinstance(renderer, list):
        assert all(each.message and each.help for each in renderer)
        return
    rendered = outcome(renderer, {**ROW, "show": show, "note": note})
    if isinstance(rendered, Fault):
        assert rendered.message
        assert rendered.help
        return
    now = datetime(2026, 12, 4, 18, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    for each in rendered.values():
        assert not is_template(fill_occurrence(each, occurrence_values(now)))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40).map(lambda text: "{{ row.show }}" + text), st.text(max_size=10))
def test_no_text_ends_in_a_traceback(text: str, cell: str) -> None:
    renderer = compile_texts({NAME: text}, COLUMNS)
    if not isinstance(renderer, list):
        rendered = outcome(renderer, {**ROW, "show": cell})
        assert rendered.key == NAME if isinstance(rendered, Fault) else rendered[NAME].startswith(cell)


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


@settings(max_examples=150, deadline=None)
@given(expressions(), st.text("aB 12", max_size=4))
@example("((row.show | length) | length)", "")
def test_what_is_taken_means_what_it_means_to_jinja(expression: str, note: str) -> None:
    renderer = compile_texts({NAME: f"<{{{{ {expression} }}}}>\n"}, COLUMNS)
    if isinstance(renderer, list):
        return
    row = {**ROW, "note": note}
    rendered = outcome(renderer, row)
    if isinstance(rendered, Fault):  # jinja's int takes what is no number for 0
        return
    assert rendered[NAME] == PLAIN.from_string(f"<{{{{ {expression} }}}}>\n").render(row=row)


@pytest.mark.parametrize("cell", ["twelve", "1.5", " 1", "1 ", "१२", "", "1" * 19, "0x1", "1_0", "--1", "1\n"])
def test_a_number_is_ascii_digits_alone(cell: str) -> None:
    found = row_fault("{{ row.note | int }}", note=cell)
    assert "is not a whole number" in found.message
    assert found.help == "Write digits alone, at most 18, like 12."


@pytest.mark.parametrize("cell", ["", "सारे गा", "--", "!"])
def test_a_slug_of_nothing_is_refused(cell: str) -> None:
    assert "slug" in row_fault("{{ row.note | slug }}", note=cell).message


@pytest.mark.parametrize("cell", ["{{ row.show }}", "a {% b", "{#"])
def test_a_cell_is_not_a_template(cell: str) -> None:
    found = row_fault("{{ row.show }} {{ row.note }}", note=cell)
    assert found.message == "the cell 'note' holds {{: cells are filled in as they stand, not as templates"


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
    texts: dict[Key, str] = {("tags", number): "{{ row.note }}" * 100 for number in range(MAX_PIECES // 100)}
    faults = compile_texts(texts, COLUMNS)
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
        ("{{ occurrence.dat }}", "'occurrence.dat': an occurrence has no 'dat'"),
        ("{{ occurrence }}", "stands alone in its brackets"),
        ("{{ occurrence['date'] }}", "stands alone in its brackets"),
        ("{{ occurrence.date[:4] }}", "stands alone in its brackets"),
        ("{{ occurrence.date | upper }}", "stands alone in its brackets"),
        ("{{ 'a' if occurrence.weekday == 'Friday' else 'b' }}", "stands alone in its brackets"),
        ("{% if occurrence.date %}{% endif %}", "stands alone in its brackets"),
    ],
)
def test_an_occurrence_only_fills_in(text: str, message: str) -> None:
    faults = compile_texts({NAME: text}, COLUMNS, with_occurrence={NAME})
    assert isinstance(faults, list)
    assert message in faults[0].message


def test_only_some_texts_know_their_occurrence() -> None:
    faults = compile_texts({("id",): "{{ occurrence.date }}"}, COLUMNS, with_occurrence={NAME})
    assert isinstance(faults, list)
    assert faults[0].message == (
        "'occurrence.date': only the name and properties of a recurring schedule know their occurrence"
    )
