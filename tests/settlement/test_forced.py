"""Forced inclusion: what is posted to a zone's inbox is in its blocks when it is due, whatever its producers
like (protocol section 7)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.parts import reference_parts
from tests.parts import parts_under_test
from tests.settlement.forcing import post, settle, signed
from tests.settlement.networks import BOB, assert_valid, network, pay


@pytest.mark.parametrize("parts", [parts_under_test, reference_parts], ids=["fast", "reference"])
def test_what_was_posted_is_in_the_zones_block_eight_heights_after_it_settled(parts: object) -> None:
    net = Network(parts=parts())  # type: ignore[operator]
    alpha = net.zone("alpha")
    forced = signed(net, alpha)
    post(net, alpha, forced.encoded)
    assert settle(net) == 1
    while alpha.inbox_index() == 0:
        assert alpha.settlement().height <= 9
        assert alpha.transaction(forced.hash) is None
        assert settle(net) == 1
    found = alpha.receipt(forced.hash)
    assert found is not None
    assert found.receipt.status
    assert found.index == 0
    block = alpha.block(found.block_hash)
    assert block is not None
    height = net.settlement.chain.height_of(block.header.parent_beacon_block_root)  # type: ignore[arg-type]
    # It settled at height 1.
    assert height == 9
    assert alpha.balance(BOB) == 1
    update = net.settlement.chain.update_of(1)
    assert update is not None
    assert (update.statement.pre_inbox_index, update.statement.post_inbox_index) == (0, 1)
    assert net.settle() == ()
    pay(net, alpha)
    settle(net)
    assert_valid(net)


def test_a_network_that_was_closed_in_between_owes_the_same(tmp_path: Path) -> None:
    """Nothing of what is owed is written down: it is read again from the chain and the system zone."""
    config = NetworkConfig()
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path, config)) as net:
        alpha = net.zone("alpha")
        forced = signed(net, alpha)
        post(net, alpha, forced.encoded)
        settle(net, 5)
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path, config)) as net:
        settle(net, 4)
        assert net.zone("alpha").inbox_index() == 0
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path, config)) as net:
        alpha = net.zone("alpha")
        settle(net)
        assert alpha.inbox_index() == 1
        consumed = alpha.consumed(1, alpha.number())
        assert [each.encoded for each in consumed] == [forced.encoded]
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path, config)) as net:
        alpha = net.zone("alpha")
        assert alpha.inbox_index() == 1
        assert alpha.consumed(1, alpha.number()) == consumed
        found = alpha.consumer(0)
        assert found is not None
        assert found.transaction_hash == forced.hash
        pay(net, alpha)
        settle(net)
        assert not net.settlement.settler.hindrances
        assert_valid(net)


def test_a_dump_holds_what_was_consumed() -> None:
    net = network()
    alpha = net.zone("alpha")
    for nonce in range(2):
        post(net, alpha, signed(net, alpha, nonce).encoded)
        settle(net, 5)
    dumped = io.BytesIO()
    net.dump(dumped)
    fresh = network()
    fresh.load(io.BytesIO(dumped.getvalue()))
    for each in (net, fresh):
        settle(each, 5)
        zone = each.zone("alpha")
        assert zone.inbox_index() == 2
        assert len(zone.consumed(1, zone.number())) == 2
        assert_valid(each)
    assert fresh.settlement.chain.height == net.settlement.chain.height


def test_who_keeps_little_history_still_includes_it() -> None:
    """The system zone has long let go the block that it was posted in, when it is due."""
    net = network(history=4)
    alpha = net.zone("alpha")
    forced = signed(net, alpha)
    post(net, alpha, forced.encoded)
    for _ in range(10):
        settle(net)
        pay(net, "system")
    assert net.zone("system").history().oldest > 1
    settle(net, 2)
    assert not net.settlement.settler.hindrances
    assert alpha.inbox_index() == 1
