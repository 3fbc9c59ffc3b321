"""What was dispersed, through the library: `network.data`, `zone.update`, `network.verify`."""

from __future__ import annotations

import pytest

from devnet.chain.keccak import keccak256
from devnet.proving.batch import decode_batch
from zero_sdk import local
from zero_sdk.client.errors import Refused
from zero_sdk.client.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    """With one settled block in the first zone."""
    made = local()
    zone = made.default_zone
    zone.fund(made.accounts[1], 7)
    zone.mine()
    made.settle()
    return made


def test_an_update_s_batch_and_proof_are_given_whole(network: Network) -> None:
    update = network.default_zone.update(1)
    assert update is not None
    assert network.default_zone.update(100) is None
    blocks, _ = decode_batch(network.data.batch(update["hash"]))
    assert [block.header.number for block in blocks] == [1]
    proof = network.data.proof(update["hash"])
    assert "0x" + keccak256(proof).hex() == update["proofHash"]
    header = network.data.header(update["hash"])
    assert header is not None
    assert int(header["proofSize"], 16) == len(proof)
    mine = network.data.columns(update["hash"], holder=0)
    assert len(mine) == header["holders"][0]["count"]
    assert network.data.columns(update["hash"], [0], repair=True) == mine[:1]
    assert network.data.sample(update["hash"], 4, b"seed")["available"]


def test_what_is_not_kept_is_refused(network: Network) -> None:
    unknown = "0x" + "77" * 32
    assert network.data.header(unknown) is None
    with pytest.raises(Refused, match="is not kept"):
        network.data.batch(unknown)


def test_a_network_is_verified_from_the_library(network: Network) -> None:
    report = network.verify(samples=4)
    assert report.is_true
    assert report.counts["proofs"] == 1
    assert not network.verify(config_hash=bytes(32)).is_true
