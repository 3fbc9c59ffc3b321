"""A `StateView` over dicts, and the transactions and environments that the engine's tests use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from devnet.chain.account import Account, ChangeSet
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import DYNAMIC_FEE, Transaction
from devnet.chain.types import EMPTY_CODE_HASH, ZERO_HASH, Address, Hash32, Wei
from devnet.execution import STRICT, BlockEnv, Engine, Execution, Mode, TransactionResult
from tests.execution.engines import REFERENCE

SENDER = Address(b"\x51" * 20)
TARGET = Address(b"\xc0" * 20)
COINBASE = Address(b"\xcb" * 20)
ETHER = 10**18
CHAIN_ID = 7_700_001

engine_under_test: Engine = REFERENCE
"""What `execute` runs on; the fixture `each_engine` replaces it."""


@dataclass
class MemoryState:
    """Accounts, slots and codes at one height."""

    accounts: dict[Address, Account] = field(default_factory=dict)
    slots_of: dict[Address, dict[int, int]] = field(default_factory=dict)
    codes: dict[Hash32, bytes] = field(default_factory=lambda: {EMPTY_CODE_HASH: b""})
    height: int = 0

    def put(
        self,
        address: Address,
        balance: int = 0,
        nonce: int = 0,
        code: bytes = b"",
        storage: Mapping[int, int] | None = None,
    ) -> MemoryState:
        code_hash = keccak256(code)
        self.codes[code_hash] = code
        self.accounts[address] = Account(nonce, Wei(balance), code_hash)
        if storage:
            self.slots_of[address] = dict(storage)
        return self

    def account(self, address: Address) -> Account | None:
        return self.accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        return self.slots_of.get(address, {}).get(slot, 0)

    def code(self, code_hash: Hash32) -> bytes:
        return self.codes[code_hash]

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        return iter(sorted(self.slots_of.get(address, {}).items()))

    def addresses(self) -> Iterator[Address]:
        return iter(sorted(self.accounts))

    def apply(self, changes: ChangeSet) -> None:
        """Becomes the state after the changes."""
        self.codes.update(changes.codes)
        for address, account in changes.accounts.items():
            if account is None:
                self.accounts.pop(address, None)
            else:
                self.accounts[address] = account
        for (address, slot), value in changes.storage.items():
            slots = self.slots_of.setdefault(address, {})
            if value:
                slots[slot] = value
            else:
                slots.pop(slot, None)


def environment(**changes: object) -> BlockEnv:
    """A block's environment; `changes` replace single fields."""
    values: dict[str, object] = {
        "number": 1_000,
        "timestamp": 1_700_000_000,
        "coinbase": COINBASE,
        "gas_limit": 1_000_000_000,
        "base_fee": Wei(10),
        "prev_randao": Hash32(b"\x99" * 32),
        "excess_blob_gas": 0,
        "parent_hash": Hash32(b"\x11" * 32),
        "parent_beacon_block_root": Hash32(b"\xbe" * 32),
        "recent_hashes": tuple(Hash32(bytes([index]) * 32) for index in range(256)),
    }
    values.update(changes)
    return BlockEnv(**values)  # type: ignore[arg-type]


def transaction(to: Address | None = TARGET, **changes: object) -> Transaction:
    """An unsigned transaction of `SENDER`; `changes` replace single fields."""
    values: dict[str, object] = {
        "type": DYNAMIC_FEE,
        "chain_id": CHAIN_ID,
        "nonce": 0,
        "gas_limit": 10_000_000,
        "max_fee_per_gas": Wei(20),
        "max_priority_fee_per_gas": Wei(1),
        "to": to,
        "value": Wei(0),
        "data": b"",
        "v": 0,
        "r": 1,
        "s": 1,
        "sender": SENDER,
        "hash": ZERO_HASH,
        "encoded": b"",
    }
    values.update(changes)
    return Transaction(**values)  # type: ignore[arg-type]


def rules(fork: Fork = Fork.OSAKA, **changes: int | None) -> Rules:
    return Rules.at(fork, CHAIN_ID, **changes)


def funded() -> MemoryState:
    """A state where `SENDER` has a thousand ether."""
    return MemoryState().put(SENDER, balance=1_000 * ETHER)


def execute(
    state: MemoryState,
    *transactions: Transaction,
    fork: Fork = Fork.OSAKA,
    mode: Mode | None = None,
    env: BlockEnv | None = None,
    rules_: Rules | None = None,
) -> Execution:
    """Runs the transactions as a block does, and applies what they changed to `state`."""
    execution = engine_under_test.execute(
        rules_ or rules(fork),
        env or environment(),
        transactions,
        state,
        mode or Mode(checks=STRICT, credit_fees=True),
    )
    state.apply(execution.changes)
    return execution


def execute_one(state: MemoryState, transaction: Transaction, **options: object) -> TransactionResult:
    """Runs one transaction, which must be valid."""
    result = execute(state, transaction, **options).results[0]  # type: ignore[arg-type]
    if not isinstance(result, TransactionResult):
        raise result
    return result
