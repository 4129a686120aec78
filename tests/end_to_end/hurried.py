"""The program in a hurry: time-outs of about a second, hardly any back-off, and a lease as short as a test wants it.

BULLETINS_TEST_LEASE_S is the lease of its runs, in seconds; 30 where it is not set.
"""

from __future__ import annotations

import functools
import os
from datetime import timedelta

from runner.cli import main
from runner.fire import run
from runner.fire.api import Timeouts
from runner.fire.backoff import Retries

if __name__ == "__main__":
    # The command looks Settings up when it begins a run.
    run.Settings = functools.partial(  # type: ignore[assignment,misc]
        run.Settings,
        retries=Retries(base_s=0.01),
        timeouts=Timeouts(connect_s=0.5, read_s=1.0, total_s=2.0),
        lease=timedelta(seconds=float(os.environ.get("BULLETINS_TEST_LEASE_S", "30"))),
    )
    main()
