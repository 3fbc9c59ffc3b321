"""Development calls: the state of a zone as one value, out and in again, in Anvil's format.

A load writes accounts into the zone as it is; blocks are in a dump for Anvil, which takes them over. What
keeps everything is `zero dump` (docs/dump.md).
"""

from __future__ import annotations

from collections.abc import Iterator

from devnet.chain.block import Block
from devnet.dump.accounts import load_accounts
from devnet.rpc.codec.anvil_state import StateTooLarge, pack_state, read_accounts
from devnet.rpc.codec.shapes import BOOLEAN, DATA, Schema, ref
from devnet.rpc.context import Context
from devnet.rpc.errors import LIMIT_EXCEEDED, RpcError, invalid_params
from devnet.rpc.methods import Kind, Method, Param

_ADVICE = "`zero dump` and `zero load` take networks of any size (docs/dump.md)"


def dump_state(context: Context, with_history: bool) -> str:
    if with_history:
        raise invalid_params(
            "invalid argument 0 (preserve_historical_states): the states of earlier blocks are not in this "
            f"format; {_ADVICE}"
        )
    newest = context.zone.block("latest")
    assert newest is not None, "a zone has a newest block"
    try:
        # By hash, so that blocks which are sealed meanwhile make no difference.
        accounts = context.zone.accounts(newest.hash)
        return "0x" + pack_state(accounts, _newest_first(context, newest)).hex()
    except StateTooLarge as error:
        raise RpcError(LIMIT_EXCEEDED, f"{error}; {_ADVICE}") from None


def _newest_first(context: Context, newest: Block) -> Iterator[Block]:
    """The block and those before it, as far as they are kept."""
    block: Block | None = newest
    while block is not None:
        yield block
        block = context.zone.block(block.header.parent_hash)


def load_state(context: Context, packed: bytes) -> bool:
    """Makes every account of the dump what it was; accounts that the dump does not have stay as they are."""
    try:
        wanted = read_accounts(packed)
    except StateTooLarge as error:
        raise invalid_params(f"invalid argument 0 (state): {error}; {_ADVICE}") from None
    except ValueError as error:
        raise invalid_params(f"invalid argument 0 (state): not a state that was dumped: {error}") from None
    load_accounts(context.zone, wanted)
    return True


_DONE: Schema = {"const": True}

METHODS = (
    Method(
        "anvil_dumpState",
        dump_state,
        (Param("preserve_historical_states", BOOLEAN, False),),
        Kind.STATE,
        ref("bytes"),
        "Every account of the zone and its newest blocks, packed into one value for anvil_loadState.",
        ("hardhat_dumpState",),
    ),
    Method(
        "anvil_loadState",
        load_state,
        (Param("state", DATA),),
        Kind.WRITE,
        _DONE,
        "Makes every account of a dump what it was; other accounts stay as they are.",
        ("hardhat_loadState",),
    ),
)
