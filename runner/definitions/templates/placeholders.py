"""Recognise placeholders that nothing fills in, and values in typographic quotes: a text comes in, the parts go out.

A placeholder of another program, such as `${SHOW}` or `{{ show }}`, would be sent to people as it is written. Some
kinds are certain; others, such as `$TSLA` or `{show}`, may be meant. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from runner.definitions.templates import OCCURRENCE_FIELDS

# A text without a match has neither a placeholder nor typographic quotes around it: a quick test of thousands of texts.
SUSPICIOUS = re.compile(
    r"[{}$%<｛＄“”„‟«»‹›‘’‚]|(?<![\w.])@|__|[\[:#][A-Za-z\[#]|\*\||&l(?:brace|cub);|&#(?:123|[xX]7[bB]);"
    r"|TODO|TBD|FIXME|[A-Z]_?(?:ME|HERE)|YOUR_|XXXX|orem ipsum"
)

_LETTER = r"[^\W\d]"
_MARKS = r"\u0300-\u036f\u0900-\u0dff\u200c\u200d"  # parts of words that \w lacks, such as vowels of Hindi and Tamil
_NAME = rf"{_LETTER}[\w{_MARKS}]*"
_PATH = rf"{_NAME}(?:[ .-]{{1,3}}{_NAME})*"  # such as show.title, show title, Event - Name
# What may follow a name in braces: an index, a conversion, a format, a filter, or the kind of an ICU message.
_SUFFIX = (
    r"(?:\[[^\]{}\n]{0,80}\])*(?:![rsa])?"
    r"(?:\s?[:|][^{}\n]{0,80}|,\s*(?:plural|select|number|date|time)\b[^{}\n]{0,80})?"
)
_CERTAIN = re.compile(
    "|".join(
        (
            r"\{\{.*?(?:\}\}|\Z)",  # {{ show }}, also without its end
            r"\{%.*?(?:%\}|\Z)",  # {% if show %}
            r"\{#[^#]{0,200}#\}",  # {# a comment #}; bounds keep the time linear
            r"<%[^%]{0,200}%>",  # <%= show %>
            r"[$#]\{[ ]?[^{}\s][^{}]*(?:\}|\Z)",  # ${SHOW}, ${ show.name:-none }, #{show}, also without its end
            r"(?:｛｛|(?:&lbrace;|&lcub;|&#123;|&#[xX]7[bB];|%7[bB]){2}|\\\{\\?\{)[^{}｛]{0,200}",  # escaped {{
            r"%%(?:=|\[ )[^%]{0,200}%%",  # %%=v(@show)=%%, %%[ var @show ]%%
            rf"\$\({_NAME}\)",  # $(SHOW)
            rf"[%]\({_NAME}\)[sdf]?",  # %(show)s
            rf"%\{{{_PATH}\}}",  # %{show}
            r"%[0-9]\$[sd@]",  # %1$s
            rf"%%{_NAME}%%",  # %%show%%
            rf"\*\|{_NAME}(?::{_NAME})*\|\*",  # *|SHOW|*
            r"(?<![A-Za-z0-9$])\$[A-Za-z][A-Za-z0-9]*_[A-Za-z0-9_]*",  # $SHOW_NAME
        )
    ),
    re.DOTALL,
)
_POSSIBLE = re.compile(
    "|".join(
        (
            rf"@?\{{\s?[@&]?(?:{_PATH}|[0-9]){_SUFFIX}\s?\}}",  # {show}, { show }, {0:d}, {show|upper}, @{show}
            rf"\{{ \{{ ?{_PATH} ?\}} ?\}}|｛\s?{_PATH}\s?｝",  # { { show } }, and full-width braces
            r"(?<=\S)\s*\{\}|\{\}\s*(?=\S)",  # {} inside of a text
            r"(?<![A-Za-z0-9$])\$[A-Za-z][A-Za-z0-9]+",  # $SHOW
            rf"(?<![\w$])\${_LETTER}[\w{_MARKS}]+",  # $शो
            rf"(?<![\w$])\$\$[A-Za-z]\w*\$\$|\$\[{_PATH}\]",  # $$show$$, $[show]
            r"(?<![\w%])%(?:[0-9]{0,2}(?:\.[0-9])?[sdifu]|@)(?![\w%])",  # %s, %02d, %.2f, %@
            rf"(?<![\w%])%(?!_?%){_PATH}%(?![\w%])",  # %SHOW%, %show name%
            rf"\[\[\s*{_PATH}\s*\]\]",  # [[show]]
            rf"(?<![\w@.])@@?{_NAME}@@?(?![\w@])",  # @@SHOW@@, @show@
            rf"(?<![\w#])##?{_NAME}##?(?=[^\w#]|\Z)(?<=#)",  # ##SHOW##, #show#
            r"(?<![A-Za-z0-9_])_{2,3}[A-Za-z0-9][A-Za-z0-9_]{0,80}?_{2,3}(?![A-Za-z0-9_])",  # __SHOW__
            rf"<{_PATH}>|<< [a-z_]\w* >>",  # <show name>; a tag of HTML is none
            r"(?<![\w:/.@]):[a-z][a-z0-9_]*(?![\w:])",  # :show_name
            r"\[(?i:insert|enter|your)\b[^\[\]\n]{0,80}\]|\[[A-Za-z]+(?:_[A-Za-z]+)+\]",  # [insert name], [first_name]
            r"\[(?i:(?:[a-z]+[ -]){0,2}(?:name|title|number|id|url)|show|episode|date)\]",  # [Show Name]
            r"(?<![A-Za-z])(?:TBD|FIXME|(?:CHANGE|REPLACE|FILL)_?ME|YOUR_[A-Z_]+|XXXX+)(?![A-Za-z])",
            r"\ATODO\Z|(?<![A-Za-z])TODO:",
            r"[Ll]orem ipsum",
        )
    )
)
# Usual names of variables: `$SHOW` is certainly one, `$TSLA` and `Too $hort` are not.
_VARIABLES = """
album amount app artist brand category channel city code count country coupon customer date day desc description
discount email episode event firstname genre id image item key lang language lastname link locale message month movie
msg name number offer order percent phone player price product program programme property season segment show
song subtitle tag team text time title token url user userid username value var variable week year
"""
_VARIABLE_NAMES = frozenset(_VARIABLES.split())
_TAGS = """
a abbr b big blockquote body br center code dd del div dl dt em font h1 h2 h3 h4 h5 h6 head hr html i img ins li mark
ol p pre q s small span strike strong sub sup table tbody td th thead title tr tt u ul
"""
_HTML = frozenset(_TAGS.split())
_MOST_SHOWN = 3  # of one text
_FIRST_NAME = re.compile(r"\{[{%]?-?\s*(" + _NAME + r")\s*(?:[.\[]\s*['\"]?\s*(" + _NAME + r"))?")

_OPENING_QUOTES = "“”„‟«»‹›‘’‚"
_CLOSED = re.compile(rf"\s*[{_OPENING_QUOTES}]([^{_OPENING_QUOTES}\"]+)[{_OPENING_QUOTES}\"'`]\s*\Z")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A part of a text that looks like a placeholder, and whether it is certainly one."""

    text: str
    is_certain: bool


