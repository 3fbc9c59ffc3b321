"""Every settled block and state is shown under every settlement block that has it, and under no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.hash_tree import list_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import Settled, SettlementChain
from devnet.settlement.settled_proofs import MOST_LINKS, NotShown, prove_block_hash, prove_state_root
from tests.settlement.test_chain import ZONES, empty, first
from zero_sdk.proofs.errors import InvalidProof
from zero_sdk.proofs.settlement import BlockPlace, Branch, root_over_block, root_over_state


def block_hash(zone: int, number: int) -> Hash32:
    return keccak256(b"block %d of zone %d" % (number, zone))


def state_root(zone: int, number: int) -> Hash32:
    return keccak256(b"state after block %d of zone %d" % (number, zone))


def following(chain: SettlementChain, counts: tuple[tuple[int, ...], ...]) -> Settled:
    """A settlement block after the newest with, for each zone, updates of so many blocks each."""
    like, _ = first()
    updates: list[ZoneUpdate] = []
    for zone, of_zone in zip(ZONES, counts, strict=True):
        start, previous = chain.settled_number(zone) + 1, chain.previous_of(zone)
        for count in of_zone:
            numbers = range(start, start + count)
            statement = replace(
                like.updates[0].statement,
                zone=zone,
                first_height=start,
                last_height=numbers[-1],
                block_hashes_root=list_root([block_hash(zone, number) for number in numbers]),
                post_state_root=state_root(zone, numbers[-1]),
            )
            updates.append(replace(like.updates[0], statement=statement, previous=previous))
            start, previous = start + count, updates[-1].signed_hash
    block = replace(
        like.block,
        height=chain.height + 1,
        parent_root=chain.head.root,
        slot=chain.head.slot + 1,
        zones_root=chain.zones_root_with(updates),
        validators_root=chain.view().validators_root,
    )
    return replace(like, block=block, updates=tuple(updates))


OF_ZONE = st.lists(st.integers(1, 9), max_size=3).map(tuple)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(OF_ZONE, OF_ZONE, OF_ZONE), min_size=1, max_size=6), data=st.data())
def test_what_is_settled_is_shown(steps: list[tuple[tuple[int, ...], ...]], data: st.DataObject) -> None:
    chain = empty()
    for counts in steps:
        chain.apply(following(chain, counts))
    for zone in ZONES:
        settled = 0
        for height in range(1, chain.height + 1):
            root = chain.root_at(height)
            settled += sum(steps[height - 1][zone])
            if not settled:
                with pytest.raises(NotShown):
                    prove_state_root(chain, zone, height)
                continue
            shown, update = prove_state_root(chain, zone, height)
            assert update.statement.last_height == settled
            branch = Branch(shown.branch.zeros, shown.branch.peers)
            assert root_over_state(state_root(zone, settled), zone, branch) == root
            assert root_over_state(state_root(zone, settled), zone + 1, branch) != root
            for number in {1, settled, data.draw(st.integers(1, settled))}:
                check_block(chain, zone, number, height)
            with pytest.raises(NotShown):
                prove_block_hash(chain, zone, settled + 1, height, lambda each, z=zone: block_hash(z, each))


def check_block(chain: SettlementChain, zone: int, number: int, height: int) -> None:
    root = chain.root_at(height)
    shown = prove_block_hash(chain, zone, number, height, lambda each: block_hash(zone, each))
    branch = Branch(shown.branch.zeros, shown.branch.peers)
    place = BlockPlace(shown.index, shown.count, shown.peers)
    hash_ = block_hash(zone, number)
    assert root_over_block(hash_, zone, place, branch) == root
    for wrong in (
        replace(place, index=place.index ^ 1),
        replace(place, count=place.count + 1),
        replace(place, peers=place.peers[:-1]),
        replace(place, peers=place.peers[3:]),
        replace(place, peers=(*place.peers, *place.peers[-3:])),
        replace(place, peers=(place.peers[1], place.peers[0], *place.peers[2:])),
    ):
        try:
            assert root_over_block(hash_, zone, wrong, branch) != root
        except InvalidProof:
            continue
    assert root_over_block(block_hash(zone, number + 1), zone, place, branch) != root


def test_a_way_through_very_many_updates_is_refused() -> None:
    """And a later settlement block than the one that settled it, but not much later, shows it."""
    chain = empty()
    for _ in range(MOST_LINKS // 16 + 1):
        chain.apply(following(chain, ((), (1,) * 16, ())))
    with pytest.raises(NotShown, match=f"more than {MOST_LINKS} updates"):
        prove_block_hash(chain, 1, 1, chain.height, lambda each: block_hash(1, each))
    check_block(chain, 1, 1, 2)


def test_what_is_no_longer_kept_is_refused() -> None:
    chain = empty()
    chain.apply(following(chain, ((), (5,), ())))
    with pytest.raises(NotShown, match=r"block 1, which was settled together with block 3, is no longer"):
        prove_block_hash(chain, 1, 3, 1, lambda each: None if each == 1 else block_hash(1, each))
    for _ in range(3):
        chain.apply(following(chain, ((1,), (), ())))
    chain.forget_below(3)
    with pytest.raises(NotShown, match="settlement block 2 was let go"):
        prove_state_root(chain, 1, 2)
    # The zone's newest update is below what is kept, and still shows its state.
    assert prove_state_root(chain, 1, 4)[0].state_root == state_root(1, 5)
    check_block(chain, 1, 3, 4)
