"""The faults that the sandbox can produce: takes texts such as `503-after@*Hindi*~0.5`, returns the fault of a request.

The form of a text is `KIND[@NAME-GLOB][*TIMES][~PROBABILITY]`. After a backslash, the next character is part of the
name or the text and has no special meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from hashlib import blake2b
from threading import Lock


class FaultKind(Enum):
    """What happens to a request that would otherwise succeed."""

    STATUS = "status"  # written as its number: 503
    TIMEOUT = "timeout"  # no answer, until the client goes away
    RESET = "reset"  # RST
    CLOSE = "close"  # FIN without a byte of answer
    TRUNCATED = "truncated"  # Content-Length promises more than is sent
    FOREIGN = "foreign"  # 200 with an HTML page
    NO_STATUS = "no-status"  # 200 with JSON that has no status
    FAIL = "fail"  # 200 with status fail; written fail:TEXT
    REDIRECT = "redirect"  # 302 to another path of this host
    DRIP = "drip"  # the body comes one byte at a time, without end
    DRIP_HEAD = "drip-head"  # the head does
    HUGE = "huge"  # a body beyond 1 MiB
    REFUSE = "refuse"  # the whole server: connects are refused
    STICKY_429 = "sticky-429"  # the whole server: a 429 blocks its account for 10 minutes; also sticky-429:30s


_EITHER_SIDE = frozenset({FaultKind.STATUS, FaultKind.TIMEOUT, FaultKind.RESET, FaultKind.CLOSE})
_ALWAYS_ACCEPTED = frozenset(
    {
        FaultKind.TRUNCATED,
        FaultKind.FOREIGN,
        FaultKind.NO_STATUS,
        FaultKind.DRIP,
        FaultKind.DRIP_HEAD,
        FaultKind.HUGE,
    }
)
_FORM = re.compile(
    r"(?P<what>(?:\\.|[^\\@])*?)"
    r"(?:@(?P<match>(?:\\.|[^\\])*?))?"
    r"(?:\*(?P<times>[0-9]+))?"
    r"(?:~(?P<probability>[^\\@*~]*))?",
    re.DOTALL,
)
_STATUS = re.compile(r"([0-9]{3})(-after)?")
_OF_WHOLE_SERVER = frozenset({FaultKind.REFUSE, FaultKind.STICKY_429})
_LENGTH = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s|m)")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}
_STICKY_S = 600.0  # "try again after 10 minutes": an older edition of the page on errors


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what happens, to which bulletins (`match`, a glob on the name), and how often.

    With `after`, a status, time-out, reset or close happens after the bulletin was accepted. `times` limits the number
    of requests that get the fault. Raises ValueError for values that can't be combined.
    """

    kind: FaultKind
    after: bool = False
    status: int | None = None
    text: str | None = None
    match: str = "*"
    times: int | None = None
    probability: float = 1.0

    def __post_init__(self) -> None:
        _check_kind(self)
        if not self.match:
            raise ValueError("the name glob after @ is empty; leave @ out to match every name")
        if self.times is not None and self.times < 1:
            raise ValueError(f"it can't happen {self.times} times; the least is 1")
        if not 0 < self.probability <= 1:
            raise ValueError(f"the probability {self.probability} is not above 0 and at most 1")
        if self.kind in _OF_WHOLE_SERVER and (self.match, self.times, self.probability) != ("*", None, 1.0):
            raise ValueError(f"{self.kind.value} is for the whole server; it takes no name, times or probability")

    @property
    def accepted(self) -> bool:
        """Whether the bulletin is raised despite the fault."""
        return self.after or self.kind in _ALWAYS_ACCEPTED

    @property
    def sticky_s(self) -> float:
        """For how many seconds after a 429 an account gets only 429; 0 for faults of other kinds."""
        if self.kind is not FaultKind.STICKY_429:
            return 0.0
        length = _LENGTH.fullmatch(self.text) if self.text else None
        return float(length[1]) * _UNITS_S[length[2]] if length else _STICKY_S

    @property
    def what(self) -> str:
        """The kind as written, such as `503-after`; without name, times and probability."""
        match self.kind:
            case FaultKind.STATUS:
                word = str(self.status)
            case FaultKind.FAIL:
                word = f"fail:{self.text}"
            case FaultKind.STICKY_429 if self.text:
                word = f"sticky-429:{self.text}"
            case _:
                word = self.kind.value
        return f"{word}-after" if self.after else word


def _check_kind(fault: Fault) -> None:
    if fault.after and fault.kind not in _EITHER_SIDE:
        raise ValueError(f"{fault.kind.value} has no -after form")
    if fault.kind is FaultKind.STICKY_429:
        if fault.text is not None and not _LENGTH.fullmatch(fault.text):
            raise ValueError(f"{fault.text!r} is not a length of time; write it like sticky-429:30s or sticky-429:10m")
    elif (fault.kind is FaultKind.FAIL) != bool(fault.text):
        raise ValueError("fail takes a text: fail:TEXT; the other kinds take none")
    if fault.kind is not FaultKind.STATUS:
        if fault.status is not None:
            raise ValueError(f"{fault.kind.value} takes no status code")
    elif fault.status is None or not 200 <= fault.status <= 599 or fault.status in (205, 304):
        raise ValueError(f"{fault.status} is not a status to answer with; use 200 to 599, not 205 or 304")
    elif fault.status < 300 and not fault.after:
        raise ValueError(f"{fault.status} means that it was accepted; write {fault.status}-after")


