from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from definitions import Write
from definitions.generated import GENERATED
from definitions.texts import NESTED, YAML_LIKE
from runner.definitions.load import load
from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.problem_codes import Code, Severity
from runner.errors import ErrorCode, Exit, UserError

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
ROOT = Path(__file__).parents[2]


def test_the_sample_set_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    definitions = load(["bulletins.d"])
    assert definitions.problems == ()
    assert set(definitions.accounts) == {"india", "europe"}


def test_each_sample_names_its_schema_by_a_path_that_leads_there() -> None:
    for path in (ROOT / "bulletins.d").rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        name = first.removeprefix("# yaml-language-server: $schema=")
        assert name != first, path
        assert (path.parent / name).resolve().parent == ROOT / "schemas"
        assert (path.parent / name).is_file()


@pytest.mark.parametrize("code", GENERATED)
def test_defects_that_are_no_plain_file(code: Code, tmp_path: Path) -> None:
    GENERATED[code](tmp_path / "x.yaml")
    assert code in {problem.code for problem in load([tmp_path]).found}


def test_a_file_with_thousands_of_problems_shows_the_first_thousand(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("bulletins: [" + "0, " * 5000 + "]")
    problems = load([tmp_path]).problems
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].message == "there are more than 1,000 problems; the problems from here on are not shown"


def test_many_warnings_hide_no_error(tmp_path: Path) -> None:
    GENERATED[Code.TOO_MANY_WARNINGS](tmp_path / "x.yaml")
    (tmp_path / "z.csv").write_text("a,b\n1\n")
    with (tmp_path / "x.yaml").open("a") as file:
        file.write("\n  - for_each: {csv: z.csv}\n    id: y-{{ row.a }}\n    business_event: x\n    name: y\n")
        file.write("    properties: {}\n    c-by: someone@example.com\n")
    definitions = load([tmp_path])
    assert Code.BAD_TABLE in {problem.code for problem in definitions.problems}
    assert len(definitions.warnings) == MAX_PROBLEMS + 1


def test_warnings_leave_the_bulletins_and_are_errors_of_a_strict_set(write: Write) -> None:
    template = """\
defaults: {business_event: E, c-by: a@example.com, accounts: [india], properties: {}}
bulletins: [{for_each: {csv: n.csv}, id: "x-{{ row.n }}", name: "{{ row.name }}"}]
"""
    write({"accounts.yaml": ACCOUNTS, "x.yaml": template, "n.csv": "n,name\n1,One \n2,Two\n"})
    definitions = load(["bulletins.d"])
    assert [bulletin.name for bulletin in definitions.bulletins] == ["One ", "Two"]
    assert (definitions.problems, [each.code for each in definitions.warnings]) == ((), [Code.CELL_WHITE_SPACE])
    strict = definitions.strict()
    assert (strict.warnings, [each.severity for each in strict.problems]) == ((), [Severity.ERROR])


def test_a_key_that_is_no_string_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "defaults: {id: a, 5: b}\n"
        "bulletins:\n"
        "- {id: a, business_event: E, name: N, properties: {}, c-by: a@example.com, true: 2, nope: 3}\n"
    )
    problems = load([tmp_path]).problems
    assert [(problem.line, problem.column, problem.code) for problem in problems] == [
        (1, 12, Code.UNKNOWN_FIELD),
        (1, 19, Code.YAML_KEY),
        (3, 76, Code.YAML_KEY),
        (3, 85, Code.UNKNOWN_FIELD),
    ]


def test_keys_that_are_no_strings_do_not_hide_that_there_are_more_problems(tmp_path: Path) -> None:
    entries = "- {1: 2}\n" * 300
    (tmp_path / "x.yaml").write_text(f"bulletins:\n{entries}")
    assert Code.TOO_MANY_PROBLEMS in {problem.code for problem in load([tmp_path]).problems}


def test_files_are_shown_by_the_path_that_was_given(write: Write) -> None:
    write({"accounts.yaml": ACCOUNTS, "2026-12/hindi.yml": "bulletins: []"})
    assert load(["bulletins.d"]).files == ("bulletins.d/2026-12/hindi.yml", "bulletins.d/accounts.yaml")
    assert load(["./bulletins.d/"]).files == load(["bulletins.d"]).files


def test_a_file_that_is_given_twice_is_read_once(write: Write) -> None:
    write({"accounts.yaml": ACCOUNTS})
    assert load(["bulletins.d", "./bulletins.d/accounts.yaml"]).files == ("bulletins.d/accounts.yaml",)