def placeholders_in(text: str) -> list[Placeholder]:
    """Return the placeholders of a text, each once, and at most three: certain ones, then those that may be meant."""
    if not SUSPICIOUS.search(text):
        return []
    found = {match[0]: None for match in islice(_CERTAIN.finditer(text), _MOST_SHOWN)}
    certain = [Placeholder(each, is_certain=True) for each in found]
    rest = _CERTAIN.sub("\n", text)
    possible = {match[0].strip(): None for match in islice(_POSSIBLE.finditer(rest), 10 * _MOST_SHOWN)}
    if possible and _is_json(text):
        return certain
    shown = [each for each in possible if not (_is_tag(each, rest) or _is_word(each))]
    certain += [Placeholder(each, is_certain=True) for each in shown if _is_variable(each)]
    certain += [Placeholder(each, is_certain=False) for each in shown if not _is_variable(each)]
    return certain[:_MOST_SHOWN]


def _is_variable(text: str) -> bool:
    return text.startswith("$") and text[1:].casefold() in _VARIABLE_NAMES


def _is_word(text: str) -> bool:
    """Whether a word behind a colon is an ordinary one: only usual names of variables are placeholders there."""
    return text.startswith(":") and "_" not in text and text[1:] not in _VARIABLE_NAMES


def _is_tag(text: str, whole: str) -> bool:
    """Whether the text is a tag of HTML or XML."""
    name = text.strip("<>").casefold()
    return text.startswith("<") and (name in _HTML or f"</{name}>" in whole.casefold())


def _is_json(text: str) -> bool:
    """Whether the whole text is a JSON list or object, which may contain braces."""
    if text.strip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def meant_template(placeholder: str) -> tuple[str, str] | None:
    """Return what a placeholder probably means, and what it comes from: `row` or `occurrence`; None if it is unclear.

    `{{ Row.show }}` is ("{{ row.show }}", "row").
    """
    found = _FIRST_NAME.match(placeholder)
    if found is None:
        return None
    name, field = found[1], found[2]
    if field is None:
        return (f"{{{{ occurrence.{name} }}}}", "occurrence") if name in OCCURRENCE_FIELDS else None
    near = get_close_matches(name.casefold(), ("row", "occurrence"), n=1, cutoff=0.65)
    if not near:
        return None
    if near[0] == "occurrence":
        field = next(iter(get_close_matches(field.casefold(), OCCURRENCE_FIELDS, n=1, cutoff=0.65)), field)
    return f"{{{{ {near[0]}.{field} }}}}", near[0]


def without_quotes(text: str) -> str | None:
    """Return a text without the typographic quotes around it; None if it has none, or has quotes inside."""
    found = _CLOSED.match(text) if SUSPICIOUS.search(text) else None
    return found[1].strip() if found else None
