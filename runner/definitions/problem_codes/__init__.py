"""Every problem code with its explanation, severity and theme: one table for `validate`, `explain`, guides and tests.

A new code is a member of `Code`, and an explanation in the module of its theme.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.definitions.problem_codes.codes import Code, Explanation, Severity
from runner.definitions.problem_codes.field_codes import FIELDS, PLACEHOLDERS, TEXTS, TIMES
from runner.definitions.problem_codes.file_codes import FILES, YAML
from runner.definitions.problem_codes.set_codes import CATALOG, WHOLE_SET
from runner.definitions.problem_codes.table_codes import TABLES

__all__ = ["EXPLANATIONS", "THEMES", "Code", "Explanation", "Severity"]

# For readers without a code; in the order in which files are checked.
THEMES: Mapping[str, Mapping[Code, Explanation]] = {
    "Files": FILES,
    "YAML": YAML,
    "Fields": FIELDS,
    "Texts": TEXTS,
    "Placeholders": PLACEHOLDERS,
    "Times": TIMES,
    "Many bulletins from one entry": TABLES,
    "The whole set": WHOLE_SET,
    "The catalog of business events": CATALOG,
}
_EXPLAINED = {code: explanation for theme in THEMES.values() for code, explanation in theme.items()}
EXPLANATIONS: Mapping[Code, Explanation] = {code: _EXPLAINED[code] for code in Code}
