"""Frames, ParaBloom and what a transaction waits for (docs/scheduling.md)."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.types import Address
from devnet.scheduling import AccessSet, BlockOrder, account_key, slot_key
from devnet.scheduling.bloom import FRAMES, ParaBloom
from devnet.scheduling.framer import FRAME_KEYS, FRAME_TRANSACTIONS, frames_of
from devnet.scheduling.scheduler import WINDOW, starts_after


def key(number: int) -> bytes:
    return sha256(b"%d" % number).digest()[:10]


def access(reads: set[int], writes: set[int]) -> AccessSet:
    return AccessSet.of(map(key, reads), map(key, writes))


KEYS = st.frozensets(st.integers(0, 40), max_size=5)
ACCESSES = st.lists(
    st.builds(lambda reads, writes: access(set(reads), set(writes)), KEYS, KEYS), max_size=120
)


def test_keys_are_the_first_ten_bytes_of_a_hash_with_the_slot_in_little_endian() -> None:
    address = Address(b"\xab" * 20)
    assert account_key(address) == sha256(address).digest()[:10]
    assert slot_key(address, 0x0102) == sha256(address + b"\x02\x01" + bytes(30)).digest()[:10]


def test_a_key_that_is_read_and_written_is_written() -> None:
    both = AccessSet.of([key(1), key(2)], [key(2)])
    assert both == AccessSet(frozenset([key(1)]), frozenset([key(2)]))
    assert both | access(set(), {1}) == AccessSet(frozenset(), frozenset([key(1), key(2)]))


def test_two_reads_do_not_conflict_and_everything_else_does() -> None:
    reads, writes, other = access({1}, set()), access(set(), {1}), access({2}, {3})
    assert not reads.conflicts_with(reads)
    assert reads.conflicts_with(writes)
    assert writes.conflicts_with(reads)
    assert writes.conflicts_with(writes)
    assert not writes.conflicts_with(other)


def test_a_prediction_covers_reads_of_what_it_writes_but_no_writes_of_what_it_reads() -> None:
    predicted = access({1}, {2})
    assert predicted.covers(access({1, 2}, set()))
    assert predicted.covers(access(set(), {2}))
    assert not predicted.covers(access(set(), {1}))
    assert not predicted.covers(access({3}, set()))


@given(st.lists(st.tuples(st.integers(0, FRAMES - 1), st.builds(access, KEYS.map(set), KEYS.map(set)))))
def test_the_bloom_filter_is_never_wrong_when_it_says_no(added: list[tuple[int, AccessSet]]) -> None:
    bloom = ParaBloom()
    for frame, keys in added:
        bloom.add(frame, keys)
    for frame, keys in added:
        for other in (keys, access({7}, {8})):
            if keys.conflicts_with(other):
                assert bloom.conflicts(other) >> frame & 1


def test_a_cleared_frame_conflicts_with_nothing_and_the_others_still_do() -> None:
    bloom = ParaBloom()
    bloom.add(3, access({1}, {2}))
    bloom.add(63, access({1}, {2}))
    assert bloom.conflicts(access({2}, set())) == 1 << 3 | 1 << 63
    assert bloom.conflicts(access({1}, set())) == 0
    bloom.clear(3)
    assert bloom.conflicts(access(set(), {1})) == 1 << 63


def test_the_words_of_a_key_are_five_times_eleven_bits_of_its_first_eight_bytes() -> None:
    number = sum((100 + index) << 11 * index for index in range(5))
    bloom = ParaBloom()
    bloom.add(0, AccessSet(frozenset(), frozenset([number.to_bytes(8, "big") + b"ab"])))
    same = (number | 1 << 60).to_bytes(8, "big") + b"cd"
    assert bloom.conflicts(AccessSet(frozenset([same]), frozenset())) == 1
    other = (number ^ 512).to_bytes(8, "big") + b"ab"
    assert bloom.conflicts(AccessSet(frozenset([other]), frozenset())) == 0


@given(ACCESSES, st.sampled_from(BlockOrder), st.data())
def test_no_two_transactions_of_a_frame_conflict_and_each_is_in_one_frame(
    accesses: list[AccessSet], order: BlockOrder, data: st.DataObject
) -> None:
    owners = [data.draw(st.sets(st.integers(0, 5), min_size=1, max_size=2)) for _ in accesses]
    frames = frames_of(accesses, owners, order)
    assert sorted(index for frame in frames for index in frame) == list(range(len(accesses)))
    for frame in frames:
        assert frame
        assert len(frame) <= FRAME_TRANSACTIONS
        for place, index in enumerate(frame):
            assert not any(accesses[index].conflicts_with(accesses[other]) for other in frame[:place])


@given(ACCESSES)
def test_in_a_given_order_of_two_in_conflict_the_first_is_in_an_older_frame(
    accesses: list[AccessSet],
) -> None:
    frames = frames_of(accesses, [()] * len(accesses), BlockOrder.GIVEN)
    frame_of = {index: number for number, frame in enumerate(frames) for index in frame}
    for later, one in enumerate(accesses):
        for earlier in range(later):
            if one.conflicts_with(accesses[earlier]):
                assert frame_of[earlier] < frame_of[later]


@given(ACCESSES, st.data())
def test_in_the_framers_order_an_owners_transactions_keep_theirs(
    accesses: list[AccessSet], data: st.DataObject
) -> None:
    owners = [data.draw(st.sets(st.integers(0, 5), min_size=1, max_size=2)) for _ in accesses]
    frames = frames_of(accesses, owners, BlockOrder.FRAMED)
    frame_of = {index: number for number, frame in enumerate(frames) for index in frame}
    for later, mine in enumerate(owners):
        for earlier in range(later):
            if mine & owners[earlier]:
                assert frame_of[earlier] < frame_of[later]


def test_a_later_transaction_fills_the_oldest_frame_where_the_framer_orders() -> None:
    accesses = [access(set(), {1}), access(set(), {1}), access(set(), {2})]
    owners = [[index] for index in range(3)]
    assert frames_of(accesses, owners, BlockOrder.FRAMED) == ((0, 2), (1,))
    # Of its own sender's youngest frame it must be younger still.
    assert frames_of(accesses, [[0], [1], [1]], BlockOrder.FRAMED) == ((0,), (1,), (2,))


def test_the_framer_may_place_before_a_frame_in_conflict_and_the_given_order_may_not() -> None:
    accesses = [access(set(), {1}), access(set(), {1, 2}), access(set(), {2})]
    owners = [[index] for index in range(3)]
    assert frames_of(accesses, owners, BlockOrder.FRAMED) == ((0, 2), (1,))
    assert frames_of(accesses, owners, BlockOrder.GIVEN) == ((0,), (1,), (2,))


def test_a_full_frame_takes_no_more_and_stays_in_the_queue() -> None:
    many = [access(set(), set()) for _ in range(FRAME_TRANSACTIONS + 3)]
    frames = frames_of(many, [[index] for index in range(len(many))], BlockOrder.FRAMED)
    assert [len(frame) for frame in frames] == [FRAME_TRANSACTIONS, 3]
    for wide in (access(set(range(FRAME_KEYS + 1)), set()), access(set(), set(range(FRAME_KEYS + 1)))):
        accesses = [wide, access(set(), {FRAME_KEYS + 2}), access({5}, set())]
        assert frames_of(accesses, [[0], [1], [2]], BlockOrder.FRAMED) == ((0,), (1, 2))


def test_of_65_in_conflict_the_first_is_flushed_before_the_last_is_placed() -> None:
    accesses = [access(set(), {1}) for _ in range(FRAMES + 1)] + [access(set(), {2})]
    owners = [[index] for index in range(len(accesses))]
    frames = frames_of(accesses, owners, BlockOrder.FRAMED)
    assert len(frames) == FRAMES + 1
    assert frames[0] == (0,)
    assert frames[1] == (1, FRAMES + 1)


def test_a_transaction_waits_for_the_nearest_before_its_frame_that_conflicts() -> None:
    accesses = [access(set(), {1}), access(set(), {2}), access({2}, {3}), access({1}, {4})]
    frames = frames_of(accesses, [()] * 4, BlockOrder.GIVEN)
    assert frames == ((0, 1), (2, 3))
    assert starts_after(accesses, frames) == (-1, -1, 1, 0)


def test_beyond_the_window_a_transaction_waits_for_everything() -> None:
    count = WINDOW + 40
    accesses = [access(set(), {index}) for index in range(count)]
    frames = [tuple(range(10)), tuple(range(10, count))]
    after = starts_after(accesses, frames)
    assert after[: WINDOW + 1] == (-1,) * (WINDOW + 1)
    assert after[WINDOW + 1] == 0
    assert after[-1] == count - 1 - WINDOW - 1


@given(ACCESSES, st.sampled_from(BlockOrder))
def test_whoever_waits_has_everything_it_conflicts_with_behind_it(
    accesses: list[AccessSet], order: BlockOrder
) -> None:
    frames = frames_of(accesses, [[index] for index in range(len(accesses))], order)
    row = [index for frame in frames for index in frame]
    for place, after in enumerate(starts_after(accesses, frames)):
        assert after < place
        for earlier in range(after + 1, place):
            assert not accesses[row[place]].conflicts_with(accesses[row[earlier]])
