"""The program in a hurry: hardly any back-off, and what else `conditions` sets."""

from __future__ import annotations

import os

from end_to_end import conditions
from runner.cli import main

if __name__ == "__main__":
    os.environ["BULLETINS_TEST_HURRY"] = "1"
    conditions.apply()
    main()
