"""The network: zones under one clock, keys, sending, interval mining, network-wide snapshots."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from devnet.chain.errors import InvalidTransaction, MalformedTransaction
from devnet.chain.rules import Fork
from devnet.chain.transaction import AccessListEntry
from devnet.chain.transaction_codec import decode_transaction
from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.contracts.addresses import MULTICALL3
from devnet.network import Network, NetworkConfig, Parts, UnknownZone
from devnet.persistence.home import Home
from devnet.state import State
from devnet.state.qmdb import Qmdb, QmdbConfig
from devnet.zone.errors import BadRequest, NotUnlocked, UnknownBlock, UnknownSnapshot
from devnet.zone.messages import CallRequest, GenesisAccount, Mining
from tests.zone.proxy import PickledZone

ZRO = 10**18
STRANGER = Address(b"\x77" * 20)


def transfer(network: Network, sender: int = 0, to: int = 1, value: int = 1) -> CallRequest:
    addresses = network.keys.addresses
    return CallRequest(sender=addresses[sender], to=addresses[to], value=Wei(value))


@pytest.fixture
def network() -> Network:
    return Network()


# ---------------------------------------------------------------- zones


def test_the_default_network_has_a_system_zone_and_two_application_zones(network: Network) -> None:
    assert list(network.zones) == ["system", "alpha", "beta"]
    assert [zone.config.chain_id for zone in network.zones.values()] == [7_700_000, 7_700_001, 7_700_002]
    assert [zone.config.index for zone in network.zones.values()] == [0, 1, 2]
    assert network.default_zone is network.zones["alpha"]


def test_zones_are_found_by_name_and_chain_id(network: Network) -> None:
    assert network.zone("beta") is network.zones["beta"]
    assert network.zone(7_700_000) is network.zones["system"]
    for unknown in ("gamma", 1, "", "7700001"):
        with pytest.raises(UnknownZone, match="alpha"):
            network.zone(unknown)


def test_zones_do_not_share_state(network: Network) -> None:
    network.send(network.zones["alpha"], transfer(network, value=5))
    addresses = network.keys.addresses
    assert network.zones["alpha"].balance(addresses[1]) == 10_000 * ZRO + 5
    for name in ("system", "beta"):
        assert network.zones[name].balance(addresses[1]) == 10_000 * ZRO
        assert network.zones[name].number() == 0


def test_every_zone_starts_with_the_same_accounts(network: Network) -> None:
    for zone in network.zones.values():
        assert [zone.balance(address) for address in network.keys.addresses] == [10_000 * ZRO] * 10
        assert zone.account(MULTICALL3).code
    assert network.keys.addresses[0].hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def test_genesis_can_be_configured() -> None:
    holder = Address(b"\x01" * 20)
    network = Network(
        NetworkConfig(
            zones=("one",),
            chain_id=31_337,
            accounts=2,
            balance=Wei(7),
            grants=((STRANGER, Wei(9)),),
            genesis_accounts={holder: GenesisAccount(Wei(3), 4, b"\x00", {1: 2})},
            fork=Fork.CANCUN,
            genesis_number=5,
            genesis_time=77,
        )
    )
    zone = network.zone(31_337)
    assert len(network.keys) == 2
    assert zone.balance(network.keys.addresses[1]) == 7
    assert zone.balance(STRANGER) == 9
    account = zone.account(holder)
    assert (account.balance, account.nonce, account.code) == (3, 4, b"\x00")
    assert zone.storage(holder, 1) == 2
    assert (zone.number(), zone.status().timestamp, zone.status().fork) == (5, 77, Fork.CANCUN)


def test_two_networks_do_not_notice_each_other() -> None:
    first, second = Network(), Network()
    assert first.instance_id != second.instance_id
    assert first.artifacts is first.artifacts is not second.artifacts
    assert first.config_hash == second.config_hash
    genesis = second.default_zone.block(0)
    assert first.default_zone.block(0) == genesis
    for _ in range(3):
        first.send(first.default_zone, transfer(first))
    assert second.default_zone.number() == 0
    assert second.clock.reading() != first.clock.reading()
    second.send(second.default_zone, transfer(second))
    assert second.default_zone.block(1) == first.default_zone.block(1)


def test_two_networks_of_different_parts_run_in_one_process() -> None:
    kept: list[Qmdb] = []

    def remembered_state(config: QmdbConfig, home: Home | None) -> State:
        kept.append(Qmdb(config))
        return kept[-1]

    parts = Parts(state=remembered_state, zone=lambda *given: PickledZone(Parts().zone(*given)))
    first, second = Network(), Network(parts=parts)
    for network in (first, second):
        for _ in range(4):
            network.send(network.default_zone, transfer(network))
    assert len(kept) == 3
    kept[1].forget(2)
    holder = first.keys.addresses[1]
    assert first.default_zone.balance(holder, 1) == 10_000 * ZRO + 1
    with pytest.raises(UnknownBlock):
        second.default_zone.balance(holder, 1)
    with pytest.raises(BadRequest):
        second.default_zone.rollback(3)
    assert second.default_zone.number() == 4
    assert first.default_zone.block("latest") == second.default_zone.block("latest")


# ---------------------------------------------------------------- transactions


def test_sending_completes_signs_and_seals(network: Network) -> None:
    zone = network.default_zone
    transaction_hash = network.send(zone, transfer(network, value=5))
    receipt = zone.receipt(transaction_hash)
    assert receipt is not None
    assert receipt.receipt.status
    assert not receipt.transaction.is_impersonated
    assert decode_transaction(receipt.transaction.encoded)[0] == receipt.transaction
    assert zone.number() == 1


def test_sending_without_automine_waits(network: Network) -> None:
    zone = network.default_zone
    hashes = [network.send(zone, transfer(network), automine=False) for _ in range(3)]
    assert zone.number() == 0
    (block,) = network.automine(zone)
    assert [item.hash for item in block.transactions] == hashes


def test_raw_transactions_are_submitted_and_sealed_afterwards(network: Network) -> None:
    zone = network.default_zone
    signed = network.sign(zone, transfer(network))
    assert network.submit(zone, signed.encoded) == signed.hash
    assert zone.number() == 0
    assert len(network.automine(zone)) == 1
    with pytest.raises(InvalidTransaction):
        network.submit(zone, signed.encoded)
    with pytest.raises(InvalidTransaction):
        network.submit(network.zones["beta"], signed.encoded)
    with pytest.raises(MalformedTransaction):
        network.submit(zone, b"\xc0\x01")


def test_impersonated_senders_need_no_key(network: Network) -> None:
    zone = network.default_zone
    zone.set_account(STRANGER, balance=Wei(ZRO))
    request = CallRequest(sender=STRANGER, to=network.keys.addresses[0], value=Wei(3))
    with pytest.raises(NotUnlocked):
        network.send(zone, request)
    zone.impersonate(STRANGER)
    receipt = zone.receipt(network.send(zone, request))
    assert receipt is not None
    assert receipt.transaction.is_impersonated
    assert receipt.transaction.sender == STRANGER
    assert receipt.receipt.status


def test_what_cannot_be_a_transaction_is_not_signed(network: Network) -> None:
    entry = AccessListEntry(STRANGER, ())
    with pytest.raises(BadRequest):
        network.unsigned(transfer(network))
    with pytest.raises(BadRequest, match="access list"):
        network.send(network.default_zone, replace(transfer(network), type=0, access_list=(entry,)))


# ---------------------------------------------------------------- time and mining


def test_every_block_of_any_zone_moves_the_logical_clock(network: Network) -> None:
    start = network.config.genesis_time
    network.mine(network.zones["alpha"], 3)
    network.send(network.zones["beta"], transfer(network))
    network.mine(network.zones["alpha"])
    assert [network.zones[name].status().timestamp - start for name in ("alpha", "beta")] == [5, 4]
    assert network.zones["alpha"].block(3).header.timestamp == start + 3


def test_zones_have_their_own_offset(network: Network) -> None:
    network.zones["alpha"].increase_time(1_000)
    for name in ("alpha", "beta"):
        network.mine(network.zones[name])
    start = network.config.genesis_time
    assert [network.zones[name].status().timestamp - start for name in ("alpha", "beta")] == [1_001, 2]


def test_a_served_network_runs_on_the_wall_clock() -> None:
    moment = 1_800_000_000.7
    network = Network(clock=WallClock(lambda: moment))
    network.mine(network.default_zone, 2)
    assert network.default_zone.status().timestamp == 1_800_000_000


def test_interval_mining_seals_what_is_due(network: Network) -> None:
    alpha, beta = network.zones["alpha"], network.zones["beta"]
    assert network.tick(0.0) is None
    alpha.set_mining(Mining(automine=False, interval=2.0))
    beta.set_mining(Mining(automine=False, interval=5.0))
    assert network.tick(10.0) == 12.0
    assert network.tick(11.9) == 12.0
    assert (alpha.number(), beta.number()) == (0, 0)
    assert network.tick(12.0) == 14.0
    assert (alpha.number(), beta.number()) == (1, 0)
    assert network.tick(15.0) == 16.0
    assert (alpha.number(), beta.number()) == (2, 1)
    alpha.set_mining(Mining())
    assert network.tick(16.0) == 20.0
    assert alpha.number() == 2


def test_a_late_tick_seals_one_block(network: Network) -> None:
    network.default_zone.set_mining(Mining(automine=False, interval=1.0))
    network.tick(0.0)
    network.tick(100.0)
    assert network.default_zone.number() == 1


def test_a_changed_interval_starts_anew(network: Network) -> None:
    zone = network.default_zone
    zone.set_mining(Mining(automine=False, interval=1.0))
    assert network.tick(0.0) == 1.0
    zone.set_mining(Mining(automine=False, interval=10.0))
    assert network.tick(1.0) == 11.0
    assert zone.number() == 0


# ---------------------------------------------------------------- snapshots


def test_a_network_snapshot_covers_every_zone_and_the_clock(network: Network) -> None:
    network.send(network.zones["beta"], transfer(network))
    snapshot = network.snapshot()
    reading = network.clock.reading()
    blocks = {name: zone.block("latest") for name, zone in network.zones.items()}
    for _ in range(2):
        for zone in network.zones.values():
            network.send(zone, transfer(network))
            zone.increase_time(50)
        network.revert(snapshot)
        assert {name: zone.block("latest") for name, zone in network.zones.items()} == blocks
        assert network.clock.reading() == reading
        assert [zone.status().time_offset for zone in network.zones.values()] == [0, 0, 0]


def test_newer_network_snapshots_end_with_a_revert(network: Network) -> None:
    first = network.snapshot()
    second = network.snapshot()
    network.revert(first)
    for unknown in (second, 0, 99):
        with pytest.raises(UnknownSnapshot):
            network.revert(unknown)
    network.revert(first)


def test_a_zone_that_went_back_on_its_own_ends_the_network_snapshot(network: Network) -> None:
    alpha, beta = network.zones["alpha"], network.zones["beta"]
    network.mine(alpha)
    snapshot = network.snapshot()
    network.mine(beta)
    alpha.rollback(1)
    with pytest.raises(UnknownSnapshot):
        network.revert(snapshot)
    assert beta.number() == 1


# ---------------------------------------------------------------- manners


@pytest.mark.parametrize(
    "statement", ["import devnet.network", "from devnet.network import Network; Network()"]
)
def test_starting_a_network_imports_nothing_heavy(statement: str) -> None:
    heavy = "{'web3', 'eth', 'eth_account', 'eth_abi', 'eth_utils', 'numpy', 'rich', 'ckzg'}"
    check = f"{statement}; import sys; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_network_starts_no_thread(network: Network) -> None:
    before = threading.active_count()
    network.send(network.default_zone, transfer(network))
    assert threading.active_count() == before
