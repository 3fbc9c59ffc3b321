"""What all frames of one transaction share: the world, the block, the fork's tables, the watcher.

A `Machine` also answers what py-evm's opcodes ask of a state and of a transaction context (`coinbase`,
`timestamp`, `origin` and so on).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from devnet.chain.fees import blob_base_fee
from devnet.chain.rules import Fork, Rules
from devnet.chain.types import Address, Hash32
from devnet.execution import BlockEnv, ExecutionTimeout
from devnet.execution.pyevm.hooks import Watcher
from devnet.execution.pyevm.precompiles import Precompile
from devnet.execution.pyevm.tables import OpcodeTable
from devnet.execution.pyevm.world import World

CONSOLE_ADDRESS: Final = Address(bytes.fromhex("000000000000000000636f6e736f6c652e6c6f67"))
"""Where Hardhat's and Foundry's console libraries send what they log: "console.log" in ASCII."""

CONSOLE_ROOM: Final = 16 * 1024 * 1024
"""Bytes of one transaction's messages, `CONSOLE_OVERHEAD` more for each. One that does not fit any more is
left out: a loop around a megabyte of memory would log gigabytes for little gas."""

CONSOLE_OVERHEAD: Final = 64


@dataclass(frozen=True, slots=True)
class ChainContext:
    """What py-evm calls an execution context."""

    chain_id: int


class Machine:
    """The surroundings of frames. `begin` sets what changes with the transaction."""

    __slots__ = (
        "base_fee",
        "blob_base_fee",
        "blob_versioned_hashes",
        "block_number",
        "code_size_limit",
        "coinbase",
        "console",
        "console_room",
        "deadline",
        "delegates",
        "execution_context",
        "fork",
        "gas_limit",
        "gas_price",
        "init_code_size_limit",
        "mix_hash",
        "origin",
        "precompiles",
        "recent_hashes",
        "steps",
        "table",
        "timestamp",
        "transfer_logs",
        "watcher",
        "world",
    )

    def __init__(
        self,
        rules: Rules,
        env: BlockEnv,
        world: World,
        table: OpcodeTable,
        precompiles: Mapping[Address, Precompile],
        transfer_logs: bool,
        deadline: float | None,
    ) -> None:
        self.world = world
        self.table = table
        self.precompiles = precompiles
        self.fork = rules.fork
        self.delegates = rules.fork >= Fork.PRAGUE
        self.transfer_logs = transfer_logs
        self.deadline = deadline
        limit = rules.code_size_limit
        self.code_size_limit = limit
        self.init_code_size_limit = None if limit is None or rules.fork < Fork.SHANGHAI else 2 * limit
        self.execution_context = ChainContext(rules.chain_id)
        self.coinbase = env.coinbase
        self.timestamp = env.timestamp
        self.block_number = env.number
        self.gas_limit = env.gas_limit
        self.base_fee: int = env.base_fee
        self.mix_hash = env.prev_randao
        self.recent_hashes = env.recent_hashes
        self.blob_base_fee: int = (
            blob_base_fee(rules, env.excess_blob_gas) if env.blob_base_fee is None else env.blob_base_fee
        )
        self.watcher: Watcher | None = None
        self.steps = False
        self.console: list[bytes] = []
        self.console_room = CONSOLE_ROOM
        self.begin(Address(bytes(20)), 0, ())

    def begin(self, origin: Address, gas_price: int, blob_hashes: tuple[Hash32, ...]) -> None:
        """Sets what ORIGIN, GASPRICE and BLOBHASH give."""
        self.origin = origin
        self.gas_price = gas_price
        self.blob_versioned_hashes = blob_hashes
        self.console = []
        self.console_room = CONSOLE_ROOM

    def log_to_console(self, message: bytes) -> None:
        """Keeps the message, where it fits."""
        size = CONSOLE_OVERHEAD + len(message)
        if size <= self.console_room:
            self.console_room -= size
            self.console.append(message)

    def watch(self, watcher: Watcher | None) -> None:
        self.watcher = watcher
        self.steps = watcher is not None and watcher.wants_steps

    def check_deadline(self) -> None:
        """Raises `ExecutionTimeout` past the deadline."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise ExecutionTimeout("execution timeout")

    def block_hash(self, number: int) -> int:
        """What BLOCKHASH gives: 0 for a block that is not among the 256 before this one."""
        distance = self.block_number - number
        if not 1 <= distance <= min(256, len(self.recent_hashes)):
            return 0
        self.world.blocks_asked.add(number)
        return int.from_bytes(self.recent_hashes[-distance], "big")
