"""Turn all selection options of a command into selectors of firings, `--changed-since` included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.cli.options import criteria

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.plan.select import Selector


def selectors(definitions: Definitions, path: Path, selection: Mapping[str, Any]) -> list[Selector]:
    """Return the selectors for the selection options. Raises UserError if git fails to find what changed."""
    from runner.cli.against import changed_since

    ref = selection["changed_since"]
    since = [] if ref is None else [changed_since(ref, definitions, path)]
    return [*criteria(selection), *since]
