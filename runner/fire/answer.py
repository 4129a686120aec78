"""What came back of one request, as a value, before anybody judges it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What was seen of one request.

    `left` says whether any byte of the request may have left this machine. `http_status` is None where no answer
    came; `complete` is false where its body broke off, was too long or came too late. `error` says what broke.
    """

    started_at: datetime
    latency_ms: float
    left: bool
    http_status: int | None = None
    body: bytes = b""
    complete: bool = False
    error: str | None = None
