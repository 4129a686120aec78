"""Strategies for texts and values that look like YAML, well formed or not."""

from __future__ import annotations

from hypothesis import strategies as st

from runner.definitions.reading.scalars import resolve_plain

# Plain keys that no schema reads as anything but text.
KEYS = st.from_regex(r"[a-z_][a-z0-9_-]{0,12}", fullmatch=True).filter(lambda key: key not in ("null", "true", "false"))

_WORDS = st.sampled_from(
    ["Hindi", "सा रे गा", "இசை மழை", "🎵 music", "a: b", "no", "12:30", "# x", "'", '"', "- x", "007"]
)
_SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | _WORDS | KEYS
# PyYAML writes by YAML 1.1 and leaves texts such as 0E0 without quotes, which are numbers for the core schema.
_PRINTABLE = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["C", "Z"]), max_size=8
).filter(lambda text: isinstance(resolve_plain(text), str))

NESTED = st.recursive(
    _SCALARS | _PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)

_PIECES = st.sampled_from(
    [
        *"[]{}:,?-&*!|>'\"%@`#~ \t\n\r\\",
        "\r\n",
        "- ",
        ": ",
        "? ",
        "\n  ",
        "\n",
        "---\n",
        "...\n",
        "\n--- ",
        "&a ",
        "*a",
        "&a [*a]",
        "!!str ",
        "!x ",
        "!<tag:a> ",
        "%YAML 1.2\n",
        "%TAG ! x\n",
        "<<: ",
        "|\n  x\n",
        ">-\n",
        "'a'",
        '"a"',
        '"\\uD800"',
        '"\\U00110000"',
        '"\\x00"',
        '"\\',
        "null",
        "true",
        "007",
        "0x1F",
        ".inf",
        ".nan",
        "9" * 400,
        "bulletins:",
        "accounts:",
        "business_events:",
        "defaults:",
        "id: a",
        "name: ",
        "properties: {a: 1}",
        "  - ",
        "\u0939",
        "\U0001f3b5",
        "\u2028",
        "\ufeff",
        "\x00",
        "\x07",
        "\x85",
        "\xa0",
        "é",
        "a",
        "1",
        "[" * 100,
        "{" * 70,
    ]
)
YAML_LIKE = st.lists(_PIECES, max_size=30).map("".join)
BOMBS = st.integers(2, 12).flatmap(
    lambda width: st.integers(1, 9).map(
        lambda height: "".join(
            f"a{level}: &a{level} [{', '.join([f'*a{level - 1}' if level else 'x'] * width)}]\n"
            for level in range(height)
        )
    )
)
