"""Every problem code with its explanation and severity: one table for `validate`, `explain`, the guides and the tests.

Codes are stable, because scripts and people search for them. An explanation may be reworded at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem of the definitions, or a finding about a plan or a run, matters; most first.

    Only errors keep a set from being fired. SARIF has the same levels.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """The kind of a problem, as reports print it."""

    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    TOO_MANY_PROBLEMS = "too-many-problems"
    TOO_MANY_WARNINGS = "too-many-warnings"
    YAML_ENCODING = "yaml-encoding"
    YAML_CONTROL_CHARACTER = "yaml-control-character"
    INVISIBLE_CHARACTER = "invisible-character"
    YAML_SYNTAX = "yaml-syntax"
    YAML_EMPTY = "yaml-empty"
    YAML_DOCUMENTS = "yaml-documents"
    YAML_DUPLICATE_KEY = "yaml-duplicate-key"
    YAML_KEY = "yaml-key"
    YAML_TAG = "yaml-tag"
    YAML_ALIAS = "yaml-alias"
    YAML_DEPTH = "yaml-depth"
    TOP_LEVEL = "top-level"
    WRONG_TYPE = "wrong-type"
    MISSING_FIELD = "missing-field"
    UNKNOWN_FIELD = "unknown-field"
    ONE_OF_FIELDS = "one-of-fields"
    NOT_ALLOWED = "not-allowed"
    BAD_FORMAT = "bad-format"
    BLANK = "blank"
    TOO_LONG = "too-long"
    TOO_MANY_BYTES = "too-many-bytes"
    COMMENT_IN_TEXT = "comment-in-text"
    PROPERTY_NOT_STRING = "property-not-string"
    UNFILLED_PLACEHOLDER = "unfilled-placeholder"
    POSSIBLE_PLACEHOLDER = "possible-placeholder"
    TYPOGRAPHIC_QUOTES = "typographic-quotes"
    TWO_ENCODINGS = "two-encodings"
    BAD_TIME = "bad-time"
    BAD_DURATION = "bad-duration"
    WHEN_MILLISECONDS = "when-milliseconds"
    BAD_CRON = "bad-cron"
    SURPRISING_CRON = "surprising-cron"
    NEW_IN_PAST = "new-in-past"
    TABLE_UNREADABLE = "table-unreadable"
    BAD_TABLE = "bad-table"
    LFS_POINTER = "lfs-pointer"
    REPEATED_HEADER = "repeated-header"
    TOTAL_ROW = "total-row"
    CELL_DAMAGED = "cell-damaged"
    CELL_REWRITTEN = "cell-rewritten"
    CELL_WHITE_SPACE = "cell-white-space"
    BAD_ROWS = "bad-rows"
    BAD_TEMPLATE = "bad-template"
    ROW_VALUE = "row-value"
    TEMPLATE_ID = "template-id"
    ROW_NUMBER_ID = "row-number-id"
    DUPLICATE_ID = "duplicate-id"
    DUPLICATE_NAME = "duplicate-name"
    DUPLICATE_PAYLOAD = "duplicate-payload"
    DUPLICATE_ACCOUNT = "duplicate-account"
    ID_IS_PASSCODE = "id-is-passcode"
    UNKNOWN_ACCOUNT = "unknown-account"
    ACCOUNT_NEEDED = "account-needed"
    UNKNOWN_EVENT = "unknown-event"
    CATALOG_SCHEMA = "catalog-schema"
    PROPERTY_MISSING = "property-missing"
    PROPERTY_UNKNOWN = "property-unknown"
    PROPERTY_VALUE = "property-value"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The meaning of a code, the reason for the rule, and one example written wrongly and correctly.

    `severity` is that of a problem of the definitions: a warning is for a value that may be meant.
    """

    summary: str
    why: str
    wrong: str
    right: str
    severity: Severity = Severity.ERROR


