"""`zero message`: messages between zones, seen, sent, tried again and looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli import message_check, message_send, message_simulate
from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import JSON, NETWORK

if TYPE_CHECKING:
    from zero_sdk.client.message import Message
    from zero_sdk.client.network import Network

POLL = 0.2
"""Seconds between two looks at what is watched."""

GUID = Annotated[str, typer.Argument(help="The message's GUID: 0x and 64 hex digits.", show_default=False)]
FROM_ZONE = Annotated[
    str | None, typer.Option("--source", metavar="ZONE", help="Only from this zone.", show_default=False)
]
TO_ZONE = Annotated[
    str | None, typer.Option("--destination", metavar="ZONE", help="Only to this zone.", show_default=False)
]
SENDER = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Only from this contract.", show_default=False),
]
RECEIVER = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Only for this contract.", show_default=False)
]
STATUS = Annotated[
    str | None,
    typer.Option(metavar="STATUS,...", help="Only those: sent, failed, delivered, ....", show_default=False),
]


def list_messages(
    source: FROM_ZONE = None,
    destination: TO_ZONE = None,
    status: STATUS = None,
    sender: SENDER = None,
    receiver: RECEIVER = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many at most.")] = 50,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """List messages between zones, newest first."""
    from zero_sdk.cli.message_lines import print_list
    from zero_sdk.cli.output import result_json, say

    with _opened(url, network) as opened:
        wanted = _filter(source, destination, status, sender, receiver)
        found = opened.messages(limit=limit, **wanted)
    if json:
        result_json([message.told.raw for message in found if message.told is not None])
    elif not found:
        say("no messages")
    else:
        print_list(found)


def show(
    guid: GUID,
    trace: Annotated[
        bool, typer.Option("--trace", help="With the calls of its transactions on both legs.")
    ] = False,
    proof: Annotated[
        bool, typer.Option("--proof", help="With what shows its destination that it was sent (JSON only).")
    ] = False,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Show a message and its life: what happened to it where, and why it does not go on."""
    from zero_sdk.cli.message_lines import life_of
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.errors import Problem, ZeroError

    if proof and not json:
        raise ZeroError(Problem.CONTRADICTION, "--proof prints JSON only", "give --json as well")
    with _opened(url, network) as opened:
        message = opened.message(guid)
        state = message.told
        assert state is not None
        raw = None
        if trace or proof:
            raw = opened.rpc("zero_getMessage", guid, {"traces": trace, "proof": proof})
        if json:
            result_json(raw or state.raw)
            return
        for line in life_of(message, state):
            result(line)
        for one in (raw or {}).get("traces", ()):
            result("")
            result(f"{one['leg']} ({', '.join(one['kinds'])}) in {one['zone']}: {one['transactionHash']}")
            result(one["text"].rstrip("\n"))


