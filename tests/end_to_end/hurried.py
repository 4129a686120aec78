"""The program, with time-outs of about a second and hardly any back-off: for processes that meet a silent server."""

from __future__ import annotations

import functools

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
    )
    main()
