"""Translations of the syntax errors of Jinja2: a reason and a fix for people who have never programmed."""

from __future__ import annotations

import re

# Jinja2's message -> the reason and the fix; $1 and $2 are what the groups found. The first that fits counts.
_TRANSLATIONS = (
    ("missing end of comment tag", "a comment {# is not closed", "Write #} after it."),
    ("missing end of raw directive", "{% raw %} is not allowed", "Remove it."),
    ("closed is '(?!if')(.*?)'", "{% $1 %} is not allowed", "$tags"),
    ("unexpected end of template.*'endif'", "{% if %} is not closed", "Write {% endif %} after it."),
    ("unknown tag '(elif|else|endif)'", "{% $1 %} is not inside {% if %}", "Write {% if ... %} before it."),
    ("unknown tag '(.*?)'", "there is no tag {% $1 %}", "$tags"),
    ("tag name expected", "the tag is missing after {%", "$tags"),
    ("expected name or number", "the column is missing after the dot", "Write {{ row.column }}."),
    ("end of template", "the template ends too early", "Write }} or %} at its end."),
    ("expected an expression, got '}}'", "{{ }} is empty", "Write {{ row.column }}."),
    ("expected an expression, got '(.*)'", "a text or a cell is missing before '$1'", "Write {{ row.column }}."),
    ("expected token '}}', got 'integer'", "a number is written where }} is expected", "Write filters like zfill(3)."),
    (
        "expected token '}}', got '(.*)'",
        "'$1' is written where }} is expected",
        "Join texts with ~. Write | before a filter.",
    ),
    ("expected token 'name', got '(.*)'", "a name is missing before '$1'", "Write filters like row.column | lower."),
    ("expected token '(.*)', got '(.*)'", "'$2' is written where '$1' is expected", "$open"),
    (r"unexpected char (?:\"'\"|'\"')", "a quote is not closed", "Write it again after the text."),
    (r"unexpected char '?(.*?)'? at \d+", "the character '$1' can't be used in a template", "Put texts in quotes."),
    ("unexpected '(.*?)'", "'$1' is not expected here", "$open"),
)
_FIXES = {
    "$tags": "Templates have only {{ ... }} and {% if %}.",
    "$open": "Look for a bracket or a quote that is not closed.",
}
_SIGNS = {"end of print statement": "}}", "end of statement block": "%}", "begin of print statement": "{{"}


def syntax_message(message: str) -> tuple[str, str]:
    """The reason and the fix for a syntax error of Jinja2."""
    for name, sign in _SIGNS.items():
        message = message.replace(name, sign)
    for pattern, reason, fix in _TRANSLATIONS:
        if found := re.search(pattern, message, re.DOTALL | re.IGNORECASE):
            for number, group in enumerate(found.groups(), 1):
                reason = reason.replace(f"${number}", _cut(group))
            return reason, _FIXES.get(fix, fix)
    return f"the template can't be read: {_cut(message).rstrip('.')}", "Write {{ row.column }}."


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
