"""Random use of a zone in files beside one in memory: after every commit, kill and opening both are the same
in everything that can be asked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

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

from devnet.chain.blobs import build_sidecar, versioned_hash
from devnet.chain.block import Block
from devnet.chain.errors import ChainError
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.state.config import DEVNET
from devnet.zone.errors import UnknownFilter, ZoneError
from devnet.zone.messages import CallRequest, LogQuery, Mining, Order, ZoneConfig
from devnet.zone.port import ZonePort
from devnet.zone.zone import Zone
from tests.parts import engine_under_test, parts_under_test
from tests.zone.driver import (
    ALICE,
    BLOCKHASH,
    CHAIN_ID,
    COINBASE,
    CONTRACTS,
    GWEI,
    KEYS,
    LOGGER,
    STORE,
    ZRO,
    Driver,
    word,
    zone_config,
)
from tests.zone.storing.kept import KeptDriver

STRANGER = Address(b"\x99" * 20)
ADDRESSES = (*KEYS.addresses, *CONTRACTS, STRANGER, COINBASE)
SENDERS = st.sampled_from((*KEYS.addresses, STRANGER))
SIDECAR = build_sidecar((bytes(131_072),), Rules.at(Fork.OSAKA, CHAIN_ID))

Order_ = Callable[[Driver], Any]


def outcome(driver: Driver, order: Order_) -> Any:
    """What an order gave, or why it was refused."""
    try:
        return order(driver)
    except (ZoneError, ChainError) as error:
        return type(error), str(error)


def seen(driver: Driver, hashes: set[Hash32], snapshots: int) -> dict[str, Any]:
    """Everything about a zone that its port tells."""
    zone = driver.zone
    newest, history = zone.number(), zone.history()
    numbers = {0, *range(max(0, newest - 6), newest + 1), newest // 2, history.oldest}
    found: dict[str, Any] = {
        "status": zone.status(),
        "pool": zone.pool(),
        "order": zone.pending_transactions(),
        "impersonated": (zone.impersonated(), zone.may_impersonate(STRANGER)),
        "history": (history.oldest, history.newest, history.limit, history.pinned),
        "logs": answer(lambda: zone.logs(LogQuery(from_block=0))),
        "pending": zone.block("pending", driver.clock.reading()),
        "config": zone.config,
        "fees": (zone.next_base_fee(), zone.next_blob_base_fee(), zone.suggested_priority_fee()),
        "snapshots": [
            (zone.has_snapshot(identifier), zone.snapshot_loss(identifier))
            for identifier in range(1, snapshots + 2)
        ],
    }
    for number in sorted(numbers):
        found[f"block {number}"] = answer(partial(zone.block, number))
        found[f"receipts {number}"] = answer(partial(zone.receipts, number))
        if isinstance(found[f"block {number}"], Block):
            assert zone.block(found[f"block {number}"].hash) == found[f"block {number}"]
        for reached in (max(0, number - 3), max(0, number - 200), newest):
            request = CallRequest(to=BLOCKHASH, data=word(reached))
            found[f"blockhash {number} {reached}"] = answer(partial(zone.call, request, number))
        for address in ADDRESSES:
            found[f"balance {address.hex()} {number}"] = answer(partial(zone.balance, address, number))
    for transaction_hash in hashes:
        key = transaction_hash.hex()
        found[f"transaction {key}"] = zone.transaction(transaction_hash)
        found[f"receipt {key}"] = zone.receipt(transaction_hash)
        found[f"sidecar {key}"] = zone.sidecar(transaction_hash)
    for address in ADDRESSES:
        found[f"account {address.hex()}"] = (
            zone.account(address),
            zone.nonce(address, "pending"),
            [zone.storage(address, slot) for slot in range(4)],
        )
    return found


def answer(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except ZoneError as error:
        return type(error), str(error)


class StoringMachine(RuleBasedStateMachine):
    """Orders go to both zones; what was ordered since the last commit can be lost."""

    CONFIG: ZoneConfig = zone_config(is_base_fee_fixed=True)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="storing"))
        self.kept = KeptDriver(self.CONFIG, self.folder)
        self.plain = Driver(self.CONFIG)
        self.orders: list[Order_] = []
        self.committed = 0
        """How many of the orders are in the last commit."""
        self.hashes: set[Hash32] = set()
        self.snapshots = 0
        self.is_holding = False
        """Whether orders wait for an explicit commit; the network commits after each."""

    def teardown(self) -> None:
        self.kill(False)
        self.kept.zone.close()
        shutil.rmtree(self.folder)

    # ------------------------------------------------------------ files

    @rule(is_written=st.booleans())
    def kill(self, is_written: bool) -> None:
        """Perhaps between the logs' writing and the commit."""
        if is_written:
            self.kept.zone.write()
        self.kept.reopen()
        if self.committed < len(self.orders):
            del self.orders[self.committed :]
            self.plain = Driver(self.CONFIG)
            for order in self.orders:
                outcome(self.plain, order)
        self.kept.clock.go_back(self.plain.clock.mark())
        self.compare()

    @rule()
    def commit(self) -> None:
        self.kept.commit()
        self.committed = len(self.orders)

    @rule()
    def commit_and_open_again(self) -> None:
        self.commit()
        self.kill(False)

    @rule()
    def hold_or_not(self) -> None:
        self.is_holding = not self.is_holding

    @rule()
    def kill_now(self) -> None:
        self.kill(False)

    @rule()
    def carry_over(self) -> None:
        """What a dump holds makes the same zone."""
        kept = self.kept.zone
        state = parts_under_test().load_state(DEVNET, iter(list(kept.export_state())), None)
        records = list(kept.export())
        copy = Driver(self.CONFIG)
        copy.zone = Zone(self.CONFIG, engine_under_test(), state, records=records)
        copy.clock.go_back(self.plain.clock.mark())
        assert seen(copy, self.hashes, self.snapshots) == seen(self.plain, self.hashes, self.snapshots)
        assert list(copy.zone.export()) == records

    def compare(self) -> None:
        kept = seen(self.kept, self.hashes, self.snapshots)
        plain = seen(self.plain, self.hashes, self.snapshots)
        for name, value in plain.items():
            assert kept[name] == value, name

    @invariant()
    def both_are_at_the_same_block(self) -> None:
        assert self.kept.zone.status() == self.plain.zone.status()

    # ------------------------------------------------------------ transactions

    @rule(
        sender=SENDERS,
        to=st.sampled_from((*KEYS.addresses, STRANGER)),
        gap=st.integers(0, 2),
        kind=st.integers(0, 2),
        value=st.sampled_from([0, 1, ZRO, 60 * ZRO]),
        tip=st.integers(1, 3),
    )
    def transfer(self, sender: Address, to: Address, gap: int, kind: int, value: int, tip: int) -> None:
        self._send(sender, to, gap, type=kind, value=value, tip=tip * GWEI, max_fee=(4 + tip) * GWEI)

    @rule(sender=SENDERS, topic=st.integers(0, 3), contract=st.sampled_from((LOGGER, STORE)))
    def call_a_contract(self, sender: Address, topic: int, contract: Address) -> None:
        data = word(topic) if contract == LOGGER else word(topic) + word(topic + 1)
        self._send(sender, contract, 0, value=0, data=data)

    @rule(sender=SENDERS)
    def create(self, sender: Address) -> None:
        self._send(sender, None, 0, value=0, data=bytes.fromhex("6001600055600160015360016000f3"))

    @rule(sender=SENDERS, is_valid=st.booleans())
    def delegate(self, sender: Address, is_valid: bool) -> None:
        nonce = self.plain.zone.nonce(ALICE) + (0 if is_valid else 7)
        signed = sign_authorization(CHAIN_ID, STORE, nonce, (1).to_bytes(32, "big"))
        if not is_valid:
            signed = replace(signed, s=0, authority=None)
        self._send(sender, ALICE, 0, type=4, value=0, gas=200_000, authorizations=(signed,))

    @rule(sender=SENDERS)
    def send_a_blob(self, sender: Address) -> None:
        transaction = self._transaction(
            sender,
            ALICE,
            0,
            type=3,
            gas=21_000,
            max_fee_per_blob_gas=Wei(10 * GWEI),
            blob_hashes=tuple(map(versioned_hash, SIDECAR.commitments)),
        )
        self._do(lambda driver: driver.zone.submit(transaction, SIDECAR))

    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        waiting = self.plain.zone.pending_transactions()
        if not waiting:
            return
        old = data.draw(st.sampled_from(waiting))
        if old.type != 2:
            return
        new = self.plain.transaction(
            old.sender,
            STRANGER,
            nonce=old.nonce,
            max_fee=2 * old.max_fee_per_gas,
            tip=2 * old.max_priority_fee_per_gas,
            chain_id=old.chain_id,
        )
        self._submit(new)

    @precondition(lambda self: self.hashes)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        transaction_hash = data.draw(st.sampled_from(sorted(self.hashes)))
        self._do(lambda driver: driver.zone.drop_transaction(transaction_hash))

    @rule(sender=SENDERS)
    def drop_a_sender(self, sender: Address) -> None:
        self._do(lambda driver: driver.zone.drop_transactions_of(sender))

    @rule()
    def drop_all(self) -> None:
        self._do(lambda driver: driver.zone.drop_all_transactions())

    # ------------------------------------------------------------ blocks

    @rule(count=st.sampled_from([1, 1, 1, 2, 5]))
    def mine(self, count: int) -> None:
        self._do(lambda driver: driver.mine(count))

    @rule(interval=st.integers(0, 20))
    def mine_apart(self, interval: int) -> None:
        self._do(lambda driver: driver.mine(3, interval=interval))

    @rule()
    def automine(self) -> None:
        self._do(lambda driver: driver.automine())

    @precondition(lambda self: self.plain.number < 8_000)
    @rule(count=st.integers(2_100, 4_000))
    def mine_very_many(self, count: int) -> None:
        self._do(lambda driver: driver.mine(count))

    # ------------------------------------------------------------ development calls

    @rule(
        address=st.sampled_from(ADDRESSES),
        balance=st.none() | st.integers(0, 200),
        nonce=st.none() | st.integers(0, 3),
        code=st.none() | st.sampled_from([b"", bytes.fromhex("600160005500")]),
    )
    def set_account(
        self, address: Address, balance: int | None, nonce: int | None, code: bytes | None
    ) -> None:
        wei = None if balance is None else Wei(balance * ZRO)
        self._do(lambda driver: driver.zone.set_account(address, wei, nonce, code))

    @rule(address=st.sampled_from(ADDRESSES), slot=st.integers(0, 3), value=st.integers(0, 3))
    def set_storage(self, address: Address, slot: int, value: int) -> None:
        self._do(lambda driver: driver.zone.set_storage(address, slot, value))

    @rule(
        name=st.sampled_from(["increase_time", "set_next_timestamp", "set_timestamp_interval"]),
        seconds=st.integers(0, 100),
    )
    def set_time(self, name: str, seconds: int) -> None:
        if name == "set_next_timestamp":
            seconds += self.plain.block().header.timestamp
        self._do(lambda driver: getattr(driver.zone, name)(seconds))

    @rule(setting=st.integers(0, 6), value=st.integers(0, 5))
    def set_something(self, setting: int, value: int) -> None:
        name, argument = [
            ("set_next_base_fee", Wei(value * GWEI)),
            ("set_min_gas_price", Wei(value * GWEI)),
            ("set_gas_limit", 1_000_000 * (value + 1)),
            ("set_coinbase", Address(bytes([value]) * 20)),
            ("set_next_prev_randao", Hash32(bytes([value]) * 32)),
            ("set_chain_id", CHAIN_ID + value % 2),
            ("set_auto_impersonate", value % 2 == 1),
        ][setting]
        self._do(lambda driver: getattr(driver.zone, name)(argument))

    @rule(
        automine=st.booleans(),
        interval=st.none() | st.floats(0.5, 20),
        order=st.sampled_from(Order),
        limit=st.none() | st.integers(1, 3),
    )
    def set_mining(self, automine: bool, interval: float | None, order: Order, limit: int | None) -> None:
        self._do(lambda driver: driver.zone.set_mining(Mining(automine, interval, order, limit)))

    @rule(address=st.sampled_from((STRANGER, *CONTRACTS)), starts=st.booleans())
    def impersonate(self, address: Address, starts: bool) -> None:
        if starts:
            self._do(lambda driver: driver.zone.impersonate(address))
        else:
            self._do(lambda driver: driver.zone.stop_impersonating(address))

    # ------------------------------------------------------------ going back

    @rule()
    def snapshot(self) -> None:
        self.snapshots += 1
        identifier = self.snapshots
        self._do(lambda driver: driver.zone.snapshot(identifier))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), is_deleted=st.booleans())
    def revert(self, data: st.DataObject, is_deleted: bool) -> None:
        identifier = data.draw(st.integers(1, self.snapshots))
        if is_deleted:
            self._do(lambda driver: driver.zone.delete_snapshot(identifier))
        else:
            self._do(lambda driver: driver.zone.revert(identifier))

    @rule(depth=st.sampled_from([1, 1, 2, 3, 300]))
    def rollback(self, depth: int) -> None:
        self._do(lambda driver: driver.zone.rollback(depth))

    @rule(depth=st.integers(1, 3), sender=SENDERS, is_possible=st.booleans())
    def reorganise(self, depth: int, sender: Address, is_possible: bool) -> None:
        number = max(0, self.plain.number - depth)
        nonce = answer(lambda: self.plain.zone.nonce(sender, number))
        if isinstance(nonce, tuple):
            return
        transaction = self.plain.transaction(
            sender, STRANGER, nonce=nonce + (0 if is_possible else 5), value=0, max_fee=5 * GWEI
        )
        self.hashes.add(transaction.hash)
        self._do(lambda driver: driver.zone.reorg(depth, [(transaction, 0)], driver.clock.reading()))

    @rule()
    def reset(self) -> None:
        self._do(lambda driver: driver.zone.reset())

    @rule()
    def install_a_filter(self) -> None:
        """Filters are gone after a start, and their ids are not used again."""
        identifier = self.kept.zone.new_filter("blocks", 0.0)
        assert self.plain.zone.new_filter("blocks", 0.0) == identifier
        self.orders.append(lambda driver: driver.zone.new_filter("blocks", 0.0))
        self.commit()
        self.kill(False)
        with pytest.raises(UnknownFilter):
            self.kept.zone.filter_changes(identifier, 0.0)

    # ------------------------------------------------------------ steps

    def _do(self, order: Order_) -> None:
        self.orders.append(order)
        assert outcome(self.kept, order) == outcome(self.plain, order)
        if not self.is_holding:
            self.commit()

    def _transaction(self, sender: Address, to: Address | None, gap: int, **fields: Any) -> Transaction:
        zone: ZonePort = self.plain.zone
        nonce = zone.nonce(sender, "pending") + gap
        fields.setdefault("chain_id", zone.status().chain_id)
        transaction = self.plain.transaction(sender, to, nonce=nonce, **fields)
        self.hashes.add(transaction.hash)
        return transaction

    def _send(self, sender: Address, to: Address | None, gap: int, **fields: Any) -> None:
        self._submit(self._transaction(sender, to, gap, **fields))

    def _submit(self, transaction: Transaction) -> None:
        self.hashes.add(transaction.hash)
        self._do(lambda driver: driver.zone.submit(transaction))


class BoundedMachine(StoringMachine):
    """A zone that forgets what is more than five blocks old."""

    CONFIG = zone_config(is_base_fee_fixed=True, history=5)


@pytest.mark.parametrize("live", [256, 3])
@pytest.mark.parametrize("machine", [StoringMachine, BoundedMachine])
@pytest.mark.parametrize("examples", [6, pytest.param(300, marks=pytest.mark.full)])
def test_a_zone_in_files_is_the_same_as_one_in_memory(
    machine: type[StoringMachine], examples: int, live: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`live` blocks are objects, older ones packed or in the log."""
    monkeypatch.setattr("devnet.zone.chain_store.LIVE_BLOCKS", live)
    monkeypatch.setattr("devnet.zone.storing.restoring.LIVE_BLOCKS", live)
    # py-evm changes the recursion limit when it is imported; hypothesis wants that to happen outside.
    Driver(zone_config()).mine()
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
