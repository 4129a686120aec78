"""Runs the program at another time, on a machine of no name: `python at.py 2026-06-02T13:00:00Z fire --yes`.

The clock goes on from that time.
"""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime

from runner import clock
from runner.cli import main

if __name__ == "__main__":
    ahead = datetime.fromisoformat(sys.argv[1]) - datetime.now(UTC)
    clock.now = lambda: datetime.now(UTC) + ahead
    socket.gethostname = lambda: "machine"
    main(sys.argv[2:])
