"""`zero validators`: who signs settlement blocks, with how much stake, and who did lately."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL


def validators(
    block: Annotated[
        str,
        typer.Option(
            metavar="BLOCK",
            help="The set that signs after this settlement block: a height or a root.  [default: latest]",
            show_default=False,
        ),
    ] = "latest",
    url: URL = None,
    json: Annotated[bool, typer.Option("--json", help="Print what the network answers.")] = False,
) -> None:
    """Print the validators of a network: stakes, shares, and the last settlement block that each signed.

    The set comes from the contract Staking in the system zone. What the network says is checked: the members
    hash to the set's root, and the proof shows that root in the state that it names.
    """
    from zero_sdk.cli.call import call
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import DIM, Paint, result, result_json, say
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.proofs import InvalidProof
    from zero_sdk.proofs.validators import verify_validators

    wanted = hex(int(block)) if block.isdecimal() else block
    answer = call(endpoint(url, None), "zero_getValidators", [wanted])
    if answer is None:
        raise ZeroError(Problem.BAD_VALUE, f"--block: there is no settlement block {block}", "try `latest`")
    try:
        proven = verify_validators(answer)
    except InvalidProof as error:
        raise ZeroError(Problem.INVALID_PROOF, f"the network's validators: {error}") from None
    if json:
        result_json(answer)
        return
    for line in _table(answer):
        result(line)
    paint = Paint.for_stream(sys.stderr)
    say(paint(DIM, f"set root 0x{proven.root.hex()}"))
    if proven.state_root is None:
        say(paint(DIM, "no proof: the set is the configuration's, or its state is not kept"))
    else:
        say(paint(DIM, f"proven in the system zone's state 0x{proven.state_root.hex()}"))


def _table(answer: dict[str, Any]) -> list[str]:
    from zero_sdk.cli.devnet.banner import zro

    total = int(answer["totalStake"], 16)
    rows = [("", "public key", "stake", "share", "last signed")]
    for index, validator in enumerate(answer["validators"]):
        stake, voted = int(validator["stake"], 16), validator["lastVoted"]
        key = validator["publicKey"]
        share = f"{100 * stake / total:.1f} %"
        rows.append(
            (
                str(index),
                f"{key[:10]}…{key[-8:]}",
                zro(stake),
                share,
                "-" if voted is None else str(int(voted, 16)),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join(
            (
                row[0].rjust(widths[0]),
                row[1].ljust(widths[1]),
                *(row[column].rjust(widths[column]) for column in (2, 3, 4)),
            )
        )
        for row in rows
    ]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("validators", cls=GroupedCommand, context_settings=CONTEXT)(validators)
