"""Render a page. In: a template, its scripts and its data. Out: one HTML file that needs no other file.

Its content security policy allows only the script and the style sheet inside the file, and loads nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.definitions.suggest import counted
from runner.report.counts import distinct_effects
from runner.report.html.compact_data import embedded
from runner.report.html.instants import instant_ms, instant_text, length
from runner.report.safe_text import HOSTILE, printable

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent


def render(template: str, *, scripts: tuple[str, ...], data: Any, details: Any, **values: Any) -> str:
    """Render a template with the named scripts. They read `data` at once, and `details` of rows later."""
    from markupsafe import Markup

    style, script = _asset("page.css"), "\n".join(map(_asset, scripts))
    constants = f"const HOSTILE_CHARACTERS = {json.dumps(HOSTILE)};"
    script = f'(() => {{\n"use strict";\n{constants}\n{script}\n}})();\n'
    return (
        _environment()
        .get_template(template)
        .render(
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            data=embedded(data),
            details=embedded(details),
            **values,
        )
    )


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (_FOLDER / "assets" / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "printable": printable,
        "length": length,
        "counted": counted,
        "distinct_effects": distinct_effects,
    }
    environment.globals |= {"instant_text": instant_text, "ms": instant_ms}
    return environment
