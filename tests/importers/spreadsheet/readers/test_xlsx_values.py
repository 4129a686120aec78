from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.importers.spreadsheet.readers.xlsx_values import UnreadableCell, text_of_value


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (12, "General", "12"),
        (0, "General", "0"),
        (-3, "General", "-3"),
        (12.0, "General", "12"),
        (2.5, "General", "2.5"),
        (0.1 + 0.2, "General", "0.3"),
        (900001234567, "General", "900001234567"),
        (1e14, "General", "100000000000000"),
        (0.0000001, "General", "0.0000001"),
        (12, "@", "12"),
        (12, "0", "12"),
        (12, "00000", "00012"),
        (12.6, "0", "13"),
        (12.5, "0.00", "12.50"),
        (2.345, "0.00", "2.35"),
        (12, "0.0#", "12.0"),
        (12.25, "0.0#", "12.25"),
        (12, "#", "12"),
        (0, "#", ""),
        (1234567, "#,##0", "1234567"),
        (1234.5, "#,##0.00", "1234.50"),
        (12, '"EP-"000', "EP-012"),
        (12, '0" episodes"', "12 episodes"),
        (12, r"\S0", "S12"),
        (12, "[Red]00", "12"),
        (12, "0_);(0)", "12"),
        (-12, "0", "-12"),
        (-12.5, "0.00", "-12.50"),
        (True, "General", "TRUE"),
        (False, "General", "FALSE"),
        (None, "General", ""),
        (datetime(2036, 12, 2), "dd/mm/yyyy", "2036-12-02"),
        (datetime(2036, 12, 2, 20, 30), "dd/mm/yyyy", "2036-12-02"),
        (datetime(2036, 12, 2, 20, 30), "dd/mm/yyyy hh:mm", "2036-12-02 20:30"),
        (datetime(2036, 12, 2, 20, 30, 15), "yyyy-mm-dd hh:mm", "2036-12-02 20:30:15"),
        (datetime(2036, 12, 2, 20, 29, 59, 999600), "d-mmm-yy h:mm", "2036-12-02 20:30"),
        (datetime(2036, 12, 2), "[$-409]d mmmm yyyy", "2036-12-02"),
        (datetime(2036, 12, 2), "mmmm", "2036-12-02"),
        (date(2036, 12, 2), "DD.MM.YYYY", "2036-12-02"),
        (time(20, 30), "h:mm AM/PM", "20:30"),
        (time(20, 30, 5), "hh:mm", "20:30:05"),
        (time(20, 30), "hh:mm:ss", "20:30:00"),
        (time(0, 0), "hh:mm", "00:00"),
        (datetime(1900, 1, 2, 20, 30), "h:mm", "20:30"),
        (timedelta(hours=20, minutes=30), "[h]:mm", "20:30"),
        (timedelta(hours=30), "[h]:mm:ss", "30:00:00"),
        (" as is ", "General", " as is "),
    ],
)
def test_a_value_becomes_the_text_that_is_shown(value: object, number_format: str, text: str) -> None:
    assert text_of_value(value, number_format).text == text


@pytest.mark.parametrize(
    ("value", "number_format", "said"),
    [
        (1e15, "General", "15 digits"),
        (1234567890123456, "0", "15 digits"),
        (1.5, "# ?/?", "'# ?/?'"),
        (12, "0.00E+00", "0.00E+00"),
        (12, '"Rs "#,##0', "Rs"),
        (-12, "0;(0)", "'0;(0)'"),
        (12000, "0,", "'0,'"),
        (time(0, 0), "dd/mm/yyyy", "without a date"),
    ],
)
def test_a_format_that_is_not_known_is_never_guessed(value: object, number_format: str, said: str) -> None:
    with pytest.raises(UnreadableCell) as caught:
        text_of_value(value, number_format)
    assert said in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize(("number_format", "is_noted"), [("#,##0", True), ("0", False), ("General", False)])
def test_a_text_that_differs_from_what_is_shown_is_noted(number_format: str, is_noted: bool) -> None:
    assert bool(text_of_value(1234, number_format).remark) is is_noted


@given(st.integers(-(10**14), 10**14))
def test_every_whole_number_keeps_its_digits(value: int) -> None:
    assert text_of_value(value, "General").text == str(value)
    assert text_of_value(float(value), "General").text == str(value)


@given(st.decimals(0, 10**6, places=2), st.integers(1, 9))
def test_every_amount_is_shown_with_its_decimals(value: Decimal, width: int) -> None:
    whole, _, fraction = f"{value:.2f}".partition(".")
    assert text_of_value(float(value), "0" * width + ".00").text == f"{whole.zfill(width)}.{fraction}"


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [(0.5, "0%", "50%"), (0.125, "0.0%", "12.5%"), (1, "0%", "100%"), (0.07, "0.00%", "7.00%")],
)
def test_a_percentage_is_what_the_spreadsheet_shows(value: float, number_format: str, text: str) -> None:
    assert text_of_value(value, number_format).text == text


def test_a_date_in_a_format_without_a_date_shows_what_it_is() -> None:
    assert text_of_value(datetime(2026, 12, 13, 21), "General").text == "2026-12-13 21:00"
    assert text_of_value(datetime(2026, 12, 13), "General").text == "2026-12-13"
