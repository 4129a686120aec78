"""How many examples hypothesis looks at in each test: a quarter, or as many as BULLETINS_TEST_EXAMPLES times a quarter.

Each run looks at other examples. `.ci/run` looks at all.
"""

from __future__ import annotations

import os

_QUARTERS = int(os.environ.get("BULLETINS_TEST_EXAMPLES", "1"))  # read at once: the tests' environment is emptied
_FEWEST = 10


def examples(all_of_them: int) -> int:
    """The number of examples for a test that looks at `all_of_them` where there is time."""
    return max(_FEWEST, all_of_them * _QUARTERS // 4)


def rounds(all_of_them: int, *, fewest: int) -> int:
    """The number of rounds for a test that plays `all_of_them`, each with processes, where there is time."""
    return max(fewest, all_of_them * _QUARTERS // 4)
