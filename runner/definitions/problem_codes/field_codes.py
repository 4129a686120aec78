"""Problems of fields and their values: texts, placeholders and times."""

from __future__ import annotations

from collections.abc import Mapping

from runner.definitions.problem_codes.codes import Code, Explanation, Severity

FIELDS: Mapping[Code, Explanation] = {
    Code.TOP_LEVEL: Explanation(
        "a file must have exactly one of these keys at its top: accounts, business_events, bulletins",
        "Each file defines one kind of thing, so that its reviewers are clear. Only defaults may join bulletins.",
        "accounts: {...}\nbulletins: [...]",
        "bulletins: [...]",
    ),
    Code.MISSING_FIELD: Explanation(
        "a required field is missing",
        "The bulletin can't be sent without it. It is better to notice this in the pull request than at release time.",
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
    Code.WRONG_TYPE: Explanation(
        "a value has the wrong type for its field",
        "Each field takes a text, a number, a list or another type. A value is never converted silently.",
        "tags: hindi",
        "tags: [hindi]",
    ),
    Code.NOT_ALLOWED: Explanation(
        "a value is not allowed in its field",
        "The field takes only the listed values, or only numbers between a smallest and a largest one.",
        "region: in2",
        "region: in1",
    ),
}

TEXTS: Mapping[Code, Explanation] = {
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
    Code.PROPERTY_NOT_STRING: Explanation(
        "the value of a property is not a text",
        "CleverTap takes only text here. Put numbers, true and false in quotes, and do not leave the value empty.",
        "properties: {program_id: 234567}",
        'properties: {program_id: "234567"}',
    ),
    Code.TYPOGRAPHIC_QUOTES: Explanation(
        "a value is in typographic quotes, which are part of it",
        "Word processors and phones replace straight quotes. YAML does not remove typographic ones, so they are sent.",
        "name: “Sa Re Ga Ma”",
        'name: "Sa Re Ga Ma"',
        Severity.WARNING,
    ),
    Code.COMMENT_IN_TEXT: Explanation(
        "a text ends before a #, because it begins a comment",
        "In YAML, a # after a space begins a comment. What follows it is not sent.",
        "name: Episode #12",
        'name: "Episode #12"',
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
}

PLACEHOLDERS: Mapping[Code, Explanation] = {
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
}

TIMES: Mapping[Code, Explanation] = {
    Code.BAD_TIME: Explanation(
        "a time or time zone can't be used",
        "A release time must be unambiguous: add the offset from UTC, such as +05:30, or write the timezone field.",
        "schedule: {at: 2026-12-01 18:30}",
        "schedule: {at: 2026-12-01T18:30:00+05:30}",
    ),
    Code.BAD_DURATION: Explanation(
        "a duration can't be used",
        "Write days, hours, minutes and seconds without spaces, the largest first: 1d12h, 2h, 90m or 30s.",
        "grace: 2 hours",
        "grace: 2h",
    ),
    Code.BAD_CRON: Explanation(
        "a recurring schedule can't be used",
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
    Code.WHEN_MILLISECONDS: Explanation(
        "the field when is in milliseconds",
        "CleverTap takes UNIX seconds. Read as seconds, this number is a date tens of thousands of years ahead.",
        "when: 1796130000000",
        "when: 1796130000",
    ),
}
