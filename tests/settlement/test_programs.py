"""Which program a zone runs is the registry's word: in force from a settlement height on, for blocks that
know it; no update spans the change, and what nobody here has is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devnet.chain.types import Hash32
from devnet.contracts import zone_registry
from devnet.contracts.addresses import ZONE_REGISTRY
from devnet.contracts.layout import packed
from devnet.network import Network
from devnet.proving.program import EVM
from devnet.settlement.acceptance import NotAccepted, UpdateFlaw
from devnet.settlement.faults.kinds import StopProducer
from devnet.settlement.producing import Made
from devnet.settlement.system_facts import ShownFacts
from tests.settlement.networks import assert_valid, network, pay
from tests.settlement.system_contracts import transact

ALPHA = 1
NOTICE = 2
OTHER = Hash32(b"\x77" * 32)


def changing(program: Hash32 | None = None) -> tuple[Network, int]:
    """A network in which the owner's key put another program in force for alpha, which has blocks before and
    after that are not settled; and the height of the change."""
    net = network()
    # The notice is 16 heights otherwise.
    word = packed((0, 160), (3, 32), (NOTICE, 64))
    net.zone("system").set_storage(ZONE_REGISTRY, zone_registry.COUNT_SLOT, word)
    pay(net, "alpha")
    pay(net, "system")
    net.settle()
    evm = replace(net.config.program(ALPHA), name=EVM)
    height = net.settlement.chain.height + NOTICE
    transact(net, 0, "ZoneRegistry", "scheduleProgram", ALPHA, program or evm.id, height)
    net.faults.inject(StopProducer(ALPHA))
    for _ in range(NOTICE + 1):
        pay(net, "alpha")
        pay(net, "beta")
        net.settle()
    pay(net, "alpha")
    net.faults.clear()
    assert net.settlement.chain.height > height
    return net, height


def test_a_scheduled_program_is_in_force_from_the_first_block_that_knows_its_height() -> None:
    net, height = changing()
    before, after = net.config.program(ALPHA).id, replace(net.config.program(ALPHA), name=EVM).id
    net.settle()
    updates = [update for settled in net.settlement.chain for update in settled.updates_of(ALPHA)]
    chain = net.settlement.chain
    assert [update.statement.program_id for update in updates] == [before, before, after]
    for update in updates[1:]:
        for number in range(update.statement.first_height, update.statement.last_height + 1):
            block = net.zone("alpha").block(number)
            assert block is not None
            assert block.header.parent_beacon_block_root is not None
            known = chain.height_of(block.header.parent_beacon_block_root)
            assert known is not None
            assert (known >= height) == (update.statement.program_id == after)
    assert net.zone("alpha").finality().finalized == net.zone("alpha").number()
    pay(net, "alpha")
    (settled,) = net.settle()
    assert settled.updates[0].statement.program_id == after
    assert_valid(net)


def test_an_update_that_spans_the_change_is_refused() -> None:
    net, _ = changing()
    settler, alpha = net.settlement.settler, net.zone("alpha")
    base = net.settlement.chain.view()
    first, last = base.settled_number(ALPHA) + 1, alpha.number()
    shown = settler._system.show(base, {ALPHA: (0, 0)})
    for program in (net.config.program(ALPHA), replace(net.config.program(ALPHA), name=EVM)):
        witness = alpha.record_update(program, first, last)
        assert witness is not None
        seating = settler._seatings.of(base.validators_root, base.validators)
        slot = base.head.slot + 1
        (made,) = settler._maker.make(program, [witness], slot, base.previous_of(ALPHA), seating.parameters)
        assert refusal(net, made, slot, shown) is UpdateFlaw.PROGRAM


def refusal(net: Network, made: Made, slot: int, shown: ShownFacts) -> UpdateFlaw:
    settler, chain = net.settlement.settler, net.settlement.chain.view()
    seating = settler._seatings.of(chain.validators_root, chain.validators)
    key, mine = made.update.signed_hash, seating.held[0]
    judge = next(iter(settler._judges.values()))
    with pytest.raises(NotAccepted) as refused:
        judge._acceptance.check(
            chain,
            slot,
            [made.update],
            {key: made.package},
            {key: made.columns(mine)},
            seating.parameters,
            mine,
            shown.facts,
        )
    return refused.value.flaw


def test_a_program_that_this_software_does_not_have_is_said_and_hinders_nobody_else() -> None:
    net, _ = changing(OTHER)
    net.settle()
    alpha = net.zone("alpha")
    # What ran before the change is settled.
    assert alpha.finality().finalized == alpha.number() - 2
    text = net.settlement.hindrance(alpha)
    assert text is not None
    assert OTHER.hex() in text
    assert "does not have" in text
    pay(net, "beta")
    assert len(net.settle()) == 1