def test_problems_come_in_the_order_of_files_and_lines(write: Write) -> None:
    write({"a-b.yaml": "{", "a/z.yaml": "bulletins: 1", "b.yaml": "bulletins:\n- 1\n- 2\n", "a/a.yaml": ""})
    places = [(problem.file.removeprefix("bulletins.d/"), problem.line) for problem in load(["bulletins.d"]).problems]
    assert places == [("a/a.yaml", 1), ("a/z.yaml", 1), ("a-b.yaml", 1), ("b.yaml", 2), ("b.yaml", 3)]


def test_problems_of_one_place_come_in_the_order_of_their_rows(write: Write) -> None:
    template = """\
defaults: {business_event: E, c-by: a@example.com, accounts: [india]}
bulletins:
  - for_each: {csv: n.csv}
    id: "{{ row.id }}"
    name: N {{ row.id }}
    properties: {}
"""
    wrong = {9: "Z z", 100: "A a", 10: "{{ a", 11: "!", 2: "b b"}
    rows = "".join(f"{wrong.get(line, f'row-{line}')}\n" for line in range(2, 120))
    write({"accounts.yaml": ACCOUNTS, "n.yaml": template, "n.csv": f"id\n{rows}"})
    problems = load(["bulletins.d"]).problems
    rows_of = {problem.code: [each.row for each in problem.rows.instances] for problem in problems if problem.rows}
    assert {code: [str(row).rpartition(":")[2] for row in found] for code, found in rows_of.items()} == {
        Code.BAD_FORMAT: ["2", "9", "11", "100"],
        Code.ROW_VALUE: ["10"],
    }
    assert {(problem.file, problem.line, problem.column) for problem in problems} == {("bulletins.d/n.yaml", 4, 9)}


def test_what_is_said_of_thousands_of_wrong_rows_adds_up(write: Write) -> None:
    template = """\
defaults: {business_event: E, c-by: a@example.com, accounts: [india]}
bulletins:
  - for_each: {csv: n.csv}
    id: n-{{ row.n }}
    name: N
    properties: {x: "{{ row.x }}"}
"""
    rows = "".join(f"{line},{'x' * 513}\n" for line in range(2, 2 + 3 * MAX_PROBLEMS))
    write({"accounts.yaml": ACCOUNTS, "n.yaml": template, "n.csv": f"n,x\n{rows}"})
    left_out, reported = load(["bulletins.d"]).problems
    assert left_out.message == "2,000 more rows have problems that are not shown"
    assert reported.message.endswith("n.csv:3, bulletins.d/n.csv:4 and at least 997 more rows")


def test_hidden_files_and_folders_are_not_read(write: Write) -> None:
    write({"accounts.yaml": ACCOUNTS, ".x.yaml": "{", ".git/x.yaml": "{", "notes.txt": "{", "x.yaml~": "{"})
    assert load(["bulletins.d"]).files == ("bulletins.d/accounts.yaml",)


@pytest.mark.parametrize("path", ["nowhere", "", "nowhere\0", "bulletins.d/nowhere.yaml"])
def test_a_path_that_is_not_there_is_wrong_usage(path: str, write: Write) -> None:
    write({"accounts.yaml": ACCOUNTS})
    with pytest.raises(UserError) as caught:
        load([path])
    assert caught.value.exit_code is Exit.USAGE


def test_a_folder_without_definitions_is_wrong_usage(tmp_path: Path) -> None:
    with refused(ErrorCode.NO_DEFINITIONS):
        load([tmp_path])


def reason(folder: Path) -> str:
    (problem,) = load([folder]).problems
    assert problem.code is Code.FILE_UNREADABLE
    return problem.message.removeprefix("the file can't be read: ")


