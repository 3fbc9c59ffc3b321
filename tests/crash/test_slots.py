"""Killed while slots tick: what was reported as final stays final, and no height has two certificates in one
incarnation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync, read_stored
from devnet.network import Network
from tests.crash.node import Node, Zygote
from tests.crash.rpc import Client
from tests.settlement.networks import assert_valid


@contextmanager
def served(zygote: Zygote, folder: Path) -> Iterator[tuple[Node, Client]]:
    node = Node(zygote, folder, folder / "data", ("--slot-time", "0.05"))
    assert node.is_ready, node.errors
    try:
        with closing(Client(node.urls["alpha"])) as client:
            yield node, client
    finally:
        node.kill()


class Reported:
    """What clients were told."""

    def __init__(self) -> None:
        self.final = 0
        """Number of the newest final block."""
        self.hashes: dict[int, str] = {}
        self.certified: dict[tuple[str, str], str] = {}
        """By incarnation and height the root."""

    def look(self, client: Client) -> None:
        """Asks what is final, and compares it with what was said before."""
        status = client.call("zero_settlementStatus")
        height = int(status["height"], 16)
        for at in range(max(1, height - 3), height + 1):
            certificate = client.call("zero_getCertificate", hex(at))
            key = certificate["incarnation"], certificate["height"]
            assert self.certified.setdefault(key, certificate["root"]) == certificate["root"]
        block = client.call("eth_getBlockByNumber", "finalized", False)
        number = int(block["number"], 16)
        assert number >= self.final, "what was final is not any more"
        self.final = number
        self.hashes[number] = block["hash"]

    def check(self, client: Client) -> None:
        """Everything that was final is there, and is final."""
        for number, block_hash in self.hashes.items():
            assert client.call("eth_getBlockByNumber", hex(number), False)["hash"] == block_hash
        self.look(client)


@pytest.mark.parametrize("rounds", [3, pytest.param(40, marks=pytest.mark.full)])
def test_what_was_final_stays_final(rounds: int, zygote: Zygote, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    reported = Reported()
    for _ in range(rounds):
        with served(zygote, tmp_path) as (_, client):
            reported.check(client)
            sender, other = client.call("eth_accounts")[:2]
            start = reported.final
            left = chance.randrange(1, 12)
            while left:
                client.call("eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})
                reported.look(client)
                # Some kills come right after the first slot, some in the midst of later ones.
                left -= reported.final > start
    with closing(_opened(tmp_path / "data")) as network:
        assert_valid(network)
        _assert_reported(network, reported)
        before = network.settlement.chain.height
        network.mine(network.default_zone)
        (settled,) = network.settle()[-1:]
        assert settled.block.height > before
        assert (hex(settled.block.incarnation), hex(settled.block.height)) not in reported.certified
        assert_valid(network)


def _opened(path: Path) -> Network:
    stored = read_stored(path)
    assert stored is not None
    return Network(stored.config, folder=DataFolder.open(path, stored.config, Fsync.SLOT))


def _assert_reported(network: Network, reported: Reported) -> None:
    """No certificate of the chain contradicts one that a client saw."""
    for settled in network.settlement.chain:
        block: Any = settled.block
        key = hex(block.incarnation), hex(block.height)
        assert reported.certified.get(key, "0x" + block.root.hex()) == "0x" + block.root.hex()


def test_a_network_that_is_opened_again_votes_in_a_new_incarnation(tmp_path: Path) -> None:
    """And that it does is on the disk before anybody votes: also where nothing else is committed."""
    config = NetworkConfig()
    path = tmp_path / "data"
    with Network(config, folder=DataFolder.open(path, config)) as network:
        network.mine(network.default_zone)
        network.settle()
        network.mine(network.default_zone)
    for opening in (1, 2, 3):
        network = Network(config, folder=DataFolder.open(path, config))
        assert network.settlement.chain.incarnation == opening - 1
        assert not network.is_ahead(network.default_zone.config.name)
        network.begin_settling()
        assert network.settlement.chain.incarnation == opening
        assert not network.has_unsynced
        # The votes are cast, and the process ends before anything of it is written.
        network.settle()
        assert network._keeper is not None
        network._keeper.close(commit=False)
        network._keeper = None
