"""What a zone does with the settlement blocks that it is told of (protocol section 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork
from devnet.chain.settlement_head import SETTLEMENT_ROOTS, SettlementHead
from devnet.chain.types import Hash32
from devnet.execution import TraceSpec
from devnet.state.config import DEVNET
from devnet.zone.errors import BadRequest, UnknownSnapshot
from devnet.zone.messages import CallRequest, Finality, FinalityChanged
from devnet.zone.zone import Zone
from tests.parts import parts_under_test
from tests.zone.driver import SETTLEMENT, Driver, zone_config

NEWEST = CallRequest(to=SETTLEMENT_ROOTS, data=keccak256(b"newest()")[:4])


def head(height: int) -> SettlementHead:
    return SettlementHead(height, Hash32(bytes([height]) * 32), slot=100 + height, zone_count=3 + height)


def words(known: SettlementHead) -> bytes:
    numbers = known.height.to_bytes(32, "big"), known.root, known.slot.to_bytes(32, "big")
    return b"".join((*numbers, known.zone_count.to_bytes(32, "big")))


def recorded(driver: Driver, height: int, ref: int | str = "latest") -> bytes:
    data = keccak256(b"rootAt(uint64)")[:4] + height.to_bytes(32, "big")
    return driver.zone.call(CallRequest(to=SETTLEMENT_ROOTS, data=data), ref).output  # type: ignore[arg-type]


def test_the_next_block_carries_the_root_and_records_it(driver: Driver) -> None:
    driver.mine()
    driver.zone.learn(head(3))
    assert driver.zone.settlement() == head(3)
    (block,) = driver.mine()
    assert block.header.parent_beacon_block_root == head(3).root
    assert block.header.prev_randao == keccak256(
        head(3).root + (1).to_bytes(4, "big") + block.header.number.to_bytes(8, "big")
    )
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 3
    assert recorded(driver, 3) == head(3).root
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0, 1) == 0
    assert driver.block(1).header.parent_beacon_block_root == SETTLEMENT.root


def test_an_unchanged_settlement_block_is_no_call(driver: Driver) -> None:
    driver.zone.learn(head(1))
    driver.mine()
    before = driver.zone.accounts()[SETTLEMENT_ROOTS].storage
    blocks = driver.mine(3)
    assert {block.header.parent_beacon_block_root for block in blocks} == {head(1).root}
    assert driver.zone.accounts()[SETTLEMENT_ROOTS].storage == before


def test_heights_may_skip_and_never_fall(driver: Driver) -> None:
    for height in (1, 4, 9):
        driver.zone.learn(head(height))
        driver.mine()
    assert recorded(driver, 4) == head(4).root
    assert recorded(driver, 5) != head(5).root
    for refused in (head(8), replace(head(9), slot=1), SETTLEMENT):
        with pytest.raises(BadRequest):
            driver.zone.learn(refused)
    driver.zone.learn(head(9))
    assert driver.zone.settlement() == head(9)


def test_calls_estimates_and_the_pending_block_see_it_before_it_is_in_a_block(driver: Driver) -> None:
    """Protocol section 2: they run after the next block's system calls; a block's past does not change."""
    driver.mine()
    driver.zone.learn(head(2))
    for ref in ("latest", "pending"):
        assert driver.zone.call(NEWEST, ref).output == words(head(2))  # type: ignore[arg-type]
        assert recorded(driver, 2, ref) == head(2).root
    assert driver.zone.call(NEWEST, 0).output == words(SETTLEMENT)
    pending = driver.zone.block("pending", driver.clock.reading())
    assert pending is not None
    assert pending.header.parent_beacon_block_root == head(2).root
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 0
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0, "pending") == 2
    data = keccak256(b"rootAt(uint64)")[:4] + (2).to_bytes(32, "big")
    assert driver.zone.estimate_gas(CallRequest(to=SETTLEMENT_ROOTS, data=data)).failure is None
    (block,) = driver.mine()
    assert replace(block.header, state_root=pending.header.state_root) == pending.header


def test_transactions_of_the_block_see_it(driver: Driver) -> None:
    driver.zone.learn(head(2))
    data = keccak256(b"rootAt(uint64)")[:4] + (2).to_bytes(32, "big")
    receipt = driver.run(to=SETTLEMENT_ROOTS, data=data, value=0)
    assert receipt.receipt.status


def test_a_block_that_recorded_it_runs_again_the_same(driver: Driver) -> None:
    """Traces and witnesses run the block with its settlement call, later ones without."""
    driver.zone.learn(head(2))
    data = keccak256(b"rootAt(uint64)")[:4] + (2).to_bytes(32, "big")
    receipt = driver.run(to=SETTLEMENT_ROOTS, data=data, value=0)
    driver.mine(2)
    trace = driver.zone.trace_transaction(receipt.transaction.hash, TraceSpec("callTracer"))
    assert trace.trace["output"] == "0x" + head(2).root.hex()
    keys = driver.zone.execution_witness(receipt.header.number).keys
    assert SETTLEMENT_ROOTS + bytes(32) in keys


def test_many_empty_blocks_know_what_was_known_before_them(driver: Driver) -> None:
    """A range of reserved blocks runs no system calls, so a block before it does."""
    driver.mine(400)
    driver.zone.learn(head(7))
    driver.mine(100_000)
    assert recorded(driver, 7) == head(7).root
    roots = {driver.block(number).header.parent_beacon_block_root for number in range(401, 100_400, 999)}
    assert roots == {head(7).root}


def test_a_revert_takes_back_what_was_known(driver: Driver) -> None:
    driver.zone.learn(head(1))
    driver.mine()
    snapshot = driver.snapshot()
    driver.zone.learn(head(2))
    driver.mine(2)
    driver.zone.revert(snapshot)
    assert driver.zone.settlement() == head(1)
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 1
    driver.zone.learn(replace(head(2), slot=7))
    driver.mine()
    assert driver.zone.call(NEWEST).output == words(replace(head(2), slot=7))


def test_a_rollback_keeps_what_is_known_and_the_next_block_records_it_again(driver: Driver) -> None:
    driver.mine()
    driver.zone.learn(head(2))
    driver.mine(2)
    driver.zone.rollback(2)
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 0
    (block,) = driver.mine()
    assert block.header.parent_beacon_block_root == head(2).root
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 2


def test_a_reorganisation_that_cannot_be_puts_back_the_block_that_recorded_it(driver: Driver) -> None:
    driver.mine()
    driver.zone.learn(head(2))
    blocks = driver.mine(2)
    bad = driver.transaction(nonce=99)
    with pytest.raises(Exception, match="nonce"):
        driver.zone.reorg(2, [(bad, 0)], driver.clock.reading())
    assert driver.block().hash == blocks[-1].hash
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 2
    driver.zone.reorg(2, [], driver.clock.reading())
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 2


@pytest.mark.parametrize("fork", [Fork.PARIS, Fork.CANCUN], ids=lambda fork: fork.name)
def test_older_forks_record_it_too(make: Callable[..., Driver], fork: Fork) -> None:
    driver = make(fork=fork)
    driver.zone.learn(head(2))
    driver.mine(2)
    assert driver.zone.storage(SETTLEMENT_ROOTS, 0) == 2
    assert driver.zone.call(NEWEST).output == words(head(2))


def test_safe_and_finalized_are_genesis_until_something_settles(driver: Driver) -> None:
    driver.mine(3)
    assert driver.zone.finality() == Finality(0, 0)
    assert driver.block("safe") == driver.block("finalized") == driver.block(0)


def test_safe_and_finalized_are_the_blocks_that_were_said(driver: Driver) -> None:
    driver.mine(5)
    driver.zone.set_finality(Finality(safe=4, finalized=2))
    assert driver.block("safe") == driver.block(4)
    assert driver.block("finalized") == driver.block(2)
    assert driver.zone.balance(driver.block(2).header.coinbase, "finalized") == 0
    for impossible in (Finality(6, 2), Finality(2, 4)):
        with pytest.raises(BadRequest):
            driver.zone.set_finality(impossible)
    assert driver.zone.finality() == Finality(4, 2)


def test_who_watches_is_told_once_of_each_change(driver: Driver) -> None:
    driver.mine(5)
    cursor = driver.zone.events().cursor
    driver.zone.set_finality(Finality(4, 2))
    driver.zone.set_finality(Finality(4, 2))
    driver.zone.rollback(2)
    changes = [event for event in driver.zone.events(cursor).events if isinstance(event, FinalityChanged)]
    assert [change.finality for change in changes] == [Finality(4, 2), Finality(3, 2)]


def test_no_tag_names_a_block_that_is_gone(driver: Driver) -> None:
    driver.mine(5)
    driver.zone.set_finality(Finality(5, 4))
    driver.zone.rollback(3)
    assert driver.zone.finality() == Finality(2, 2)
    with pytest.raises(UnknownSnapshot):
        driver.zone.revert(99)
    driver.zone.reset()
    assert driver.block("finalized") == driver.block(0)


def test_an_exported_zone_runs_its_blocks_again_with_what_they_recorded() -> None:
    driver = Driver(zone_config())
    driver.zone.learn(head(2))
    data = keccak256(b"rootAt(uint64)")[:4] + (2).to_bytes(32, "big")
    receipt = driver.run(to=SETTLEMENT_ROOTS, data=data, value=0)
    driver.zone.learn(head(3))
    config = driver.zone.config
    state = parts_under_test().load_state(DEVNET, iter(list(driver.zone.export_state())), None)
    again = Zone(config, driver.engine, state, None, driver.zone.export())
    assert again.settlement() == head(3)
    trace = again.trace_transaction(receipt.transaction.hash, TraceSpec("callTracer"))
    assert trace.trace["output"] == "0x" + head(2).root.hex()
