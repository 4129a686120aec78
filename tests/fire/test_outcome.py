"""The outcome table of the API, row by row."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.fire.api.answer import Answer
from runner.fire.outcome import Judgement, Outcome, Sent, judge
from runner.reason import ReasonCode

NOW = datetime(2026, 12, 1, 13, tzinfo=UTC)
SUCCESS = {"status": "success", "targets": 1}
FAIL = {"status": "fail", "error": "Business Event Not Found", "code": 400}
PAGE = b"<html><body>503 Service Unavailable</body></html>"


def judged(status: int | None, body: object = b"", *, left: bool = True, complete: bool = True) -> Judgement:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(Answer(NOW, 1.0, left, status, raw, complete, None if complete else "it broke"))


@pytest.mark.parametrize("status", [200, 201, 202])
def test_success_is_a_yes(status: int) -> None:
    judgement = judged(status, SUCCESS)
    assert (judgement.sent, judgement.outcome, judgement.bulletins_sent) == (Sent.YES, Outcome.FIRED, 1)
    assert (judgement.retry, judgement.stop_account, judgement.slow_down) == (False, False, False)


@pytest.mark.parametrize("status", [101, 301, 304, 400, 401, 403, 404, 405, 408, 409, 429, 500, 503])
def test_success_under_a_status_that_says_otherwise_is_in_doubt(status: int) -> None:
    judgement = judged(status, SUCCESS)
    assert (judgement.sent, judgement.retry, judgement.stop_account) == (Sent.UNKNOWN, False, False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"status": "success", "status": "success"}',
        b'{"status": "success", "status": "fail"}',
        b'{"status": "fail", "status": "success"}',
        b'{"status": "success", "Status": "fail"}',
        b'{"status": "success", "error": "", "error": "no"}',
        b'{"status": "success", "code": 400, "code": 200}',
        {"status": "success", "error": "Business Event Not Found"},
        {"status": "success", "error": ["no"]},
        {"status": "success", "error": True},
        {"status": "success", "errors": [{"reason": "no"}]},
        {"status": "success", "code": 400},
        {"status": "success", "code": 503.0},
        {"status": "success", "code": "401"},
        {"status": "success", "code": -1},
        {"status": "success", "code": "400 Bad Request"},
        {"status": "success", "Error": "Business Event Not Found"},
        {"status": "success", "unprocessed": [{"status": "fail"}]},
        b'{"status": "success", "code": ' + b"9" * 5000 + b"}",
        {"status": "fail", "targets": 1},
        {"status": "fail", "targets": 2**31},
        {"status": "fail", "targets": 2**63},
        {"status": "fail", "targets": "1"},
        {"status": "fail", "targets": 1.0},
        {"status": "fail", "targets": True},
        b'{"status": "fail", "targets": 1, "targets": 0}',
        {"status": "fail", "code": 200},
        {"status": "fail", "Code": 200},
    ],
)
def test_a_body_that_contradicts_itself_is_in_doubt(body: object) -> None:
    assert judged(200, body).sent is Sent.UNKNOWN
    assert judged(400, body).sent is Sent.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        {"status": "success", "targets": 1, "error": None, "code": 200},
        {"status": "success", "targets": 1, "error": "", "errors": [], "code": None},
        {"status": "success", "targets": 1, "error": {}, "code": 0, "message": "queued"},
        b' {"x": 1, "x": 2, "nested": {"status": "fail", "error": "no"}, "status": "success", "targets": 1}\r\n',
    ],
)
def test_fields_that_say_nothing_else_leave_a_success_alone(body: object) -> None:
    assert (judged(200, body).sent, judged(200, body).bulletins_sent) == (Sent.YES, 1)


@pytest.mark.parametrize(
    "body",
    [{"status": "queued"}, {"status": "Success"}, {"status": 1}, {"targets": 1}, {"targets": 2**40},
     {"Status": "success"}, {"STATUS ": "success"}, "success", [{"status": "success"}], b'{"status": "success"} {}',
     b"{'status': 'success'}",
     b'\xef\xbb\xbf{"status": "success"}', b'{"status": "success", "targets": NaN}'],
)  # fmt: skip
@pytest.mark.parametrize("status", [302, 400, 401, 404, 429])
def test_a_refusal_with_a_body_that_may_say_otherwise_is_in_doubt(status: int, body: object) -> None:
    assert judged(status, body).sent is Sent.UNKNOWN


@pytest.mark.parametrize("status", [200, 201, 400, 404, 405, 408, 409, 418])
def test_the_word_fail_is_a_no_that_is_never_tried_again(status: int) -> None:
    judgement = judged(status, FAIL)
    assert (judgement.sent, judgement.outcome, judgement.retry) == (Sent.NO, Outcome.FAILED, False)
    assert judgement.reason is not None
    assert judgement.reason.code in (f"http-{status}", ReasonCode.REFUSED_BY_API)
    assert "Business Event Not Found" in judgement.reason.text


@pytest.mark.parametrize("body", [b"", PAGE, {}, [1], FAIL, {**FAIL, "targets": 0}, {**FAIL, "targets": "0"}])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_rejections_are_certain_whatever_their_body(status: int, body: object) -> None:
    judgement = judged(status, body)
    assert (judgement.sent, judgement.retry) == (Sent.NO, False)
    assert judgement.stop_account == (status in (401, 403))


@pytest.mark.parametrize("body", [b"", PAGE, FAIL])
def test_429_is_turned_away_at_the_door_and_may_be_tried_again(body: object) -> None:
    judgement = judged(429, body)
    assert (judgement.sent, judgement.retry, judgement.slow_down) == (Sent.NO, True, True)
    assert judgement.reason is not None
    assert judgement.reason.code is ReasonCode.HTTP_429


@pytest.mark.parametrize("body", [b"", PAGE, {"error": "later"}, FAIL])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
def test_a_gateway_may_answer_5xx_after_it_was_sent(status: int, body: object) -> None:
    judgement = judged(status, body)
    assert (judgement.sent, judgement.outcome, judgement.retry) == (Sent.UNKNOWN, Outcome.IN_DOUBT, False)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_not_tried_again(status: int) -> None:
    judgement = judged(status)
    assert (judgement.sent, judgement.retry) == (Sent.NO, False)
    assert judgement.reason is not None
    assert judgement.reason.code is ReasonCode.REDIRECTED


@pytest.mark.parametrize(
    "body",
    [b"", PAGE, b"{", b'{"status": "succ', b"\xff\xfe", [], "success", {}, {"targets": 1}, {"status": 1},
     b"[" * 100_000, {"status": "Success"}, {"status": "queued"}, b'{"targets": ' + b"9" * 5000 + b"}",
     {"status": True}, {"status": ["success"]}, {"status": {"status": "success"}}, [["status", "success"]],
     b'{"status": "success"} trailing', b'{"status": "success", "targets": NaN}', b'{"status": "success",}',
     b'{"status": "success", "targets": -Infinity}', b'\xef\xbb\xbf{"status": "success"}',
     b'{"status": "success", "x": "\xff"}', '{"status": "success"}'.encode("utf-16"), b"{'status': 'success'}",
     b'{"status": "success", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 201, 204])
def test_without_a_readable_status_nobody_knows(status: int, body: object) -> None:
    assert judged(status, body).sent is Sent.UNKNOWN


@pytest.mark.parametrize("status", [101, 304, 402, 406, 408, 409, 410, 422, 425, 451])
def test_other_statuses_without_a_readable_word_are_in_doubt(status: int) -> None:
    assert judged(status, PAGE).sent is Sent.UNKNOWN


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 503])
def test_an_answer_that_broke_off_is_in_doubt_whatever_its_status(status: int) -> None:
    judgement = judged(status, SUCCESS, complete=False)
    assert (judgement.sent, judgement.retry) == (Sent.UNKNOWN, False)
    assert judgement.reason is not None
    assert judgement.reason.code is ReasonCode.ANSWER_INCOMPLETE
    assert "it broke" in judgement.reason.text


def test_without_an_answer_it_counts_whether_anything_left() -> None:
    stayed, left = judged(None, left=False, complete=False), judged(None, left=True, complete=False)
    assert (stayed.sent, stayed.retry) == (Sent.NO, True)
    assert (left.sent, left.retry) == (Sent.UNKNOWN, False)


@pytest.mark.parametrize(
    ("targets", "sent"),
    [("0", 0), ("7", 7), ("2147483647", 2**31 - 1), ("2147483648", None), ("9223372036854775808", None), ("-1", None),
     ("1" * 19, None), ("9" * 5000, None), ("-" + "9" * 5000, None), ("true", None), ('"1"', None), ("1.0", None),
     ("1e3", None), ("1e999", None), ("null", None), ("[1]", None), ('1, "targets": 2', None)],
)  # fmt: skip
def test_only_a_count_that_the_ledger_can_hold_counts_as_bulletins_sent(targets: str, sent: int | None) -> None:
    judgement = judged(200, b'{"status": "success", "targets": %s}' % targets.encode())
    assert (judgement.sent, judgement.bulletins_sent) == (Sent.YES, sent)


def test_an_error_is_kept_on_one_line_that_every_terminal_and_encoding_takes() -> None:
    body = b'{"status": "fail", "error": "a\\n::error::b\\u001b[31m\\ud800 \\u0000c"}'
    reason = str(judged(400, body).reason)
    assert reason.endswith("a ::error::b\ufffd[31m\ufffd \ufffdc")
    assert reason.encode()


def test_what_a_reason_quotes_is_redacted_before_it_is_cut() -> None:
    body = {"status": "fail", "error": "x" * 295 + "passcode"}
    answer = Answer(NOW, 1.0, True, 400, json.dumps(body).encode(), True)
    reason = str(judge(answer, lambda text: text.replace("passcode", "[hidden]")).reason)
    assert "pass" not in reason
    assert len(reason) < 320


def test_a_passcode_that_is_a_word_of_the_answer_does_not_change_its_meaning() -> None:
    answer = Answer(NOW, 1.0, True, 200, json.dumps(SUCCESS).encode(), True)
    assert judge(answer, lambda text: text.replace("success", "[hidden]")).sent is Sent.YES


json_values = st.recursive(
    st.sampled_from(["success", "fail"]) | st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["status", "targets", "error", "code"]), inner),
    max_leaves=8,
)


@given(
    status=st.none() | st.integers(100, 599),
    body=st.binary() | json_values.map(lambda value: json.dumps(value).encode()),
    left=st.booleans(),
    complete=st.booleans(),
)
def test_only_a_certain_no_may_be_tried_again(status: int | None, body: bytes, left: bool, complete: bool) -> None:
    left = left or status is not None
    judgement = judge(Answer(NOW, 1.0, left, status, body, complete))
    if judgement.retry:
        assert judgement.sent is Sent.NO
        assert not left or status == 429
    if judgement.sent is Sent.NO:
        assert judgement.reason
    if judgement.sent is Sent.YES:
        assert status is not None
        assert 200 <= status < 300
    assert len(str(judgement.reason or "")) < 400
    assert 0 <= (judgement.bulletins_sent or 0) < 2**31


def test_a_reason_quotes_the_first_300_characters_of_an_error() -> None:
    reason = judged(400, {**FAIL, "error": "x" * 299 + "yz"}).reason
    assert reason is not None
    assert "x" * 299 + "y" in reason.text
    assert "z" not in reason.text.partition("x")[2]
