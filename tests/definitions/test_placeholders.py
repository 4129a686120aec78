"""What counts as a placeholder, and what people write and mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.templates.placeholders import placeholders_in, without_quotes

CERTAIN = [
    "{{ show }}", "{{show}}", "{{ show", "{% if x %}", "{# note #}", "<%= show %>", "${SHOW}", "${show.name:-none}",
    "#{show}", "$(SHOW)", "%(show)s", "%{show}", "%1$s", "%%first_name%%", "*|FNAME|*", "$SHOW", "$show", "$SHOW_NAME",
    "$program_id", "{{{ show }}}",
]  # fmt: skip
POSSIBLE = [
    "{show}", "{show name}", "{0}", "@{show}", "$TSLA", "$hort", "%s", "%SHOW%", "[[show]]", "@@SHOW@@", "__SHOW__",
    "<show name>", "<SHOW>", "TBD", "FIXME", "CHANGE_ME", "Lorem ipsum",
]  # fmt: skip
MEANT = [
    "US$100 off", "$100", "$9.99", "A$AP Rocky", "KE$HA", "50% off", "100%", "20%s", "50%OFF%", "<3", "a < b > c",
    "<b>now</b>", "<br>", "<x1>y</x1>", '{"a": {"b": 1}}', '{"list": []}', "{}", "[Live] final", "#SaReGaMa", "a_b__c",
    "TODO A MITAD DE PRECIO", "C:\\shows", "50 {", "} 50", "100 {#} percent", "°{", "f(x)", "e-mail@example.com",
    "{ \"a\": \"x\" }", "*bold*", "_it_", "__init", "(show)", "x|y", "$", "$$", "%", "{", "}}", "10% d 20%",
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


@pytest.mark.parametrize(
    "piece", ["{{", "{%", "{#", "<%", "${", "$(", "%{", "[[", "*|a", "__a", "<a a", "{a ", "$a", "“"]
)
def test_a_long_text_takes_linear_time(piece: str) -> None:
    """With quadratic time, this would take minutes."""
    text = piece * 200_000
    assert len(placeholders_in(text)) <= 3
    assert without_quotes(text) is None or text
