"""State and block overrides of calls: their checks, and what they make of a block's environment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from devnet.chain.account import EMPTY_ACCOUNT
from devnet.chain.rules import Fork, Rules
from devnet.chain.types import EMPTY_CODE_HASH, ZERO_HASH, Address, Hash32
from devnet.execution import AccountOverride, BlockEnv, Overrides
from devnet.state import StateView
from devnet.zone.errors import SimulationRefused
from devnet.zone.messages import BlockOverrides

INVALID_OVERRIDE = -32000
MOVE_TO_ITSELF = -38022
MOVES_TO_ONE_ADDRESS = -38023

MAX_RECENT_HASHES = 256
"""How far BLOCKHASH reaches back."""

_NO_OVERRIDE = AccountOverride()
_HIGHEST_PRECOMPILE = {
    Fork.PARIS: 0x09,
    Fork.SHANGHAI: 0x09,
    Fork.CANCUN: 0x0A,
    Fork.PRAGUE: 0x11,
    Fork.OSAKA: 0x11,
}
_P256VERIFY = Address((0x100).to_bytes(20, "big"))


def precompiles(fork: Fork) -> frozenset[Address]:
    """The addresses of the fork's precompiled contracts."""
    numbered = {Address(number.to_bytes(20, "big")) for number in range(1, _HIGHEST_PRECOMPILE[fork] + 1)}
    return frozenset(numbered | {_P256VERIFY} if fork >= Fork.OSAKA else numbered)


def validate_overrides(overrides: Overrides, rules: Rules) -> None:
    """Raises SimulationRefused where state overrides contradict each other."""
    moves: dict[Address, Address] = {}
    for address, override in overrides.items():
        if override.storage is not None and override.storage_changes:
            raise SimulationRefused(
                INVALID_OVERRIDE, f"account 0x{address.hex()} has both 'state' and 'stateDiff'"
            )
        if override.move_precompile_to is not None:
            moves[address] = override.move_precompile_to
    if not moves:
        return
    known = precompiles(rules.fork)
    for address, target in moves.items():
        if address not in known:
            raise SimulationRefused(INVALID_OVERRIDE, f"account 0x{address.hex()} is not a precompile")
        if target == address:
            raise SimulationRefused(MOVE_TO_ITSELF, f"precompile 0x{address.hex()} is moved to itself")
        if target in overrides:
            raise SimulationRefused(INVALID_OVERRIDE, f"account 0x{target.hex()} is already overridden")
    if len(set(moves.values())) < len(moves):
        raise SimulationRefused(MOVES_TO_ONE_ADDRESS, "several precompiles are moved to one address")


def precompile_moves(overrides: Overrides, rules: Rules) -> Overrides:
    """What of the overrides no state can hold: which precompiles went elsewhere or gave way to code. Runs
    after the one that applied the overrides need it again."""
    known = precompiles(rules.fork)
    return {
        address: AccountOverride(code=override.code, move_precompile_to=override.move_precompile_to)
        for address, override in overrides.items()
        if address in known and (override.code is not None or override.move_precompile_to is not None)
    }


def apply_block_overrides(env: BlockEnv, block: BlockOverrides | None) -> BlockEnv:
    """The environment with the named fields replaced. A moved block number moves what BLOCKHASH reaches: the
    hash of a block between the last real one and the pretended one is zero."""
    if block is None:
        return env
    changes: dict[str, Any] = {
        field: value
        for field, value in (
            ("timestamp", block.timestamp),
            ("coinbase", block.coinbase),
            ("gas_limit", block.gas_limit),
            ("base_fee", block.base_fee),
            ("blob_base_fee", block.blob_base_fee),
            ("prev_randao", block.prev_randao),
            ("parent_beacon_block_root", block.parent_beacon_block_root),
        )
        if value is not None
    }
    if block.number is not None and block.number != env.number:
        changes["number"] = block.number
        changes["recent_hashes"] = _moved(env, block.number)
    return replace(env, **changes) if changes else env


def _moved(env: BlockEnv, number: int) -> tuple[Hash32, ...]:
    distance = number - env.number
    hashes = env.recent_hashes
    if distance < 0:
        return hashes[:distance]
    return (hashes + (ZERO_HASH,) * min(distance, MAX_RECENT_HASHES))[-MAX_RECENT_HASHES:]


def nonce_of(view: StateView, overrides: Overrides, address: Address) -> int:
    """The account's nonce with the overrides over the view."""
    override = overrides.get(address, _NO_OVERRIDE)
    if override.nonce is not None:
        return override.nonce
    return (view.account(address) or EMPTY_ACCOUNT).nonce


def balance_of(view: StateView, overrides: Overrides, address: Address) -> int:
    """The account's balance with the overrides over the view."""
    override = overrides.get(address, _NO_OVERRIDE)
    if override.balance is not None:
        return override.balance
    return (view.account(address) or EMPTY_ACCOUNT).balance


def has_code(view: StateView, overrides: Overrides, address: Address) -> bool:
    """Whether the account has code, a delegation included, with the overrides over the view."""
    override = overrides.get(address, _NO_OVERRIDE)
    if override.code is not None:
        return override.code != b""
    return (view.account(address) or EMPTY_ACCOUNT).code_hash != EMPTY_CODE_HASH
