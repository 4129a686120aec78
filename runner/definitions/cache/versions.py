"""What the values of a file depend on besides its bytes and its tables: the program, its libraries and zone data.

In: the installed packages. Out: one hash. A cached file with another hash is never used.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from functools import cache
from importlib import metadata
from pathlib import Path as FilePath

from runner import __version__
from runner.definitions.schema.schemas import schema_names, schema_text

FORMAT = 2  # of the cached values
# PyYAML and jsonschema-rs decide whether a file is valid; the other two how its schedules and templates are read.
_PACKAGES = ("cronsim", "jinja2", "pyyaml", "jsonschema-rs")
_PROGRAM = FilePath(__file__).parents[1]


@cache
def versions() -> str | None:
    """Return a hash of all versions; None if one is unknown, so that nothing may be cached."""
    try:
        import tzdata  # type: ignore[import-untyped]

        zones = (tzdata.__version__, tzdata.IANA_VERSION, os.path.dirname(tzdata.__file__ or ""))
        packages = [metadata.version(name) for name in _PACKAGES]
        schemas = [schema_text(name) for name in schema_names()]
        program = (__version__, list(_program_files()))
    except (ImportError, AttributeError, OSError):  # PackageNotFoundError is an ImportError
        return None
    found = (FORMAT, program, schemas, zones, sys.version, packages)
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def _program_files() -> list[tuple[str, int, int]]:
    # In a checkout, the code of the program changes without its version.
    found = []
    folders = [str(_PROGRAM)]
    while folders:
        folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.name.endswith(".py"):
                    status = entry.stat()
                    found.append((entry.path, status.st_size, status.st_mtime_ns))
    return sorted(found)