def parse_fault(text: str) -> Fault:
    """Return the fault that a text such as `timeout-after@*Tamil*` means.

    Raises ValueError, with what is wrong and what to write instead.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"fault {text!r}: it ends in a lone backslash; write two")
    try:
        match, times, probability = form["match"], form["times"], form["probability"]
        kind, after, status, words = _parse_kind(_unescape(form["what"]))
        return Fault(
            kind,
            after,
            status,
            words,
            match="*" if match is None else _unescape(match),
            times=None if times is None else int(times),
            probability=1.0 if probability is None else float(probability),
        )
    except ValueError as error:
        raise ValueError(f"fault {text!r}: {error}") from None


def _parse_kind(what: str) -> tuple[FaultKind, bool, int | None, str | None]:
    if status := _STATUS.fullmatch(what):
        return FaultKind.STATUS, status[2] is not None, int(status[1]), None
    word, colon, words = what.partition(":")
    if word == FaultKind.FAIL.value:
        return FaultKind.FAIL, False, None, words
    if word == FaultKind.STICKY_429.value:
        return FaultKind.STICKY_429, False, None, words if colon else None
    word, after = (word.removesuffix("-after"), word.endswith("-after"))
    if colon or word == FaultKind.STATUS.value or word not in FaultKind._value2member_map_:
        known = ", ".join(_forms())
        raise ValueError(f"no kind {what!r}; the form is KIND[@NAME-GLOB][*TIMES][~PROBABILITY] with {known}")
    return FaultKind(word), after, None, None


def _forms() -> list[str]:
    forms = ["503", "503-after"]
    for kind in FaultKind:
        if kind is FaultKind.FAIL:
            forms.append("fail:TEXT")
        elif kind is not FaultKind.STATUS:
            forms.append(kind.value)
            forms += [f"{kind.value}-after"] if kind in _EITHER_SIDE else []
    return forms


def format_fault(fault: Fault) -> str:
    """Return the text that `parse_fault` turns into the same fault."""
    parts = [_escape(fault.what)]
    if fault.match != "*":
        parts.append(f"@{_escape(fault.match)}")
    if fault.times is not None:
        parts.append(f"*{fault.times}")
    if fault.probability != 1:
        parts.append(f"~{fault.probability!r}")
    return "".join(parts)


def _escape(text: str) -> str:
    # A star needs it only where it would read as *TIMES, so that globs stay readable.
    return re.sub(r"\*(?=[0-9]+\Z)", r"\\*", re.sub(r"[\\@~]", r"\\\g<0>", text))


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


@dataclass(slots=True)
class _Rule:
    fault: Fault
    left: int | None
    seen: Counter[str] = field(default_factory=Counter)


class FaultRules:
    """The active faults, oldest first. A request gets the first one that applies to it."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._lock = Lock()
        self._rules: list[_Rule] = []
        self._sticky_s = 0.0
        self._blocked_until_s: dict[str, float] = {}

    def add(self, fault: Fault) -> None:
        """Add a fault after the active ones."""
        with self._lock:
            if fault.kind is FaultKind.STICKY_429:
                self._sticky_s = fault.sticky_s
            else:
                self._rules.append(_Rule(fault, fault.times))

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._rules.clear()
            self._sticky_s = 0.0
            self._blocked_until_s.clear()

    def refuses(self, account_id: str, at_s: float) -> bool:
        """Whether the account still gets only 429 because of an earlier 429."""
        with self._lock:
            return at_s < self._blocked_until_s.get(account_id, at_s)

    def note_429(self, account_id: str, at_s: float) -> None:
        """Start the time in which the account gets only 429, if sticky-429 is active."""
        with self._lock:
            if self._sticky_s and at_s >= self._blocked_until_s.get(account_id, at_s):
                self._blocked_until_s[account_id] = at_s + self._sticky_s

    def pick(self, name: str) -> Fault | None:
        """Return the fault of the next request for the bulletin of this name, and count that request."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if rule.left == 0 or not fnmatchcase(name, rule.fault.match) or not self._drawn(rule, name):
                    continue
                if rule.left is not None:
                    rule.left -= 1
                return rule.fault
        return None

    def _drawn(self, rule: _Rule, name: str) -> bool:
        if rule.fault.probability == 1:
            return True
        # Drawn from the name and its number of requests, so that a run repeats exactly in any order of its threads.
        rule.seen[name] += 1
        ticket = f"{self._seed}|{format_fault(rule.fault)}|{rule.seen[name]}|{name}"
        digest = blake2b(ticket.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest) < rule.fault.probability * 2**64
