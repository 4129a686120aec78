"""What counts as a placeholder, and what people write and mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.templates.placeholders import placeholders_in, without_quotes

CERTAIN = [
    "{{ show }}", "{{show}}", "{{ show", "{% if x %}", "{# note #}", "<%= show %>", "${SHOW}",
    "${show.name:-none}", "#{show}", "$(SHOW)", "%(show)s", "%{show}", "%1$s", "%%first_name%%",
    "*|FNAME|*", "$SHOW", "$show", "$SHOW_NAME", "$program_id", "{{{ show }}}", "${ show }",
    "${{ github.ref }}", "｛｛show｝｝", "&lbrace;&lbrace;show&rbrace;&rbrace;", "&#123;&#123;show&#125;&#125;",
    "%7B%7Bshow%7D%7D", r"\{\{ show \}\}", "%%=v(@show)=%%", "{{शो}}",
]  # fmt: skip
POSSIBLE = [
    "{show}", "{show name}", "{0}", "@{show}", "$TSLA", "$hort", "%s", "%SHOW%", "[[show]]", "@@SHOW@@",
    "__SHOW__", "{ show }", "{0:d}", "{show!r}", "{user['name']}", "{show|upper}",
    "@{Profile - Name | default: x}", "{ { show } }", "｛show｝", "{शो}", "[[शो]]", "%शो%", "%show%",
    "%Show Name%", "%02d", "%.2f", "%@", "$[show]", "$$show$$", "@show@", "##SHOW##", "#show#",
    "___SHOW___", ":show_id", ":title", "[first_name]", "[Show Name]", "[insert the show]", "[date]",
    "REPLACE_ME", "YOUR_SHOW_HERE", "XXXX", "<show name>", "<SHOW>", "TBD", "FIXME", "CHANGE_ME",
    "Lorem ipsum",
]  # fmt: skip
MEANT = [
    "US$100 off", "$100", "$9.99", "A$AP Rocky", "KE$HA", "50% off", "100%", "20%s", "50%OFF%", "<3",
    "a < b > c", "<b>now</b>", "<br>", "<x1>y</x1>", '{"a": {"b": 1}}', '{"list": []}', "{}",
    "[Live] final", "#SaReGaMa", "a_b__c", "TODO A MITAD DE PRECIO", "C:\\shows", "50 {", "} 50",
    "100 {#} percent", "°{", "f(x)", "e-mail@example.com", "{ \"a\": \"x\" }", "*bold*", "_it_", "__init",
    "(show)", "x|y", "$", "$$", "%", "{", "}}", "10% d 20%", "₹500", "Rs.{500}", "$5", "5$", "C#", "F#",
    "R&B", "Tom & Jerry", "Tom &amp; Jerry", ":-)", ":smile:", "9:30", "re:Invent", "10:name",
    "https://x.example/a?b=%20c#top", "https://x.example/%E0%A4%B6", "#Diwali #Sale", "#1 show", "@virat",
    "@Home", "[Hindi]", "[Official Video]", "[4K]", "[Save the Date]", "[Best Price]", "||श्री||", "%_%",
    "(^_^)", "$$$", "%50 indirim", "10% to 20% off", "100%free%", "Rewind << Play >> Forward", ">>>LIVE<<<",
    "**bold**", "snake_case", "XXL", "xXx", "Super Bowl XXX", "To Do", "Test Match", "5% und 10%", "°{",
    "[1, 2]", "Note :when", "{o,o}",
]  # fmt: skip
PIECES = [
    "{{", "{%", "{#", "<%", "${", "$(", "%{", "[[", "*|a", "__a", "<a a", "{a ", "$a", "“", "{a:", "{a|",
    "%a ", "｛｛", "\\{", "%7b", "#a", "@a", ":a", "[a ", "[a_", "[a", "{ { a", "&#123;", "$[a", "<< a",
    "%%=", "@{a |",
]  # fmt: skip


@pytest.mark.parametrize("text", CERTAIN)
@pytest.mark.parametrize("around", ["{}", "Tonight: {}", "{} at seven"])
def test_certain_placeholders(text: str, around: str) -> None:
    assert [each.is_certain for each in placeholders_in(around.replace("{}", text))] == [True]


@pytest.mark.parametrize("text", POSSIBLE)
@pytest.mark.parametrize("around", ["{}", "Tonight: {}", "{} at seven"])
def test_possible_placeholders(text: str, around: str) -> None:
    assert [each.is_certain for each in placeholders_in(around.replace("{}", text))] == [False]


@pytest.mark.parametrize("text", MEANT)
def test_texts_that_people_mean(text: str) -> None:
    assert placeholders_in(text) == []


def test_three_placeholders_of_a_text_are_enough() -> None:
    assert len(placeholders_in(" ".join(f"${{x{number}}}" for number in range(1000)))) == 3


@given(st.text(st.sampled_from('{}%$#<>*|[]()_@ aSHOW"“”‘’\n'), max_size=60))
def test_any_text_is_read(text: str) -> None:
    assert len(placeholders_in(text)) <= 3
    inside = without_quotes(text)
    assert inside is None or inside in text


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_takes_linear_time(piece: str) -> None:
    """With quadratic time, this would take minutes."""
    text = piece * 200_000
    assert len(placeholders_in(text)) <= 3
    assert without_quotes(text) is None or text
