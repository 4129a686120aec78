"""The codes of problems, once, each with its explanation. They are stable: scripts and people search for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """What kind of problem it is."""

    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    TOO_MANY_PROBLEMS = "too-many-problems"
    YAML_ENCODING = "yaml-encoding"
    YAML_CONTROL_CHARACTER = "yaml-control-character"
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
    PROPERTY_NOT_STRING = "property-not-string"
    BAD_TIME = "bad-time"
    BAD_DURATION = "bad-duration"
    WHEN_MILLISECONDS = "when-milliseconds"
    BAD_CRON = "bad-cron"
    TABLE_UNREADABLE = "table-unreadable"
    BAD_TABLE = "bad-table"
    BAD_ROWS = "bad-rows"
    BAD_TEMPLATE = "bad-template"
    ROW_VALUE = "row-value"
    TEMPLATE_ID = "template-id"
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
    """What a code means, why it is refused, and the same text wrong and right."""

    summary: str
    why: str
    wrong: str
    right: str


EXPLANATIONS: dict[Code, Explanation] = {
    Code.FILE_UNREADABLE: Explanation(
        "a file of the set cannot be read",
        "The set is all its files together. With one unread, nobody knows what it would send, so nothing is sent.",
        "-rw------- root  bulletins.d/hindi.yaml",
        "-rw-r--r-- root  bulletins.d/hindi.yaml",
    ),
    Code.FILE_TOO_LARGE: Explanation(
        "a file is larger than 5 MiB",
        "No reviewer reads such a file, and it could fill the memory of the machine that checks it.",
        "bulletins.d/2026.yaml (12 MiB)",
        "bulletins.d/2026-12/hindi.yaml, bulletins.d/2026-12/tamil.yaml, ...",
    ),
    Code.TOO_MANY_PROBLEMS: Explanation(
        "there are more problems than anybody reads, and the rest is not shown",
        "Mostly one slip stands behind them all, such as lost defaults. Mend what is shown, then run validate again.",
        "bulletins: [0, 0, 0, ...]  # thousands of them",
        "bulletins: [{id: sa-re-ga-ma-12, ...}]",
    ),
    Code.YAML_ENCODING: Explanation(
        "a file is not UTF-8",
        "The API counts bytes of UTF-8. A file in another encoding would send other letters than the author saw.",
        "name: Caf\\xe9 (Latin-1)",
        "name: Café (UTF-8)",
    ),
    Code.YAML_CONTROL_CHARACTER: Explanation(
        "a control character stands in the text",
        "A reviewer cannot see it, terminals obey it, and the API would send it to people.",
        'name: "Episode\\x07 12"',
        "name: Episode 12",
    ),
    Code.YAML_SYNTAX: Explanation(
        "a file is not YAML",
        "The parser could not go on. The place is where it noticed; the cause is often on the line above.",
        "name: Sa Re Ga Ma: episode 12",
        'name: "Sa Re Ga Ma: episode 12"',
    ),
    Code.YAML_EMPTY: Explanation(
        "a file holds nothing",
        "An empty file is mostly a save that went wrong, and would silently drop what it held.",
        "# all commented out",
        "bulletins: []",
    ),
    Code.YAML_DOCUMENTS: Explanation(
        "a file holds several documents",
        "Many tools read only the first document of a file; what follows would be missed unseen.",
        "bulletins: [...]\n---\nbulletins: [...]",
        "bulletins: [...]",
    ),
    Code.YAML_DUPLICATE_KEY: Explanation(
        "a key stands twice in one mapping",
        "Parsers differ in which of the two they take, so the review and the run could see different values.",
        "properties:\n  language: Hindi\n  language: Tamil",
        "properties:\n  language: Hindi",
    ),
    Code.YAML_KEY: Explanation(
        "a key is not a string",
        "Keys go to the API as text. An unquoted 12 or true is a number or a boolean for YAML.",
        "properties:\n  12: Hindi",
        'properties:\n  "12": Hindi',
    ),
    Code.YAML_TAG: Explanation(
        "a value carries a tag",
        "Tags make other things of a text than what stands there. Definitions are plain strings, numbers, booleans.",
        "name: !upper sa re ga ma",
        "name: SA RE GA MA",
    ),
    Code.YAML_ALIAS: Explanation(
        "an alias cannot be followed, or the aliases of a file grow beyond bounds",
        "An alias must name an anchor that is complete above it; a few lines of nested ones can fill the memory.",
        "accounts: *nowhere",
        "accounts: [india]",
    ),
    Code.YAML_DEPTH: Explanation(
        "values nest deeper than 60 levels",
        "No field of the definitions needs more than six levels; deeper nesting is a stray bracket or an attack.",
        "tags: [[[[[[...]]]]]]",
        "tags: [hindi]",
    ),
    Code.TOP_LEVEL: Explanation(
        "a file must be a mapping with exactly one of: accounts, business_events, bulletins",
        "One file says one kind of thing, so that it is plain who reviews it. Only bulletins has a sibling: defaults.",
        "accounts: {...}\nbulletins: [...]",
        "bulletins: [...]",
    ),
    Code.WRONG_TYPE: Explanation(
        "a value is of another type than the field wants",
        "The field takes one type, and a value is never converted unseen.",
        "tags: hindi",
        "tags: [hindi]",
    ),
    Code.MISSING_FIELD: Explanation(
        "a required field is not there",
        "Nothing can be sent without it, and the pull request is the place to notice.",
        "- id: sa-re-ga-ma-12\n  business_event: Program Released",
        "- id: sa-re-ga-ma-12\n  business_event: Program Released\n  name: Sa Re Ga Ma episode 12\n  ...",
    ),
    Code.UNKNOWN_FIELD: Explanation(
        "a field has a name that is not known here",
        "A misspelt field would be ignored in silence: a misspelt schedule would send at once.",
        "shedule: {at: 2026-12-01T18:30:00+05:30}",
        "schedule: {at: 2026-12-01T18:30:00+05:30}",
    ),
    Code.ONE_OF_FIELDS: Explanation(
        "exactly one of several fields is wanted",
        "The fields are several ways to say the same thing. With both, they could disagree; with none, it is not said.",
        "region: in1\nbase_url: https://in1.api.clevertap.com",
        "region: in1",
    ),
    Code.NOT_ALLOWED: Explanation(
        "a value is not one of those that the field takes",
        "The field has a closed list of values, or a smallest and largest one; nothing else has a meaning there.",
        "region: in2",
        "region: in1",
    ),
    Code.BAD_FORMAT: Explanation(
        "a text does not have the form that the field wants",
        "Ids, names of variables, addresses and tags have a form that is safe in file names, URLs and reports.",
        "id: Sa Re Ga Ma #12",
        "id: sa-re-ga-ma-12",
    ),
    Code.BLANK: Explanation(
        "a text is empty or white space alone",
        "A blank text says nothing; a blank name cannot be found in the dashboard's activity log when it matters.",
        'name: " "',
        "name: Sa Re Ga Ma episode 12",
    ),
    Code.TOO_LONG: Explanation(
        "a text has more characters than the field takes",
        "The API takes business event names and property names of at most 120 characters. Ids share that limit.",
        "business_event: Program Released On The Channel Of ... (140 characters)",
        "business_event: Program Released",
    ),
    Code.TOO_MANY_BYTES: Explanation(
        "a property's value has more bytes than the API takes",
        "The limit is 512 bytes of UTF-8, not characters: a Devanagari or Tamil letter has three, an emoji four.",
        'properties: {synopsis: "आ..."}  # 171 letters, 513 bytes',
        'properties: {synopsis: "आ..."}  # 170 letters, 510 bytes',
    ),
    Code.PROPERTY_NOT_STRING: Explanation(
        "a property's value is not a string",
        "The API takes strings only. Unquoted digits, true, false and nothing are other types for YAML.",
        "properties: {program_id: 234567}",
        'properties: {program_id: "234567"}',
    ),
    Code.BAD_TIME: Explanation(
        "a time cannot be used",
        "A release time must name one instant: RFC 3339 with an offset, or a local time with the timezone beside it.",
        "schedule: {at: 2026-12-01 18:30}",
        "schedule: {at: 2026-12-01T18:30:00+05:30}",
    ),
    Code.BAD_DURATION: Explanation(
        "a duration cannot be used",
        "A duration is made of days, hours, minutes and seconds, largest first.",
        "grace: 2 hours",
        "grace: 2h",
    ),
    Code.WHEN_MILLISECONDS: Explanation(
        "when is given in milliseconds",
        "The API takes UNIX seconds. A time in milliseconds lies tens of thousands of years ahead.",
        "when: 1796130000000",
        "when: 1796130000",
    ),
    Code.BAD_CRON: Explanation(
        "a recurring schedule cannot be used",
        "Cron takes five fields: minute, hour, day of the month, month, day of the week. A time must come some day.",
        'schedule: {cron: "30 18 * FRI", timezone: Asia/Kolkata}',
        'schedule: {cron: "30 18 * * FRI", timezone: Asia/Kolkata}',
    ),
    Code.TABLE_UNREADABLE: Explanation(
        "the table of a for_each is not there, or lies outside the folder of the definitions",
        "The review sees the folder alone. A table elsewhere, behind a link too, could change after the review.",
        "for_each: {csv: ../../shows.csv}",
        "for_each: {csv: shows.csv}",
    ),
    Code.BAD_TABLE: Explanation(
        "a table is not CSV that can be used",
        "A table is UTF-8 with commas between cells; its first row names the columns, and all rows are as long.",
        "show,language\nSa Re Ga Ma,Hindi,morning",
        "show,language,slot\nSa Re Ga Ma,Hindi,morning",
    ),
    Code.BAD_ROWS: Explanation(
        "the rows or the matrix of a for_each cannot be used",
        "Each bulletin is filled in from one row: texts under the same names in every row, and at least one row.",
        "for_each: {matrix: {language: []}}",
        "for_each: {matrix: {language: [Hindi, Tamil]}}",
    ),
    Code.BAD_TEMPLATE: Explanation(
        "a template cannot be used",
        "Templates only fill in the cells of their row. They reach no file, call nothing and never loop.",
        'name: "{{ row.show.upper() }}"',
        'name: "{{ row.show | upper }}"',
    ),
    Code.ROW_VALUE: Explanation(
        "the template can't be filled in with the values of one row",
        "The template works for other rows; this one holds a value that it can't use, such as a word for a number.",
        "show,episode\nSa Re Ga Ma,twelve  # for {{ row.episode | int }}",
        "show,episode\nSa Re Ga Ma,12",
    ),
    Code.TEMPLATE_ID: Explanation(
        "the id of a for_each is the same for every row",
        "The ledger remembers each bulletin by its id, so the id must say which row it is, and readably.",
        "id: sa-re-ga-ma",
        'id: "sa-re-ga-ma-{{ row.episode }}"',
    ),
    Code.DUPLICATE_ID: Explanation(
        "two bulletins of the set have the same id",
        "The id is what the ledger remembers. Two bulletins with one id would block each other: one is never sent.",
        "- id: sa-re-ga-ma-12\n- id: sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12\n- id: sa-re-ga-ma-13",
    ),
    Code.DUPLICATE_NAME: Explanation(
        "two files define the same account or business event",
        "Which of the two counts would depend on the order of the files.",
        "accounts.yaml: {india: ...}, more.yaml: {india: ...}",
        "accounts.yaml: {india: ...}, more.yaml: {india-test: ...}",
    ),
    Code.DUPLICATE_PAYLOAD: Explanation(
        "two bulletins would send the same payload to the same account at the same time",
        "It is what copying an entry and changing only its id looks like, and people would get the message twice.",
        "- {id: a, name: Episode 12, ...}\n- {id: b, name: Episode 12, ...}",
        "- {id: a, name: Episode 12, ...}\n- {id: b, name: Episode 13, ...}  # or allow_duplicate: true",
    ),
    Code.DUPLICATE_ACCOUNT: Explanation(
        "two accounts of the set are the same CleverTap account",
        "The ledger knows accounts by their names, so under two names the same people would get a bulletin twice. All"
        " hosts of CleverTap count as one; elsewhere, host, port and account_id_env decide.",
        "india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}\n"
        "bharat: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}",
        "india: {region: in1, account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID, ...}",
    ),
    Code.ID_IS_PASSCODE: Explanation(
        "the account id is read from a variable that holds a passcode",
        "An account id is no secret: servers and proxies write it into answers and logs. A passcode must not be one.",
        "account_id_env: CLEVERTAP_INDIA_PASSCODE\npasscode_env: CLEVERTAP_INDIA_PASSCODE",
        "account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID\npasscode_env: CLEVERTAP_INDIA_PASSCODE",
    ),
    Code.UNKNOWN_ACCOUNT: Explanation(
        "a bulletin names an account that the set does not define",
        "It would never be sent, and at the time of the release nobody would be told.",
        "accounts: [inda]",
        "accounts: [india]",
    ),
    Code.ACCOUNT_NEEDED: Explanation(
        "a bulletin does not say which account it is for",
        "It may be left out only where the set defines exactly one account; otherwise it would be a guess.",
        "- id: sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12\n  accounts: [india]",
    ),
    Code.UNKNOWN_EVENT: Explanation(
        "a bulletin raises a business event that is not in the catalog",
        "The API would answer `Business Event Not Found`, at the time of the release.",
        "business_event: Program Relased",
        "business_event: Program Released",
    ),
    Code.CATALOG_SCHEMA: Explanation(
        "a property of the catalog is not a JSON Schema that can be used",
        "It is read as JSON Schema 2020-12, with patterns that match in linear time and no references to elsewhere.",
        "program_id: {pattern: '^[0-9+$'}",
        "program_id: {pattern: '^[0-9]+$'}",
    ),
    Code.PROPERTY_MISSING: Explanation(
        "a property that the business event requires is not there",
        "The API would answer `Property<name>missing`, at the time of the release.",
        'properties: {program_id: "234567"}',
        'properties: {program_id: "234567", language: Hindi}',
    ),
    Code.PROPERTY_UNKNOWN: Explanation(
        "a property is not one that the catalog lists for the business event",
        "Segments are matched on the event's properties; a misspelt one matches nobody.",
        "properties: {langauge: Hindi}",
        "properties: {language: Hindi}",
    ),
    Code.PROPERTY_VALUE: Explanation(
        "a property's value is not what the catalog allows",
        "The catalog's JSON Schema for the property says which values reach people; this one would reach nobody.",
        "properties: {language: hindi}",
        "properties: {language: Hindi}",
    ),
}
