"""Random use of a zone against a model that is simple enough to be believed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devnet.chain.block import Block
from devnet.chain.block_codec import header_hash
from devnet.chain.errors import InvalidTransaction
from devnet.chain.fees import max_cost
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.zone.errors import UnknownSnapshot
from devnet.zone.messages import BlockAdded, BlockRemoved, CallRequest, LogQuery
from tests.zone.driver import BLOCKHASH, COINBASE, GWEI, KEYS, LOGGER, ZRO, Driver, word, zone_config
from tests.zone.proxy import PickledZone

SENDERS = st.sampled_from(KEYS.addresses)
STRANGER = Address(b"\x99" * 20)


@dataclass
class Model:
    """What the zone must hold: accounts, the mempool by sender and nonce, blocks, logs."""

    balances: dict[Address, int]
    nonces: dict[Address, int]
    waiting: dict[tuple[Address, int], Transaction] = field(default_factory=dict)
    logs: list[tuple[int, int]] = field(default_factory=list)
    """(block number, topic)."""
    height: int = 0
    offset: int = 0

    def copy(self) -> Model:
        return Model(
            dict(self.balances),
            dict(self.nonces),
            dict(self.waiting),
            list(self.logs),
            self.height,
            self.offset,
        )

    def executable(self) -> list[Transaction]:
        """What the next block takes; all tips are equal, so only a sender's own order counts."""
        found = []
        for sender in KEYS.addresses:
            nonce = self.nonces[sender]
            while (sender, nonce) in self.waiting:
                found.append(self.waiting[sender, nonce])
                nonce += 1
        return found

    def forget_used_up(self) -> None:
        self.waiting = {
            (sender, nonce): transaction
            for (sender, nonce), transaction in self.waiting.items()
            if nonce >= self.nonces[sender] and max_cost(transaction) <= self.balances[sender]
        }


def is_whole(block: Block) -> bool:
    """Whether the block is no reserved one."""
    return header_hash(block.header) == block.hash


