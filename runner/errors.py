"""The class of errors that a user can fix, with its codes.

No module handles such an error on the way. The command line prints it, in one place.
"""

from __future__ import annotations

import errno

from runner.error_codes import ErrorCode
from runner.exit_codes import Exit

__all__ = ["ErrorCode", "Exit", "OutputLost", "UserError", "usage_error"]


class UserError(Exception):
    """An error that the user can fix.

    `code` is its kind. `message` states what was found, and `help` what to do. `exit_code` is the exit code of the
    process.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        help: str = "",  # noqa: A002
        exit_code: Exit = Exit.REFUSED,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help
        self.exit_code = exit_code


class OutputLost(UserError):
    """Standard output can't be written. The caller may go on: later output is dropped without an error."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            ErrorCode.OUTPUT_LOST,
            f"standard output can't be written: {error.strerror or error}",
            help="Make room there, or send the output to another place. What was recorded or written before stays.",
        )
        self.has_no_reader = error.errno == errno.EPIPE  # the reader of the pipe has ended: nobody needs the error


def usage_error(command: str, message: str) -> UserError:
    """Return the error for options of `command` that can't be used together."""
    return UserError(ErrorCode.BAD_USAGE, message, help=f"See bulletins {command} --help.", exit_code=Exit.USAGE)
