"""Development takes settled history back (protocol section 7): always, and no more than it must."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from devnet.chain.errors import InvalidTransaction
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.settlement.chain import ChainBase
from devnet.settlement.faults.kinds import StopProducer
from devnet.settlement.standstill import Undecided
from devnet.snapshots import Reach
from devnet.zone.errors import HistoryGone
from devnet.zone.messages import CallRequest, Finality
from tests.parts import parts_under_test
from tests.rpc.asking import Asker, Refused
from tests.settlement.networks import BOB, assert_valid, network, pay


def settled_network() -> Network:
    """Alpha and beta have one settled block each."""
    net = network()
    pay(net, "alpha")
    pay(net, "beta")
    net.settle()
    return net


def test_a_zone_comes_back_from_a_snapshot_that_knew_what_is_settled_no_more() -> None:
    net = settled_network()
    alpha, beta = net.zone("alpha"), net.zone("beta")
    pay(net, alpha)
    net.settle()
    snapshot = net.snapshot()
    # Takes settlement block 2 away; beta has no block that knew it, so its snapshot stays.
    net.reorg(alpha, 1, ())
    assert net.revert_zone(beta, snapshot) is Reach.ZONE
    assert {zone.settlement() for zone in net.zones.values()} == {net.settlement.chain.head}
    pay(net, beta)
    net.settle()
    assert_valid(net)
    assert net.settlement.standing() == ()


def test_above_what_was_proposed_only_the_zone_goes_back() -> None:
    net = settled_network()
    alpha, beta = net.zone("alpha"), net.zone("beta")
    snapshot = net.snapshot()
    pay(net, alpha)
    pay(net, beta)
    assert net.revert_zone(alpha, snapshot) is Reach.ZONE
    assert (alpha.number(), beta.number()) == (1, 2)
    assert net.settlement.chain.height == 1
    assert net.settlement.chain.incarnation == 0
    assert_valid(net)


def test_a_zone_that_goes_back_alone_still_knows_the_newest_settlement_block() -> None:
    net = network()
    alpha = net.zone("alpha")
    snapshot = net.snapshot()
    pay(net, "beta")
    net.settle()
    pay(net, alpha)
    assert net.revert_zone(alpha, snapshot) is Reach.ZONE
    assert alpha.settlement().height == 1
    pay(net, alpha)
    net.settle()
    assert_valid(net)


def test_below_what_was_proposed_the_whole_network_goes_back(caplog: pytest.LogCaptureFixture) -> None:
    net = settled_network()
    alpha, beta = net.zone("alpha"), net.zone("beta")
    snapshot = net.snapshot()
    time = net.clock.mark()
    pay(net, alpha)
    net.settle()
    pay(net, beta)
    with caplog.at_level(logging.WARNING):
        assert net.revert_zone(alpha, snapshot) is Reach.NETWORK
    assert "the whole network went back" in caplog.text
    assert (alpha.number(), beta.number()) == (1, 1)
    assert net.settlement.chain.height == 1
    assert net.settlement.chain.incarnation == 1
    assert net.clock.mark() == time
    assert alpha.finality() == Finality(1, 1)
    assert_valid(net)


def test_a_snapshot_is_reverted_to_again_and_again_while_the_network_settles() -> None:
    """What loadFixture does: every test goes back to the fixture and settles what it did."""
    net = settled_network()
    alpha = net.zone("alpha")
    snapshot = net.snapshot()
    roots = set()
    for run in range(1, 4):
        pay(net, alpha, run)
        (settled,) = net.settle()
        roots.add(settled.block.root)
        net.revert_zone(alpha, snapshot)
        assert net.settlement.chain.incarnation == run
        assert_valid(net)
    assert len(roots) == 3


def test_the_newest_state_of_a_snapshot_taken_before_anything_settled() -> None:
    net = network()
    snapshot = net.snapshot()
    pay(net, "alpha")
    net.settle()
    net.revert(snapshot)
    assert net.settlement.chain.height == 0
    assert net.zone("alpha").settlement() == net.config.genesis_settlement
    assert net.zone("alpha").finality() == Finality(0, 0)
    pay(net, "alpha")
    net.settle()
    assert_valid(net)


def test_a_rollback_takes_others_back_only_where_they_knew_what_goes() -> None:
    net = settled_network()
    alpha, beta = net.zone("alpha"), net.zone("beta")
    pay(net, beta)
    pay(net, alpha)
    pay(net, alpha)
    time = net.clock.mark()
    net.settle()
    pay(net, beta)
    pay(net, alpha)
    assert net.rollback(alpha, 1) is Reach.ZONE
    assert (alpha.number(), beta.number()) == (3, 3)
    assert net.rollback(alpha, 1) is Reach.NETWORK
    assert (alpha.number(), beta.number()) == (2, 2)
    assert net.settlement.chain.height == 1
    assert net.clock.mark() == time
    assert_valid(net)
    net.settle()
    assert_valid(net)


@pytest.mark.parametrize("again", ["reorg", "rollback"])
def test_blocks_that_a_zone_made_again_go_where_they_know_what_goes(again: str) -> None:
    """Their numbers are those of blocks that were there when the settlement block was decided."""
    net = network()
    system, alpha, beta = net.zone("system"), net.zone("alpha"), net.zone("beta")
    pay(net, alpha)
    pay(net, beta)
    net.settle()
    pay(net, system)
    net.faults.inject(StopProducer(2))
    pay(net, beta)
    with suppress(Undecided):
        net.settle()
    net.faults.clear()
    assert net.settlement.chain.settled_number(2) == 1
    if again == "reorg":
        net.reorg(beta, 1, [])
    else:
        net.rollback(beta, 1)
        pay(net, beta, 5)
    assert beta.number() == 2
    assert net.rollback(system, 1) is Reach.NETWORK
    assert beta.number() == 1
    pay(net, beta)
    net.settle()
    assert net.settlement.hindrance(beta) is None
    assert beta.finality().finalized == 2
    assert_valid(net)


def test_a_reorganisation_of_settled_blocks_makes_blocks_that_do_not_know_them() -> None:
    net = settled_network()
    alpha = net.zone("alpha")
    pay(net, alpha)
    (second,) = net.settle()
    pay(net, alpha)
    request = CallRequest(sender=net.keys.addresses[0], to=BOB, value=9)  # type: ignore[arg-type]
    old = alpha.block(3)
    assert old is not None
    assert old.header.parent_beacon_block_root == second.block.root
    net.reorg(alpha, 2, [])
    roots = {block.header.parent_beacon_block_root for number in (2, 3) if (block := alpha.block(number))}
    assert roots == {net.settlement.chain.head.root} != {second.block.root}
    assert net.settlement.chain.incarnation == 1
    net.send(alpha, request)
    net.settle()
    assert_valid(net)


def test_a_reorganisation_that_cannot_be_changes_nothing() -> None:
    net = settled_network()
    alpha = net.zone("alpha")
    pay(net, alpha)
    net.settle()
    bad = net.sign(alpha, CallRequest(sender=net.keys.addresses[0], to=BOB, nonce=99))
    before = [zone.status() for zone in net.zones.values()], net.settlement.chain.head
    with pytest.raises(InvalidTransaction):
        net.reorg(alpha, 1, [(bad, 0)])
    assert before == ([zone.status() for zone in net.zones.values()], net.settlement.chain.head)
    assert_valid(net)


def test_a_reset_of_a_zone_with_settled_blocks_resets_the_network() -> None:
    net = settled_network()
    assert net.reset(net.zone("system")) is Reach.ZONE
    assert net.settlement.chain.height == 1
    assert net.reset(net.zone("alpha")) is Reach.NETWORK
    assert [zone.number() for zone in net.zones.values()] == [0, 0, 0]
    assert net.settlement.chain.height == 0
    assert net.settlement.chain.incarnation == 1
    assert net.clock.mark() == net.config.genesis_time
    pay(net, "alpha")
    net.settle()
    assert_valid(net)


def test_settlement_blocks_go_with_the_blocks_that_they_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can go back to is let go; going back to what is kept works as ever."""
    monkeypatch.setattr("devnet.settlement.settlement.KEPT_BLOCKS", 3)
    monkeypatch.setattr("devnet.settlement.settlement.FORGETTING", 4)
    net = network(history=5)
    alpha = net.zone("alpha")
    pay(net, "beta")
    for _ in range(16):
        pay(net, alpha)
        net.settle()
    chain = net.settlement.chain
    # Block 11 is the oldest that is kept, settlement block 11 settled it, and below that one is another.
    assert alpha.history().oldest == 11
    assert chain.oldest == 10
    ask = Asker(net)
    assert ask("zero_getSettlementBlock", "0xa")["height"] == "0xa"
    for method, wanted in (("zero_getSettlementBlock", "0x9"), ("zero_getCertificate", "0x1")):
        with pytest.raises(Refused, match="was let go"):
            ask(method, wanted)
    with pytest.raises(Refused, match="was let go"):
        ask("zero_getZoneUpdate", "0x5")
    again = network(history=5)
    with TemporaryFile() as dump:
        net.dump(dump)
        dump.seek(0)
        again.load(dump)
    for each in (net, again):
        with pytest.raises(HistoryGone):
            each.rollback(each.zone("beta"), 1)
        assert each.rollback(each.zone("alpha"), 5) is Reach.NETWORK
        assert each.settlement.chain.height == 11
        pay(each, "alpha")
        pay(each, "beta")
        each.settle()
        assert each.settlement.chain.height == 12
        assert each.zone("alpha").finality().finalized == 12
        before = [zone.status() for zone in each.zones.values()]
        with pytest.raises(HistoryGone):
            each.reset(each.zone("alpha"))
        assert before == [zone.status() for zone in each.zones.values()]
    assert again.settlement.chain.head.root == net.settlement.chain.head.root


def test_a_folder_goes_on_where_settlement_blocks_were_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devnet.settlement.settlement.KEPT_BLOCKS", 3)
    monkeypatch.setattr("devnet.settlement.settlement.FORGETTING", 4)
    config = NetworkConfig(history=5)
    path = tmp_path / "data"
    with (
        Network(config, parts_under_test(), folder=DataFolder.open(path, config)) as net,
        TemporaryFile() as dump,
    ):
        for _ in range(12):
            pay(net, "alpha")
            net.settle()
            net.commit()
        assert net.settlement.chain.oldest > 1
        net.dump(dump)
        dump.seek(0)
        # What is loaded begins with what is left.
        net.load(dump)
        kept = net.settlement.chain.history()
    assert isinstance(kept[0], ChainBase)
    with Network(config, parts_under_test(), folder=DataFolder.open(path, config)) as net:
        assert net.settlement.chain.history() == kept
        pay(net, "alpha")
        net.settle()
        assert net.settlement.chain.height == 13
        assert net.zone("alpha").finality().finalized == 13
