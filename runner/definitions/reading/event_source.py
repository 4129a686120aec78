"""The event stream of PyYAML: with libyaml if it is installed, else its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import yaml


@cache
def event_source() -> Callable[[str], Any]:
    """Return the fastest event stream of PyYAML that is installed."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:  # PyYAML built without libyaml
        return PythonParser
    return CParser


class PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own event stream, for an installation without libyaml."""

    def __init__(self, stream: str) -> None:
        yaml.reader.Reader.__init__(self, stream)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
