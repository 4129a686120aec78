"""What a test expects where a UserError is raised: its code, and the values that its message or its help names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runner.errors import ErrorCode, UserError


@contextmanager
def refused(code: ErrorCode, *values: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    """Expect a UserError with this code, and with these values in its texts."""
    with pytest.raises(UserError) as caught:
        yield caught
    assert caught.value.code is code
    assert [value for value in values if value not in f"{caught.value.message} {caught.value.help}"] == []