EXPLANATIONS: dict[Code, Explanation] = {
    Code.FILE_UNREADABLE: Explanation(
        "a file of the set cannot be read",
        "All files together decide what is sent. If one file cannot be read, nothing is sent at all.",
        "-rw------- root  bulletins.d/hindi.yaml",
        "-rw-r--r-- root  bulletins.d/hindi.yaml",
    ),
    Code.FILE_TOO_LARGE: Explanation(
        "a file is larger than 5 MiB",
        "Nobody can review a file of this size, and it could fill the memory of the machine that checks it.",
        "bulletins.d/2026.yaml (12 MiB)",
        "bulletins.d/2026-12/hindi.yaml, bulletins.d/2026-12/tamil.yaml, ...",
    ),
    Code.TOO_MANY_PROBLEMS: Explanation(
        "there are too many problems to show; only the first ones are listed",
        "One mistake, such as missing defaults, usually causes all of them. Fix the problems shown and validate again.",
        "bulletins: [0, 0, 0, ...]  # thousands of them",
        "bulletins: [{id: sa-re-ga-ma-12, ...}]",
    ),
    Code.TOO_MANY_WARNINGS: Explanation(
        "there are too many warnings to show; only the first ones are listed",
        "One cause, such as a column with spaces, usually leads to all of them. Fix those shown and validate again.",
        "1,001 warnings",
        "0 warnings",
        Severity.WARNING,
    ),
    Code.YAML_ENCODING: Explanation(
        "a file is not encoded in UTF-8",
        "CleverTap expects UTF-8. In another encoding, people would see different letters than the author.",
        "name: Caf\\xe9 (Latin-1)",
        "name: Café (UTF-8)",
    ),
    Code.YAML_CONTROL_CHARACTER: Explanation(
        "a text contains an invisible control character",
        "A reviewer cannot see it, a terminal may act on it, and CleverTap would send it to people.",
        'name: "Episode\\x07 12"',
        "name: Episode 12",
    ),
    Code.INVISIBLE_CHARACTER: Explanation(
        "a text contains a character that nobody sees",
        "Two texts can look the same and differ, and CleverTap compares them. Some scripts need such characters.",
        'program_id: "900001\\u200b"',
        'program_id: "900001"',
        Severity.WARNING,
    ),
    Code.YAML_SYNTAX: Explanation(
        "a file is not valid YAML",
        "The line shown is where reading failed. The mistake itself is often one line higher.",
        "name: Sa Re Ga Ma: episode 12",
        'name: "Sa Re Ga Ma: episode 12"',
    ),
    Code.YAML_EMPTY: Explanation(
        "a file is empty",
        "An empty file is usually a failed save. Its earlier bulletins would silently disappear.",
        "# all commented out",
        "bulletins: []",
    ),
    Code.YAML_DOCUMENTS: Explanation(
        "a file contains several YAML documents",
        "Many tools read only the first document of a file, so a reviewer could miss the others.",
        "bulletins: [...]\n---\nbulletins: [...]",
        "bulletins: [...]",
    ),
    Code.YAML_DUPLICATE_KEY: Explanation(
        "a field name is written twice in one mapping",
        "Programs differ in which of the two they use, so the review and the run could see different values.",
        "properties:\n  language: Hindi\n  language: Tamil",
        "properties:\n  language: Hindi",
    ),
    Code.YAML_KEY: Explanation(
        "a field name is not a text",
        "CleverTap takes names as text. Without quotes, YAML reads 12 as a number and true as a yes/no value.",
        "properties:\n  12: Hindi",
        'properties:\n  "12": Hindi',
    ),
    Code.YAML_TAG: Explanation(
        "a value has a YAML tag such as !upper",
        "A tag changes a value into something other than the text a reviewer reads. Write plain values only.",
        "name: !upper sa re ga ma",
        "name: SA RE GA MA",
    ),
    Code.YAML_ALIAS: Explanation(
        "a YAML alias has no anchor, or the aliases of a file repeat too many values",
        "An alias repeats a value that is marked with an anchor above it. Nested aliases can fill the memory.",
        "accounts: *nowhere",
        "accounts: [india]",
    ),
    Code.YAML_DEPTH: Explanation(
        "values nest deeper than 60 levels",
        "No field needs more than six levels. Deeper nesting is a stray bracket or an attack.",
        "tags: [[[[[[...]]]]]]",
        "tags: [hindi]",
    ),
    Code.TOP_LEVEL: Explanation(
        "a file must have exactly one of these keys at its top: accounts, business_events, bulletins",
        "Each file defines one kind of thing, so that its reviewers are clear. Only defaults may join bulletins.",
        "accounts: {...}\nbulletins: [...]",
        "bulletins: [...]",
    ),
    Code.WRONG_TYPE: Explanation(
        "a value has the wrong type for its field",
        "Each field takes a text, a number, a list or another type. A value is never converted silently.",
        "tags: hindi",
        "tags: [hindi]",
    ),
    Code.MISSING_FIELD: Explanation(
        "a required field is missing",
        "The bulletin cannot be sent without it. It is better to notice this in the pull request than at release time.",
        "- id: sa-re-ga-ma-12\n  business_event: Program Released",
        "- id: sa-re-ga-ma-12\n  business_event: Program Released\n  name: Sa Re Ga Ma episode 12\n  ...",
    ),
    Code.UNKNOWN_FIELD: Explanation(
        "a field has an unknown name",
        "If misspelt fields were ignored, a bulletin with a misspelt schedule would be sent at once.",
        "shedule: {at: 2026-12-01T18:30:00+05:30}",
        "schedule: {at: 2026-12-01T18:30:00+05:30}",
    ),
    Code.ONE_OF_FIELDS: Explanation(
        "exactly one of several fields must be written",
        "These fields are alternatives. Two of them could contradict each other; without any, the value is missing.",
        "region: in1\nbase_url: https://in1.api.clevertap.com",
        "region: in1",
    ),
    Code.NOT_ALLOWED: Explanation(
        "a value is not allowed in its field",
        "The field takes only the listed values, or only numbers between a smallest and a largest one.",
        "region: in2",
        "region: in1",
    ),
    Code.BAD_FORMAT: Explanation(
        "a text has characters or a format that its field does not allow",
        "Ids, tags, variable names and addresses must be safe in file names, web addresses and reports.",
        "id: Sa Re Ga Ma #12",
        "id: sa-re-ga-ma-12",
    ),
    Code.BLANK: Explanation(
        "a text is empty or contains only spaces",
        "Nobody could find a bulletin with a blank name in the activity log of the dashboard.",
        'name: " "',
        "name: Sa Re Ga Ma episode 12",
    ),
    Code.TOO_LONG: Explanation(
        "a text has too many characters",
        "CleverTap takes names of business events and properties up to 120 characters. Ids have the same limit.",
        "business_event: Program Released On The Channel Of ... (140 characters)",
        "business_event: Program Released",
    ),
    Code.TOO_MANY_BYTES: Explanation(
        "the value of a property is too long for CleverTap",
        "The limit is 512 bytes. A Latin letter counts 1 byte, a Devanagari or Tamil letter 3, an emoji 4.",
        'properties: {synopsis: "आ..."}  # 171 letters, 513 bytes',
        'properties: {synopsis: "आ..."}  # 170 letters, 510 bytes',
    ),
    Code.COMMENT_IN_TEXT: Explanation(
        "a text ends before a #, because it begins a comment",
        "In YAML, a # after a space begins a comment. What follows it is not sent.",
        "name: Episode #12",
        'name: "Episode #12"',
        Severity.WARNING,
    ),
    Code.PROPERTY_NOT_STRING: Explanation(
        "the value of a property is not a text",
        "CleverTap takes only text here. Put numbers, true and false in quotes, and do not leave the value empty.",
        "properties: {program_id: 234567}",
        'properties: {program_id: "234567"}',
    ),
    Code.UNFILLED_PLACEHOLDER: Explanation(
        "a text contains a placeholder that nothing fills in",
        "People would read the placeholder. Only {{ row.… }} is filled in, with for_each, and {{ occurrence.… }}, with"
        " cron. If the braces are meant, for example for CleverTap's own templates, add literal_braces: true.",
        'name: "{{ show }} at seven"',
        "name: Sa Re Ga Ma at seven",
    ),
    Code.POSSIBLE_PLACEHOLDER: Explanation(
        "a text contains something that looks like a placeholder",
        "Nothing fills it in, so people read it as it is written. If it is meant, add literal_braces: true.",
        'name: "{show} at seven"',
        "name: Sa Re Ga Ma at seven",
        Severity.WARNING,
    ),
    Code.TYPOGRAPHIC_QUOTES: Explanation(
        "a value is in typographic quotes, which are part of it",
        "Word processors and phones replace straight quotes. YAML does not remove typographic ones, so they are sent.",
        "name: “Sa Re Ga Ma”",
        'name: "Sa Re Ga Ma"',
        Severity.WARNING,
    ),
    Code.TWO_ENCODINGS: Explanation(
        "two names have the same letters in two encodings",
        "An é can be one character, or an e and an accent. Nobody sees the difference, but CleverTap treats them as two"
        " names. Copy the name from one place to the other.",
        'properties: {"Café": a, "Cafe\\u0301": b}',
        'properties: {"Café": a}',
        Severity.WARNING,
    ),
    Code.BAD_TIME: Explanation(
        "a time or time zone cannot be used",
        "A release time must be unambiguous: add the offset from UTC, such as +05:30, or write the timezone field.",
        "schedule: {at: 2026-12-01 18:30}",
        "schedule: {at: 2026-12-01T18:30:00+05:30}",
    ),
    Code.BAD_DURATION: Explanation(
        "a duration cannot be used",
        "Write days, hours, minutes and seconds without spaces, the largest first: 1d12h, 2h, 90m or 30s.",
        "grace: 2 hours",
        "grace: 2h",
    ),
    Code.WHEN_MILLISECONDS: Explanation(
        "the field when is in milliseconds",
        "CleverTap takes UNIX seconds. Read as seconds, this number is a date tens of thousands of years ahead.",
        "when: 1796130000000",
        "when: 1796130000",
    ),
    Code.BAD_CRON: Explanation(
        "a recurring schedule cannot be used",
        "A cron expression has five fields: minute, hour, day of month, month, day of week. It must match some date.",
        'schedule: {cron: "30 18 * FRI", timezone: Asia/Kolkata}',
        'schedule: {cron: "30 18 * * FRI", timezone: Asia/Kolkata}',
    ),
    Code.SURPRISING_CRON: Explanation(
        "a recurring schedule is due at times that people may not expect",
        "A cron starts again in each hour, day and month: */40 is due at minute 0, at minute 40, and again 20 minutes"
        " later. If both days are given, either of them counts. `bulletins plan` shows the next times.",
        'schedule: {cron: "* 18 * * FRI", timezone: Asia/Kolkata}  # 60 times',
        'schedule: {cron: "0 18 * * FRI", timezone: Asia/Kolkata}',
        Severity.WARNING,
    ),
    Code.NEW_IN_PAST: Explanation(
        "a bulletin is added with a time that has passed",
        "While its grace period lasts, it is sent as soon as it is merged. After that, it is never sent. Usually the"
        " year or the month is an old one.",
        "schedule: {at: 2025-12-01T18:30:00+05:30}",
        "schedule: {at: 2026-12-01T18:30:00+05:30}",
        Severity.WARNING,
    ),
    Code.TABLE_UNREADABLE: Explanation(
        "the CSV file of a for_each is missing, or is outside the folder of the definitions",
        "Reviewers see only this folder. A table elsewhere, even one behind a link, could change after the review.",
        "for_each: {csv: ../../shows.csv}",
        "for_each: {csv: shows.csv}",
    ),
    Code.BAD_TABLE: Explanation(
        "a CSV file cannot be used",
        "A table is UTF-8 text: column names in the first row, commas between cells, equally many cells in each row.",
        "show,language\nSa Re Ga Ma,Hindi,morning",
        "show,language,slot\nSa Re Ga Ma,Hindi,morning",
    ),
    Code.LFS_POINTER: Explanation(
        "a file is a pointer of Git LFS, not its content",
        "With Git LFS, git keeps a few lines in place of the file. Its content has to be fetched: git lfs pull.",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a...\nsize 12345",
        "show,language\nSa Re Ga Ma,Hindi",
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
        "the rows or the matrix of a for_each cannot be used",
        "One bulletin is made from each row. At least one row is needed, and every row needs the same columns.",
        "for_each: {matrix: {language: []}}",
        "for_each: {matrix: {language: [Hindi, Tamil]}}",
    ),
    Code.BAD_TEMPLATE: Explanation(
        "a template cannot be used",
        "Templates only fill in cells of their row. They cannot read files, call functions or loop.",
        'name: "{{ row.show.upper() }}"',
        'name: "{{ row.show | upper }}"',
    ),
    Code.ROW_VALUE: Explanation(
        "a template cannot be filled in with the values of one row",
        "The row has a value that the template cannot use, such as a word in place of a number.",
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
    Code.DUPLICATE_ID: Explanation(
        "two bulletins of the set have the same id",
        "The ledger knows each bulletin by its id. With the same id, only one of the two would ever be sent.",
        "- id: sa-re-ga-ma-12\n- id: sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12\n- id: sa-re-ga-ma-13",
    ),
    Code.DUPLICATE_NAME: Explanation(
        "two files define the same account or business event",
        "Only the order of the files would decide which of the two definitions is used.",
        "accounts.yaml: {india: ...}, more.yaml: {india: ...}",
        "accounts.yaml: {india: ...}, more.yaml: {india-test: ...}",
    ),
    Code.DUPLICATE_PAYLOAD: Explanation(
        "two bulletins would send the same payload to the same account at the same time",
        "Usually somebody copied an entry and changed only its id. People would get the same message twice.",
        "- {id: a, name: Episode 12, ...}\n- {id: b, name: Episode 12, ...}",
        "- {id: a, name: Episode 12, ...}\n- {id: b, name: Episode 13, ...}  # or allow_duplicate: true",
    ),
    Code.DUPLICATE_ACCOUNT: Explanation(
        "two accounts of the set are the same CleverTap account",
        "The ledger knows accounts by their names. With two names, the same people would get a bulletin twice. Accounts"
        " count as the same if both are at CleverTap, or at the same other host and port, and account_id_env is equal.",
        "india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}\n"
        "bharat: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}",
        "india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}",
    ),
    Code.ID_IS_PASSCODE: Explanation(
        "account_id_env names the variable that contains a passcode",
        "Account ids are not secret: servers write them to logs. A passcode used as an account id would be exposed.",
        "account_id_env: CLEVERTAP_INDIA_PASSCODE\npasscode_env: CLEVERTAP_INDIA_PASSCODE",
        "account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID\npasscode_env: CLEVERTAP_INDIA_PASSCODE",
    ),
    Code.UNKNOWN_ACCOUNT: Explanation(
        "a bulletin names an account that is not defined",
        "The bulletin would never be sent, and nobody would notice at release time.",
        "accounts: [inda]",
        "accounts: [india]",
    ),
    Code.ACCOUNT_NEEDED: Explanation(
        "a bulletin does not name its account",
        "The field accounts may be left out only if exactly one account is defined. The program never guesses.",
        "- id: sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12\n  accounts: [india]",
    ),
    Code.UNKNOWN_EVENT: Explanation(
        "a bulletin names a business event that is not in the catalog",
        "CleverTap would refuse the bulletin at release time with `Business Event Not Found`.",
        "business_event: Program Relased",
        "business_event: Program Released",
    ),
    Code.CATALOG_SCHEMA: Explanation(
        "the JSON Schema of a property in the catalog cannot be used",
        "Write JSON Schema 2020-12 without references to other documents, and without look-around or \\1 in patterns.",
        "program_id: {pattern: '^[0-9+$'}",
        "program_id: {pattern: '^[0-9]+$'}",
    ),
    Code.PROPERTY_MISSING: Explanation(
        "a property that the business event requires is missing",
        "CleverTap would refuse the bulletin at release time with `Property<name>missing`.",
        'properties: {program_id: "234567"}',
        'properties: {program_id: "234567", language: Hindi}',
    ),
    Code.PROPERTY_UNKNOWN: Explanation(
        "a property is not in the catalog of its business event",
        "CleverTap chooses the people by these properties. A misspelt property chooses nobody.",
        "properties: {langauge: Hindi}",
        "properties: {language: Hindi}",
    ),
    Code.PROPERTY_VALUE: Explanation(
        "the catalog does not allow this value for the property",
        "The catalog lists the values that people are chosen by. A bulletin with another value would reach nobody.",
        "properties: {language: hindi}",
        "properties: {language: Hindi}",
    ),
}
