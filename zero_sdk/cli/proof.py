"""`zero proof`: what a network's state is, shown so that nobody has to believe the network."""

from __future__ import annotations

import json as json_codec
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE


def get(
    address: Annotated[str, typer.Argument(help="The account.", show_default=False)],
    slots: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SLOT]...", help="Slots of its storage, decimal or 0x....", show_default=False
        ),
    ] = None,
    block: Annotated[
        str,
        typer.Option(
            metavar="BLOCK", help="A number, a hash or a tag.  [default: latest]", show_default=False
        ),
    ] = "latest",
    for_zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="As it is settled, under a settlement block that this zone knows.",
            show_default=False,
        ),
    ] = None,
    height: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="As it is settled, under this settlement block.", show_default=False
        ),
    ] = None,
    url: URL = None,
    zone: ZONE = None,
) -> None:
    """Print the proof of an account and its slots.

    It is as `zero proof verify` takes it. For transactions, receipts and logs: `zero rpc
    zero_getTransactionProof HASH` and its kin.
    """
    from zero_sdk.cli.call import call
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import result_json
    from zero_sdk.errors import Problem, ZeroError

    words = [hex(int(slot)) if slot.isdecimal() else slot for slot in slots or []]
    given = [name for name, value in (("--for-zone", for_zone), ("--height", height)) if value is not None]
    if block != "latest":
        given.append("--block")
    if len(given) > 1:
        raise ZeroError(
            Problem.CONTRADICTION, f"{' and '.join(given)} exclude each other", "each says which block it is"
        )
    parameters: list[Any] = [address, words, hex(int(block)) if block.isdecimal() else block]
    if for_zone is not None:
        parameters[2:] = [None, {"knownBy": for_zone}]
    elif height is not None:
        parameters[2:] = [None, {"height": hex(height)}]
    result_json(call(endpoint(url, zone), "zero_getProof", parameters))


def verify(
    file: Annotated[
        str, typer.Argument(help="What a network answered, as JSON; `-` is stdin.", show_default=False)
    ],
    block_hash: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="The hash of the block, from who is trusted.", show_default=False),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="The state root instead; for proofs of state.", show_default=False),
    ] = None,
    settlement_root: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="The root of a settlement block instead; for proofs of what is settled.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a proof, and print what it proves.

    It may be of an account, a transaction, a receipt or a log; what it proves is printed as JSON. Nothing
    is asked of any network. A proof that does not hold ends with ZERO-1601.
    """
    from zero_sdk.cli.output import result_json
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.proofs import InvalidProof

    if [block_hash, root, settlement_root].count(None) != 2:
        raise ZeroError(
            Problem.CONTRADICTION,
            "exactly one of --block-hash, --root and --settlement-root says what the proof is held against",
            "`zero rpc eth_getBlockByNumber latest false` has the first two, `zero rpc"
            " zero_getSettlementBlock HEIGHT` the other; take them from who is trusted",
        )
    answer = _read(file)
    try:
        if settlement_root is not None:
            block_hash, root = _settled(answer, settlement_root)
        result_json(_proven(answer, block_hash, root))
    except InvalidProof as error:
        raise ZeroError(Problem.INVALID_PROOF, f"{'stdin' if file == '-' else file}: {error}") from None
    except ValueError as error:
        name = "settlement-root" if settlement_root else "root" if root else "block-hash"
        raise ZeroError(Problem.BAD_VALUE, f"--{name}: {error}") from None


def _settled(answer: Any, settlement_root: str) -> tuple[str | None, str | None]:
    """The block's hash, or for a proof of state the state root, that the settlement block shows."""
    from zero_sdk import proofs

    if isinstance(answer, dict) and "trie" in answer:
        return _hex(proofs.verify_settled_block(settlement_root, answer)[1]), None
    return None, _hex(proofs.verify_settled_state(settlement_root, answer).state.state_root)


def _proven(answer: Any, block_hash: str | None, root: str | None) -> dict[str, Any]:
    """What the answer proves, JSON-ready. Which kind it is shows in its fields."""
    from zero_sdk import proofs
    from zero_sdk.errors import Problem, ZeroError

    trie = answer.get("trie") if isinstance(answer, dict) else None
    if trie is None:
        state = proofs.verify_state(answer, block_hash=block_hash, state_root=root)
        account = state.account
        return {
            "block": None if state.block is None else _block(state.block),
            "stateRoot": _hex(state.state_root),
            "address": _hex(state.address),
            "account": None
            if account is None
            else {
                "nonce": hex(account.nonce),
                "balance": hex(account.balance),
                "codeHash": _hex(account.code_hash),
            },
            "storage": {hex(slot): hex(value) for slot, value in state.storage.items()},
        }
    if block_hash is None:
        raise ZeroError(
            Problem.CONTRADICTION,
            "a transaction, a receipt or a log is not under a state root",
            "give the hash of its block with --block-hash",
        )
    if trie == "transactions":
        transaction = proofs.verify_transaction(block_hash, answer)
        return {
            "block": _block(transaction.block),
            "transactionIndex": hex(transaction.index),
            "transactionHash": _hex(transaction.hash),
            "transaction": _hex(transaction.encoded),
        }
    if "indexInReceipt" in answer:
        proven = proofs.verify_log(block_hash, answer)
        return {
            "block": _block(proven.receipt.block),
            "transactionIndex": hex(proven.receipt.index),
            "indexInReceipt": hex(proven.index_in_receipt),
            "log": _log(proven.log),
        }
    receipt = proofs.verify_receipt(block_hash, answer)
    return {
        "block": _block(receipt.block),
        "transactionIndex": hex(receipt.index),
        "type": hex(receipt.type),
        "status": hex(receipt.is_success),
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "logs": [_log(log) for log in receipt.logs],
    }


def _block(block: Any) -> dict[str, Any]:
    return {"hash": _hex(block.hash), "number": hex(block.number), "timestamp": hex(block.timestamp)}


def _log(log: Any) -> dict[str, Any]:
    return {
        "address": _hex(log.address),
        "topics": [_hex(topic) for topic in log.topics],
        "data": _hex(log.data),
    }


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _read(file: str) -> Any:
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.project.zero_toml import reason_of

    name = "stdin" if file == "-" else file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"{name}: {reason_of(error)}") from None
    try:
        return json_codec.loads(text)
    except (ValueError, RecursionError) as error:
        raise ZeroError(Problem.INVALID_PROOF, f"{name} is no JSON: {error}") from None


def register(app: typer.Typer) -> None:
    """Adds the command and its subcommands."""
    group = typer.Typer(
        name="proof",
        help="Proofs of a network's state, and their check.",
        context_settings=CONTEXT,
    )
    group.command("get", cls=GroupedCommand, context_settings=CONTEXT)(get)
    group.command("verify", cls=GroupedCommand, context_settings=CONTEXT)(verify)
    app.add_typer(group)
