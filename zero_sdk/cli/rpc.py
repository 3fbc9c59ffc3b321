"""`zero rpc`: one JSON-RPC call."""

from __future__ import annotations

import json as json_codec
import sys
from typing import Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.parameters import parameter_from


def rpc(
    method: Annotated[str, typer.Argument(help="The method, e.g. eth_blockNumber.", show_default=False)],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ARGS]...",
            help="Its parameters: JSON, and what is no JSON is a string (latest, 0x10).",
            show_default=False,
        ),
    ] = None,
    url: URL = None,
    zone: ZONE = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long to wait.  [default: 30]", min=0.001)
    ] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Print strings as JSON too, in quotes.")] = False,
) -> None:
    """Call a JSON-RPC method and print its result.

    `-` as the only parameter reads the list of parameters from stdin.
    """
    from zero_sdk.cli.call import call
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import result, result_json

    words = arguments or []
    parameters = (
        _parameters_from(sys.stdin.read()) if words == ["-"] else [parameter_from(word) for word in words]
    )
    answer = call(endpoint(url, zone), method, parameters, timeout)
    if isinstance(answer, str) and not json:
        result(answer)
    else:
        result_json(answer)


def _parameters_from(text: str) -> Any:
    from zero_sdk.errors import Problem, ZeroError

    try:
        parameters = json_codec.loads(text)
    except ValueError as error:
        raise ZeroError(Problem.BAD_VALUE, f"stdin: {error}", "give a JSON list of parameters") from None
    if not isinstance(parameters, list | dict):
        raise ZeroError(Problem.BAD_VALUE, "stdin: it is not a JSON list", "give a JSON list of parameters")
    return parameters


def register(app: typer.Typer) -> None:
    """Adds the command."""
    # A negative number among the parameters is a parameter and no option.
    settings = {**CONTEXT, "ignore_unknown_options": True}
    app.command("rpc", cls=GroupedCommand, context_settings=settings)(rpc)
