"""The outbox through a network's life: what is pending, goes back, is replaced, kept, dumped and settled."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from devnet.chain.hash_tree import sparse_root
from devnet.chain.outbox import ENDPOINT, OUTBOX, ROOT_SLOT, leaves_of
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.contracts.outbox import COUNT_SLOT
from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig
from devnet.verifying.genesis import genesis_of
from devnet.zone.messages import CallRequest, GenesisAccount, Mining
from devnet.zone.port import ZonePort
from tests.execution.mixes import PROGRAMS
from tests.parts import parts_under_test

CONFIG = NetworkConfig(
    genesis_accounts={ENDPOINT: GenesisAccount(code=PROGRAMS["endpoint"], nonce=1)},
    mining=Mining(automine=False),
)
"""Each call of the endpoint sends two messages."""


def send(network: Network, zone: ZonePort, count: int = 1) -> None:
    for _ in range(count):
        network.send(zone, CallRequest(sender=network.keys.addresses[0], to=ENDPOINT, gas=200_000))


def outbox_at(zone: ZonePort, number: int | str = "latest") -> tuple[Hash32, int]:
    root = zone.storage(OUTBOX, ROOT_SLOT, number)  # type: ignore[arg-type]
    return Hash32(root.to_bytes(32, "big")), zone.storage(OUTBOX, COUNT_SLOT, number)  # type: ignore[arg-type]


def said(zone: ZonePort) -> tuple[Hash32, int]:
    """What the logs of all blocks come to."""
    receipts = [zone.receipts(number) or () for number in range(1, zone.number() + 1)]
    leaves = leaves_of(log for block in receipts for located in block for log in located.receipt.logs)
    return (sparse_root(32, dict(enumerate(leaves))) if leaves else ZERO_HASH), len(leaves)


@pytest.fixture
def network() -> Network:
    return Network(CONFIG, parts_under_test())


def test_what_is_pending_has_its_messages_in_the_outbox(network: Network) -> None:
    zone = network.default_zone
    send(network, zone, 2)
    assert outbox_at(zone) == (ZERO_HASH, 0)
    pending = outbox_at(zone, "pending")
    assert pending[1] == 4
    network.mine(zone)
    assert outbox_at(zone) == pending == said(zone)


def test_each_zone_has_an_outbox_of_its_own(network: Network) -> None:
    counts = {}
    for index, (name, zone) in enumerate(network.zones.items()):
        send(network, zone, index)
        network.mine(zone)
        counts[name] = outbox_at(zone)[1]
        assert outbox_at(zone) == said(zone)
    assert list(counts.values()) == [0, 2, 4]


def test_what_goes_back_takes_its_messages_along(network: Network) -> None:
    zone = network.default_zone
    send(network, zone)
    network.mine(zone)
    first = outbox_at(zone)
    snapshot = network.snapshot()
    send(network, zone, 3)
    network.mine(zone, 2)
    assert outbox_at(zone)[1] == 8
    network.revert(snapshot)
    assert outbox_at(zone) == first == said(zone)
    network.rollback(zone, 1)
    assert outbox_at(zone) == (ZERO_HASH, 0)


def test_a_reorganisation_leaves_the_messages_of_the_new_blocks(network: Network) -> None:
    zone = network.default_zone
    send(network, zone)
    network.mine(zone, 2)
    before = outbox_at(zone)
    send(network, zone, 2)
    network.mine(zone)
    network.reorg(zone, 2, ())
    assert zone.number() == 3
    assert outbox_at(zone) == before == said(zone)


def test_settled_updates_tell_the_roots_one_after_the_other(network: Network) -> None:
    zone = network.default_zone
    expected = [ZERO_HASH]
    for count in (0, 1, 0, 2):
        send(network, zone, count)
        network.mine(zone, 2)
        assert network.settle()
        expected.append(outbox_at(zone)[0])
    statements = [
        update.statement
        for settled in network.settlement.chain
        for update in settled.updates
        if update.statement.zone == zone.config.index
    ]
    assert [each.pre_outbox_root for each in statements] == expected[: len(statements)]
    assert [each.post_outbox_root for each in statements] == expected[1:]
    assert len(set(expected)) == 3


def test_the_outbox_is_kept_in_folders_and_dumps(tmp_path: Path) -> None:
    with Network(CONFIG, parts_under_test(), folder=DataFolder.open(tmp_path, CONFIG)) as network:
        zone = network.default_zone
        send(network, zone)
        network.mine(zone)
        network.settle()
        kept = outbox_at(zone)
    with Network(CONFIG, parts_under_test(), folder=DataFolder.open(tmp_path, CONFIG)) as network:
        zone = network.default_zone
        assert outbox_at(zone) == kept == said(zone)
        send(network, zone)
        network.mine(zone)
        assert outbox_at(zone)[1] == 4
        assert network.settle()
        dump = io.BytesIO()
        network.dump(dump)
        now = outbox_at(zone)
    other = Network(CONFIG, parts_under_test())
    other.load(io.BytesIO(dump.getvalue()))
    assert outbox_at(other.default_zone) == now == said(other.default_zone)


def test_a_folder_from_before_messages_goes_on_without_them(tmp_path: Path) -> None:
    before = replace(CONFIG, eids=None)
    for opened in range(2):
        with Network(before, parts_under_test(), folder=DataFolder.open(tmp_path, before)) as network:
            zone = network.default_zone
            send(network, zone)
            network.mine(zone)
            assert network.settle()
            assert said(zone)[1] == 2 * (opened + 1)
            assert outbox_at(zone) == (ZERO_HASH, 0)
            assert not zone.account(OUTBOX).code
            assert not any(
                int.from_bytes(update.statement.post_outbox_root, "big")
                for settled in network.settlement.chain
                for update in settled.updates
            )


def test_who_makes_genesis_again_has_its_contracts_and_programs() -> None:
    genesis = genesis_of(CONFIG, parts_under_test())
    network = Network(CONFIG, parts_under_test())
    assert [block[0] for block in genesis.blocks] == [
        block.hash for zone in network.zones.values() if (block := zone.block("earliest")) is not None
    ]
    assert all(program.has_messages for program in genesis.programs)
