"""A chain small enough to see through: accounts in dictionaries, one transaction a block, the real engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devnet.chain.account import EMPTY_ACCOUNT, Account, ChangeSet
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork, Rules
from devnet.chain.signature import address_of
from devnet.chain.transaction import DYNAMIC_FEE, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import EMPTY_CODE_HASH, ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei
from devnet.execution import BlockEnv, Engine, Execution, Mode, TraceSpec, TransactionResult
from tests.execution.engines import REFERENCE

KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
SENDER = address_of(KEY)
CHAIN_ID = 31337
BASE_FEE = Wei(1_000_000_000)
RULES = Rules.at(Fork.OSAKA, CHAIN_ID)


@dataclass
class Ledger:
    """A StateView that takes change sets in."""

    accounts: dict[Address, Account] = field(default_factory=dict)
    slots_of: dict[Address, dict[int, int]] = field(default_factory=dict)
    codes: dict[Hash32, bytes] = field(default_factory=dict)
    height: int = 0

    def account(self, address: Address) -> Account | None:
        return self.accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        return self.slots_of.get(address, {}).get(slot, 0)

    def code(self, code_hash: Hash32) -> bytes:
        return b"" if code_hash == EMPTY_CODE_HASH else self.codes[code_hash]

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        return iter(sorted(self.slots_of.get(address, {}).items()))

    def addresses(self) -> Iterator[Address]:
        return iter(sorted(self.accounts))

    def apply(self, changes: ChangeSet) -> None:
        self.codes |= changes.codes
        for address, account in changes.accounts.items():
            if account is None:
                self.accounts.pop(address, None)
            else:
                self.accounts[address] = account
        for (address, slot), value in changes.storage.items():
            slots = self.slots_of.setdefault(address, {})
            slots[slot] = value
            if not value:
                del slots[slot]

    def put(
        self,
        address: Address,
        balance: int = 0,
        nonce: int = 0,
        code: bytes = b"",
        storage: Mapping[int, int] = {},
    ) -> None:
        """Sets an account, storage included."""
        code_hash = keccak256(code)
        self.codes[code_hash] = code
        self.accounts[address] = Account(nonce, Wei(balance), code_hash)
        self.slots_of[address] = dict(storage)


ENV = BlockEnv(
    number=1,
    timestamp=1_700_000_000,
    coinbase=ZERO_ADDRESS,
    gas_limit=30_000_000,
    base_fee=BASE_FEE,
    prev_randao=ZERO_HASH,
    excess_blob_gas=0,
    parent_hash=ZERO_HASH,
    parent_beacon_block_root=ZERO_HASH,
    recent_hashes=(),
)


class Chain:
    """Runs one transaction after the other on the real engine."""

    def __init__(self, engine: Engine = REFERENCE) -> None:
        self.ledger = Ledger()
        self.ledger.put(SENDER, balance=10_000 * 10**18)
        self.engine = engine
        self.env = ENV

    def nonce(self, address: Address = SENDER) -> int:
        return (self.ledger.account(address) or EMPTY_ACCOUNT).nonce

    def build(self, to: Address | None = None, data: bytes = b"", **changes: Any) -> Transaction:
        """A signed transaction of the rich account, with no tip, so that fees move nothing but burn."""
        key = changes.pop("key", KEY)
        fields: dict[str, Any] = {
            "type": DYNAMIC_FEE,
            "chain_id": CHAIN_ID,
            "nonce": self.nonce(address_of(key)),
            "gas_limit": 3_000_000,
            "max_fee_per_gas": Wei(2 * BASE_FEE),
            "max_priority_fee_per_gas": Wei(0),
            "to": to,
            "value": Wei(0),
            "data": data,
        }
        return sign(UnsignedTransaction(**(fields | changes)), key)

    def execute(
        self, transaction: Transaction, trace: TraceSpec | None = None
    ) -> tuple[Execution, TransactionResult]:
        """Runs it and changes nothing."""
        execution = self.engine.execute(RULES, self.env, [transaction], self.ledger, Mode(trace=trace))
        (result,) = execution.results
        assert isinstance(result, TransactionResult), result
        return execution, result

    def trace(self, transaction: Transaction, tracer: str = "", **config: Any) -> Any:
        """The trace of the transaction on the state as it is."""
        return self.execute(transaction, TraceSpec(tracer, config))[1].trace

    def send(self, transaction: Transaction) -> TransactionResult:
        """Runs it and keeps what it changed."""
        execution, result = self.execute(transaction)
        self.ledger.apply(execution.changes)
        self.env = replace(self.env, number=self.env.number + 1, timestamp=self.env.timestamp + 1)
        return result

    def deploy(self, creation: bytes, value: int = 0) -> Address:
        """Creates a contract; it must succeed."""
        result = self.send(self.build(None, creation, value=Wei(value)))
        assert result.failure is None, result.failure
        assert result.contract_address is not None
        return result.contract_address
