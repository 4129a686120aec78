"""The expressions of GitHub's workflows, as far as the examples use them: names, texts, ==, !=, !, &&, ||, brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_INSERTED = re.compile(r"\$\{\{(.*?)\}\}")
_TOKEN = re.compile(r"\s*(==|!=|&&|\|\||[!()]|'[^']*'|[A-Za-z][\w.-]*(?:\(\))?)")
_MAY_BE_MISSING = ("secrets", "vars", "steps", "needs")  # a name misspelt elsewhere is an error here

Contexts = Mapping[str, Any]


def evaluate(text: str, contexts: Contexts) -> Any:
    """The value of an expression; functions are looked up in the contexts by their names with brackets."""
    whole = text.strip()
    if whole.startswith("${{"):
        whole = whole.removeprefix("${{").removesuffix("}}")
    tokens = list(_tokens(whole.rstrip()))
    value = _either(tokens, contexts)
    assert not tokens, f"{text} goes on with {tokens}"
    return value


def inserted(text: str, contexts: Contexts) -> str:
    """The text with every ${{ … }} in it replaced by its value."""
    return _INSERTED.sub(lambda found: _text(evaluate(found[1], contexts)), text)


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        assert found, f"{text[place:]!r} is more than is known here"
        yield found[1]
        place = found.end()


def _either(tokens: list[str], contexts: Contexts) -> Any:
    value = _both(tokens, contexts)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        other = _both(tokens, contexts)
        value = value or other
    return value


def _both(tokens: list[str], contexts: Contexts) -> Any:
    value = _compared(tokens, contexts)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        other = _compared(tokens, contexts)
        value = value and other
    return value


def _compared(tokens: list[str], contexts: Contexts) -> Any:
    value = _one(tokens, contexts)
    while tokens[:1] in (["=="], ["!="]):
        wanted = tokens.pop(0) == "=="
        value = (_text(value).lower() == _text(_one(tokens, contexts)).lower()) is wanted
    return value


def _one(tokens: list[str], contexts: Contexts) -> Any:
    token = tokens.pop(0)
    if token == "!":
        return not _one(tokens, contexts)
    if token == "(":
        value = _either(tokens, contexts)
        assert tokens.pop(0) == ")"
        return value
    return token[1:-1] if token.startswith("'") else _named(token, contexts)


def _named(name: str, contexts: Contexts) -> Any:
    value: Any = contexts
    for part in name.split("."):
        if part not in value and name.partition(".")[0] in _MAY_BE_MISSING:
            return ""
        value = value[part]
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
