"""`zero decode`: what bytes mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.target import ABI, JSON

if TYPE_CHECKING:
    from zero_sdk.client.artifacts import Artifacts


def decode(
    data: Annotated[
        str,
        typer.Argument(
            help="Call data, revert data, a log's data or what a call returned, in hex.", show_default=False
        ),
    ],
    topics: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            metavar="HEX",
            help="A topic of the log whose data it is; repeatable.",
            show_default=False,
        ),
    ] = None,
    returned: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION",
            help="It is what this function returned: a name with --abi, or 'f()(uint256)'.",
            show_default=False,
        ),
    ] = None,
    signature: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION", help="It is call data or an error of this signature.", show_default=False
        ),
    ] = None,
    abi: ABI = None,
    json: JSON = False,
) -> None:
    """Decode call data, errors, events and return data.

    Functions, errors and events are those of the project's build, of --abi and of common standards. All that
    fit are printed.
    """
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.client.artifacts import Artifacts
    from zero_sdk.client.words import named_values, to_json, to_text
    from zero_sdk.errors import Problem, ZeroError

    artifacts = Artifacts()
    target.add_build(artifacts, target.project_here())
    interface = target.interface_named(artifacts, abi)
    octets = _hex(data)
    if returned is not None:
        function = target.function_named(artifacts, interface, returned)
        value = function.decode(octets)
        if json:
            result_json(to_json(value))
        else:
            result(to_text(value))
        return
    if interface is not None:
        artifacts.add({"abi": list(interface.abi), "contractName": interface.name or "abi"})
    found = _candidates(artifacts, octets, [_hex(topic) for topic in topics or ()], signature)
    if not found:
        head = f"topic {topics[0]}" if topics else f"selector 0x{octets[:4].hex()}"
        raise ZeroError(
            Problem.WRONG_ARGUMENTS,
            f"no known {'event' if topics else 'function or error'} fits {head}",
            "compile the project, give --abi FILE, or say what it is with --signature or --returned",
        )
    if json:
        result_json(
            [
                {
                    "kind": one.kind,
                    "signature": one.signature,
                    "contract": one.contract or None,
                    "args": to_json(one.args),
                }
                for one in found
            ]
        )
        return
    for one in found:
        name = one.signature.partition("(")[0]
        owner = f"{one.contract}." if one.contract else ""
        result(f"{one.kind} {owner}{name}({named_values(one.args)})")


def _candidates(artifacts: Artifacts, data: bytes, topics: list[bytes], signature: str | None) -> list[Any]:
    from zero_sdk.client.candidates import Candidate, read_data, read_log

    if topics:
        return list(read_log(artifacts.registry, topics, data))
    if signature is None:
        return list(read_data(artifacts.registry, data))
    from devnet.artifacts.items import parse_signature
    from zero_sdk.client.errors import WrongArguments
    from zero_sdk.client.interface import Function

    function = Function(parse_signature("function", signature))
    if function.selector != data[:4]:
        raise WrongArguments(
            f"the data begins with 0x{data[:4].hex()}, and {function.signature} has the selector "
            f"0x{function.selector.hex()}"
        )
    return [Candidate("function", function.signature, function.decode_arguments(data), "")]


def _hex(text: str) -> bytes:
    from zero_sdk.client.errors import WrongArguments

    try:
        return bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError:
        raise WrongArguments(f"{text[:80]!r} is no hex") from None


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("decode", cls=GroupedCommand, context_settings=CONTEXT)(decode)
