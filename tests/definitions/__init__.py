"""Tests of the way from files to definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

Write = Callable[[Mapping[str, str]], Path]  # the fixture of that name
