"""`sandbox`: serve the simulated API on its own, for use by hand, with curl and from other programs."""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from runner import interrupts
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.sandbox.record import Received

DEFAULT_PORT = 8642
_EVENT_HELP = "An event and its required properties; repeatable. Without it, every event is known."
_CREDENTIALS_HELP = "Accept only these credentials; repeatable. Without it, all are accepted."


class _Seconds(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        number, unit = (value[:-2], 0.001) if value.endswith("ms") else (value.removesuffix("s"), 1.0)
        try:
            return float(number) * unit
        except ValueError:
            self.fail(f"{value!r} is not a duration: write it like 50ms or 2s", param, ctx)


def _credentials(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    pairs = [value.split(":", 1) for value in values]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise click.BadParameter("write it like ID:PASSCODE", ctx, param)
    return dict(pairs) or None


def _events(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, list[str]] | None:
    events = {}
    for value in values:
        name, _, properties = value.partition("=")
        events[name] = [each.strip() for each in properties.split(",") if each.strip()]
    return events or None


def _faults(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from runner.sandbox.faults import parse_fault

    for value in values:
        try:
            parse_fault(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None
    return values


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, metavar="N",
              help="The port; 0 takes any free port.")  # fmt: skip
@click.option("--latency", type=_Seconds(), default="50ms", show_default=True, help="How long an answer takes.")
@click.option("--release-after", type=_Seconds(), default="0ms", show_default=True,
              help="How long a request counts as in flight after its answer.")  # fmt: skip
@click.option("--credentials", multiple=True, callback=_credentials, metavar="ID:PASSCODE", help=_CREDENTIALS_HELP)
@click.option("--event", "events", multiple=True, callback=_events, metavar="NAME=PROP,PROP", help=_EVENT_HELP)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_faults,
    metavar="FAULT",
    help="What goes wrong, see above; repeatable.",
)
@click.option("--targets", type=click.IntRange(0), default=1, show_default=True, metavar="N",
              help="How many bulletins each answer reports as sent.")  # fmt: skip
def sandbox(
    port: int,
    latency: float,
    release_after: float,
    credentials: dict[str, str] | None,
    events: dict[str, list[str]] | None,
    faults: tuple[str, ...],
    targets: int,
) -> int:
    """Serve a simulated API on this machine, until Ctrl-C.

    \b
    A FAULT is KIND[@NAME-GLOB][*TIMES][~PROBABILITY]. The kinds:
      503, timeout, reset, close            before the bulletin is accepted,
      503-after, timeout-after, …           or after it
      truncated, foreign, no-status, huge   accepted, but the answer is useless
      drip, drip-head                       accepted, but the answer never ends
      fail:TEXT, redirect                   not accepted
      refuse                                no connection is possible
      sticky-429, sticky-429:30s            after a 429, the account gets only
                                            429 for 10 minutes, or that long

    '503-after@*Hindi*' answers 503 after accepting bulletins with Hindi in the name.
    """
    from runner.sandbox.server import Sandbox

    ended = threading.Event()
    interrupts.listen(lambda _number: ended.set())
    try:
        served = Sandbox(
            port=port,
            latency_s=latency,
            release_s=release_after,
            credentials=credentials,
            events=events,
            faults=faults,
            targets=targets,
            on_answer=_log,
        )
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    except OSError as error:
        raise UserError(
            ErrorCode.PORT_UNUSABLE,
            f"the port {port} can't be used: {error.strerror}",
            help="Choose another with --port, or --port 0.",
        ) from None
    with served:
        click.echo(served.base_url)
        sys.stdout.flush()
        click.echo(_curl(served.base_url, credentials), err=True)
        while not ended.wait(0.2):
            pass
        received, accepted = served.totals()
    click.echo(f"{received} requests, {accepted} accepted", err=True)
    return Exit.OK


def _curl(base_url: str, credentials: dict[str, str] | None) -> str:
    account_id, passcode = next(iter((credentials or {"sandbox": "sandbox"}).items()))
    body = {
        "business_event": "Program Released",
        "name": "Sa Re Ga Ma episode 12",
        "properties": {"program_id": "234567", "language": "Hindi"},
        "c-by": "releases@example.com",
        "when": "now",
    }
    return (
        f"try: curl -X POST -H 'X-CleverTap-Account-Id: {account_id}' -H 'X-CleverTap-Passcode: {passcode}'"
        f" -H 'Content-Type: application/json' -d '{json.dumps(body)}' {base_url}/1/targets/trigger.json"
    )


def _log(received: Received) -> None:
    from runner.report.safe_text import printable

    now = datetime.now().astimezone().strftime("%H:%M:%S")
    answer = "no answer" if received.status is None else str(received.status)
    raised = "accepted" if received.accepted else "not accepted"
    who = f"{printable(received.account_id or '-')} {printable(received.name or '-')}"
    fault = f" ({printable(received.fault)})" if received.fault else ""
    click.echo(f"{now} {who}: {answer}, {raised}, {received.in_flight} in flight{fault}", err=True)
