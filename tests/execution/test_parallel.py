"""The kernel's blocks: the same result and the same schedule on any number of threads, whatever their timing,
as the reference's."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.execution import EngineFault, Execution, ExecutionTimeout, Mode
from devnet.execution.framed import FramedRun, run_block
from devnet.execution.native import NativeEngine
from devnet.execution.pyevm import PyEvmEngine
from devnet.kernel import absence, load
from devnet.scheduling import AccessSet, BlockOrder, Schedule
from devnet.scheduling.framer import frames_of
from devnet.scheduling.scheduler import starts_after
from tests.execution.memory_state import ETHER, MemoryState, environment, rules
from tests.execution.memory_state import transaction as unsigned
from tests.execution.mixes import CONTRACTS, NAMES, PLACES, SENDERS, Mix, mixes, starting_state
from tests.execution.test_framed import BLOCK, call, comparable

pytestmark = pytest.mark.skipif(absence() is not None, reason=f"no kernel: {absence()}")

THREADS = (1, 2, 3, 8)


def kernel_engine(threads: int) -> Any:
    """What `NativeEngine` is made of: it runs small blocks on all threads as well."""
    kernel = load()
    return kernel.Engine(kernel.Pool(threads))


@pytest.fixture(scope="module")
def engines() -> dict[int, Any]:
    return {threads: kernel_engine(threads) for threads in THREADS}


def scheduled(fields: tuple[Any, ...]) -> Schedule:
    from devnet.execution.native import schedule_from

    return schedule_from(fields)


def check_block(engine: Any, mix: Mix, order: BlockOrder, wanted: FramedRun, jitter: int | None) -> None:
    framed = order is BlockOrder.FRAMED
    block = (rules(), mix.env, mix.transactions, mix.state, BLOCK, framed, jitter)
    execution: Execution
    execution, block_order, left = engine.execute_block(*block)
    assert comparable(execution) == comparable(wanted.execution.execution)
    assert (block_order, left) == (wanted.execution.order, wanted.execution.left)
    assert scheduled(engine.schedule_block(*block)) == wanted.schedule


@pytest.mark.parametrize("order", BlockOrder)
@settings(max_examples=60)
@given(mix=mixes(most=40), seed=st.integers(0, 2**64 - 1))
def test_threads_and_their_delays_change_neither_result_nor_schedule(
    engines: dict[int, Any], order: BlockOrder, mix: Mix, seed: int
) -> None:
    wanted = run_block(PyEvmEngine(), rules(), mix.env, mix.transactions, mix.state, BLOCK, order)
    for threads, engine in engines.items():
        check_block(engine, mix, order, wanted, None)
        if threads > 1:
            check_block(engine, mix, order, wanted, seed)


@pytest.mark.full
@pytest.mark.parametrize("order", BlockOrder)
@settings(max_examples=2_000)
@given(mix=mixes(most=80), seed=st.integers(0, 2**64 - 1))
def test_threads_and_their_delays_change_neither_result_nor_schedule_at_length(
    engines: dict[int, Any], order: BlockOrder, mix: Mix, seed: int
) -> None:
    wanted = run_block(PyEvmEngine(), rules(), mix.env, mix.transactions, mix.state, BLOCK, order)
    for engine in engines.values():
        check_block(engine, mix, order, wanted, seed)


def rich_state(count: int) -> tuple[MemoryState, list[Address]]:
    state = starting_state()
    people = [Address(bytes([1]) + index.to_bytes(19, "big")) for index in range(count)]
    for person in people:
        state.put(person, balance=ETHER)
    return state, people


def many_transfers(people: list[Address], recipients: int) -> list[Transaction]:
    return [
        unsigned(Address(bytes([2]) + (index % recipients).to_bytes(19, "big")), sender=person, value=Wei(1))
        for index, person in enumerate(people)
    ]


@pytest.mark.parametrize("order", BlockOrder)
@pytest.mark.parametrize("recipients", [700, 90, 1])
def test_large_blocks_of_transfers_are_as_on_the_reference(
    engines: dict[int, Any], order: BlockOrder, recipients: int
) -> None:
    state, people = rich_state(700)
    mix = Mix(state, environment(gas_limit=1_000_000_000), many_transfers(people, recipients))
    wanted = run_block(PyEvmEngine(), rules(), mix.env, mix.transactions, mix.state, BLOCK, order)
    for engine in engines.values():
        check_block(engine, mix, order, wanted, 7)


def test_a_conflict_and_a_full_block_late_in_a_stream_of_strangers_are_seen(engines: dict[int, Any]) -> None:
    state, people = rich_state(300)
    transfers = many_transfers(people, 300)
    for gas_limit in (1_000_000_000, 290 * 21_000):
        for late in ([], [transfers[0]], [unsigned(people[3], sender=SENDERS[0], value=Wei(1))]):
            mix = Mix(state, environment(gas_limit=gas_limit), [*transfers, *late])
            serial = PyEvmEngine().execute(rules(), mix.env, mix.transactions, state, BLOCK)
            for engine in engines.values():
                block = engine.execute_block(rules(), mix.env, mix.transactions, state, BLOCK, False, 3)
                assert comparable(block[0]) == comparable(serial)


@st.composite
def crowds(draw: st.DrawFn) -> Mix:
    """A block long enough for rows of several transactions: some go to a few hot contracts or come from
    a few senders, the others have nothing to do with each other."""
    count = draw(st.integers(64, 400))
    drawn = Random(draw(st.integers(0, 2**32 - 1)))
    hot = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    hot_share, busy_share = draw(st.tuples(*[st.sampled_from((0.0, 0.02, 0.1, 0.4, 0.9))] * 2))
    state, people = rich_state(count)
    nonces = dict.fromkeys(people, 0)
    sent = []
    for person in people:
        sender = drawn.choice(people[:4]) if drawn.random() < busy_share else person
        nonce = nonces[sender] + (drawn.random() < 0.02)
        nonces[sender] += nonce == nonces[sender]
        is_hot, kind = drawn.random() < hot_share, drawn.random()
        to: Address | None = Address(bytes([2]) + sender[1:])
        if is_hot:
            to = CONTRACTS[drawn.choice(hot)]
        elif kind < 0.1:
            to = drawn.choice(people)
        elif kind < 0.15:
            to = None
        elif kind < 0.5:
            to = CONTRACTS["ledger"]
        sent.append(
            unsigned(
                to,
                sender=sender,
                nonce=nonce,
                value=Wei(drawn.choice((0, 1, 12_345))),
                data=bytes(12) + drawn.choice(PLACES) if is_hot or drawn.random() < 0.1 else b"",
                gas_limit=drawn.choice((90_000, 150_000)),
            )
        )
    gas_limit = draw(st.sampled_from((1_000_000_000, 1_000_000_000, 20 * 21_000, 60 * 50_000)))
    return Mix(state, environment(gas_limit=gas_limit), sent)


def check_crowd(engines: dict[int, Any], mix: Mix, seed: int) -> None:
    serial = NativeEngine(load().Pool(1)).execute(rules(), mix.env, mix.transactions, mix.state, BLOCK)
    for engine in engines.values():
        for jitter in (None, seed):
            block = engine.execute_block(rules(), mix.env, mix.transactions, mix.state, BLOCK, False, jitter)
            assert comparable(block[0]) == comparable(serial)


@settings(max_examples=25)
@given(mix=crowds(), seed=st.integers(0, 2**64 - 1))
def test_rows_that_partly_stand_leave_what_a_serial_run_leaves(
    engines: dict[int, Any], mix: Mix, seed: int
) -> None:
    check_crowd(engines, mix, seed)


@pytest.mark.full
@settings(max_examples=1_000)
@given(mix=crowds(), seed=st.integers(0, 2**64 - 1))
def test_rows_that_partly_stand_leave_what_a_serial_run_leaves_at_length(
    engines: dict[int, Any], mix: Mix, seed: int
) -> None:
    check_crowd(engines, mix, seed)


class FaultyState(MemoryState):
    """A state that cannot be read at one address."""

    def account(self, address: Address) -> Any:
        if address == Address(bytes([2]) + (123).to_bytes(19, "big")):
            raise RuntimeError("the disk is gone")
        return super().account(address)


@pytest.mark.parametrize("order", BlockOrder)
def test_an_error_on_any_thread_ends_the_block(engines: dict[int, Any], order: BlockOrder) -> None:
    state, people = rich_state(300)
    state.__class__ = FaultyState
    transfers = many_transfers(people, 300)
    framed = order is BlockOrder.FRAMED
    for engine in engines.values():
        with pytest.raises(EngineFault, match="RuntimeError: the disk is gone"):
            engine.execute_block(rules(), environment(), transfers, state, BLOCK, framed, 5)
        late = Mode(system_calls=True, credit_fees=True, time_limit=0.0)
        with pytest.raises(ExecutionTimeout):
            engine.execute_block(rules(), environment(), transfers, starting_state(), late, framed)


def test_the_kernel_traces_no_block(engines: dict[int, Any]) -> None:
    for mode in (Mode(record_reads=True), Mode(gas_budget=5)):
        with pytest.raises(ValueError, match="not traced"):
            engines[2].execute_block(
                rules(), environment(), [call(0, "counter")], starting_state(), mode, False
            )


KEYS = [bytes([number]) * 3 + number.to_bytes(7, "big") for number in range(24)]


@st.composite
def access_sets(draw: st.DrawFn) -> list[AccessSet]:
    keys = st.sampled_from(KEYS[: draw(st.integers(1, len(KEYS)))])
    sets = st.builds(AccessSet.of, st.lists(keys, max_size=4), st.lists(keys, min_size=1, max_size=3))
    return draw(st.lists(sets, max_size=300))


@pytest.mark.parametrize("order", BlockOrder)
@settings(max_examples=60)
@given(accesses=access_sets(), owners=st.lists(st.sampled_from(KEYS), min_size=300, max_size=300))
def test_frames_and_what_is_waited_for_are_the_same_for_any_access_sets(
    order: BlockOrder, accesses: list[AccessSet], owners: list[bytes]
) -> None:
    owned = [[owner] for owner in owners[: len(accesses)]]
    frames = frames_of(accesses, owned, order)
    plain = [(list(access.reads), list(access.writes)) for access in accesses]
    found = load().frames_of(plain, owned, order is BlockOrder.FRAMED)
    assert found == (frames, starts_after(accesses, frames))


def test_full_frames_are_the_same() -> None:
    def key(number: int) -> bytes:
        from hashlib import sha256

        return sha256(number.to_bytes(8, "big")).digest()[:10]

    for width in (1, 2, 5):
        accesses = [
            AccessSet.of(
                (key(index * width + offset) for offset in range(width)), [key(-index % 400 + 90_000)]
            )
            for index in range(1_500)
        ]
        owned: list[list[bytes]] = [[] for _ in accesses]
        plain = [(list(access.reads), list(access.writes)) for access in accesses]
        for order in BlockOrder:
            frames = frames_of(accesses, owned, order)
            found = load().frames_of(plain, owned, order is BlockOrder.FRAMED)
            assert found == (frames, starts_after(accesses, frames))
