"""A fixture for tests that install the project: they need PyPI, or an index in its place.

Where none is in reach the tests are skipped; with BULLETINS_TEST_SERVICES=required they fail instead.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_REQUIRED = os.environ.get("BULLETINS_TEST_SERVICES") == "required"  # read at once: the tests' environment is emptied
_NEEDED = "hatchling"  # what builds the project
_TIMEOUT_S = 60.0


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """There is an index that pip installs from."""
    folder = tmp_path_factory.mktemp("package-index")
    options = ["--quiet", "--no-deps", "--no-cache-dir", "--retries", "2", "--timeout", "15", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, _NEEDED]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        said = f"no package index is in reach: pip can't download {_NEEDED}"
        if _REQUIRED:
            pytest.fail(f"BULLETINS_TEST_SERVICES=required, and {said}", pytrace=False)
        pytest.skip(said)
