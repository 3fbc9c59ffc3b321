"""SettlementRoots: only the system writes, heights never fall, reading checks the height."""

from __future__ import annotations

import pytest

from devnet.chain.settlement_head import RING, SettlementHead, record_call, recorded_head
from devnet.chain.types import Address, Hash32
from devnet.contracts.addresses import SETTLEMENT_ROOTS, SYSTEM_ADDRESS
from devnet.contracts.settlement import storage_of
from devnet.network import Network
from tests.contracts.calling import CallFailed, DeployedContract, error_selector


def head(height: int) -> SettlementHead:
    return SettlementHead(height, Hash32(height.to_bytes(32, "big")[::-1]), slot=height + 100, zone_count=3)


@pytest.fixture
def roots() -> DeployedContract:
    return DeployedContract(Network(), "SettlementRoots", SETTLEMENT_ROOTS)


def unknown(roots: DeployedContract, height: int) -> bool:
    with pytest.raises(CallFailed) as failed:
        roots.call("rootAt", height)
    return failed.value.data[:4] == error_selector("SettlementRoots", "UnknownHeight")


def test_genesis_knows_the_settlement_block_that_the_zone_starts_from(roots: DeployedContract) -> None:
    settlement = roots.network.default_zone.config.settlement
    expected = (settlement.root, settlement.slot, settlement.zone_count)
    assert roots.call("newest") == (settlement.height, *expected)
    assert roots.call("blockAt", settlement.height) == expected


def test_the_system_records_and_anyone_reads(roots: DeployedContract) -> None:
    for height in (1, 2, 5):
        assert roots.send(record_call(head(height)), SYSTEM_ADDRESS).status
    assert roots.call("newest") == (5, head(5).root, 105, 3)
    assert roots.call("blockAt", 2) == (head(2).root, 102, 3)
    assert roots.call("rootAt", 1) == head(1).root


def test_recording_stores_what_genesis_would_store(roots: DeployedContract) -> None:
    recorded = head(RING + 7)
    assert roots.send(record_call(recorded), SYSTEM_ADDRESS).status
    zone = roots.network.default_zone
    for slot, value in storage_of(recorded).items():
        assert zone.storage(SETTLEMENT_ROOTS, slot) == value
    assert recorded_head(lambda slot: zone.storage(SETTLEMENT_ROOTS, slot)) == recorded


def test_nobody_else_records(roots: DeployedContract) -> None:
    stranger = Address(b"\x11" * 20)
    assert not roots.send(record_call(head(1)), stranger).status
    with pytest.raises(CallFailed) as failed:
        roots.call("record", 1, head(1).root, 1, 3, sender=stranger)
    assert failed.value.data[:4] == error_selector("SettlementRoots", "OnlySystem")


@pytest.mark.parametrize("second", [4, 3, 0])
def test_heights_never_fall_nor_repeat(roots: DeployedContract, second: int) -> None:
    assert roots.send(record_call(head(4)), SYSTEM_ADDRESS).status
    assert not roots.send(record_call(head(second)), SYSTEM_ADDRESS).status
    assert roots.call("newest")[0] == 4


def test_heights_that_were_skipped_or_are_to_come_are_unknown(roots: DeployedContract) -> None:
    roots.send(record_call(head(3)), SYSTEM_ADDRESS)
    assert unknown(roots, 2)
    assert unknown(roots, 4)
    assert unknown(roots, 3 + RING)


def test_a_height_is_forgotten_when_its_place_is_taken(roots: DeployedContract) -> None:
    roots.send(record_call(head(3)), SYSTEM_ADDRESS)
    roots.send(record_call(head(3 + RING)), SYSTEM_ADDRESS)
    assert unknown(roots, 3)
    assert roots.call("rootAt", 3 + RING) == head(3 + RING).root
