"""Settling: zones' blocks become updates, updates a settlement block that two thirds of the stake signed."""

from __future__ import annotations

from pathlib import Path

import pytest

from devnet.chain.settlement_head import SETTLEMENT_ROOTS
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.parts import reference_parts
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.producing import Span, cut
from devnet.settlement.votes import Choice, SigningDomain, Vote, VoteKind, vote_hash
from devnet.zone.messages import Finality
from tests.parts import parts_under_test
from tests.settlement.networks import SCHEME, assert_valid, network, pay


def test_where_nothing_changed_there_is_no_settlement_block() -> None:
    net = network()
    assert net.settle() == ()
    pay(net, "alpha")
    assert len(net.settle()) == 1
    assert net.settle() == ()
    assert net.settlement.chain.height == 1


def test_what_is_settled_is_finalized_and_every_zone_knows_it() -> None:
    net = network()
    alpha, beta = net.zone("alpha"), net.zone("beta")
    for _ in range(3):
        pay(net, alpha)
    assert alpha.finality() == Finality(0, 0)
    (settled,) = net.settle()
    assert alpha.finality() == Finality(3, 3)
    assert beta.finality() == Finality(0, 0)
    finalized = alpha.block("finalized")
    assert finalized is not None
    assert finalized.hash == settled.updates[0].statement.last_block_hash
    assert {zone.settlement().root for zone in net.zones.values()} == {settled.block.root}
    pay(net, beta)
    first = beta.block(1)
    assert first is not None
    assert first.header.parent_beacon_block_root == settled.block.root
    assert beta.storage(SETTLEMENT_ROOTS, 0) == 1
    assert_valid(net)


def test_blocks_that_know_settlement_blocks_settle_as_well() -> None:
    net = network()
    for _ in range(3):
        for zone in net.zones.values():
            pay(net, zone)
        assert len(net.settle()) == 1
    assert net.settlement.chain.height == 3
    assert not net.settlement.settler.hindrances
    assert_valid(net)


def test_the_system_zone_settles_itself_like_every_other() -> None:
    net = network()
    pay(net, "system")
    (settled,) = net.settle()
    assert [update.statement.zone for update in settled.updates] == [0]
    assert net.zone("system").finality() == Finality(1, 1)


def test_updates_of_a_zone_chain() -> None:
    net = network()
    previous = ZERO_HASH
    for _ in range(2):
        pay(net, "alpha")
        (settled,) = net.settle()
        (update,) = settled.updates
        assert update.previous == previous
        previous = update.signed_hash


def test_blocks_are_cut_into_at_most_sixteen_updates() -> None:
    assert cut(4, 4, 10) == ()
    assert cut(4, 5, 10) == (Span(5, 5),)
    assert cut(0, 25, 10) == (Span(1, 10), Span(11, 20), Span(21, 25))
    assert cut(0, 1_000, 10)[-1] == Span(151, 160)


def test_what_is_too_much_for_one_settlement_block_waits_for_the_next() -> None:
    net = network(settlement=SettlementParameters(blocks=1))
    net.mine(net.default_zone, 20)
    first, second = net.settle()
    assert [update.statement.last_height for update in first.updates] == list(range(1, 17))
    assert [update.statement.last_height for update in second.updates] == list(range(17, 21))
    assert_valid(net)


def test_both_engines_settle_the_same() -> None:
    """Updates, proofs and certificates byte for byte, so that a root says the same everywhere."""
    roots = []
    for parts in (parts_under_test(), reference_parts()):
        net = Network(parts=parts)
        for zone in ("alpha", "beta", "alpha"):
            pay(net, zone)
            net.settle()
        net.default_zone.set_account(net.keys.addresses[1], balance=5)  # type: ignore[arg-type]
        pay(net, "alpha")
        net.settle()
        roots.append(
            [(settled.block.root, settled.certificate.signature) for settled in net.settlement.chain]
        )
        assert len(roots[0]) == 4
    assert roots[0] == roots[1]


# ---------------------------------------------------------------- producers


def test_producers_take_turns_by_slot() -> None:
    net = network()
    seen = set()
    for _ in range(4):
        pay(net, "alpha")
        (settled,) = net.settle()
        (update,) = settled.updates
        turn = net.settlement.settler.producers.turn(1, settled.block.slot)
        assert update.producer == net.settlement.settler.producers.address(turn)
        seen.add(update.producer)
    assert len(seen) == 2


