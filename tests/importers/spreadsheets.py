"""Ten spreadsheets as teams have them, each with what has to come out of it: every id, text and time, or the problems.

A sheet is saved as CSV in the form of its program, and where it has one also as a workbook: both have to mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from openpyxl import Workbook

from importers.workbooks import Formula, Rows, Shown, csv_text, workbook

EVENT = ("--event", "Program Released", "--c-by", "releases@example.com")
HINDI = "सा रे गा मा पा"
TAMIL = "சரிகமப லிட்டில் சாம்ப்ஸ்"

Expected = tuple[str, str, dict[str, str], str | None]  # id, name, properties, time of sending in UTC


@dataclass(frozen=True, slots=True)
class TeamSheet:
    """A spreadsheet, the options of its import, and what has to come out, or the problems: line, column, code."""

    name: str
    rows: Rows
    options: Sequence[str]
    expected: Sequence[Expected] = ()
    problems: Sequence[tuple[int, int, str]] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    end: str = "\r\n"
    has_workbook: bool = True
    merged: Sequence[str] = ()
    is_1904: bool = False
    notes: Sequence[str] = field(default=())  # parts of what is printed at the end

    def csv(self) -> bytes:
        """The bytes of the CSV file."""
        return csv_text(self.rows, self.delimiter, self.end).encode(self.encoding)

    def xlsx(self) -> bytes:
        """The bytes of the workbook."""
        return workbook({"Calendar": self.rows}, is_1904=self.is_1904, change=self._merge)

    def _merge(self, book: Workbook) -> None:
        for cells in self.merged:
            book.worksheets[0].merge_cells(cells)


def day(number: int, text: str, number_format: str = "dd/mm/yyyy", month: int = 12) -> Shown:
    return Shown(date(2036, month, number), number_format, text)


def clock(hour: int, minute: int, text: str, number_format: str = "h:mm AM/PM") -> Shown:
    return Shown(time(hour, minute), number_format, text)


def padded(number: int, width: int) -> Shown:
    return Shown(number, "0" * width, f"{number:0{width}}")


SHEETS = [
    TeamSheet(
        "dates and times in two columns, the day first",
        [
            ["Title", "Show", "Date", "Time", "Episode"],
            ["Sa Re Ga Ma 1", HINDI, day(2, "02/12/2036"), clock(21, 0, "9:00 PM"), padded(1, 5)],
            ["Sa Re Ga Ma 2", HINDI, day(13, "13/12/2036"), "20.30", padded(2, 5)],
            ["Sa Re Ga Ma 3", HINDI, day(4, "04/12/2036"), "9pm", padded(12, 5)],
        ],
        (*EVENT, "--column", "name=Title", "--key", "Episode"),
        [
            ("program-released-00001", "Sa Re Ga Ma 1", {"Show": HINDI, "Episode": "00001"}, "2036-12-02T15:30:00Z"),
            ("program-released-00002", "Sa Re Ga Ma 2", {"Show": HINDI, "Episode": "00002"}, "2036-12-13T15:00:00Z"),
            ("program-released-00012", "Sa Re Ga Ma 3", {"Show": HINDI, "Episode": "00012"}, "2036-12-04T15:30:00Z"),
        ],
        encoding="utf-8-sig",
    ),
    TeamSheet(
        "the month first, in one column with the time",
        [
            ["Headline", "Air date", "Language", "Notes"],
            [
                "Indian Idol 7",
                Shown(datetime(2036, 12, 2, 20, 30), "m/d/yyyy h:mm", "12/2/2036 20:30"),
                "Hindi",
                "ask Ravi",
            ],
            ["Indian Idol 8", Shown(datetime(2036, 12, 9, 20, 30), "m/d/yyyy h:mm", "12/9/2036 20:30"), "Hindi", ""],
        ],
        (
            *EVENT,
            "--column",
            "name=Headline",
            "--column",
            "at=Air date",
            "--column",
            "properties.language=Language",
            "--ignore-column",
            "Notes",
            "--month-first",
        ),
        [
            ("indian-idol-7", "Indian Idol 7", {"language": "Hindi"}, "2036-12-02T15:00:00Z"),
            ("indian-idol-8", "Indian Idol 8", {"language": "Hindi"}, "2036-12-09T15:00:00Z"),
        ],
        notes=("left out: 'Notes'",),
    ),
    TeamSheet(
        "a merged title, blank rows and a column of another time zone",
        [
            ["Release calendar, December 2036", None, None, None],
            [None, None, None, None],
            ["Name", "Business Event", "At", "Time zone"],
            [
                "Album A",
                "Album Out",
                Shown(datetime(2036, 12, 2, 9, 0), "yyyy-mm-dd hh:mm", "2036-12-02 09:00"),
                "Asia/Tokyo",
            ],
            [None, None, None, None],
            ["Album B", "Album Out", Shown(datetime(2036, 12, 3, 9, 0), "yyyy-mm-dd hh:mm", "2036-12-03 09:00"), ""],
            [" ", None, None, None],
        ],
        ("--c-by", "releases@example.com", "--timezone", "Europe/Berlin"),
        [
            ("album-a", "Album A", {}, "2036-12-02T00:00:00Z"),
            ("album-b", "Album B", {}, "2036-12-03T08:00:00Z"),
        ],
        merged=("A1:D1",),
        notes=("'Release calendar, December 2036'",),
    ),
    TeamSheet(
        "names in Hindi and Tamil, with a key",
        [
            ["name", "code", "language", "at"],
            [f"{HINDI} १", "SRGM-01", "हिन्दी", "2036-12-02 18:30"],
            [TAMIL, "SLC 2", "தமிழ்", "2 Dec 2036 6:30 pm"],
            [TAMIL, "SLC 3", "தமிழ்", "Dec 3, 2036 18.30"],
        ],
        (*EVENT, "--key", "code"),
        [
            ("srgm-01", f"{HINDI} १", {"code": "SRGM-01", "language": "हिन्दी"}, "2036-12-02T13:00:00Z"),
            ("slc-2", TAMIL, {"code": "SLC 2", "language": "தமிழ்"}, "2036-12-02T13:00:00Z"),
            ("slc-3", TAMIL, {"code": "SLC 3", "language": "தமிழ்"}, "2036-12-03T13:00:00Z"),
        ],
    ),
    TeamSheet(
        "one header twice, and a text that is not UTF-8",
        [["name", "Show", "language", "Show"], ["Café 1", "a", "Hindi", "b"]],
        EVENT,
        problems=[(1, 20, "bad-format")],
        has_workbook=False,
    ),
    TeamSheet(
        "semicolons, dots in dates, CRLF and a byte order mark",
        [
            ["name", "date", "time", "synopsis"],
            ["Folge 1", day(13, "13.12.2036", "dd.mm.yyyy"), clock(20, 15, "20:15", "hh:mm"), "Wer; wenn nicht er?"],
            ["Folge 2", day(2, "02.12.2036", "dd.mm.yyyy"), clock(20, 15, "20:15", "hh:mm"), 'Sie sagt "ja"'],
        ],
        (*EVENT, "--timezone", "Europe/Berlin"),
        [
            ("folge-1", "Folge 1", {"synopsis": "Wer; wenn nicht er?"}, "2036-12-13T19:15:00Z"),
            ("folge-2", "Folge 2", {"synopsis": 'Sie sagt "ja"'}, "2036-12-02T19:15:00Z"),
        ],
        delimiter=";",
        encoding="utf-8-sig",
    ),
    TeamSheet(
        "results of formulas, and the calendar of 1904",
        [
            ["Show", "No", "Title", "Send date", "Send time"],
            ["Sa Re", padded(7, 3), Formula('=A2&" "&B2', "Sa Re 007"), day(2, "2-Dec-2036", "d-mmm-yyyy"), "20:30:00"],
            ["Sa Re", padded(8, 3), Formula('=A3&" "&B3', "Sa Re 008"), day(3, "3-Dec-2036", "d-mmm-yyyy"), "8:30 PM"],
        ],
        (*EVENT, "--column", "name=Title"),
        [
            ("sa-re-007", "Sa Re 007", {"Show": "Sa Re", "No": "007"}, "2036-12-02T15:00:00Z"),
            ("sa-re-008", "Sa Re 008", {"Show": "Sa Re", "No": "008"}, "2036-12-03T15:00:00Z"),
        ],
        is_1904=True,
    ),
    TeamSheet(
        "ten thousand rows",
        [
            ["name", "program_id", "date", "time"],
            *(
                [f"Episode {number}", padded(number, 6), day(number % 28 + 1, f"{number % 28 + 1}/12/2036"), "21:00"]
                for number in range(1, 10_001)
            ),
        ],
        (*EVENT, "--key", "program_id"),
        [
            (
                f"program-released-{number:06}",
                f"Episode {number}",
                {"program_id": f"{number:06}"},
                f"2036-12-{number % 28 + 1:02}T15:30:00Z",
            )
            for number in range(1, 10_001)
        ],
    ),
    TeamSheet(
        "tabs and UTF-16, as Excel saves Unicode text, with cells that hold several lines",
        [
            ["Name", "Tags", "When to send", "Synopsis"],
            ["Show 1", "hindi, music", "now", "one,\ntwo"],
            ["Show 2", "tamil", "2036-12-02T18:30:00+05:30", "\u201cthree\u201d"],
        ],
        (*EVENT, "--column", "at=When to send"),
        [
            ("show-1", "Show 1", {"Synopsis": "one,\ntwo"}, None),
            ("show-2", "Show 2", {"Synopsis": "\u201cthree\u201d"}, "2036-12-02T13:00:00Z"),
        ],
        delimiter="\t",
        encoding="utf-16",
        notes=("1 bulletin without a time",),
    ),
    TeamSheet(
        "dates that could be either, and others in the middle of the table",
        [
            ["name", "date", "time", "Remarks"],
            ["a", "02/12/2036", "9pm", ""],
            ["b", "03/12/2036", "25:00", ""],
            ["c", "04/12/2036", "26:00", ""],
            ["d", "05/12/2036", "27:00", ""],
            ["e", "06/12/2036", "28:00", ""],
        ],
        EVENT,
        problems=[(1, 6, "bad-time")],
    ),
]
