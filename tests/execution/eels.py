"""Runs a block's transactions on the executable specification (EELS), one by one.

An invalid transaction is left out, as this project's blocks do it. The specification pays each tip at once;
with a coinbase that nobody reads, the end of the block is the same.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The specification imports it late, and it sets the recursion limit: hypothesis complains inside a test.
import py_ecc  # noqa: F401
from ethereum.exceptions import EthereumException
from ethereum_rlp import rlp
from ethereum_types.bytes import Bytes, Bytes32
from ethereum_types.numeric import U64, U256, Uint

from devnet.chain.block import Log
from devnet.chain.rules import Fork
from devnet.chain.transaction import LEGACY, Transaction
from devnet.chain.types import Address, Hash32
from devnet.execution import BlockEnv
from tests.execution.memory_state import CHAIN_ID, MemoryState

BEACON_ROOTS = Address(bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02"))
HISTORY = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))


@dataclass(frozen=True)
class Outcome:
    """What a receipt says of a transaction."""

    succeeded: bool
    gas_used: int
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Account:
    nonce: int
    balance: int
    code: bytes
    storage: tuple[tuple[int, int], ...]


Accounts = dict[Address, Account]


def accounts_of(state: MemoryState) -> Accounts:
    """The whole state, comparable."""
    return {
        address: Account(
            account.nonce,
            account.balance,
            state.codes[account.code_hash],
            tuple(sorted((slot, value) for slot, value in state.slots(address))),
        )
        for address, account in state.accounts.items()
    }


class Specification:
    """One fork of EELS, over its own copy of a state."""

    def __init__(self, fork: Fork, state: MemoryState) -> None:
        name = f"ethereum.forks.{fork.name.lower()}"
        self._fork: Any = importlib.import_module(f"{name}.fork")
        self._vm: Any = importlib.import_module(f"{name}.vm")
        self._state_module: Any = importlib.import_module(f"{name}.state")
        self._types: Any = importlib.import_module(f"{name}.fork_types")
        self._transactions: Any = importlib.import_module(f"{name}.transactions")
        self._blocks: Any = importlib.import_module(f"{name}.blocks")
        self._number = fork
        self._state = self._copy(state)

    def _copy(self, state: MemoryState) -> Any:
        module = self._state_module
        made = module.State()
        for address, account in state.accounts.items():
            key = self._types.Address(address)
            code = Bytes(state.codes[account.code_hash])
            module.set_account(
                made, key, self._types.Account(Uint(account.nonce), U256(account.balance), code)
            )
            for slot, value in state.slots(address):
                module.set_storage(made, key, Bytes32(slot.to_bytes(32, "big")), U256(value))
        return made

    def run(self, env: BlockEnv, transactions: Sequence[Transaction]) -> list[Outcome | None]:
        """The outcome of each, None where it is invalid."""
        block_env = self._environment(env)
        output = self._vm.BlockOutput()
        if self._number >= Fork.CANCUN:
            self._fork.process_unchecked_system_transaction(
                block_env, self._types.Address(BEACON_ROOTS), Bytes(env.parent_beacon_block_root)
            )
        if self._number >= Fork.PRAGUE:
            self._fork.process_unchecked_system_transaction(
                block_env, self._types.Address(HISTORY), Bytes(env.parent_hash)
            )
        outcomes: list[Outcome | None] = []
        for index, transaction in enumerate(transactions):
            gas_before = output.block_gas_used
            try:
                self._fork.process_transaction(block_env, output, self._decode(transaction), Uint(index))
            except EthereumException:
                outcomes.append(None)
                continue
            outcomes.append(self._outcome(output, index, int(output.block_gas_used - gas_before)))
        return outcomes

    def _environment(self, env: BlockEnv) -> Any:
        fields: dict[str, Any] = {
            "chain_id": U64(CHAIN_ID),
            "state": self._state,
            "block_gas_limit": Uint(env.gas_limit),
            "block_hashes": [Bytes32(item) for item in env.recent_hashes],
            "coinbase": self._types.Address(env.coinbase),
            "number": Uint(env.number),
            "base_fee_per_gas": Uint(env.base_fee),
            "time": U256(env.timestamp),
            "prev_randao": Bytes32(env.prev_randao),
        }
        if self._number >= Fork.CANCUN:
            fields["excess_blob_gas"] = U64(env.excess_blob_gas)
            fields["parent_beacon_block_root"] = Bytes32(env.parent_beacon_block_root)
        return self._vm.BlockEnvironment(**fields)

    def _decode(self, transaction: Transaction) -> Any:
        encoded = Bytes(transaction.encoded)
        if transaction.type == LEGACY:
            return rlp.decode_to(self._transactions.LegacyTransaction, encoded)
        return self._transactions.decode_transaction(encoded)

    def _outcome(self, output: Any, index: int, gas_used: int) -> Outcome:
        trie = importlib.import_module(f"{self._fork.__package__}.trie")
        receipt = self._blocks.decode_receipt(trie.trie_get(output.receipts_trie, rlp.encode(Uint(index))))
        logs = tuple(
            Log(
                Address(bytes(log.address)),
                tuple(Hash32(bytes(topic)) for topic in log.topics),
                bytes(log.data),
            )
            for log in receipt.logs
        )
        return Outcome(bool(receipt.succeeded), gas_used, logs)

    def accounts(self) -> Accounts:
        """The state now."""
        found: Accounts = {}
        for key, account in self._state._main_trie._data.items():
            trie = self._state._storage_tries.get(key)
            slots = {} if trie is None else trie._data
            found[Address(bytes(key))] = Account(
                int(account.nonce),
                int(account.balance),
                bytes(account.code),
                tuple(sorted((int.from_bytes(slot, "big"), int(value)) for slot, value in slots.items())),
            )
        return found
