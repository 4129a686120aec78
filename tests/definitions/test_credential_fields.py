"""A secret that is written into a file of accounts by mistake is quoted nowhere, in whatever way the file is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.load import load_sources
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.schema.credential_fields import looks_like_secret
from runner.definitions.sources import Source
from runner.report.annotations.findings import from_problems
from runner.report.formats import FINDING_FORMATS, problems_in

SECRET = "QAB-SECRET-1"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def problems(text: str | bytes) -> tuple[Problem, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    return load_sources([Source("accounts.yaml", lambda: data)]).problems


@pytest.mark.parametrize(
    "name",
    ["QAB-AWD-KIUL", "qab-secret", "RW8-54K-4Z", "a8f3k2d9zz", "deadbeefdeadbeef", "0123456789abcdef", "x_9fk2Jd83h_y",
     "A B", "$PASSCODE", "{{ passcode }}", "päss", "", " ", "P" * 121],
)  # fmt: skip
@pytest.mark.parametrize("field", ["account_id_env", "passcode_env"])
def test_what_is_no_plain_name_is_refused_without_quoting_it(field: str, name: str) -> None:
    account = {"region": "in1", "account_id_env": "A", "passcode_env": "B", field: name}
    (problem,) = problems(json.dumps({"accounts": {"india": account}}))
    assert problem.code is Code.BAD_FORMAT
    assert len(name.strip()) < 2 or name not in problem.message + problem.help + problem.source
    assert "the name of the variable" in problem.help
    assert "change the passcode" in problem.help


@pytest.mark.parametrize(
    "name", ["PASSCODE", "CLEVERTAP_IN1_PASSCODE", "CT_PASS_2", "INDIA2PASSCODE", "passcodeIndia3", "_X", "A", "IN1SG1"]
)
def test_ordinary_names_pass(name: str) -> None:
    account = {"region": "in1", "account_id_env": "OTHER_ID", "passcode_env": name}
    assert problems(json.dumps({"accounts": {"india": account}})) == ()


@pytest.mark.parametrize(
    ("path", "is_fine"),
    [
        ("/run/secrets/clevertap", True),
        ("/var/run/3f2a9b1c77de01aa/passcode", True),
        ("./QAB-SECRET-1", True),
        ("passcode.txt", True),
        ("passcode-india", True),
        ("QAB-SECRET-1", False),
        ("deadbeefdeadbeef", False),
        ("a8f3k2d9zzQAB", False),
    ],
)
def test_a_passcode_file_is_a_path(path: str, is_fine: bool) -> None:
    account = {"region": "in1", "account_id_env": "A", "passcode_file": path}
    found = problems(json.dumps({"accounts": {"india": account}}))
    assert [problem.code for problem in found] == ([] if is_fine else [Code.BAD_FORMAT])
    assert all(path not in problem.message + problem.help + problem.source for problem in found)


WRONG_FILES = [
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: [%s]}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: {%s: x}}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env:\n      %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: |\n      %s\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode: %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_evn: %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env=%s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env:%s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, %s: B}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_file: %s}\n",
    "accounts:\n  india: {region: %s, account_id_env: A, passcode_env: B}\n",
    "accounts:\n  india: {base_url: %s, account_id_env: A, passcode_env: B}\n",
    "accounts:\n  india: {base_url: 'https://u:%s@api.clevertap.com', account_id_env: A, passcode_env: B}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B, concurrency: %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B, timezone: %s}\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B, ledger: [%s]}\n",
    "accounts:\n  india: %s\n",
    "accounts: %s\n",
    "accounts: [%s]\n",
    "accounts:\n  india:\n  region: in1\n  passcode_env: %s\n",
    "accounts: {}\npasscode_env: %s\n",
    "accounts: {}\npasscode_env %s: x\n",
    "passcode_env: %s\n",
    "%s: x\n",
    "passcode_env %s\n",
    "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B\n  passcode: %s\n",
    "accounts:\n  india:\n    passcode_env: '%s\n",
    "accounts:\n  india:\n    passcode_env: A\n    passcode_env: %s\n",
    "accounts:\n  india:\n    passcode_env: !%s\n",
    "accounts:\n  india:\n    passcode_env: *%s\n",
    "accounts:\n  india:\n\tpasscode_env: %s\n",
    "accounts:\n  india:\n    passcode_env: \"%s\\x07\"\n",
    "accounts:\n  india:\n    passcode_env: %s\x07\n",
    "accounts:\n  india:\n    passcode_env: %s\n---\n",
    "%%TAG ! tag:x:\n---\naccounts: {india: {passcode_env: %s}}\n",
    '{"accounts": {"india": {"passcode_env": "%s"}}',
    "accounts:\n  india: {region: in1, account_id_env: X, passcode_env: X}  # %s\n",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG_FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_wrong_file_brings_a_secret_to_light(text: str, encoding: str) -> None:
    data = (text % SECRET).encode(encoding)
    definitions = load_sources([Source("accounts.yaml", lambda: data)])
    assert definitions.problems
    for problem in definitions.problems:
        assert "SECRET" not in problem.message + problem.help + problem.source, problem
    for format_ in FINDING_FORMATS:
        assert "SECRET" not in problems_in(format_, definitions, now=NOW)
    assert all("SECRET" not in finding.subject for finding in from_problems(definitions.problems))


def test_a_file_of_bulletins_shows_its_lines() -> None:
    (problem,) = problems("bulletins:\n  - {id: a, accounts: [india}\n")
    assert problem.source


@given(st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1, max_size=40))
def test_a_numeric_or_odd_secret_is_not_quoted(secret: str) -> None:
    text = json.dumps({"accounts": {"india": {"region": "in1", "account_id_env": "A", "passcode_env": f"<{secret}>"}}})
    (problem,) = problems(text)
    assert f"<{secret}" not in problem.message + problem.help + problem.source


@pytest.mark.parametrize("number", ["20261130", "-12345678", "1.5e300", "true"])
def test_a_secret_that_yaml_reads_as_another_type_is_not_quoted(number: str) -> None:
    (problem,) = problems(f"accounts:\n  india: {{region: in1, account_id_env: A, passcode_env: {number}}}\n")
    assert problem.code is Code.WRONG_TYPE
    assert number not in problem.message + problem.help + problem.source


def test_words_of_ordinary_texts_do_not_look_like_secrets() -> None:
    assert not looks_like_secret(
        "india-2 Asia/Kolkata in1 us-east-1 /run/secrets/clevertap CLEVERTAP_IN1_ID passcode-3"
    )
