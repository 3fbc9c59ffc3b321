"""Dumps of every version so far load, with everything that was in them (tests/dumps/make.py made them)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from devnet.chain.epochs import EPOCH_SLOT, STAKING
from devnet.dump.container import FORMAT_VERSION
from devnet.network import Network, NetworkConfig
from tests.dump.observing import loaded
from tests.dumps.make import FOLDER, facts

DUMPS = sorted(FOLDER.glob("*.zero"))


def test_there_is_a_dump_of_every_format_so_far() -> None:
    versions = {int(path.name.partition("-")[0].removeprefix("v")) for path in DUMPS}
    assert versions == set(range(1, FORMAT_VERSION + 1))


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_an_old_dump_loads_with_everything_in_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    network = loaded(path.read_bytes())
    assert json.loads(json.dumps(facts(network))) == expected


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_an_old_dump_goes_on(path: Path) -> None:
    network = loaded(path.read_bytes())
    for zone in network.zones.values():
        newest = zone.block("latest")
        assert newest is not None
        (block,) = network.mine(zone)
        assert block.header.parent_hash == newest.hash
    again = io.BytesIO()
    network.dump(again)
    assert json.loads(json.dumps(facts(loaded(again.getvalue())))) == json.loads(json.dumps(facts(network)))


def test_an_old_dump_settles_by_the_set_that_it_always_had() -> None:
    network = loaded((FOLDER / "v2-settled.zero").read_bytes())
    chain = network.settlement.chain
    assert network.config.settlement.epoch is None
    assert network.zone("system").storage(STAKING, EPOCH_SLOT) >> 64 & 0xFFFFFFFF == 0
    height, named = chain.height, {settled.block.validators_root for settled in chain}
    network.mine(network.default_zone)
    assert network.settle()
    assert chain.height > height
    assert {settled.block.validators_root for settled in chain} == named == {chain.validators.root}


def test_the_snapshots_of_an_old_dump_can_be_gone_back_to() -> None:
    network = loaded((FOLDER / "v1-everything.zero").read_bytes())
    taken = network.snapshots.find("base")
    network.revert("base")
    assert tuple(zone.number() for zone in network.zones.values()) == taken.numbers
    assert network.default_zone.number() == 7
    assert not network.default_zone.pending_transactions()


def test_an_old_dump_loads_into_a_running_network_of_its_configuration() -> None:
    dump = (FOLDER / "v1-bounded.zero").read_bytes()
    fresh = loaded(dump)
    network = Network(NetworkConfig.from_document(fresh.config.to_document()))
    network.load(io.BytesIO(dump))
    assert facts(network)["zones"]["only"]["blocks"] == facts(fresh)["zones"]["only"]["blocks"]
