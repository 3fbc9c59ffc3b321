"""What a block writes before its transactions (EIP-4788's beacon root, EIP-2935's parent hash, and what else
its environment says) and after them (the messages that left the zone).

All are calls of a contract by the system address. Where the contract's code is the one that an EIP fixes,
what it does is known and is written directly; any other code is called; without code nothing is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from devnet.chain.outbox import OUTBOX, append_calls
from devnet.chain.rules import Fork
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32
from devnet.execution import BlockEnv
from devnet.execution.pyevm.calls import begin_call
from devnet.execution.pyevm.frame import Frame
from devnet.execution.pyevm.interpreter import run
from devnet.execution.pyevm.machine import Machine

SYSTEM_ADDRESS: Final = Address(b"\xff" * 19 + b"\xfe")
SYSTEM_CALL_GAS: Final = 30_000_000

BEACON_ROOTS_ADDRESS: Final = Address(bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02"))
BEACON_ROOTS_CODE_HASH: Final = Hash32(
    bytes.fromhex("f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c")
)
HISTORY_ADDRESS: Final = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))
HISTORY_CODE_HASH: Final = Hash32(
    bytes.fromhex("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d")
)
RING_LENGTH: Final = 8_191
"""How many roots (EIP-4788), and how many hashes (EIP-2935), the contracts keep."""


def run_system_calls(machine: Machine, env: BlockEnv) -> None:
    """Runs the system calls of the block's fork."""
    if machine.fork >= Fork.CANCUN:
        _store_beacon_root(machine, env)
    if machine.fork >= Fork.PRAGUE:
        _store_parent_hash(machine, env)
    for call in env.system_calls:
        _call(machine, call.address, call.data)


def append_messages(machine: Machine, leaves: Sequence[Hash32]) -> None:
    """Appends messages to the zone's outbox: the end of a block."""
    for data in append_calls(leaves):
        _call(machine, OUTBOX, data)


def _store_beacon_root(machine: Machine, env: BlockEnv) -> None:
    root = env.parent_beacon_block_root
    if machine.world.get(BEACON_ROOTS_ADDRESS)[2] != BEACON_ROOTS_CODE_HASH:
        _call(machine, BEACON_ROOTS_ADDRESS, root)
        return
    index = env.timestamp % RING_LENGTH
    machine.world.set_slot(BEACON_ROOTS_ADDRESS, index, env.timestamp)
    machine.world.set_slot(BEACON_ROOTS_ADDRESS, index + RING_LENGTH, int.from_bytes(root, "big"))


def _store_parent_hash(machine: Machine, env: BlockEnv) -> None:
    if machine.world.get(HISTORY_ADDRESS)[2] != HISTORY_CODE_HASH:
        _call(machine, HISTORY_ADDRESS, env.parent_hash)
        return
    index = (env.number - 1) % RING_LENGTH
    machine.world.set_slot(HISTORY_ADDRESS, index, int.from_bytes(env.parent_hash, "big"))


def _call(machine: Machine, address: Address, data: bytes) -> None:
    """Calls the contract as the system; a failure changes nothing and is no error."""
    world = machine.world
    if world.get(address)[2] == EMPTY_CODE_HASH:
        return
    world.begin_transaction()
    machine.begin(SYSTEM_ADDRESS, 0, ())
    world.warm_accounts = dict.fromkeys(
        (*machine.precompiles, address, SYSTEM_ADDRESS, machine.coinbase), True
    )
    frame = Frame(
        machine,
        "CALL",
        None,
        SYSTEM_ADDRESS,
        address,
        address,
        world.get_code(address),
        data,
        0,
        SYSTEM_CALL_GAS,
        False,
        (0, 0, 0),
    )
    if begin_call(frame, is_delegated=False):
        run(frame)
    world.delete_destroyed()
