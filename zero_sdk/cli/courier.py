"""`zero courier`: what proves and delivers messages, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import JSON

if TYPE_CHECKING:
    from zero_sdk.client.courier_state import CourierState

MODES = ("automatic", "delayed", "manual")


def status(url: URL = None, json: JSON = False) -> None:
    """Show what the courier does: its mode, how many messages wait, what keeps it from delivering."""
    _show(_call(url, "zero_getCourier"), json)


def pause(url: URL = None, json: JSON = False) -> None:
    """Let it do nothing by itself until it is resumed."""
    _show(_call(url, "zero_pauseCourier"), json)


def resume(url: URL = None, json: JSON = False) -> None:
    """Let it go on."""
    _show(_call(url, "zero_resumeCourier"), json)


def step(
    limit: Annotated[
        int | None,
        typer.Argument(metavar="[N]", help="For at most so many messages.", min=1, show_default=False),
    ] = None,
    url: URL = None,
    json: JSON = False,
) -> None:
    """Let it take a turn now, whatever its mode, and print what it did."""
    from zero_sdk.cli.output import result, result_json, say

    answer = _call(url, "zero_courierStep", *([] if limit is None else [limit]))
    if json:
        result_json(answer)
        return
    for action in answer["actions"]:
        detail = "" if action["detail"] is None else f"  {action['detail']}"
        place = action["transactionHash"] or "-"
        result(f"{action['kind']:<10} {action['guid']}  {action['zone']}  {place}{detail}")
    if not answer["actions"]:
        say("there was nothing to do")


def mode(
    name: Annotated[
        str, typer.Argument(metavar="MODE", help="automatic, delayed or manual.", show_default=False)
    ],
    delay: Annotated[
        int | None,
        typer.Option(metavar="SLOTS", min=0, help="How much later, with delayed.", show_default=False),
    ] = None,
    url: URL = None,
    json: JSON = False,
) -> None:
    """Set when it delivers by itself: what is settled at once, some slots later, or never."""
    from zero_sdk.client.courier import mode_given
    from zero_sdk.errors import Problem, ZeroError

    if name not in MODES:
        raise ZeroError(Problem.BAD_VALUE, f"{name!r} is no mode", f"it is {', '.join(MODES)}")
    if (name == "delayed") != (delay is not None):
        raise ZeroError(
            Problem.CONTRADICTION,
            "--delay goes with delayed, and delayed with it",
            "for three slots: zero courier mode delayed --delay 3",
        )
    _show(_call(url, "zero_setCourier", mode_given(name, delay or 0)), json)


def _call(url: str | None, method: str, *parameters: Any) -> Any:
    from zero_sdk.cli.call import call
    from zero_sdk.cli.endpoint import endpoint

    return call(endpoint(url), method, list(parameters))


def _show(answer: Any, json: bool) -> None:
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.client.courier_state import courier_of

    if json:
        result_json(answer)
        return
    for line in _lines(courier_of(answer)):
        result(line)


def _lines(state: CourierState) -> list[str]:
    held = ", paused" if state.is_paused else ""
    delay = f", {state.delay} slots later" if state.mode == "delayed" else ""
    lines = [
        f"mode      {state.mode}{delay}{held}",
        f"waiting   {state.waiting}",
        f"failed    {state.failed}",
    ]
    if state.trouble is not None:
        lines.append(f"trouble   {state.trouble}")
    poorest: dict[str, int] = {}
    for account in state.accounts:
        poorest[account.zone] = min(account.balance, poorest.get(account.zone, account.balance))
    for zone, balance in poorest.items():
        count = sum(account.zone == zone for account in state.accounts)
        lines.append(f"accounts  {count} in {zone}, {balance / 10**18:.4f} ZRO in the poorest")
    lines += [f"fault {fault.id}   {fault.kind}: {fault.text}" for fault in state.faults]
    return lines


def _courier(context: typer.Context, url: URL = None, json: JSON = False) -> None:
    """What proves and delivers messages between zones. Without a command: `status`."""
    if context.invoked_subcommand is None:
        status(url, json)


def register(app: typer.Typer) -> None:
    """Adds the command and its subcommands."""
    group = typer.Typer(name="courier", context_settings=CONTEXT)
    group.callback(invoke_without_command=True)(_courier)
    for name, command in (
        ("status", status),
        ("pause", pause),
        ("resume", resume),
        ("step", step),
        ("mode", mode),
    ):
        group.command(name, cls=GroupedCommand, context_settings=CONTEXT)(command)
    app.add_typer(group)