def test_a_link_is_followed_inside_the_set(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text(ACCOUNTS)
    (tmp_path / "x.yaml").symlink_to("real.yaml")
    assert list(load([tmp_path / "x.yaml"]).accounts) == ["india"]
    assert [problem.code for problem in load([tmp_path]).problems] == [Code.DUPLICATE_NAME]


def test_a_set_that_kubernetes_mounts_is_read(tmp_path: Path) -> None:
    """As a ConfigMap is laid out: https://kubernetes.io/docs/concepts/configuration/configmap/"""
    (tmp_path / "..2026_12_01_09_30_00.123").mkdir()
    (tmp_path / "..2026_12_01_09_30_00.123" / "accounts.yaml").write_text(ACCOUNTS)
    (tmp_path / "..data").symlink_to("..2026_12_01_09_30_00.123")
    (tmp_path / "accounts.yaml").symlink_to("..data/accounts.yaml")
    definitions = load([tmp_path])
    assert list(definitions.accounts) == ["india"]
    assert definitions.problems == ()


SECRET = "sesame-93b1"


@pytest.mark.parametrize(
    "target", ["{}/secret", "../secret", "hop", "hop.yaml", "../set.yaml/x.yaml", "/proc/self/environ"]
)
def test_a_link_out_of_the_set_is_a_problem_that_quotes_nothing(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "set.yaml").mkdir()
    (tmp_path / "set.yaml" / "x.yaml").write_text(SECRET)
    folder = tmp_path / "set"
    folder.mkdir()
    for hop in ("hop", ".hop.yaml"):
        (folder / hop).symlink_to("../secret")
    (folder / "x.yaml").symlink_to(target.format(tmp_path).replace("hop.yaml", ".hop.yaml"))
    for path in (folder, folder / "x.yaml"):
        (problem,) = load([path]).problems
        assert problem.code is Code.FILE_UNREADABLE
        assert SECRET not in str(problem)


@pytest.mark.parametrize("target", ["passcode", ".git/config", ".env.yaml", "..yaml"])
def test_a_link_to_another_file_of_the_folder_is_a_problem_that_quotes_nothing(tmp_path: Path, target: str) -> None:
    (tmp_path / target).parent.mkdir(exist_ok=True)
    (tmp_path / target).write_text(SECRET)
    (tmp_path / "x.yaml").symlink_to(target)
    (problem,) = load([tmp_path]).problems
    assert (problem.code, SECRET in str(problem)) == (Code.FILE_UNREADABLE, False)


def test_a_path_that_is_a_link_is_the_operators_choice(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "accounts.yaml").write_text(ACCOUNTS)
    (tmp_path / "current").symlink_to("real")
    assert load([tmp_path / "current"]).problems == ()


@pytest.mark.parametrize("path", ["bulletins.d", "bulletins.d/x.yaml", "bulletins.d/sub"])
def test_a_link_of_the_checkout_that_leads_out_of_it_makes_no_set(tmp_path: Path, path: str) -> None:
    (tmp_path / "checkout" / ".git").mkdir(parents=True)
    (tmp_path / "checkout" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "etc" / "sub").mkdir(parents=True)
    (tmp_path / "etc" / "x.yaml").write_text(SECRET)
    (tmp_path / "checkout" / "bulletins.d").symlink_to("../etc")
    with refused(ErrorCode.LINK_OUT_OF_CHECKOUT) as caught:
        load([tmp_path / "checkout" / path])
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("names", [("HEAD", "objects", "refs"), ("head", "commondir"), ("commondir", "config", "HEAD")])
@pytest.mark.parametrize("folder", ["", "2026/12"])
def test_a_folder_that_git_takes_for_a_repository_is_refused(
    tmp_path: Path, names: tuple[str, ...], folder: str
) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "accounts.yaml").write_text(ACCOUNTS)
    for name in names[:-1]:
        (tmp_path / folder / name).mkdir()
    assert load([tmp_path]).problems == ()
    (tmp_path / folder / names[-1]).mkdir()
    with refused(ErrorCode.LOOKS_LIKE_REPOSITORY):
        load([tmp_path])


def test_a_link_to_nowhere_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to("nowhere")
    assert reason(tmp_path) == "No such file or directory"


def test_a_link_to_itself_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to("x.yaml")
    assert "symbolic links" in reason(tmp_path)


@pytest.mark.parametrize("name", ["2026-12", "x.yaml"])
def test_a_link_to_a_folder_is_a_problem_and_not_silence(tmp_path: Path, name: str) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / name).symlink_to(tmp_path)
    assert reason(tmp_path / "set") == "it is a link to a folder, and links to folders are not followed"


def test_a_link_in_a_circle_that_is_no_definition_is_left_alone(write: Write) -> None:
    folder = write({"accounts.yaml": ACCOUNTS})
    (folder / "circle").symlink_to("circle")
    assert load([folder]).problems == ()


def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    assert reason(tmp_path) == "it is not a regular file"


def test_a_socket_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("x.yaml")
        assert reason(tmp_path)


def test_a_device_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").symlink_to("/dev/zero")
    assert "outside the folder of the definitions" in reason(tmp_path)
    (problem,) = load(["/dev/zero"]).problems
    assert problem.code is Code.FILE_UNREADABLE


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_a_problem(write: Write) -> None:
    folder = write({"x.yaml": ACCOUNTS, "y/z.yaml": ACCOUNTS})
    (folder / "x.yaml").chmod(0)
    assert [problem.code for problem in load([folder / "x.yaml"]).problems] == [Code.FILE_UNREADABLE]
    (folder / "y").chmod(0)
    with refused(ErrorCode.DEFINITIONS_UNREADABLE):
        load([folder])


def test_a_folder_may_be_called_as_a_file(write: Write) -> None:
    folder = write({"x.yaml/accounts.yaml": ACCOUNTS})
    assert list(load([folder]).accounts) == ["india"]


