"""Problems of an entry with `for_each`: its table, its cells and its templates."""

from __future__ import annotations

from collections.abc import Mapping

from runner.definitions.problem_codes.codes import Code, Explanation, Severity

TABLES: Mapping[Code, Explanation] = {
    Code.TABLE_UNREADABLE: Explanation(
        "the CSV file of a for_each is missing, or is outside the folder of the definitions",
        "Reviewers see only this folder. A table elsewhere, even one behind a link, could change after the review.",
        "for_each: {csv: ../../shows.csv}",
        "for_each: {csv: shows.csv}",
    ),
    Code.BAD_TABLE: Explanation(
        "a CSV file can't be used",
        "A table is UTF-8 text: column names in the first row, commas between cells, equally many cells in each row.",
        "show,language\nSa Re Ga Ma,Hindi,morning",
        "show,language,slot\nSa Re Ga Ma,Hindi,morning",
    ),
    Code.REPEATED_HEADER: Explanation(
        "a row of a table repeats the names of its columns",
        "Tables that were joined have the header of the second one in the middle. A bulletin would be made from it.",
        "show,language\nSa Re Ga Ma,Hindi\nshow,language\nIndian Idol,Tamil",
        "show,language\nSa Re Ga Ma,Hindi\nIndian Idol,Tamil",
    ),
    Code.TOTAL_ROW: Explanation(
        "a row of a table seems to be a total",
        "Spreadsheets often end with a sum. Each row makes a bulletin, so that people would get one about the total.",
        "show,episodes\nSa Re Ga Ma,12\nTotal,12",
        "show,episodes\nSa Re Ga Ma,12",
        Severity.WARNING,
    ),
    Code.CELL_DAMAGED: Explanation(
        "a cell contains what a spreadsheet program made of the value, and not the value",
        "Nobody means such a text: an error such as #REF!, a formula, or a number whose digits were lost.",
        "show,program_id\nSa Re Ga Ma,9.00001E+11",
        "show,program_id\nSa Re Ga Ma,900001000123",
    ),
    Code.CELL_REWRITTEN: Explanation(
        "a cell may contain something other than what was entered",
        "Spreadsheet programs turn 12-1 into 12-Jan, and a day into a number such as 46357. It may also be meant.",
        "show,episode\nSa Re Ga Ma,12-Jan",
        "show,episode\nSa Re Ga Ma,12-1",
        Severity.WARNING,
    ),
    Code.CELL_WHITE_SPACE: Explanation(
        "a cell begins or ends with a space or a line break",
        "Nobody sees it in a review, and it is sent as it is. CleverTap finds no property with an extra space.",
        'show,program_id\nSa Re Ga Ma,"900002 "',
        "show,program_id\nSa Re Ga Ma,900002",
        Severity.WARNING,
    ),
    Code.BAD_ROWS: Explanation(
        "the rows or the matrix of a for_each can't be used",
        "One bulletin is made from each row. At least one row is needed, and every row needs the same columns.",
        "for_each: {matrix: {language: []}}",
        "for_each: {matrix: {language: [Hindi, Tamil]}}",
    ),
    Code.BAD_TEMPLATE: Explanation(
        "a template can't be used",
        "Templates only fill in cells of their row. They can't read files, call functions or loop.",
        'name: "{{ row.show.upper() }}"',
        'name: "{{ row.show | upper }}"',
    ),
    Code.ROW_VALUE: Explanation(
        "a template can't be filled in with the values of one row",
        "The row has a value that the template can't use, such as a word in place of a number.",
        "show,episode\nSa Re Ga Ma,twelve  # for {{ row.episode | int }}",
        "show,episode\nSa Re Ga Ma,12",
    ),
    Code.TEMPLATE_ID: Explanation(
        "the id of a for_each is the same for every row",
        "The ledger knows each bulletin by its id. So the id must contain a cell that differs from row to row.",
        "id: sa-re-ga-ma",
        'id: "sa-re-ga-ma-{{ row.episode }}"',
    ),
    Code.ROW_NUMBER_ID: Explanation(
        "the ids of a for_each are made from a column that only counts the rows",
        "An inserted row shifts the numbers below it: each of these bulletins gets the id of another. An id that was"
        " sent is not sent again. Use a column that belongs to the row, such as a number of the episode.",
        'id: "show-{{ row.no }}"  # no is 1, 2, 3, …',
        'id: "{{ row.show | slug }}-{{ row.episode }}"',
        Severity.WARNING,
    ),
}
