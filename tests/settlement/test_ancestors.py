"""What BLOCKHASH said is proven by headers, also of blocks that `--history` let go."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from devnet.chain.types import Address, Wei
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.zone.messages import CallRequest
from tests.parts import parts_under_test
from tests.settlement.networks import network

CONFIG = NetworkConfig(history=8)
BOX = Address(bytes(19) + b"\x77")
DEPTH = 20
CODE = bytes((0x60, DEPTH, 0x43, 0x03, 0x40, 0x5F, 0x55, 0x00))
"""PUSH1 DEPTH, NUMBER, SUB, BLOCKHASH, PUSH0, SSTORE: the hash of a block far below the kept ones."""

Again = Callable[[Network, Path], Network]


def the_same(net: Network, folder: Path) -> Network:
    return net


def from_its_folder(net: Network, folder: Path) -> Network:
    net.close()
    return Network(CONFIG, parts_under_test(), folder=DataFolder.open(folder, CONFIG))


def from_a_dump(net: Network, folder: Path) -> Network:
    file = BytesIO()
    net.dump(file)
    fresh = network(history=8)
    file.seek(0)
    fresh.load(file)
    return fresh


def after_going_back(net: Network, folder: Path) -> Network:
    alpha = net.zone("alpha")
    snapshot = net.snapshot()
    net.mine(alpha, 3)
    net.settle()
    net.revert(snapshot)
    return net


@pytest.mark.parametrize("again", [the_same, from_its_folder, from_a_dump, after_going_back])
def test_a_block_that_asks_for_hashes_of_blocks_that_went_is_settled(tmp_path: Path, again: Again) -> None:
    net = Network(CONFIG, parts_under_test(), folder=DataFolder.open(tmp_path, CONFIG))
    net.zone("alpha").set_account(BOX, code=CODE)
    hashes = {}
    for _ in range(3 * DEPTH):
        (block,) = net.mine(net.zone("alpha"), 1)
        hashes[block.header.number] = block.hash
        net.settle()
    net = again(net, tmp_path)
    alpha = net.zone("alpha")
    asked = alpha.number() + 1 - DEPTH
    assert asked < alpha.history().oldest
    net.send(alpha, CallRequest(sender=net.keys.addresses[0], to=BOX, value=Wei(0), gas=100_000))
    assert alpha.storage(BOX, 0) == int.from_bytes(hashes[asked], "big")
    net.settle()
    assert (net.settlement.standing(), dict(net.settlement.settler.hindrances)) == ((), {})
    # The validators checked the proof.
    assert net.settlement.chain.settled_number(1) == alpha.number()
    net.close()
