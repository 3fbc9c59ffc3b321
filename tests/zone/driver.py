"""A zone with accounts to drive it: what the zone's tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devnet.accounts.keyring import KeyRing
from devnet.chain.block import Block
from devnet.chain.rules import Fork
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, impersonate
from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.clock import LogicalClock
from devnet.contracts.genesis import system_accounts
from devnet.execution import Engine
from devnet.zone.messages import (
    GenesisAccount,
    LocatedReceipt,
    Mining,
    ZoneConfig,
)
from devnet.zone.port import ZonePort
from devnet.zone.zone import Zone
from tests.parts import engine_under_test, state_under_test

GWEI = 10**9
ZRO = 10**18
GENESIS_TIME = 1_700_000_000
CHAIN_ID = 7_700_001
SETTLEMENT = SettlementHead(0, Hash32(b"\x5e" * 32), 0, 3)
COINBASE = Address(b"\xc0" * 20)
MANUAL = Mining(automine=False)

KEYS = KeyRing.from_keys(number.to_bytes(32, "big") for number in range(1, 6))
ALICE, BOB, CAROL, DAVE, ERIN = KEYS.addresses

LOGGER = Address(b"\x10" * 19 + b"\x01")
"""Emits its input as a log's data, the input's first word as topic."""
STORE = Address(b"\x10" * 19 + b"\x02")
"""Stores the input's second word under the first; returns what is stored under the first."""
BLOCKHASH = Address(b"\x10" * 19 + b"\x03")
"""Returns BLOCKHASH of the input's first word."""
COINBASE_BALANCE = Address(b"\x10" * 19 + b"\x04")
"""Stores the coinbase's balance in slot 0."""
ENVIRONMENT = Address(b"\x10" * 19 + b"\x05")
"""Returns number, timestamp, PREVRANDAO and base fee as four words."""
REVERTER = Address(b"\x10" * 19 + b"\x06")
"""Reverts with its input."""

CONTRACTS = {
    LOGGER: "365f5f375f35365fa100",
    STORE: "6020355f35555f35545f5260205ff3",
    BLOCKHASH: "5f35405f5260205ff3",
    COINBASE_BALANCE: "41315f5500",
    ENVIRONMENT: "435f52426020524460405248606052" + "60805ff3",
    REVERTER: "365f5f37365ffd",
}


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def zone_config(**changes: Any) -> ZoneConfig:
    """The tests' configuration with some fields replaced. Five accounts have 100 ZRO."""
    accounts = {address: GenesisAccount(balance=Wei(100 * ZRO)) for address in KEYS.addresses}
    accounts |= {
        address: GenesisAccount(nonce=1, code=bytes.fromhex(code)) for address, code in CONTRACTS.items()
    }
    fork = changes.get("fork", Fork.OSAKA)
    config = ZoneConfig(
        name=ZoneName("alpha"),
        index=1,
        chain_id=CHAIN_ID,
        fork=fork,
        genesis_time=GENESIS_TIME,
        genesis_number=0,
        genesis_accounts={**system_accounts(fork, SETTLEMENT), **accounts},
        settlement=SETTLEMENT,
        coinbase=COINBASE,
        mining=MANUAL,
        unlocked=KEYS.addresses,
    )
    return replace(config, **changes)


class Driver:
    """A zone, its clock, and short words for what tests do with it."""

    def __init__(
        self,
        config: ZoneConfig,
        carry: Callable[[ZonePort], ZonePort] = lambda zone: zone,
        engine: Engine | None = None,
    ) -> None:
        self.engine = engine or engine_under_test()
        self.state = state_under_test()
        self.zone = carry(Zone(config, self.engine, self.state))
        self.clock = LogicalClock(config.genesis_time)
        self._snapshots = 0

    def snapshot(self) -> int:
        """Takes a snapshot under the next id, as the network does; gives the id."""
        self._snapshots += 1
        self.zone.snapshot(self._snapshots)
        return self._snapshots

    def transaction(
        self,
        sender: Address = ALICE,
        to: Address | None = BOB,
        *,
        nonce: int | None = None,
        value: int = 1,
        data: bytes = b"",
        gas: int | None = None,
        max_fee: int = 10 * GWEI,
        tip: int = GWEI,
        type: int = 2,
        **fields: Any,
    ) -> Transaction:
        """A signed transaction; impersonated where no key is known."""
        unsigned = UnsignedTransaction(
            type=type,
            chain_id=fields.pop("chain_id", CHAIN_ID),
            nonce=self.zone.nonce(sender, "pending") if nonce is None else nonce,
            gas_limit=gas or (21_000 if not data and to is not None else 500_000),
            max_fee_per_gas=Wei(max_fee),
            max_priority_fee_per_gas=Wei(max_fee if type < 2 else tip),
            to=to,
            value=Wei(value),
            data=data,
            **fields,
        )
        return KEYS.sign_transaction(unsigned, sender) if sender in KEYS else impersonate(unsigned, sender)

    def submit(self, sender: Address = ALICE, to: Address | None = BOB, **fields: Any) -> Hash32:
        """Adds a transaction to the mempool."""
        return self.zone.submit(self.transaction(sender, to, **fields))

    def mine(self, count: int = 1, **options: Any) -> tuple[Block, ...]:
        """Seals blocks."""
        blocks = self.zone.mine(self.clock.reading(), count, **options)
        self.clock.advance(count)
        return blocks

    def automine(self) -> tuple[Block, ...]:
        """What the network does after submissions."""
        blocks = self.zone.automine(self.clock.reading())
        self.clock.advance(len(blocks))
        return blocks

    def run(self, sender: Address = ALICE, to: Address | None = BOB, **fields: Any) -> LocatedReceipt:
        """Submits a transaction and seals a block with it."""
        transaction_hash = self.submit(sender, to, **fields)
        self.mine()
        receipt = self.zone.receipt(transaction_hash)
        assert receipt is not None
        return receipt

    def log(self, topic: int, sender: Address = ALICE) -> LocatedReceipt:
        """Seals a block with one log of that topic."""
        return self.run(sender, LOGGER, value=0, data=word(topic))

    def block(self, ref: Any = "latest") -> Block:
        """The block, which must be there."""
        block = self.zone.block(ref)
        assert block is not None
        return block

    @property
    def number(self) -> int:
        return self.zone.number()
