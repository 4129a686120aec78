"""A credential is taken out of a text in whatever way the other side writes it."""

from __future__ import annotations

import base64
import html
import json
import quopri
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.fire.api.redaction import MOST_CHARACTERS, Redactor

SECRET = "QAB-SECRET-1"
REDACTOR = Redactor({SECRET: "[passcode]", "WRK-485-456Z": "[account id]"})


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def each(pattern: str) -> Callable[[str], str]:
    """A way to write a text that writes each of its characters by a pattern."""
    return lambda text: "".join(pattern.format(code=ord(character), character=character) for character in text)


WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "lower": str.lower,
    "upper": str.upper,
    "swapped case": str.swapcase,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "JSON escapes": each("\\u{code:04x}"),
    "JSON escapes, capital": each("\\u{code:04X}"),
    "JSON escapes in JSON": lambda text: json.dumps(each("\\u{code:04x}")(text)),
    "JavaScript": each("\\u{{{code:x}}}"),
    "C": each("\\x{code:02x}"),
    "C, long": each("\\U{code:08x}"),
    "octal": each("\\{code:03o}"),
    "URL": urllib.parse.quote,
    "URL, every character": each("%{code:02X}"),
    "URL twice": lambda text: urllib.parse.quote(each("%{code:02X}")(text)),
    "URL, old JavaScript": each("%u{code:04x}"),
    "HTML": html.escape,
    "HTML, decimal": each("&#{code};"),
    "HTML, hexadecimal": each("&#x{code:04X};"),
    "HTML, no semicolons": lambda text: "".join(f"&#{ord(each)}" + (";" if each.isdigit() else "") for each in text),
    "HTML twice": lambda text: html.escape(each("&#{code};")(text)),
    "JSON in HTML": lambda text: html.escape(json.dumps(each("\\u{code:04x}")(text))),
    "HTML in JSON": lambda text: json.dumps(each("&#{code};")(text)),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode(),
    "quoted-printable, every character": each("={code:02X}"),
    "UTF-16": lambda text: text.encode("utf-16").decode("utf-8", "replace"),
    "UTF-16, the other": lambda text: text.encode("utf-16-be").decode("utf-8", "replace"),
    "UTF-32": lambda text: text.encode("utf-32").decode("utf-8", "replace"),
    "JSON in UTF-16": lambda text: each("\\u{code:04x}")(text).encode("utf-16").decode("utf-8", "replace"),
    "a character a line": each("{character}\n"),
    "spaced": each("{character} "),
    "soft hyphens": each("{character}\u00ad"),
    "base64": base64_of,
    "base64 of id and passcode": lambda text: f"Basic {base64_of(f'WRK-485-456Z:{text}')}",
    "base64, one before": lambda text: base64_of(f"x{text}"),
    "base64, two before": lambda text: base64_of(f"xx{text}yyy"),
    "base64, three before": lambda text: base64_of(f"xxx{text}yy"),
    "base64 in lines": lambda text: base64.encodebytes((text * 8).encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in a URL": lambda text: urllib.parse.quote(base64_of(text), safe=""),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal, capital": lambda text: text.encode().hex().upper(),
    "hexadecimal with spaces": lambda text: text.encode().hex(" "),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "C array": lambda text: ", ".join(f"0x{code:02x}" for code in text.encode()),
    "decimal": lambda text: json.dumps(list(text.encode())),
    "decimal with spaces": lambda text: " ".join(map(str, text.encode())),
    "hexadecimal of UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "hexadecimal of UTF-16, the other": lambda text: text.encode("utf-16-be").hex(" ", 2),
    "hexadecimal with signs and spaces": lambda text: " ".join(f"0x{code:02x}" for code in text.encode()),
    "Unicode's own": lambda text: " ".join(f"U+{code:04X}" for code in text.encode()),
    "base64 of UTF-16": lambda text: base64.b64encode(f"id:{text}".encode("utf-16-le")).decode(),
    "base64 of UTF-16, the other": lambda text: base64.b64encode(f"id:{text}".encode("utf-16-be")).decode(),
    "base64 twice": lambda text: base64_of(base64_of(text)),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 of id and passcode": lambda text: base64.b32encode(f"WRK-485-456Z:{text}".encode()).decode(),
    "a JSON list": lambda text: json.dumps(list(text)),
    "a Python list": lambda text: str(list(text)),
    "Python": lambda text: repr(text.encode()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("secret", [SECRET, "correct-horse/battery+staple", "ab.cd_ef~gh"])
def test_it_is_found_however_it_is_written(way: str, secret: str) -> None:
    written = WAYS[way](secret)
    redacted = Redactor({secret: "[passcode]"}).redacted(f"The passcode {written} is not right")
    assert "[passcode]" in redacted
    assert written not in redacted
    assert redacted.startswith("The passcode ")
    assert redacted.endswith(" is not right")


ENCODERS = [
    str,
    str.lower,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    html.escape,
    urllib.parse.quote,
    urllib.parse.quote_plus,
    each("\\u{code:04x}"),
    each("&#x{code:x};"),
    each("%{code:02x}"),
]


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=24),
    st.lists(st.sampled_from(ENCODERS), max_size=3),
    st.text(max_size=20),
    st.text(max_size=20),
)
@example('canary-"quoted"\\back/slash<&>\'tail-of-it', [html.escape], "", "")
@example("a%41b&amp;c\\x41", [str], "", "")
@example("a%41b&amp;c\\x41", [urllib.parse.quote, html.escape], "", "")
def test_it_is_found_in_up_to_three_encodings(
    secret: str, encoders: list[Callable[[str], str]], before: str, after: str
) -> None:
    written = secret
    for encode in encoders:
        written = encode(written)
    redacted = Redactor({secret: "\u2603"}).redacted(f"{before} {written} {after}")
    assert "\u2603" in redacted
    assert len(written) < 4 or written not in redacted


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=24), st.data())
def test_a_character_may_be_written_otherwise_than_the_next(secret: str, data: st.DataObject) -> None:
    ways = [each("&#{code};"), each("&#x{code:X};"), lambda text: text.replace("&", "&amp;")]
    written = "".join(data.draw(st.sampled_from(ways))(character) for character in secret)
    assert Redactor({secret: "\u2603"}).redacted(f"it is {written}.") in ("it is \u2603.", "it is \u2603")


