"""Forced inclusion: what is posted to a zone's inbox is in its blocks when it is due, whatever its producers
like (protocol section 7)."""

from __future__ import annotations

import pytest

from devnet.network import Network
from devnet.parts import reference_parts
from tests.parts import parts_under_test
from tests.settlement.forcing import post, settle, signed
from tests.settlement.networks import BOB, assert_valid, pay


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
