"""ZoneRegistry: zones and programs, one answer for every height for ever; only the owner changes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.config import NetworkConfig
from devnet.contracts import zone_registry as mirror
from devnet.contracts.addresses import ZONE_REGISTRY
from devnet.contracts.layout import packed
from devnet.contracts.zone_registry import RegisteredZone, RegistryParameters
from tests.contracts.system_zone import EVM, NAMES, OWNER, SystemZone, genesis, system_zone
from zero_sdk import local
from zero_sdk.client.contract import Contract
from zero_sdk.testing import emits, reverts

P1, P2, P3 = (Hash32(bytes([number]) * 32) for number in (1, 2, 3))
ROOT = b"\x09" * 32


def word(name: str) -> bytes:
    return name.encode().ljust(32, b"\0")


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> SystemZone:
    return system_zone(genesis(()), request.param)


@pytest.fixture
def zone(whole: SystemZone) -> Iterator[SystemZone]:
    with whole.network.isolated():
        yield whole


@pytest.fixture
def registry(zone: SystemZone) -> Contract:
    return zone.contract("ZoneRegistry")


# ---------------------------------------------------------------- genesis


def test_a_network_registers_its_zones_in_its_system_zone_only() -> None:
    config = NetworkConfig(zones=("left", "right"))
    network = local(("left", "right"))
    system = SystemZone(network)
    registry = system.contract("ZoneRegistry")
    assert registry.owner() == network.accounts[0].address
    assert registry.zoneCount() == 3
    assert [registry.zoneAt(index) for index in range(3)] == [
        (word(name), network[name].chain_id, bytes(32)) for name in ("system", "left", "right")
    ]
    assert [registry.programAt(index, 0) for index in range(3)] == [config.program(i).id for i in range(3)]
    for name in ("left", "right"):
        assert network[name].code("0x" + ZONE_REGISTRY.hex()) == b""


def test_genesis_stores_what_adding_stores(zone: SystemZone, registry: Contract) -> None:
    """Slot by slot: a zone that was added, and the same zone of genesis."""
    registry.addZone(word("gamma"), 9, ROOT, P1, 16)
    zones = [RegisteredZone(name, 7_700_000 + index, EVM) for index, name in enumerate(NAMES)]
    stored = mirror.storage_of(
        RegistryParameters(OWNER), [*zones, RegisteredZone("gamma", 9, P1, Hash32(ROOT))]
    )
    load = zone.load("ZoneRegistry")
    assert {slot: load(slot) for slot in stored} == stored


# ---------------------------------------------------------------- zones


def test_the_owner_adds_zones(zone: SystemZone, registry: Contract) -> None:
    zone.settle(100)
    with (
        emits(registry, "ZoneAdded", zone=3, name=word("gamma"), chainId=9, genesisRoot=ROOT),
        emits(registry, "ProgramScheduled", zone=3, id=P1, since=116),
    ):
        assert registry.addZone(word("gamma"), 9, ROOT, P1, 116).return_value == 3
    assert registry.zoneAt(3) == (word("gamma"), 9, ROOT)
    assert registry.zoneCount() == mirror.zone_count(zone.load("ZoneRegistry")) == 4
    with reverts(error="NoProgramYet", zone=3, height=115):
        registry.programAt(3, 115)
    assert mirror.program_at(zone.load("ZoneRegistry"), 3, 115) is None
    assert registry.programAt(3, 116) == P1


@pytest.mark.parametrize("name", ["a", "z9-", "a" * 32, "gamma-2"])
def test_names_that_zones_may_have(registry: Contract, name: str) -> None:
    assert registry.addZone.call(word(name), 9, ROOT, P1, 16) == 3


@pytest.mark.parametrize(
    "name", ["", "9a", "-a", "A", "aB", "a b", "a\0b", "a_b", "é", "a{", "a`", "a/", "a:"]
)
def test_names_that_zones_may_not_have(registry: Contract, name: str) -> None:
    with reverts(error="BadName", name=word(name)):
        registry.addZone(word(name), 9, ROOT, P1, 16)


def test_names_and_chain_ids_are_taken_once(registry: Contract) -> None:
    for name in ("alpha", "system", "health"):
        with reverts(error="NameTaken", name=word(name)):
            registry.addZone(word(name), 9, ROOT, P1, 16)
    for chain_id in (0, 7_700_001, 1 << 52, 2**64 - 1):
        with reverts(error="ChainIdTaken", chainId=chain_id):
            registry.addZone(word("gamma"), chain_id, ROOT, P1, 16)
    registry.addZone(word("gamma"), (1 << 52) - 1, ROOT, P1, 16)
    with reverts(error="NameTaken", name=word("gamma")):
        registry.addZone(word("gamma"), 9, ROOT, P1, 16)


def test_a_zones_tree_holds_65536_zones(zone: SystemZone, registry: Contract) -> None:
    assert registry.MOST_ZONES() == 1 << 16
    full = packed((0, 160), (1 << 16, 32), (16, 64))
    zone.zone.set_storage(registry, mirror.COUNT_SLOT, full)
    with reverts(error="TooManyZones"):
        registry.addZone(word("gamma"), 9, ROOT, P1, 16)


def test_zones_that_are_not_there(registry: Contract) -> None:
    for call in (registry.zoneAt, registry.programsOf, registry.cancelProgram):
        with reverts(error="UnknownZone", zone=3):
            call(3)
    with reverts(error="UnknownZone", zone=3):
        registry.programAt(3, 0)
    with reverts(error="UnknownZone", zone=3):
        registry.scheduleProgram(3, P1, 16)


# ---------------------------------------------------------------- programs


def test_a_program_is_in_force_from_its_height_on(zone: SystemZone, registry: Contract) -> None:
    zone.settle(10)
    assert registry.earliest() == 26
    with reverts(error="HeightTooEarly", earliest=26, height=25):
        registry.scheduleProgram(1, P1, 25)
    registry.scheduleProgram(1, P1, 26)
    with reverts(error="HeightTooEarly", earliest=27, height=26):
        registry.scheduleProgram(1, P2, 26)
    registry.scheduleProgram(1, P2, 100)
    with reverts(error="NoProgram"):
        registry.scheduleProgram(1, bytes(32), 200)
    load = zone.load("ZoneRegistry")
    for height, program in ((0, EVM), (25, EVM), (26, P1), (99, P1), (100, P2), (2**64 - 1, P2)):
        assert registry.programAt(1, height) == mirror.program_at(load, 1, height) == program
    assert registry.programsOf(1) == [(EVM, 0), (P1, 26), (P2, 100)]
    assert registry.programAt(2, 2**64 - 1) == EVM


def test_a_program_is_taken_back_only_while_it_is_far(zone: SystemZone, registry: Contract) -> None:
    registry.scheduleProgram(1, P1, 20)
    zone.settle(4)
    with emits(registry, "ProgramCancelled", zone=1, id=P1, since=20):
        registry.cancelProgram(1)
    assert registry.programAt(1, 20) == EVM
    registry.scheduleProgram(1, P2, 20)
    zone.settle(5)
    with reverts(error="NothingToCancel", zone=1):
        registry.cancelProgram(1)
    with reverts(error="NothingToCancel", zone=2):
        registry.cancelProgram(2)


def test_the_only_program_is_not_taken_back(registry: Contract) -> None:
    registry.addZone(word("gamma"), 9, ROOT, P1, 1000)
    with reverts(error="NothingToCancel", zone=3):
        registry.cancelProgram(3)


@settings(max_examples=15)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("settle"), st.integers(1, 30)),
            st.tuples(st.just("schedule"), st.integers(0, 60)),
            st.tuples(st.just("cancel"), st.just(0)),
        ),
        max_size=12,
    )
)
def test_what_was_in_force_stays_so(whole: SystemZone, steps: list[tuple[str, int]]) -> None:
    """Whatever is scheduled and taken back, heights up to `notice` ahead keep their program."""
    with whole.network.isolated():
        registry = whole.contract("ZoneRegistry")
        load = whole.load("ZoneRegistry")
        newest = 0
        fixed: dict[int, Hash32 | None] = {}
        for number, (step, amount) in enumerate(steps, 1):
            before = {height: mirror.program_at(load, 1, height) for height in range(newest + 16)}
            if step == "settle":
                newest += amount
                whole.settle(newest)
            elif step == "schedule":
                since = newest + amount
                call = registry.scheduleProgram
                if since < max(newest + 16, registry.programsOf(1)[-1].since + 1):
                    with reverts(error="HeightTooEarly"):
                        call(1, bytes([number]) * 32, since)
                else:
                    call(1, bytes([number]) * 32, since)
            elif len(programs := registry.programsOf(1)) == 1 or programs[-1].since < newest + 16:
                with reverts(error="NothingToCancel"):
                    registry.cancelProgram(1)
            else:
                registry.cancelProgram(1)
            fixed |= before
            assert {height: mirror.program_at(load, 1, height) for height in fixed} == fixed


# ---------------------------------------------------------------- the owner


def test_only_the_owner_changes_anything(zone: SystemZone, registry: Contract) -> None:
    stranger = zone.network.accounts[1]
    for function, *arguments in (
        (registry.addZone, word("gamma"), 9, ROOT, P1, 16),
        (registry.scheduleProgram, 1, P1, 16),
        (registry.cancelProgram, 1),
        (registry.offerOwnership, stranger),
    ):
        with reverts(error="OnlyOwner", caller=stranger):
            function(*arguments, sender=stranger)


def test_the_ownership_is_offered_and_taken(zone: SystemZone, registry: Contract) -> None:
    owner, heir, stranger, *_ = zone.network.accounts
    with reverts(error="OnlyPendingOwner", caller=stranger):
        registry.acceptOwnership(sender=stranger)
    with emits(registry, "OwnershipOffered", owner=owner, pendingOwner=heir):
        registry.offerOwnership(heir)
    assert registry.pendingOwner() == heir.address
    with reverts(error="OnlyPendingOwner", caller=owner):
        registry.acceptOwnership(sender=owner)
    with emits(registry, "OwnershipTaken", owner=heir):
        registry.acceptOwnership(sender=heir)
    assert mirror.owner(zone.load("ZoneRegistry")) == bytes.fromhex(heir.address[2:])
    assert int(registry.pendingOwner(), 16) == 0
    # The counters that share the slot are as before.
    assert (registry.zoneCount(), registry.notice()) == (3, 16)
    with reverts(error="OnlyOwner", caller=owner):
        registry.scheduleProgram(1, P1, 16)
    registry.scheduleProgram(1, P1, 16, sender=heir)
