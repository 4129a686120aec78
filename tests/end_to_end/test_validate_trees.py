"""No tree of files ends `validate` in a traceback: it is valid, has problems, or the path is wrong."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path

import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.cli import main

# Pieces of definitions, right and wrong: put together at random they get further than random text does.
PIECES = (
    "bulletins:\n", "accounts:\n", "business_events:\n", "defaults:\n", "  - id: a\n", "  - {id: b, name: c}\n",
    "    properties: {k: v}\n", "    properties: {k: 1}\n", "    schedule: {at: 2026-12-01T18:30:00+05:30}\n",
    "    schedule: {at: 2026-12-01, timezone: Nowhere/City, grace: 1x}\n", "    business_event: E\n",
    "    c-by: a@b.cd\n", "    accounts: [india]\n", "    when: 1764594000000\n", "    revision: 1e400\n",
    "    tags: [a, a]\n", "    <<: *x\n", "  india: {region: in1, account_id_env: A, passcode_env: B}\n",
    "  india: &x\n", "    region: in1\n", "? [a, b]\n", "  E: {required: [k], properties: {k: {pattern: '('}}}\n",
    "  E: {properties: {k: {$ref: '#'}}}\n", "--- \n", "...\n", "%YAML 1.1\n", "!!python/object:os.system x\n", "- ",
    ": ", "[", "]", "{", "}", "&a ", "*a ", "*b ", '"', "'", "|\n", ">-\n", "\t", "\r", "\0", "\x1b[31m", "\ufeff",
    "\u2028", "é", "#", "~", "null", "0x1F", ".nan", "1_000", "2026-12-01",
)  # fmt: skip
CONTENTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).map(lambda pieces: "".join(pieces).encode()),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=80),
)
NAMES = st.one_of(
    st.sampled_from(["a.yaml", "b.yml", "B.YAML", ".hidden.yaml", "notes.txt", "ü.yaml", "a b.yaml", "a\nb.yaml"]),
    st.binary(min_size=1, max_size=6).filter(lambda name: not {0, 47} & set(name) and name.strip(b".")).map(
        lambda name: os.fsdecode(name + b".yaml")
    ),
)  # fmt: skip
FOLDERS = st.sampled_from(["", "2026-12/", "deep/deeper/", "x.yaml/", ".git/"])
TREES = st.dictionaries(st.builds("{}{}".format, FOLDERS, NAMES), CONTENTS, max_size=4)


def validate(*arguments: str) -> tuple[int, str, str]:
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["validate", *arguments])
    texts = []
    for stream in (out, err):
        stream.seek(0)
        texts.append(stream.read())
    assert isinstance(ended.value.code, int)
    return ended.value.code, texts[0], texts[1]


def plant(folder: Path, tree: dict[str, bytes]) -> None:
    for name, content in tree.items():
        path = folder / name
        # A name may be a folder of another file already; what can't be there is left out.
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@given(TREES, st.sampled_from(["text", "json"]))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_tree_ends_in_a_traceback(tree: dict[str, bytes], format_: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        plant(Path(name), tree)
        code, out, err = validate(name, "--format", format_)
    assert code in (0, 2, 3), (code, err)
    assert "Traceback" not in err
    if code != 2 and format_ == "json":
        document = json.loads(out)
        assert document["valid"] is (code == 0)
        assert bool(document["problems"]) is (code == 3)
        assert err == ""
    if code != 2 and format_ == "text":
        assert not set(out) & set("\0\x1b\u2028\r"), "a terminal would obey it"
        assert out.endswith("\n")


def test_things_that_are_no_files(tmp_path: Path) -> None:
    folder = tmp_path / "bulletins.d"
    folder.mkdir()
    os.mkfifo(folder / "pipe.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "nowhere.yaml").symlink_to("nothing")
    (folder / "up.yaml").symlink_to("..")
    (folder / "zero.yaml").symlink_to("/dev/zero")
    code, out, err = validate(str(folder))
    assert code == 3
    assert out.count("error[file-unreadable]") == 5, out
    assert err == ""


@pytest.mark.parametrize("path", ["", "nowhere", "x" * 5000, "-", "/dev/null", "\udcff"])
def test_paths_that_lead_nowhere(path: str) -> None:
    code, _, err = validate("--", path)
    assert code in (2, 3), err
    assert "Traceback" not in err
