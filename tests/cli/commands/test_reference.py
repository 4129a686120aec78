"""`schema` and `explain`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from conftest import Write
from report.documents import make_report, make_result

from cli.conftest import Bulletins
from runner.definitions.problem_codes import EXPLANATIONS, THEMES, Code
from runner.errors import ErrorCode, Exit
from runner.fire.api.refusal_causes import ANSWERS, answer_code
from runner.fire.outcome import Outcome, Sent
from runner.plan.decide import Action
from runner.plan.history import State
from runner.reason import ReasonCode
from runner.report.annotation_rules import AnnotationRule
from runner.report.document.run_summary import HELD_BACK
from runner.report.formats import run_in
from runner.report.text.explain_pages import MEANINGS
from runner.report.vocabulary import ACTIONS, OUTCOMES

SCHEMAS = Path(__file__).parents[3] / "schemas"
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))

OTHER_THEMES = ("Answers of the API", "Reasons in plans and reports", "Errors of a command")


def test_schemas_are_listed(bulletins: Bulletins) -> None:
    assert sorted(bulletins("schema").out.split()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_printed_unchanged(bulletins: Bulletins, name: str) -> None:
    done = bulletins("schema", name)
    assert (done.code, done.err) == (0, "")
    assert done.out == (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(done.out))


def test_a_schema_that_is_not_there(bulletins: Bulletins) -> None:
    assert bulletins("schema", "reprt").refused_with(ErrorCode.UNKNOWN_SCHEMA, "'reprt'", exit_code=2)
    assert bulletins("schema", "x").refused_with(ErrorCode.UNKNOWN_SCHEMA, "'x'", exit_code=2)


@pytest.fixture
def the_set(write: Write) -> Path:
    """One account, one event, no bulletin yet."""
    return write(
        {
            "accounts.yaml": "accounts: {india: {region: in1, account_id_env: A, passcode_env: B}}",
            "events.yaml": "business_events: {Program Released: {required: [program_id]}}",
        }
    )


@pytest.mark.parametrize(("arguments", "title"), [([], "Bulletins"), (["accounts"], "Accounts")])
def test_a_schema_for_the_set(bulletins: Bulletins, the_set: Path, arguments: list[str], title: str) -> None:
    done = bulletins("schema", *arguments, "--for-set")
    assert (done.code, done.err) == (0, "")
    schema = json.loads(done.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == title
    if title == "Bulletins":
        assert schema["$defs"]["accounts"]["items"]["anyOf"][0] == {"enum": ["india"]}


def test_schemas_for_the_set_in_a_folder(bulletins: Bulletins, the_set: Path, tmp_path: Path) -> None:
    the_set.rename(tmp_path / "other.d")
    done = bulletins("schema", "--for-set", "--path", "other.d", "--out", "other.d/.schemas")
    names = ["accounts", "business_events", "bulletins"]
    assert done.out == "".join(f"written: other.d/.schemas/{name}.schema.json\n" for name in names)
    written = (tmp_path / "other.d" / ".schemas" / "bulletins.schema.json").read_text(encoding="utf-8")
    assert written == bulletins("schema", "--for-set", "--path", "other.d").out
    assert bulletins("validate", "other.d").code == 0
    assert bulletins("schema", "accounts", "--for-set", "--path", "other.d", "--out", "x").out.count("\n") == 1


def test_a_set_with_problems_says_so(bulletins: Bulletins, the_set: Path, write: Write) -> None:
    write({"broken.yaml": "bulletins: [{}]"})
    done = bulletins("schema", "--for-set")
    assert done.code == 0
    assert json.loads(done.out)["title"] == "Bulletins"
    said = "shows them): accounts and events with a problem are left out of the schema\n"
    assert re.fullmatch(r"the set has \d problems \(bulletins validate ", done.err.removesuffix(said))
    the_set.rename(the_set.parent / "my set")
    assert "(bulletins validate 'my set' shows them)" in bulletins("schema", "--for-set", "--path", "my set").err


@pytest.mark.parametrize(
    ("arguments", "code", "value", "exit_code"),
    [
        (["--out", "x"], ErrorCode.BAD_USAGE, "--for-set", 2),
        (["--path", "x"], ErrorCode.BAD_USAGE, "--for-set", 2),
        (["plan", "--for-set"], ErrorCode.UNKNOWN_SCHEMA, "'plan'", 2),
        (["--for-set", "--path", "nowhere"], ErrorCode.DEFINITIONS_UNREADABLE, "nowhere", 2),
        (["--for-set", "--out", "bulletins.d/events.yaml"], ErrorCode.CANNOT_WRITE, "events.yaml", 5),
    ],
)
def test_what_schema_refuses(
    bulletins: Bulletins, the_set: Path, arguments: list[str], code: ErrorCode, value: str, exit_code: int
) -> None:
    assert bulletins("schema", *arguments).refused_with(code, value, exit_code=exit_code)


def test_codes_are_listed_by_theme(bulletins: Bulletins) -> None:
    lines = bulletins("explain").out.splitlines()
    codes = [line.split()[0] for line in lines if re.match(r"  [a-z]", line)]
    assert sorted(codes) == sorted([*(code.value for code in EXPLANATIONS), *ANSWERS, *Action, *Outcome, *MEANINGS])
    assert [line for line in lines if re.match("[A-Z]", line)] == [
        *THEMES,
        "Answers of the API",
        "Actions of a plan",
        "Outcomes of a run",
        "Reasons in plans and reports",
        "Remarks in annotations",
        "Other words in reports and status",
        "Exit codes",
        "Errors of a command",
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_explained(bulletins: Bulletins, code: Code) -> None:
    done = bulletins("explain", code)
    assert (done.code, done.err) == (0, "")
    assert " ".join(done.out.split("\n\n")[0].split()) == f"{code}: {EXPLANATIONS[code].summary}"
    assert "\nwrong:\n    " in done.out
    assert "\nright:\n    " in done.out


def test_a_code_may_be_copied_from_a_problem(bulletins: Bulletins) -> None:
    assert bulletins("explain", "error[yaml-key]:").out == bulletins("explain", "yaml-key").out


@pytest.mark.parametrize("code", list(ANSWERS))
def test_every_answer_of_the_api_is_explained(bulletins: Bulletins, code: str) -> None:
    done = bulletins("explain", code)
    assert (done.code, done.err) == (0, "")
    assert " ".join(done.out.split("\n\n")[0].split()) == f"{code}: {ANSWERS[code].summary}"
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("code", [*ErrorCode, *(code for code in ReasonCode if code not in ANSWERS)])
def test_every_error_and_every_reason_is_explained(bulletins: Bulletins, code: str) -> None:
    done = bulletins("explain", code)
    assert (done.code, done.err) == (0, "")
    assert " ".join(done.out.split()) == f"{code}: {MEANINGS[code]}"


def test_an_error_code_may_be_copied_with_its_brackets(bulletins: Bulletins) -> None:
    assert bulletins("explain", "[no-match]").out == bulletins("explain", "no-match").out


@pytest.mark.parametrize("word", sorted({*Action, *Outcome}))
def test_every_action_and_outcome_is_explained(bulletins: Bulletins, word: str) -> None:
    done = bulletins("explain", word)
    assert (done.code, done.err, done.out.splitlines()[0]) == (0, "", word)
    said = " ".join(done.out.split())
    assert [terms[word].meaning in said for terms in (ACTIONS, OUTCOMES) if word in terms] == [True] * (
        (word in ACTIONS) + (word in OUTCOMES)
    )
    assert ("exit code" in said) == (word in OUTCOMES and Outcome(word).exit_code != 0)


OTHER_WORDS = {*AnnotationRule, *State, *Sent, HELD_BACK, *(str(int(each)) for each in Exit)}


@pytest.mark.parametrize("code", sorted(OTHER_WORDS))
def test_every_other_word_that_formats_print_is_explained(bulletins: Bulletins, code: str) -> None:
    assert bulletins("explain", code).code == 0


def test_every_http_status_is_explained() -> None:
    known = {status: answer_code(str(status)) for status in range(100, 600)}
    assert set(known.values()) == set(ANSWERS)
    assert [known[status] for status in (405, 408, 301, 504)] == ["http-405", "http-4xx", "http-3xx", "http-5xx"]


def test_every_code_in_every_format_of_a_run_is_explained(bulletins: Bulletins) -> None:
    outcomes = ("fired", "failed", "in_doubt", "expired", "skipped", None)
    results = [make_result(str(each), each, warnings=["odd"]) for each in outcomes]
    document = make_report(*results, *(make_result(each, None, action=each) for each in ACTIONS))
    sarif = json.loads(run_in("sarif", document))["runs"][0]
    junit = ET.fromstring(run_in("junit", document).split("?>", 1)[1])
    codes = {each["ruleId"] for each in sarif["results"]}
    codes |= {each.get("type", "") for case in junit.iter("testcase") for each in case}
    codes |= set(re.findall(r"title=([a-z_-]+)%3A", run_in("github", document)))
    codes |= {each[name] for each in document["results"] for name in ("action", "reason_code", "outcome") if each[name]}
    codes |= set(document["summary"]["left_alone"]) | set(outcomes[:-1])

    assert len(codes) > 15
    assert [code for code in codes if bulletins("explain", code).code] == []


def test_429_shows_of_the_ten_minutes(bulletins: Bulletins) -> None:
    assert "10 minutes" in " ".join(bulletins("explain", "429").out.split())
    assert bulletins("explain", "HTTP 429").out == bulletins("explain", "http-429").out


def test_a_code_that_is_not_there(bulletins: Bulletins) -> None:
    done = bulletins("explain", "yaml-kee")
    assert done.refused_with(ErrorCode.UNKNOWN_CODE, "'yaml-kee'", exit_code=2)
    done = bulletins("explain", "zzz")
    assert done.refused_with(ErrorCode.UNKNOWN_CODE, "'zzz'", exit_code=2)