def test_what_cannot_be_proven_hinders_its_zone_alone_and_says_why() -> None:
    """Reserved blocks have no headers of their own (docs/zones.md)."""
    net = network()
    net.mine(net.zone("alpha"), 100_000)
    pay(net, "beta")
    (settled,) = net.settle()
    assert [update.statement.zone for update in settled.updates] == [2]
    assert net.settlement.hindrance(net.zone("beta")) is None
    assert net.settlement.hindrance(net.zone("alpha")) is not None
    net.rollback(net.zone("alpha"), net.zone("alpha").number() - 2)
    assert len(net.settle()) == 1
    assert net.settlement.hindrance(net.zone("alpha")) is None
    assert_valid(net)


# ---------------------------------------------------------------- certificates


def test_a_certificate_counts_in_its_incarnation_and_for_its_block_only() -> None:
    net = network()
    pay(net, "alpha")
    (first,) = net.settle()
    pay(net, "alpha")
    (second,) = net.settle()
    validators = net.settlement.validators
    domain = SigningDomain(net.config_hash, 0)
    first.certificate.verify_block(first.block, domain, validators, SCHEME)
    with pytest.raises(Refused) as refused:
        first.certificate.verify_block(second.block, domain, validators, SCHEME)
    assert refused.value.flaw is Flaw.HEIGHT
    with pytest.raises(Refused) as refused:
        first.certificate.verify(SigningDomain(net.config_hash, 1), validators, SCHEME)
    assert refused.value.flaw is Flaw.SIGNATURE


def test_number_and_stakes_of_validators_are_configuration() -> None:
    net = network(settlement=SettlementParameters(validators=1, stake=7, producers=1))  # type: ignore[arg-type]
    assert [validator.stake for validator in net.settlement.validators.validators] == [7]
    pay(net, "alpha")
    net.settle()
    assert_valid(net)
    assert net.config.hash != NetworkConfig().hash
    with pytest.raises(ValueError, match="validators"):
        SettlementParameters(validators=0)


def test_a_vote_is_hashed_once_however_many_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[VoteKind] = []

    def counting(domain: SigningDomain, kind: VoteKind, height: int, round_: int, choice: Choice) -> Hash32:
        hashed.append(kind)
        return vote_hash(domain, kind, height, round_, choice)

    monkeypatch.setattr("devnet.settlement.votes.vote_hash", counting)
    net = network(settlement=SettlementParameters(validators=7))
    pay(net, "alpha")
    net.settle()
    # By each validator its own, and once more for each certificate.
    assert hashed.count(VoteKind.PREVOTE) <= 7 + 1
    assert hashed.count(VoteKind.PRECOMMIT) <= 7 + 1


def test_a_vote_is_hashed_anew_in_another_domain() -> None:
    vote = Vote(VoteKind.PREVOTE, 1, 0, Choice(1, Hash32(b"\1" * 32)), 0)
    domains = [SigningDomain(Hash32(bytes([each]) * 32), each) for each in (1, 2, 1)]
    assert [vote.signed_hash(domain) for domain in domains] == [
        vote_hash(domain, vote.kind, vote.height, vote.round, vote.choice) for domain in domains
    ]


# ---------------------------------------------------------------- kept


def test_a_folder_keeps_what_is_settled(tmp_path: Path) -> None:
    config = NetworkConfig()
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "data", config)) as net:
        pay(net, "alpha")
        net.settle()
        snapshot = net.snapshot()
        pay(net, "alpha")
        net.settle()
        net.revert(snapshot)
        pay(net, "beta")
        (newest,) = net.settle()
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "data", config)) as again:
        assert again.settlement.chain.newest == newest
        assert again.settlement.chain.incarnation == 1
        assert_valid(again)
        pay(again, "beta")
        assert len(again.settle()) == 1
        again.revert(snapshot)
        assert again.settlement.chain.height == 1
        # One for the network that was opened again, one for the revert, and what it was.
        assert again.settlement.chain.incarnation == 3
        assert_valid(again)


def test_a_dump_holds_what_is_settled(tmp_path: Path) -> None:
    net = network()
    pay(net, "alpha")
    net.settle()
    path = tmp_path / "dump"
    with path.open("wb") as file:
        net.dump(file)
    other = network()
    pay(other, "beta")
    with path.open("rb") as file:
        other.load(file)
    assert list(other.settlement.chain) == list(net.settlement.chain)
    pay(other, "alpha")
    assert len(other.settle()) == 1
    assert_valid(other)
