"""The settlement chain keeps what was decided, much of it packed, and answers as if nothing were."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.settlement.block import ZoneUpdate
from devnet.settlement.chain import ChainChange, Settled, SettlementChain, WentBack
from devnet.settlement.chain_codec import decode_change, encode_change
from devnet.settlement.settled import WHOLE_BLOCKS
from tests.settlement.networks import network, pay

ZONES = (0, 1, 2)


@cache
def first() -> tuple[Settled, SettlementChain]:
    """A real settlement block, and a chain that can take it."""
    net = network()
    pay(net, "alpha")
    (settled,) = net.settle()
    chain = net.settlement.chain
    genesis = chain.head_at(0)
    assert genesis is not None
    return settled, SettlementChain(genesis, net.config.genesis_number, chain.signers_of(1))


def empty() -> SettlementChain:
    _, like = first()
    genesis = like.head_at(0)
    assert genesis is not None
    return SettlementChain(genesis, 0, like.validators)


def following(chain: SettlementChain, counts: tuple[int, ...]) -> Settled:
    """A settlement block after the newest, with so many blocks of each zone, in one update each. Its
    certificate and proofs are another one's: the chain does not look at them."""
    like, _ = first()
    updates: list[ZoneUpdate] = []
    for zone, count in zip(ZONES, counts, strict=True):
        if count:
            start = chain.settled_number(zone) + 1
            statement = replace(
                like.updates[0].statement, zone=zone, first_height=start, last_height=start + count - 1
            )
            updates.append(replace(like.updates[0], statement=statement, previous=chain.previous_of(zone)))
    block = replace(
        like.block,
        height=chain.height + 1,
        parent_root=chain.head.root,
        slot=chain.head.slot + 1,
        incarnation=chain.incarnation,
        zones_root=chain.zones_root_with(updates),
        validators_root=chain.view().validators_root,
    )
    return replace(like, block=block, updates=tuple(updates))


def assert_as(chain: SettlementChain, kept: list[Settled]) -> None:
    """The chain answers as this list does."""
    assert list(chain) == kept
    assert chain.height == len(kept)
    for height, settled in enumerate(kept, start=1):
        assert chain.at(height) == settled
        assert chain.height_of(settled.block.root) == height
    for zone in ZONES:
        mine = [(s.block.height, u) for s in kept for u in s.updates_of(zone)]
        assert chain.update_of(zone) == (mine[-1][1] if mine else None)
        for height, update in mine:
            for number in {update.statement.first_height, update.statement.last_height}:
                assert chain.update_for(zone, number) == (height, update)
            assert chain.update_settled_at(zone, height) == update
        assert chain.update_for(zone, chain.settled_number(zone) + 1) is None
        assert chain.update_for(zone, 0) is None
        assert chain.update_at(zone, 0) is None


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.integers(1, WHOLE_BLOCKS), st.tuples(*[st.integers(0, 3)] * 3).filter(any))
        | st.integers(0, 2 * WHOLE_BLOCKS),
        min_size=1,
        max_size=5,
    )
)
def test_a_chain_of_which_much_is_packed_is_the_same_chain(
    steps: list[tuple[int, tuple[int, ...]] | int],
) -> None:
    chain, kept = empty(), list[Settled]()
    for step in steps:
        if isinstance(step, int):
            height = min(step, chain.height)
            view, before = chain.view(), list(kept)
            chain.apply(WentBack(height, chain.incarnation + 1))
            del kept[height:]
            # A view of before does not notice.
            assert [view.at(at) for at in range(1, len(before) + 1)] == before
        else:
            count, counts = step
            for _ in range(count):
                kept.append(following(chain, counts))
                chain.apply(kept[-1])
    assert_as(chain, kept)
    again = empty()
    for change in chain.history():
        again.apply(change)
    assert list(again) == kept
    assert again.incarnation == chain.incarnation


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    count=st.integers(1, 2 * WHOLE_BLOCKS),
    first_kept=st.integers(0, 2 * WHOLE_BLOCKS + 2),
    above=st.integers(-1, 3),
)
def test_a_chain_that_let_its_oldest_blocks_go_goes_on(count: int, first_kept: int, above: int) -> None:
    chain, whole = empty(), empty()
    for _ in range(count):
        settled = following(chain, (0, 1, 1 if chain.height % 2 else 0))
        chain.apply(settled)
        whole.apply(settled)
    view = chain.view()
    chain.forget_below(first_kept)
    oldest = max(1, min(first_kept, count))
    assert chain.oldest == oldest
    assert view.at(1) == whole.at(1), "who has a view keeps it"
    back = 0 if above < 0 else oldest + above
    if back <= count:
        for each in (chain, whole):
            each.apply(WentBack(back, 1))
        oldest = 1 if back == 0 else oldest
    for each in (chain, whole):
        each.apply(following(each, (1, 2, 0)))
    assert (chain.head, chain.height) == (whole.head, whole.height)
    assert [*chain] == [*whole][oldest - 1 :]
    for height in range(1, whole.height + 1):
        settled = whole.at(height)
        assert settled is not None
        is_kept = height >= oldest
        assert chain.at(height) == (settled if is_kept else None)
        assert chain.height_of(settled.block.root) == (height if is_kept else None)
        if is_kept:
            assert chain.signers_of(height) == whole.signers_of(height)
    for zone in ZONES:
        assert chain.update_of(zone) == whole.update_of(zone)
        assert chain.settled_number(zone) == whole.settled_number(zone)
    assert chain.view().validators_root == whole.view().validators_root
    again = empty()
    for change in chain.history():
        again.apply(decode_change(encode_change(change)))
    assert (again.head, again.incarnation, [*again]) == (chain.head, chain.incarnation, [*chain])
    assert again.view().updates == chain.view().updates
    for each in (again, chain):
        each.apply(following(each, (0, 0, 1)))
        each.apply(WentBack(each.height - 1, 7))
    assert again.view().updates == chain.view().updates
    assert again.history() == chain.history()


def test_changes_are_kept_for_a_folder_whatever_is_packed() -> None:
    chain = empty()
    chain.record_changes()
    changes: list[ChainChange] = []
    for _ in range(WHOLE_BLOCKS + 5):
        changes.append(following(chain, (0, 1, 0)))
        chain.apply(changes[-1])
    assert chain.take_changes() == tuple(changes)
