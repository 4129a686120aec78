r"""Redaction: takes a text of the API and returns its start without credentials, however the text encodes them.

The text is searched as it is, and again after its escapes are decoded. Escapes are those with backslashes (JSON,
JavaScript), percent signs (URLs), ampersands (HTML) and equals signs (quoted-printable), also inside one another.
Case, white space and NUL bytes between characters (UTF-16) make no difference. A credential is also found as base64 or
base32, alone or inside a longer text such as `id:passcode`. It is also found as the hexadecimal or decimal numbers of
its bytes, and as a list of its characters.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.entities import html5
from typing import NamedTuple

from runner.definitions.characters import OBEYED, UNSEEN

MOST_CHARACTERS = 8_192  # of a text; the rest is dropped, because decoding takes time and callers keep far less
_MOST_VIEWS = 32  # decoded forms of one text
_MOST_DEPTH = 4  # escapes inside escapes
_KEY = 4  # first characters by which a spelling is found; also the fewest of a longer one at the end of a text
_REMEMBERED_CHARACTERS = 200  # of a text; most answers of a run are short and equal
_MOST_REMEMBERED = 256  # texts
_LEAST_ENCODED = 4  # bytes; a shorter credential in base64 or as numbers could be any text

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_FILLERS = re.compile(rf"[\s{OBEYED}{UNSEEN}\u200c\u200d\ufffd]+")
_FOR_URLS = str.maketrans("+/", "-_")
_BASE64 = frozenset(string.ascii_letters + string.digits + "+/-_")
_USER_OF_URL = re.compile(r"(:(?:\\*/){2})[^\s'\"<>]*@")

# An incomplete escape at the end of the text is dropped, so that the text ends with the characters before it.
_BACKSLASHES = re.compile(
    r"\\(?:u\{0*([0-9a-f]{1,6})\}|(?-i:U)(000[0-9a-f]{5})|u([0-9a-f]{4})|x\{0*([0-9a-f]{1,6})\}|x([0-9a-f]{2})"
    r"|([0-7]{3})|[ux]\{?[0-9a-f]{0,3}\Z|(.)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_PERCENTS = re.compile(r"%(?:u([0-9a-f]{4})|([0-9a-f]{2})|u?[0-9a-f]{0,3}\Z)", re.IGNORECASE)
_AMPERSANDS = re.compile(
    r"&(?:#0*([0-9]{1,7});?|#x0*([0-9a-f]{1,6});?|([a-z][a-z0-9]{1,31});|([a-z]{2,6})|[#a-z0-9]{0,9}\Z)", re.IGNORECASE
)
_EQUALS = re.compile(r"=(?:([0-9a-f]{2})|\r?\n|[0-9a-f]?\Z)", re.IGNORECASE)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _character(digits: str, base: int = 16) -> str:
    code = int(digits, base)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _after_backslash(found: re.Match[str]) -> str:
    *hexadecimal, octal, single = found.groups()
    if octal:
        return _character(octal, 8)
    if single:
        return _CONTROLS.get(single, single)
    return next((_character(digits) for digits in hexadecimal if digits), "")


def _after_percent(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    return _character(digits) if digits else ""


def _after_ampersand(found: re.Match[str]) -> str:
    decimal, hexadecimal, name, bare_name = found.groups()
    if decimal or hexadecimal:
        return _character(decimal, 10) if decimal else _character(hexadecimal)
    if not (name or bare_name):
        return ""
    known = f"{name};" if name else bare_name
    is_cut_off = found.end() == len(found.string)
    return html5.get(known) or html5.get(known.lower()) or ("" if is_cut_off else found[0])


def _after_equals(found: re.Match[str]) -> str:
    return _character(found[1]) if found[1] else ""


_Decoder = tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]]
_DECODERS: tuple[_Decoder, ...] = (  # each with the character with which its escapes begin
    ("\\", _BACKSLASHES, _after_backslash),
    ("%", _PERCENTS, _after_percent),
    ("&", _AMPERSANDS, _after_ampersand),
    ("=", _EQUALS, _after_equals),
    ("\0", re.compile("\0+"), lambda found: ""),  # in UTF-16 that was decoded as UTF-8
)


@dataclass(frozen=True, slots=True)
class _View:
    """A decoded text, and for each of its characters the start and end in the original text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    depth: int = 0

    def replaced(self, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]) -> _View:
        """Return the view with each match replaced. Each character of a replacement has the place of its match."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = 0
        for found in pattern.finditer(self.text):
            start, end = found.span()
            piece = replacement(found)
            texts += (self.text[last:start], piece)
            starts += (*self.starts[last:start], *([self.starts[start]] * len(piece)))
            ends += (*self.ends[last:start], *([self.ends[end - 1]] * len(piece)))
            last = end
        if not last:
            return self
        whole = "".join(texts) + self.text[last:]
        return _View(whole, [*starts, *self.starts[last:]], [*ends, *self.ends[last:]], self.depth + 1)


def _views(text: str) -> Iterator[_View]:
    """Yield the text, and its forms after one kind of escape after another is decoded, in every order."""
    views = [_View(text, range(len(text)), range(1, len(text) + 1))]
    seen = {text}
    for view in views:  # the loop appends to this list
        yield view
        if view.depth == _MOST_DEPTH:
            continue
        for sign, pattern, replacement in _DECODERS:
            if sign not in view.text or len(seen) >= _MOST_VIEWS:
                continue
            decoded = view.replaced(pattern, replacement)
            if decoded.text not in seen:
                seen.add(decoded.text)
                views.append(decoded)


class _Spelling(NamedTuple):
    """One encoding of a credential, in small letters and without white space.

    In base64 and base32, the character before or after it may contain some of its bits: `shares_first`, `shares_last`.
    """

    text: str
    label: str
    shares_first: bool = False
    shares_last: bool = False

    @property
    def fewest(self) -> int:
        """The fewest of its characters that are redacted at the end of a text."""
        return min(_KEY, len(self.text))


def _spellings(secret: str, label: str) -> Iterator[_Spelling]:
    plain = _FILLERS.sub("", secret).translate(_LOWER)
    yield _Spelling(plain, label)
    data = secret.encode("utf-8", "surrogateescape")
    if len(data) < _LEAST_ENCODED:
        return
    for between in ('","', "','"):
        yield _Spelling(between.join(plain), label)
    in_utf_16 = [secret.encode(form, "surrogatepass") for form in ("utf-16-le", "utf-16-be")]
    for each in (data, *in_utf_16):
        yield _Spelling(each.hex(), label)
    for each in (data, *in_utf_16, base64.b64encode(data)):
        yield from _in_letters(each, base64.b64encode, 6, 3, label)
    yield from _in_letters(data, base64.b32encode, 5, 5, label)
    for between in (":", "-", ",", ",0x", "0x", "u+00"):  # white space between the numbers makes no difference
        yield _Spelling(between.join(f"{byte:02x}" for byte in data), label)
    for between in ("", ","):
        yield _Spelling(between.join(map(str, data)), label)


def _in_letters(
    data: bytes, encode: Callable[[bytes], bytes], bits: int, group_bytes: int, label: str
) -> Iterator[_Spelling]:
    """Yield the base64 or base32 characters that depend only on `data`, for each place at which it may begin.

    Each character encodes `bits` bits, and `group_bytes` bytes are encoded together.
    """
    for offset in range(group_bytes):
        first = -(-offset * 8 // bits)
        last = (offset + len(data)) * 8 // bits
        shares_last = bool((offset + len(data)) % group_bytes)
        text = encode(bytes(offset) + data)[first:last].decode().lower()
        yield _Spelling(text, label, bool(offset), shares_last)
        if "+" in text or "/" in text:
            yield _Spelling(text.translate(_FOR_URLS), label, bool(offset), shares_last)


class Redactor:
    """Removes credentials from texts. Made once for a run; all threads use the same one."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` maps each credential to the label that replaces it."""
        every = (spelling for secret, label in secrets.items() for spelling in _spellings(secret, label))
        found = {spelling for spelling in every if spelling.text}
        self._key = min([_KEY, *(len(spelling.text) for spelling in found)])
        self._remembered: dict[str, str] = {}
        self._by_key: dict[str, list[_Spelling]] = {}
        for spelling in sorted(found, key=lambda each: -len(each.text)):
            self._by_key.setdefault(spelling.text[: self._key], []).append(spelling)

    def redacted(self, text: str) -> str:
        """Return the first `MOST_CHARACTERS` of the text without credentials and without user names in URLs."""
        if len(text) > _REMEMBERED_CHARACTERS:
            return self._redact(text[:MOST_CHARACTERS])
        known = self._remembered.get(text)
        if known is None:
            known = self._redact(text)
            if len(self._remembered) < _MOST_REMEMBERED:
                self._remembered[text] = known
        return known

    def _redact(self, text: str) -> str:
        pieces: list[str] = []
        last = 0
        for start, end, label in _merged(span for view in _views(text) for span in self._spans(view)):
            pieces += (text[last:start], label)
            last = end
        return _USER_OF_URL.sub(r"\1[user]@", "".join(pieces) + text[last:])

    def _spans(self, view: _View) -> Iterator[tuple[int, int, str]]:
        """Yield the place of each credential in a view, as (start, end, label) in the original text."""
        view = view.replaced(_FILLERS, lambda found: "")
        text = view.text.translate(_LOWER)
        for index in range(len(text) - self._key + 1):
            for spelling in self._by_key.get(text[index : index + self._key], ()):
                end = index + len(spelling.text)
                # The start of a credential at the end of the text counts too: most of it may be readable.
                if not spelling.text.startswith(text[index:end]) or min(len(text), end) - index < spelling.fewest:
                    continue
                first = index - 1 if spelling.shares_first and text[index - 1 : index] in _BASE64 else index
                last = end + 1 if spelling.shares_last and text[end : end + 1] in _BASE64 else min(end, len(text))
                yield view.starts[first], view.ends[last - 1], spelling.label


def _merged(spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield the spans in order; overlapping spans become one."""
    current: tuple[int, int, str] | None = None
    for start, end, label in sorted(spans):
        if current is not None and start < current[1]:
            current = (current[0], max(current[1], end), current[2])
            continue
        if current is not None:
            yield current
        current = (start, end, label)
    if current is not None:
        yield current
