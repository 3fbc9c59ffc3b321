"""A network does not notice which state it runs on, nor that the next start runs on the other one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devnet.chain.types import Address, Wei
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.kernel import absence
from devnet.network import Network
from devnet.parts import Parts, native_parts, reference_parts

pytestmark = [
    pytest.mark.own_parts,
    pytest.mark.skipif(absence() is not None, reason="there is no kernel"),
]

CONFIG = NetworkConfig(accounts=2, zones=("alpha", "beta"))
PEOPLE = [Address(bytes([n]) * 20) for n in range(1, 6)]
PROGRAM = bytes.fromhex("6001600055600260015500")


def on_native_state() -> Parts:
    """The reference's engine over the native state."""
    native = native_parts(2)
    return replace(reference_parts(), state=native.state, load_state=native.load_state)


def live(network: Network) -> None:
    """Blocks with values, code and slots, and some that are taken back."""
    for zone in network.zones.values():
        for number, address in enumerate(PEOPLE):
            zone.set_account(
                address, balance=Wei(10**18 * (number + 1)), code=PROGRAM if number == 2 else None
            )
            network.mine(zone)
        snapshot = network.snapshot()
        zone.set_account(PEOPLE[0], balance=Wei(7))
        network.mine(zone, 2)
        network.revert_zone(zone, snapshot)
        zone.set_account(PEOPLE[1], balance=Wei(9))
        network.mine(zone, 3)


def seen(network: Network) -> list[object]:
    return [
        (zone.block(number), zone.accounts(number))
        for zone in network.zones.values()
        for number in range(zone.number() + 1)
    ]


def test_blocks_are_the_same_over_either_state() -> None:
    with Network(CONFIG, on_native_state()) as native, Network(CONFIG, reference_parts()) as reference:
        for network in (native, reference):
            live(network)
        assert seen(native) == seen(reference)


@pytest.mark.parametrize("first", ["native", "reference"])
def test_a_folder_goes_on_with_the_other_state(first: str, tmp_path: Path) -> None:
    parts = [on_native_state(), reference_parts()]
    if first == "reference":
        parts.reverse()
    with Network(CONFIG, parts[0], folder=DataFolder.open(tmp_path, CONFIG, Fsync.SLOT)) as network:
        live(network)
        before = seen(network)
    with Network(CONFIG, parts[1], folder=DataFolder.open(tmp_path, CONFIG, Fsync.SLOT)) as network:
        assert seen(network) == before
        live(network)
        after = seen(network)
    with Network(CONFIG, parts[0], folder=DataFolder.open(tmp_path, CONFIG, Fsync.SLOT)) as network:
        assert seen(network) == after
