"""The exit codes of every command. `Outcome.exit_code` names the code of each outcome; the highest one is the run's."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1  # a firing certainly failed or expired; or a run ended early after it had sent something
    USAGE = 2  # the command line can't be understood
    PROBLEMS = 3  # the definitions have problems; nothing was sent
    IN_DOUBT = 4  # a firing ended in doubt; takes precedence over FAILED
    REFUSED = 5  # the command refused, or could not run; no request has left
    WOULD_FIRE = 6  # plan --detailed-exitcode: there is something to send
    HUNG_UP = 129  # SIGHUP; like the next two, takes precedence over FAILED and IN_DOUBT
    INTERRUPTED = 130  # SIGINT
    TERMINATED = 143  # SIGTERM
