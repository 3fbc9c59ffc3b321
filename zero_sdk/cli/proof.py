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

    number = hex(int(block)) if block.isdecimal() else block
    words = [hex(int(slot)) if slot.isdecimal() else slot for slot in slots or []]
    result_json(call(endpoint(url, zone), "zero_getProof", [address, words, number]))


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
) -> None:
    """Check a proof, and print what it proves.

    It may be of an account, a transaction, a receipt or a log; what it proves is printed as JSON. Nothing
    is asked of any network. A proof that does not hold ends with ZERO-1601.
    """
    from zero_sdk.cli.output import result_json
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.proofs import InvalidProof

    if (block_hash is None) == (root is None):
        raise ZeroError(
            Problem.CONTRADICTION,
            "exactly one of --block-hash and --root says what the proof is held against",
            "`zero rpc eth_getBlockByNumber latest false` has both; take them from who is trusted",
        )
    answer = _read(file)
    try:
        result_json(_proven(answer, block_hash, root))
    except InvalidProof as error:
        raise ZeroError(Problem.INVALID_PROOF, f"{'stdin' if file == '-' else file}: {error}") from None
    except ValueError as error:
        raise ZeroError(Problem.BAD_VALUE, f"--{'root' if root else 'block-hash'}: {error}") from None


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