@pytest.mark.parametrize("length", range(4, len(SECRET)))
@pytest.mark.parametrize("cut", ["", "\ufffd", "\\", "\\u", "\\u00", "%", "%4", "&", "&#", "&#4", "&am"])
def test_what_the_end_of_a_text_cuts_off_is_redacted(length: int, cut: str) -> None:
    redacted = REDACTOR.redacted(f"bad passcode {SECRET[:length]}{cut}")
    assert redacted.startswith("bad passcode [passcode]")
    assert "QAB" not in redacted


@pytest.mark.parametrize("short", ["p", "pw", "pwd"])
def test_a_short_credential_does_not_make_ends_of_texts_look_like_others(short: str) -> None:
    redactor = Redactor({short: "[passcode]", "STOP-1": "[account id]", SECRET: "[other]"})
    assert redactor.redacted("a bus") == "a bus"
    assert redactor.redacted(f"it is {short}") == "it is [passcode]"
    assert redactor.redacted(f"it is {SECRET[:4]}") == "it is [other]"


def test_a_long_text_is_cut_without_a_part_of_it() -> None:
    for before in range(MOST_CHARACTERS - 20, MOST_CHARACTERS):
        redacted = REDACTOR.redacted("x" * before + SECRET + "y" * 40)
        assert len(redacted) < MOST_CHARACTERS + len("[passcode]")
        assert "QAB-" not in redacted


def test_every_secret_has_its_own_label() -> None:
    text = f"account WRK-485-456Z, passcode {SECRET}, again {SECRET}{SECRET}"
    assert REDACTOR.redacted(text) == "account [account id], passcode [passcode], again [passcode][passcode]"


def test_what_holds_none_stays_as_it_is() -> None:
    for text in (
        "",
        " ",
        '{"status": "success", "targets": 1}',
        "<p>a &amp; b &copy; 100%25 \\n = x</p>",
        "\\",
        "%",
        "&",
    ):
        assert REDACTOR.redacted(text) == text


@given(st.text(max_size=200))
def test_it_never_fails(text: str) -> None:
    assert SECRET not in REDACTOR.redacted(text)


@pytest.mark.parametrize(
    "url",
    ["http://user:pass@proxy.example.com:3128", "https://user@host/", "http://u:p/a@s@proxy:1", "http:\\/\\/u:p@h"],
)
def test_the_user_of_a_url_is_taken_out(url: str) -> None:
    redacted = REDACTOR.redacted(f"Unable to connect to '{url}'")
    scheme, host = url.partition(":")[0], url.rpartition("@")[2]
    assert redacted.startswith(f"Unable to connect to '{scheme}:")
    assert redacted.endswith(f"/[user]@{host}'")


def test_many_secrets_cost_little_where_a_text_is_short() -> None:
    redactor = Redactor({f"PASSCODE-{number:05}": f"[{number}]" for number in range(500)})
    assert redactor.redacted("it was PASSCODE-00499") == "it was [499]"


def test_a_short_secret_hides_more_than_itself() -> None:
    assert Redactor({"1": "[passcode]"}).redacted("HTTP 1.1") == "HTTP [passcode].[passcode]"