class ZoneMachine(RuleBasedStateMachine):
    """Submissions, mining, development writes, snapshots, reverts, rollbacks and reorganisations."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver(zone_config(), PickledZone)
        self.zone = self.driver.zone
        self.model = Model(
            dict.fromkeys(KEYS.addresses, 100 * ZRO) | {COINBASE: 0, STRANGER: 0},
            dict.fromkeys(KEYS.addresses, 0),
        )
        self.past: list[Model] = [self.model.copy()]
        """The model after each block, as it was before development calls wrote over it."""
        self.snapshots: dict[int, tuple[Model, list[Model], bytes]] = {}
        self.hashes: deque[bytes] = deque([self.driver.block().hash])
        """The chain as the events tell it."""
        self.cursor = self.zone.events().cursor
        self.log_filter = self.zone.new_filter("logs", 0.0)
        self.filtered: list[tuple[int | None, int]] = []

    # ------------------------------------------------------------ rules

    @rule(
        sender=SENDERS,
        to=st.sampled_from((*KEYS.addresses, STRANGER)),
        share=st.integers(0, 120),
        gap=st.integers(0, 2),
    )
    def submit_transfer(self, sender: Address, to: Address, share: int, gap: int) -> None:
        """A transfer of so many percent of the balance, perhaps with nonces left out."""
        value = self.model.balances[sender] * share // 100
        self._submit(self._transaction(sender, to, gap, value=value))

    @rule(sender=SENDERS, topic=st.integers(0, 3))
    def submit_log(self, sender: Address, topic: int) -> None:
        self._submit(self._transaction(sender, LOGGER, 0, value=0, data=word(topic), gas=60_000))

    @rule(sender=SENDERS, bump=st.integers(100, 120))
    def replace(self, sender: Address, bump: int) -> None:
        """Offers the sender's next transaction again at another price."""
        old = self.model.waiting.get((sender, self.model.nonces[sender]))
        if old is None:
            return
        new = self.driver.transaction(
            sender,
            STRANGER,
            nonce=old.nonce,
            value=1,
            max_fee=old.max_fee_per_gas * bump // 100,
            tip=old.max_priority_fee_per_gas * bump // 100,
        )
        if bump >= 110 and self._is_affordable(new, old):
            self.zone.submit(new)
            self.model.waiting[sender, new.nonce] = new
        else:
            with pytest.raises(InvalidTransaction):
                self.zone.submit(new)

    @rule(count=st.sampled_from([1, 1, 1, 2, 3]))
    def mine(self, count: int) -> None:
        for block in self.driver.mine(count):
            self._sealed(block.transactions)

    @precondition(lambda self: self.model.height < 2_000)
    @rule()
    def mine_very_many(self) -> None:
        count = 2_500
        self.driver.mine(count)
        # Until the base fee has settled blocks are whole; the mempool goes into the first.
        self._sealed(self.driver.block(self.model.height + 1).transactions)
        for _ in range(count - 1):
            self._sealed(())

    @rule(address=st.sampled_from((*KEYS.addresses, STRANGER)), balance=st.integers(0, 50))
    def set_balance(self, address: Address, balance: int) -> None:
        self.zone.set_account(address, balance=Wei(balance * ZRO))
        self.model.balances[address] = balance * ZRO
        if address in KEYS:
            self.model.waiting = {
                key: transaction
                for key, transaction in self.model.waiting.items()
                if key[0] != address or max_cost(transaction) <= balance * ZRO
            }

    @rule(sender=SENDERS)
    def drop(self, sender: Address) -> None:
        self.zone.drop_transactions_of(sender)
        self.model.waiting = {key: item for key, item in self.model.waiting.items() if key[0] != sender}

    @precondition(lambda self: len(self.snapshots) < 5)
    @rule()
    def snapshot(self) -> None:
        taken = self.model.copy(), [past.copy() for past in self.past], self.driver.block().hash
        self.snapshots[self.driver.snapshot()] = taken

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        identifier = data.draw(st.sampled_from(sorted(self.snapshots)))
        model, past, block_hash = self.snapshots[identifier]
        if self.zone.has_snapshot(identifier):
            self.zone.revert(identifier)
            self.model, self.past = model.copy(), [item.copy() for item in past]
            assert self.driver.block().hash == block_hash
            self.snapshots = {other: taken for other, taken in self.snapshots.items() if other <= identifier}
        else:
            # Only going back behind the snapshot's block ends it.
            with pytest.raises(UnknownSnapshot):
                self.zone.revert(identifier)
            del self.snapshots[identifier]

    @precondition(lambda self: self.model.height)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        depth = data.draw(st.integers(1, min(4, self.model.height)))
        self.zone.rollback(depth)
        self._go_back(depth)

    @precondition(lambda self: 0 < self.model.height < 2_000)
    @rule(data=st.data(), sender=SENDERS)
    def reorganise(self, data: st.DataObject, sender: Address) -> None:
        depth = data.draw(st.integers(1, min(3, self.model.height)))
        number = self.model.height - depth
        transaction = self.driver.transaction(
            sender, STRANGER, nonce=self.zone.nonce(sender, number), value=0, max_fee=5 * GWEI
        )
        self._go_back(depth)
        if max_cost(transaction) > self.model.balances[sender]:
            self.zone.rollback(depth)
            return
        self.zone.reorg(depth, [(transaction, 0)], self.driver.clock.reading())
        self._sealed((transaction,))
        for _ in range(depth - 1):
            self._sealed(())

    # ------------------------------------------------------------ what must hold

    @invariant()
    def accounts_are_what_the_model_says(self) -> None:
        assert self.zone.number() == self.model.height
        for address, balance in self.model.balances.items():
            assert self.zone.balance(address) == balance, address.hex()
        for sender, nonce in self.model.nonces.items():
            assert self.zone.nonce(sender) == nonce

    @invariant()
    def the_mempool_holds_what_waits(self) -> None:
        content = self.zone.pool()
        held = {
            (sender, nonce): transaction.hash
            for group in (content.pending, content.queued)
            for sender, transactions in group.items()
            for nonce, transaction in transactions.items()
        }
        assert held == {key: transaction.hash for key, transaction in self.model.waiting.items()}
        executable = {transaction.hash for transaction in self.model.executable()}
        assert {
            transaction.hash for group in content.pending.values() for transaction in group.values()
        } == executable

    @invariant()
    def the_newest_blocks_are_a_chain(self) -> None:
        height = self.model.height
        blocks = [self.driver.block(number) for number in range(max(0, height - 4), height + 1)]
        for parent, block in pairwise(blocks):
            assert block.header.parent_hash == parent.hash
            assert block.header.timestamp >= parent.header.timestamp
            assert self.zone.block(block.hash) == block
        assert is_whole(blocks[-1]) or blocks[-1].hash.endswith(height.to_bytes(8, "big"))
        for parent in blocks[:-1]:
            request = CallRequest(to=BLOCKHASH, data=word(parent.header.number))
            assert self.zone.call(request).output == parent.hash

    @invariant()
    def logs_are_those_of_the_chain(self) -> None:
        found = self.zone.logs(LogQuery(from_block=0))
        assert [(log.block_number, int.from_bytes(log.log.data, "big")) for log in found] == self.model.logs

    @invariant()
    def filters_and_events_end_where_the_chain_is(self) -> None:
        """Applying what was told, removals included, gives the chain and its logs."""
        for log in self.zone.filter_changes(self.log_filter, 0.0).logs:
            entry = log.block_number, int.from_bytes(log.log.data, "big")
            if log.removed:
                assert self.filtered.pop() == entry
            else:
                self.filtered.append(entry)
        assert self.filtered == self.model.logs
        page = self.zone.events(self.cursor)
        assert not page.gap
        self.cursor = page.cursor
        for event in page.events:
            if isinstance(event, BlockAdded):
                self.hashes.append(event.block.hash)
            elif isinstance(event, BlockRemoved):
                assert self.hashes.pop() == event.block.hash
        head = self.driver.block()
        if is_whole(head):
            assert self.hashes[-1] == head.hash

    # ------------------------------------------------------------ steps

    def _transaction(self, sender: Address, to: Address, gap: int, **fields: object) -> Transaction:
        nonce = self.model.nonces[sender]
        while (sender, nonce) in self.model.waiting:
            nonce += 1
        return self.driver.transaction(sender, to, nonce=nonce + gap, max_fee=5 * GWEI, **fields)

    def _is_affordable(self, transaction: Transaction, replaced: Transaction | None = None) -> bool:
        sender = transaction.sender
        waiting = sum(max_cost(item) for (owner, _), item in self.model.waiting.items() if owner == sender)
        if replaced is not None:
            waiting -= max_cost(replaced)
        return waiting + max_cost(transaction) <= self.model.balances[sender]

    def _submit(self, transaction: Transaction) -> None:
        key = transaction.sender, transaction.nonce
        if key not in self.model.waiting and self._is_affordable(transaction):
            self.zone.submit(transaction)
            self.model.waiting[key] = transaction
        else:
            with pytest.raises(InvalidTransaction):
                self.zone.submit(transaction)

    def _sealed(self, transactions: tuple[Transaction, ...]) -> None:
        """Applies a block to the model. Which of the executable transactions the block took is the zone's
        word where balances ran out inside the block; everything else is checked."""
        model = self.model
        model.height += 1
        tips = 0
        for transaction in transactions:
            sender = transaction.sender
            assert transaction.nonce == model.nonces[sender]
            located = self.zone.receipt(transaction.hash)
            assert located is not None
            receipt = located.receipt
            assert receipt.status
            model.nonces[sender] += 1
            model.balances[sender] -= receipt.gas_used * receipt.effective_gas_price + transaction.value
            assert model.balances[sender] >= 0
            if transaction.to in model.balances:
                model.balances[transaction.to] += transaction.value
            if transaction.to == LOGGER:
                model.logs.append((model.height, int.from_bytes(transaction.data, "big")))
            tips += receipt.gas_used * (receipt.effective_gas_price - located.header.base_fee_per_gas)
            model.waiting.pop((sender, transaction.nonce), None)
        model.balances[COINBASE] += tips
        model.forget_used_up()
        # The engine refuses what the block's own transactions made unaffordable.
        kept = {
            (sender, nonce)
            for group in (self.zone.pool().pending, self.zone.pool().queued)
            for sender, waiting in group.items()
            for nonce in waiting
        }
        for key in [key for key in model.waiting if key not in kept]:
            assert self._sum_waiting(key[0]) > model.balances[key[0]]
            del model.waiting[key]
        self.past.append(model.copy())

    def _sum_waiting(self, sender: Address) -> int:
        return sum(max_cost(item) for (owner, _), item in self.model.waiting.items() if owner == sender)

    def _go_back(self, depth: int) -> None:
        del self.past[-depth:]
        waiting = self.model.waiting
        self.model = self.past[-1].copy()
        self.model.waiting = waiting
        self.model.forget_used_up()


@pytest.mark.parametrize("examples", [30, pytest.param(400, marks=pytest.mark.full)])
def test_a_zone_does_what_the_model_does(examples: int) -> None:
    # py-evm changes the recursion limit when it is imported; hypothesis wants that to happen outside.
    Driver(zone_config()).mine()
    run_state_machine_as_test(
        ZoneMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