def test_folders_may_nest_deeper_than_python_does(tmp_path: Path) -> None:
    # By steps: the whole path would be too long for one call, and too deep for what cleans up after the tests.
    depth = 1500
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("accounts.yaml").write_text(ACCOUNTS)
    os.chdir(tmp_path)
    accounts = load(["d"]).accounts
    os.chdir("/".join(["d"] * depth))
    os.remove("accounts.yaml")
    for _ in range(depth):
        os.chdir("..")
        os.rmdir("d")
    assert list(accounts) == ["india"]


def test_names_that_are_no_text_are_shown_escaped_and_kept_apart(tmp_path: Path) -> None:
    for name in (b"\xff.yaml", rb"\xff.yaml", b"\n::error::.yaml", "हिन्दी.yaml".encode()):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("{")
    shown = sorted({problem.file.rsplit("/", 1)[1] for problem in load([tmp_path]).problems})
    assert shown == [r"\\xff.yaml", r"\n::error::.yaml", r"\udcff.yaml", "हिन्दी.yaml"]


CATALOGS = st.dictionaries(
    st.sampled_from(["pattern", "enum", "type", "maxLength", "minLength", "$ref", "$id", "allOf", "not", "const"])
    | st.sampled_from(
        ["format", "$dynamicRef", "$anchor", "$defs", "maxBytes", "if", "$schema", "multipleOf", "items"]
    ),
    NESTED
    | st.sampled_from(
        ["#", "#/$defs/a", "^[0-9+$", "(a{1000}){1000}", "string", "https://example.com/x", [{"$ref": "#"}]]
    ),
    max_size=3,
)


@settings(max_examples=examples(60))
@given(
    st.dictionaries(
        st.lists(st.sampled_from(["a", "b.yaml", "c.yml", ".d", "é.yaml", "x\n.yaml"]), min_size=1, max_size=3).map(
            tuple
        ),
        YAML_LIKE | st.just(ACCOUNTS) | st.sampled_from(["->nowhere", "->..", "->b.yaml", "->.", "=pipe", "=folder"]),
        max_size=6,
    )
)
def test_no_tree_of_files_ends_in_an_exception(files: dict[tuple[str, ...], str]) -> None:
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer, "1", "2", "3")  # a link to .. on each way does not lead out of it
        for steps, content in files.items():
            make(folder.joinpath(*steps), content)
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(UserError):  # no definitions found in it
            load([folder])


def test_a_text_is_not_written_into_a_pipe_that_nobody_reads(tmp_path: Path) -> None:
    make(tmp_path / "a", "->.")
    make(tmp_path / "b.yaml", "=pipe")
    make(tmp_path / "a" / "b.yaml", ACCOUNTS)
    assert (tmp_path / "b.yaml").is_fifo()


def make(path: Path, content: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # below a file, there already, or a link to what no path can be
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("->"):
            path.symlink_to(content[2:])
        elif content == "=pipe":
            os.mkfifo(path)
        elif content == "=folder":
            path.mkdir()
        else:
            # The path may lead to a pipe by a link: opened as usual, that would wait for a reader for ever.
            with open(path, "w", encoding="utf-8", errors="surrogatepass", opener=without_waiting) as file:
                file.write(content)


def without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK, 0o666)


@settings(max_examples=examples(80))
@given(CATALOGS, st.text(max_size=5))
def test_no_catalog_ends_in_an_exception(schema: dict[str, object], value: str) -> None:
    import yaml

    event = {"business_events": {"E": {"properties": {"x": schema}}}}
    entry = {"id": "a", "business_event": "E", "name": "n", "properties": {"x": value}, "c-by": "a@example.com"}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.yaml").write_text(ACCOUNTS)
        Path(folder, "b.yaml").write_text(yaml.safe_dump(event, allow_unicode=True), encoding="utf-8")
        Path(folder, "c.yaml").write_text(yaml.safe_dump({"bulletins": [entry]}), encoding="utf-8")
        for problem in load([folder]).problems:
            assert problem.line >= 1


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("shows.yaml", f"Did you mean {os.path.join('bulletins.d', 'shows.yaml')}?"),
        ("Bulletins.D", "Did you mean bulletins.d?"),
        ("my-first-bulletin", "--id"),
        ("/nowhere/set", "bulletins init"),
    ],
)
def test_a_path_that_does_not_exist_is_answered_with_what_is_meant(
    path: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bulletins.d").mkdir()
    (tmp_path / "bulletins.d" / "shows.yaml").write_text("bulletins: []\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        load([path])
    assert caught.value.code is ErrorCode.DEFINITIONS_UNREADABLE
    assert hint in caught.value.help
