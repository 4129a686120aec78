"""Problems of a file as a whole, and of its YAML."""

from __future__ import annotations

from collections.abc import Mapping

from runner.definitions.problem_codes.codes import Code, Explanation, Severity

FILES: Mapping[Code, Explanation] = {
    Code.FILE_UNREADABLE: Explanation(
        "a file of the set can't be read",
        "All files together decide what is sent. If one file can't be read, nothing is sent at all.",
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
    Code.LFS_POINTER: Explanation(
        "a file is a pointer of Git LFS, not its content",
        "With Git LFS, git keeps a few lines in place of the file. Its content has to be fetched: git lfs pull.",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a...\nsize 12345",
        "show,language\nSa Re Ga Ma,Hindi",
    ),
}

YAML: Mapping[Code, Explanation] = {
    Code.YAML_ENCODING: Explanation(
        "a file is not encoded in UTF-8",
        "CleverTap expects UTF-8. In another encoding, people would see different letters than the author.",
        "name: Caf\\xe9 (Latin-1)",
        "name: Café (UTF-8)",
    ),
    Code.YAML_CONTROL_CHARACTER: Explanation(
        "a text contains an invisible control character",
        "A reviewer can't see it, a terminal may act on it, and CleverTap would send it to people.",
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
}
