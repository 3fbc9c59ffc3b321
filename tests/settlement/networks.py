"""Networks that settle, and short words for what tests do with them."""

from __future__ import annotations

from devnet.chain.epochs import STAKING
from devnet.chain.types import Address, Wei
from devnet.config import NetworkConfig
from devnet.network import Network
from devnet.settlement.chain import Settled
from devnet.settlement.votes import SigningDomain
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort
from tests.parts import parts_under_test

BOB = Address(b"\x0b" * 20)
SCHEME = parts_under_test().signatures()


def network(**changes: object) -> Network:
    """A network in memory with the engine under test."""
    return Network(NetworkConfig(**changes), parts_under_test())  # type: ignore[arg-type]


def pay(network: Network, zone: str | ZonePort, amount: int = 1) -> None:
    """Seals one block with a transfer."""
    port = network.zone(zone) if isinstance(zone, str) else zone
    network.send(port, CallRequest(sender=network.keys.addresses[0], to=BOB, value=Wei(amount)))


def assert_valid(network: Network) -> None:
    """What holds of every settlement chain, whatever happened before."""
    chain = network.settlement.chain
    before = chain.head_at(0)
    assert before is not None
    ends = dict.fromkeys(range(len(network.zones)), network.config.genesis_number)
    incarnation = 0
    for settled in chain:
        block = settled.block
        assert (block.height, block.parent_root) == (before.height + 1, before.root)
        assert block.slot > before.slot
        assert block.incarnation >= incarnation
        incarnation = block.incarnation
        domain = SigningDomain(network.config_hash, block.incarnation)
        _assert_elected(network, settled, ends[0])
        settled.certificate.verify_block(block, domain, chain.signers_of(block.height), SCHEME)
        for update in settled.updates:
            statement = update.statement
            assert statement.first_height == ends[statement.zone] + 1
            ends[statement.zone] = statement.last_height
        _assert_blocks(network, settled)
        head = chain.head_at(block.height)
        assert head is not None
        before = head
    assert chain.incarnation >= incarnation
    for index, zone in enumerate(network.zones.values()):
        assert zone.settlement() == chain.head
        assert zone.finality().finalized == zone.finality().safe == ends[index] <= zone.number()


def _assert_elected(network: Network, settled: Settled, system: int) -> None:
    """The block names the set that Staking has after the system zone's block `system`, settled before it."""
    if network.config.settlement.epoch is None:
        return
    (expected,) = network.zone("system").committed_storage(STAKING, (0,), system)
    assert settled.block.validators_root == expected.to_bytes(32, "big")
    chain = network.settlement.chain
    assert chain.signers_of(settled.block.height + 1).root == settled.block.validators_root


def _assert_blocks(network: Network, settled: Settled) -> None:
    for update in settled.updates:
        statement = update.statement
        zone = tuple(network.zones.values())[statement.zone]
        last = zone.block(statement.last_height)
        assert last is not None
        assert last.hash == statement.last_block_hash
        assert last.header.state_root == statement.post_state_root
