"""Twenty-five mistakes of people who do not program, and what `validate` answers to each.

`python tests/planted_mistakes.py` prints the files with their messages, to be corrected from the messages alone.
`tests/golden/mistakes.txt` pins them. Each file is put into a set with one account and a catalog.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from runner.definitions.load import load_sources  # noqa: E402 - found once the path is set
from runner.definitions.sources import Source  # noqa: E402
from runner.report.text.problems import problem_line, snippet  # noqa: E402

ACCOUNTS = """\
accounts:
  india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, passcode_env: CLEVERTAP_INDIA_PASSCODE}
"""
EVENTS = """\
business_events:
  Program Released:
    required: [program_id]
    properties:
      program_id: {pattern: "^[0-9]{6}$"}
      language: {enum: [Hindi, Tamil]}
      slot: {pattern: "^(?:AM|PM)-[1-9]$", description: "half of the day and number of the slot", examples: [PM-3]}
      title: {}
"""
_GOOD = """\
bulletins:
  - id: sa-re-ga-ma-12
    business_event: Program Released
    name: Sa Re Ga Ma 12
    properties: {program_id: "234567", language: Hindi}
    c-by: releases@example.com
    schedule: {at: 2036-12-04T18:30:00+05:30, grace: 2h}
"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a file: its name, the wrong lines, and the correct ones."""

    name: str
    wrong: str
    right: str

    @property
    def text(self) -> str:
        """The whole file with the mistake."""
        assert self.right in _GOOD, self.name
        return _GOOD.replace(self.right, self.wrong)


_NAME = "    name: Sa Re Ga Ma 12\n"
_PROPERTIES = '    properties: {program_id: "234567", language: Hindi}\n'
_TIME = "{at: 2036-12-04T18:30:00+05:30, grace: 2h}"
MISTAKES = (
    Mistake("a quote is not closed", '    name: "Sa Re Ga Ma 12\n', _NAME),
    Mistake("a colon in a text", "    name: Sa Re Ga Ma: 12\n", _NAME),
    Mistake("a comma in a text in braces", "title: Love, Actually, language: Hindi}", "language: Hindi}"),
    Mistake("a # in a text in braces", "title: Episode #12}", "language: Hindi}"),
    Mistake("a # in a text", "    name: Sa Re Ga Ma #12\n", _NAME),
    Mistake("an apostrophe in single quotes", "    name: 'Tonight's show'\n", _NAME),
    Mistake("quotes of a word processor", "    name: “Sa Re Ga Ma 12”\n", _NAME),
    Mistake("braces are not closed", '    properties: {program_id: "234567", language: Hindi\n', _PROPERTIES),
    Mistake("a line is indented too far", f"  {_NAME}", _NAME),
    Mistake("a tab", "\tname: Sa Re Ga Ma 12\n", _NAME),
    Mistake("a no-break space from a web page", "\u00a0\u00a0  name: Sa Re Ga Ma 12\n", _NAME),
    Mistake("no space after the colon", "    name:Sa Re Ga Ma 12\n", _NAME),
    Mistake("a text begins with @", "    name: @home tonight\n", _NAME),
    Mistake("no line above the list", "  - id: sa-re-ga-ma-12\n", "bulletins:\n  - id: sa-re-ga-ma-12\n"),
    Mistake("an id with capital letters", "  - id: Sa-Re-Ga-Ma 12\n", "  - id: sa-re-ga-ma-12\n"),
    Mistake("a number without quotes", "{program_id: 234567, ", '{program_id: "234567", '),
    Mistake("a value that the catalog does not list", "language: hindi}", "language: Hindi}"),
    Mistake("a value of another form than in the catalog", "language: Hindi, slot: evening}", "language: Hindi}"),
    Mistake("too few digits", '{program_id: "23456", ', '{program_id: "234567", '),
    Mistake("a field with another name", "    cby: releases@example.com\n", "    c-by: releases@example.com\n"),
    Mistake("a time with a space, without a zone", "{at: 2036-12-04 18:30, grace: 2h}", _TIME),
    Mistake("a date in another order", "{at: 04/12/2036 18:30, grace: 2h}", _TIME),
    Mistake("a time zone by its abbreviation", "{at: 2036-12-04T18:30:00, timezone: IST, grace: 2h}", _TIME),
    Mistake("a length of time in words", "{at: 2036-12-04T18:30:00+05:30, grace: 2 hours}", _TIME),
    Mistake("a cron with four fields", '{cron: "30 18 * FRI", timezone: Asia/Kolkata, grace: 2h}', _TIME),
)


def answers(mistake: Mistake) -> list[str]:
    """Return what `validate` shows about the mistake, and nothing about the others of the set."""
    sources = {"accounts.yaml": ACCOUNTS, "events.yaml": EVENTS, "shows.yaml": mistake.text}
    definitions = load_sources([Source(name, text.encode) for name, text in sources.items()])
    lines = []
    for problem in definitions.found:
        lines += [problem_line(problem), *snippet(problem)]
    return lines


def texts() -> Iterator[str]:
    """Yield the mistakes with their messages, one after the other."""
    for number, mistake in enumerate(MISTAKES, start=1):
        yield f"{number}. {mistake.name}"
        yield from (f"    {line}" for line in answers(mistake))


if __name__ == "__main__":
    for number, mistake in enumerate(MISTAKES, start=1):
        print(f"== {number}\n\n{mistake.text}\n" + "\n".join(answers(mistake)) + "\n")
