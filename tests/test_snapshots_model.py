"""Random use of a network of three zones against dictionaries that are copied at every snapshot."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devnet.chain.fees import max_cost
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.folder import DataFolder, Fsync
from devnet.network import Network, NetworkConfig
from devnet.snapshots import Reach
from devnet.zone.errors import BadRequest, UnknownSnapshot
from devnet.zone.messages import CallRequest, GenesisAccount, Mining
from devnet.zone.port import ZonePort
from tests.zone.driver import CONTRACTS, STORE, word

ZRO = 10**18
GWEI = 10**9
ZONES = ("system", "alpha", "beta")
STRANGER = Address(b"\x99" * 20)
COINBASE = Address(b"\xc0" * 20)
NAMES = ("base", "other")
SLOTS = (1, 2)
CONFIG = NetworkConfig(
    accounts=3,
    balance=Wei(100 * ZRO),
    coinbase=COINBASE,
    mining=Mining(automine=False),
    genesis_accounts={STORE: GenesisAccount(nonce=1, code=bytes.fromhex(CONTRACTS[STORE]))},
)

IN_A_ZONE = st.sampled_from(("alpha", "alpha", "alpha", "beta", "system"))
"""Much has to happen in one zone before what matters does."""
SENDER = st.integers(0, CONFIG.accounts - 1)


@dataclass
class ZoneModel:
    """What a zone must hold."""

    balances: dict[Address, int]
    nonces: dict[Address, int]
    hashes: list[bytes]
    """Of every block, genesis first."""
    slots: dict[int, int] = field(default_factory=lambda: dict.fromkeys(SLOTS, 0))
    waiting: dict[tuple[Address, int], Transaction] = field(default_factory=dict)
    offset: int = 0
    past: list[tuple[dict[Address, int], dict[Address, int], dict[int, int]]] = field(default_factory=list)
    """Balances, nonces and slots after each block, before development calls wrote over them."""

    @property
    def number(self) -> int:
        return len(self.hashes) - 1

    def remember(self) -> None:
        self.past.append((dict(self.balances), dict(self.nonces), dict(self.slots)))

    def go_back(self, depth: int) -> None:
        """What a rollback leaves; what waits stays where it can."""
        if depth:
            del self.hashes[-depth:], self.past[-depth:]
        balances, nonces, slots = self.past[-1]
        self.balances, self.nonces, self.slots = dict(balances), dict(nonces), dict(slots)
        self.forget_impossible()

    def forget_impossible(self) -> None:
        self.waiting = {
            (sender, nonce): transaction
            for (sender, nonce), transaction in self.waiting.items()
            if nonce >= self.nonces[sender] and max_cost(transaction) <= self.balances[sender]
        }


@dataclass
class SnapshotModel:
    """A copy of everything, and the zones that can still go back to it."""

    name: str | None
    zones: dict[str, ZoneModel]
    clock: int
    usable: set[str]


class NetworkMachine(RuleBasedStateMachine):
    """Sends, writes, blocks, times, snapshots, and every way back."""

    def __init__(self) -> None:
        super().__init__()
        self.network = self.open()
        self.senders = self.network.keys.addresses
        self.model = {name: self._genesis(zone) for name, zone in self.zones.items()}
        self.genesis = deepcopy(self.model)
        self.clock = CONFIG.genesis_time
        self.snapshots: dict[int, SnapshotModel] = {}
        self.last_id = 0

    def open(self) -> Network:
        """The network that the machine drives."""
        return Network(CONFIG)

    @property
    def zones(self) -> dict[str, ZonePort]:
        return {str(name): zone for name, zone in self.network.zones.items()}

    def _genesis(self, zone: ZonePort) -> ZoneModel:
        block = zone.block(0)
        assert block is not None
        model = ZoneModel(
            dict.fromkeys(self.senders, 100 * ZRO) | {STRANGER: 0, COINBASE: 0},
            dict.fromkeys(self.senders, 0),
            [block.hash],
        )
        model.remember()
        return model

    # ------------------------------------------------------------ what happens in a zone

    @rule(zone=IN_A_ZONE, sender=SENDER, share=st.integers(0, 60))
    def send(self, zone: str, sender: int, share: int) -> None:
        """A transfer of so many percent of the balance."""
        address, model = self.senders[sender], self.model[zone]
        self._submit(zone, address, STRANGER, model.balances[address] * share // 100, b"")

    @rule(zone=IN_A_ZONE, sender=SENDER, slot=st.sampled_from(SLOTS), value=st.integers(0, 3))
    def store(self, zone: str, sender: int, slot: int, value: int) -> None:
        self._submit(zone, self.senders[sender], STORE, 0, word(slot) + word(value))

    def _submit(self, zone: str, sender: Address, to: Address, value: int, data: bytes) -> None:
        model = self.model[zone]
        nonce = model.nonces[sender]
        while (sender, nonce) in model.waiting:
            nonce += 1
        request = CallRequest(
            sender=sender,
            to=to,
            value=Wei(value),
            data=data,
            nonce=nonce,
            gas=21_000 if not data else 100_000,
            max_fee_per_gas=Wei(3 * GWEI),
            max_priority_fee_per_gas=Wei(GWEI),
        )
        transaction = self.network.sign(self.zones[zone], request)
        owed = sum(max_cost(other) for (owner, _), other in model.waiting.items() if owner == sender)
        if owed + max_cost(transaction) > model.balances[sender]:
            return
        self.zones[zone].submit(transaction)
        model.waiting[sender, nonce] = transaction

    @rule(zone=IN_A_ZONE, sender=SENDER)
    def drop(self, zone: str, sender: int) -> None:
        address, model = self.senders[sender], self.model[zone]
        self.zones[zone].drop_transactions_of(address)
        model.waiting = {key: item for key, item in model.waiting.items() if key[0] != address}

    @rule(zone=IN_A_ZONE, count=st.sampled_from([1, 1, 2, 3]))
    def mine(self, zone: str, count: int) -> None:
        for block in self.network.mine(self.zones[zone], count):
            self._sealed(zone, block.hash, block.transactions)
        self.clock += count

    def _sealed(self, zone: str, block_hash: bytes, transactions: tuple[Transaction, ...]) -> None:
        model = self.model[zone]
        model.hashes.append(block_hash)
        for transaction in transactions:
            sender = transaction.sender
            located = self.zones[zone].receipt(transaction.hash)
            assert located is not None
            receipt = located.receipt
            assert receipt.status
            assert transaction.nonce == model.nonces[sender]
            model.nonces[sender] += 1
            model.balances[sender] -= receipt.gas_used * receipt.effective_gas_price + transaction.value
            model.balances[COINBASE] += receipt.gas_used * (
                receipt.effective_gas_price - located.header.base_fee_per_gas
            )
            if transaction.to == STRANGER:
                model.balances[STRANGER] += transaction.value
            if transaction.to == STORE:
                slot, value = (int.from_bytes(transaction.data[at : at + 32], "big") for at in (0, 32))
                model.slots[slot] = value
            model.waiting.pop((sender, transaction.nonce), None)
        model.forget_impossible()
        model.remember()

    @rule(zone=IN_A_ZONE, who=st.sampled_from(["stranger", 0, 1]), amount=st.integers(0, 40))
    def set_balance(self, zone: str, who: str | int, amount: int) -> None:
        address = STRANGER if isinstance(who, str) else self.senders[who]
        self.zones[zone].set_account(address, balance=Wei(amount * ZRO))
        model = self.model[zone]
        model.balances[address] = amount * ZRO
        # Only an account's own fall in balance ends what it has waiting.
        model.waiting = {
            key: item
            for key, item in model.waiting.items()
            if key[0] != address or max_cost(item) <= amount * ZRO
        }

    @rule(zone=IN_A_ZONE, slot=st.sampled_from(SLOTS), value=st.integers(0, 3))
    def set_storage(self, zone: str, slot: int, value: int) -> None:
        self.zones[zone].set_storage(STORE, slot, value)
        self.model[zone].slots[slot] = value

    @rule(zone=IN_A_ZONE, seconds=st.integers(1, 1_000))
    def increase_time(self, zone: str, seconds: int) -> None:
        self.zones[zone].increase_time(seconds)
        self.model[zone].offset += seconds

    # ------------------------------------------------------------ snapshots

    @rule()
    def snapshot(self) -> None:
        self._taken(self.network.snapshot(), None)

    @rule(name=st.sampled_from(NAMES), replace=st.booleans())
    def snapshot_with_a_name(self, name: str, replace: bool) -> None:
        old = next((key for key, taken in self.snapshots.items() if taken.name == name), None)
        if old is not None and not replace:
            with pytest.raises(BadRequest, match="replace"):
                self.network.snapshots.take(name)
            return
        identifier = self.network.snapshots.take(name, replace=replace)
        if old is not None:
            del self.snapshots[old]
        self._taken(identifier, name)

    def _taken(self, identifier: int, name: str | None) -> None:
        assert identifier == self.last_id + 1
        self.last_id = identifier
        self.snapshots[identifier] = SnapshotModel(name, deepcopy(self.model), self.clock, set(ZONES))

    @initialize()
    def start_with_some_blocks(self) -> None:
        """Else most ways back would end at genesis at once."""
        for count in (2, 1, 2):
            self.mine("alpha", count)
            self.mine("beta", 1)
            self.snapshot()

    def _recent(self) -> st.SearchStrategy[int]:
        """A snapshot that is there more often than one that is not."""
        recent = st.integers(max(1, self.last_id - 8), self.last_id)
        return recent | st.sampled_from(sorted(self.snapshots)[-4:]) if self.snapshots else recent

    @rule(zone=IN_A_ZONE, data=st.data())
    def evm_revert(self, zone: str, data: st.DataObject) -> None:
        identifier = data.draw(self._recent())
        taken = self.snapshots.get(identifier)
        if taken is None or zone not in taken.usable:
            with pytest.raises(UnknownSnapshot):
                self.network.revert_zone(self.zones[zone], identifier)
            return
        assert self.network.revert_zone(self.zones[zone], identifier) is Reach.ZONE
        self.model[zone] = deepcopy(taken.zones[zone])
        for other, later in self.snapshots.items():
            if other > identifier:
                later.usable.discard(zone)

    @rule(data=st.data(), by_name=st.booleans())
    def zero_revert(self, data: st.DataObject, by_name: bool) -> None:
        identifier = data.draw(self._recent())
        taken = self.snapshots.get(identifier)
        asked = taken.name if by_name and taken is not None and taken.name is not None else identifier
        if taken is None or taken.usable != set(ZONES):
            with pytest.raises(UnknownSnapshot):
                self.network.revert(asked)
            return
        self.network.revert(asked)
        self.model, self.clock = deepcopy(taken.zones), taken.clock
        self.snapshots = {other: kept for other, kept in self.snapshots.items() if other <= identifier}

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        identifier = data.draw(st.sampled_from(sorted(self.snapshots)))
        self.network.snapshots.delete(self.snapshots[identifier].name or identifier)
        del self.snapshots[identifier]

    # ------------------------------------------------------------ other ways back

    def _removed_above(self, zone: str, number: int) -> None:
        for taken in self.snapshots.values():
            if zone in taken.usable and taken.zones[zone].number > number:
                taken.usable.discard(zone)

    @rule(zone=IN_A_ZONE, data=st.data())
    def rollback(self, zone: str, data: st.DataObject) -> None:
        model = self.model[zone]
        depth = data.draw(st.integers(0, min(3, model.number)))
        self.zones[zone].rollback(depth)
        model.go_back(depth)
        self._removed_above(zone, model.number)

    @rule(zone=IN_A_ZONE, data=st.data(), may_be=st.booleans())
    def reorganise(self, zone: str, data: st.DataObject, may_be: bool) -> None:
        model = self.model[zone]
        depth = data.draw(st.integers(0, min(3, model.number)))
        if not may_be and depth:
            sender = self.senders[0]
            bad = self.network.sign(
                self.zones[zone], CallRequest(sender=sender, to=STRANGER, nonce=10**6, gas=21_000)
            )
            with pytest.raises(Exception, match="nonce"):
                self.zones[zone].reorg(depth, [(bad, depth - 1)], self.network.clock.reading())
            return
        blocks = self.zones[zone].reorg(depth, [], self.network.clock.reading())
        model.go_back(depth)
        self._removed_above(zone, model.number)
        for block in blocks:
            self._sealed(zone, block.hash, block.transactions)

    @rule(zone=IN_A_ZONE, mood=st.integers(0, 5))
    def reset(self, zone: str, mood: int) -> None:
        """Not often: little is left to go back to afterwards."""
        if mood:
            return
        self.zones[zone].reset()
        self.model[zone] = deepcopy(self.genesis[zone])
        for taken in self.snapshots.values():
            taken.usable.discard(zone)

    # ------------------------------------------------------------ what must hold

    @invariant()
    def every_zone_holds_what_its_model_says(self) -> None:
        for name, zone in self.zones.items():
            model = self.model[name]
            assert zone.number() == model.number
            for number in {0, model.number // 2, max(0, model.number - 1), model.number}:
                block = zone.block(number)
                assert block is not None
                assert block.hash == model.hashes[number]
            assert zone.block(model.number + 1) is None
            assert {address: zone.balance(address) for address in model.balances} == model.balances
            assert {address: zone.nonce(address) for address in model.nonces} == model.nonces
            assert {slot: zone.storage(STORE, slot) for slot in model.slots} == model.slots
            assert zone.status().time_offset == model.offset

    @invariant()
    def every_mempool_holds_what_waits(self) -> None:
        for name, zone in self.zones.items():
            content = zone.pool()
            held = {
                (sender, nonce): transaction.hash
                for group in (content.pending, content.queued)
                for sender, transactions in group.items()
                for nonce, transaction in transactions.items()
            }
            assert held == {key: item.hash for key, item in self.model[name].waiting.items()}

    @invariant()
    def the_clock_is_the_models(self) -> None:
        assert self.network.clock.mark() == self.clock

    @invariant()
    def the_same_snapshots_are_usable_in_the_same_zones(self) -> None:
        listed = {
            info.taken.identifier: (
                info.taken.name,
                info.taken.clock,
                {str(use.zone): use.number for use in info.zones},
                {str(use.zone) for use in info.zones if use.loss is None},
            )
            for info in self.network.snapshots.listing()
        }
        assert listed == {
            identifier: (
                taken.name,
                taken.clock,
                {name: model.number for name, model in taken.zones.items()},
                taken.usable,
            )
            for identifier, taken in self.snapshots.items()
        }


class KeptNetworkMachine(NetworkMachine):
    """The same in a data folder, which is closed and opened again now and then."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        super().__init__()

    def open(self) -> Network:
        return Network(CONFIG, folder=DataFolder.open(Path(self.folder.name) / "data", CONFIG, Fsync.NEVER))

    @rule()
    def commit(self) -> None:
        self.network.commit()

    @rule()
    def open_again(self) -> None:
        """Also why snapshots are gone is still known."""
        reasons = self._reasons()
        self.network.close()
        self.network = self.open()
        assert self._reasons() == reasons

    def _reasons(self) -> list[object]:
        book = self.network.snapshots.book
        return [
            (book.get(identifier), book.why_gone(identifier), zone.snapshot_loss(identifier))
            for identifier in range(self.last_id + 2)
            for zone in self.zones.values()
        ]

    def teardown(self) -> None:
        self.network.close()
        self.folder.cleanup()


@pytest.mark.parametrize(
    ("machine", "examples"),
    [
        (NetworkMachine, 80),
        (KeptNetworkMachine, 25),
        pytest.param(NetworkMachine, 2_000, marks=pytest.mark.full),
        pytest.param(KeptNetworkMachine, 500, marks=pytest.mark.full),
    ],
)
def test_a_network_does_what_the_model_does(machine: type[NetworkMachine], examples: int) -> None:
    # py-evm changes the recursion limit when it is imported; hypothesis wants that to happen outside.
    network = Network()
    network.mine(network.default_zone)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