def watch(
    guid: Annotated[
        str | None,
        typer.Argument(
            metavar="[GUID]", help="Only this message, until it is delivered.", show_default=False
        ),
    ] = None,
    source: FROM_ZONE = None,
    destination: TO_ZONE = None,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.001, help="Give up after so long.", show_default=False),
    ] = None,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Print messages whenever something happens to them, one line each.

    With a GUID it ends when the message is delivered, and with exit code 1 when it fails. Else it goes on
    until it is interrupted, or --timeout is over.
    """
    from zero_sdk.cli.output import Ending, result

    with _opened(url, network) as opened:
        watching = _Watching(opened, _filter(source, destination, None, None, None), json, result)
        if guid is not None:
            if not watching.one(guid, timeout):
                raise Ending(1)
            return
        watching.all(timeout)


class _Watching:
    """What was printed of which message."""

    def __init__(self, network: Network, wanted: dict[str, Any], json: bool, tell: Any) -> None:
        self._network = network
        self._wanted = wanted
        self._json = json
        self._tell = tell
        self._seen: dict[str, tuple[Any, ...]] = {}

    def one(self, guid: str, timeout: float | None) -> bool:
        """Until it is delivered (true), or will not be (false). Raises Timeout."""
        from zero_sdk.client.errors import Timeout
        from zero_sdk.client.flows.messaging import described
        from zero_sdk.client.message_state import FINAL

        message = self._network.message(guid)
        for _ in _ticks(timeout):
            state = message.state
            self._look(message)
            if state.status in FINAL or state.status == "failed":
                return state.status == "delivered"
        raise Timeout(
            f"message {guid} after {timeout:g} s: {described(state)}",
            "`zero courier` says what the courier does",
        )

    def all(self, timeout: float | None) -> None:
        """Until time is over. What was delivered before is not told."""
        is_first = True
        for _ in _ticks(timeout):
            for message in reversed(self._network.messages(limit=200, **self._wanted)):
                told = message.told
                if is_first and told is not None and told.status == "delivered":
                    self._seen[message.guid] = _mark(message)
                    continue
                self._look(message)
            is_first = False

    def _look(self, message: Message) -> None:
        import json as json_codec

        from zero_sdk.cli.message_lines import line_of

        state, mark = message.told, _mark(message)
        assert state is not None
        if self._seen.get(message.guid) == mark:
            return
        self._seen[message.guid] = mark
        self._tell(json_codec.dumps(state.raw) if self._json else line_of(message, state))


def _mark(message: Message) -> tuple[Any, ...]:
    """What changes when something happens to a message."""
    state = message.told
    assert state is not None
    calls = tuple((call.index, call.status, len(call.attempts)) for call in state.composes)
    return state.status, len(state.attempts), state.reason, calls


def _ticks(timeout: float | None) -> Any:
    import time

    deadline = None if timeout is None else time.monotonic() + timeout
    yield
    while deadline is None or time.monotonic() < deadline:
        time.sleep(POLL)
        yield


def retry(
    guid: GUID,
    gas: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Gas for it; else what its options say.", show_default=False),
    ] = None,
    value: Annotated[
        str | None, typer.Option(metavar="WEI", help="Wei that go with it, or 1.5ether.", show_default=False)
    ] = None,
    compose: Annotated[
        int | None,
        typer.Option(
            metavar="INDEX", min=0, help="Make its composed call instead, of that index.", show_default=False
        ),
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ACCOUNT",
            help="Who pays: an account of the devnet.  [default: the courier]",
            show_default=False,
        ),
    ] = None,
    url: URL = None,
    network: NETWORK = None,
    json: JSON = False,
) -> None:
    """Deliver a message that failed again, and print the transaction's hash.

    With --compose its composed call. Exit code 1 where it fails again.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import Ending, result, result_json, say
    from zero_sdk.client.flows import messaging
    from zero_sdk.client.message import retry_given
    from zero_sdk.client.message_state import retry_of
    from zero_sdk.client.words import parse_integer

    project = target.project_here()
    with _opened(url, network) as opened:
        payer = target.account_named(opened, project, sender)
        given = retry_given(gas, None if value is None else parse_integer(value), payer, compose)
        zone = opened.default_zone
        answer = zone.run(messaging.asked(zone.facts, "zero_retryMessage", guid, *([given] if given else [])))
    done = retry_of(answer)
    if json:
        result_json(answer)
    else:
        result(done.transaction)
        say(done.outcome if done.reason is None else f"{done.outcome}: {done.reason}")
    if done.outcome == "failed":
        raise Ending(1)


def _filter(
    source: str | None, destination: str | None, status: str | None, sender: str | None, receiver: str | None
) -> dict[str, Any]:
    statuses = None if status is None else tuple(part.strip() for part in status.split(",") if part.strip())
    return {
        "source": source,
        "destination": destination,
        "status": statuses,
        "sender": sender,
        "receiver": receiver,
    }


def _opened(url: str | None, network: str | None) -> Network:
    from zero_sdk.cli import target

    return target.open_target(target.project_here(), url, network)[0]


def register(app: typer.Typer) -> None:
    """Adds the command and its subcommands."""
    group = typer.Typer(name="message", help="Messages between zones.", context_settings=CONTEXT)
    for name, command in (
        ("list", list_messages),
        ("show", show),
        ("watch", watch),
        ("send", message_send.send),
        ("retry", retry),
        ("simulate", message_simulate.simulate),
        ("check", message_check.check),
    ):
        group.command(name, cls=GroupedCommand, context_settings=CONTEXT)(command)
    app.add_typer(group)
