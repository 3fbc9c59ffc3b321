"""A partial state gives what the whole one gives, and refuses what its witness does not show."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.account import Account, ChangeSet
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.state import StateGone
from devnet.state.config import QmdbConfig
from devnet.state.partial import PartialState
from devnet.state.recorder import Recorder
from devnet.state.state_witness import open_state
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw
from tests.state.both import STATES
from tests.state.changing import CONFIGS, Changing


@dataclass(frozen=True)
class Step:
    """Some blocks on a state, and the witness of what they do and read."""

    config: QmdbConfig
    root: Hash32
    """Before the blocks."""
    height: int
    sets: list[ChangeSet]
    roots: list[Hash32]
    """After each block."""
    reads: list[tuple[Address, Account | None]]
    witness: bytes

    def open(self, witness: bytes | None = None) -> PartialState:
        content = self.witness if witness is None else witness
        return open_state(content, self.root, self.height, self.config, {})

    def follow(self, witness: bytes | None = None) -> list[Hash32]:
        """The roots that the witness gives; raises BadStateWitness."""
        state = self.open(witness)
        for address, account in self.reads:
            assert state.account(address) == account
        roots = [state.commit(changes) for changes in self.sets]
        state.check_used()
        return roots


def take_step(
    make: Callable[[QmdbConfig], Any], config: QmdbConfig, seed: int, before: int, blocks: int, most: int = 30
) -> Step:
    """`before` blocks go by, then `blocks` of them are recorded at the height before them."""
    changing = Changing(seed)
    state = make(config)
    for height in range(before + 1):
        state.commit(height, changing.changes(most))
    root, height = state.root, state.height
    view = state.view()
    reads = [(address, view.account(address)) for address in changing.rng.sample(changing.addresses, 5)]
    sets = [changing.changes(most) for _ in range(blocks)]
    roots = [state.commit(height + 1 + index, changes) for index, changes in enumerate(sets)]
    recorder = Recorder(state, height, config)
    for address, account in reads:
        assert recorder.view.account(address) == account
    assert [recorder.view.commit(changes) for changes in sets] == roots
    return Step(config, root, height, sets, roots, reads, recorder.witness())


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_commits_give_the_roots_of_the_whole_state(
    make: Callable[[QmdbConfig], Any], config: QmdbConfig
) -> None:
    for seed in range(6):
        rng = random.Random(seed)
        step = take_step(make, config, seed, rng.randrange(20), rng.randrange(1, 6))
        assert step.follow() == step.roots


@pytest.mark.full
@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_many_commits_give_the_roots_of_the_whole_state(
    make: Callable[[QmdbConfig], Any], config: QmdbConfig
) -> None:
    for _ in range(60):
        seed = random.SystemRandom().randrange(1 << 32)
        rng = random.Random(seed)
        step = take_step(make, config, seed, rng.randrange(60), rng.randrange(1, 12), rng.choice((3, 30, 60)))
        assert step.follow() == step.roots, seed


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_compaction_moves_the_oldest_entries_of_the_witness(make: Callable[[QmdbConfig], Any]) -> None:
    step = take_step(make, QmdbConfig(4096, 999, 1000), 1, 12, 4)
    before, after = step.open(), step.open()
    for address, _ in step.reads:
        after.account(address)
    for changes in step.sets:
        after.commit(changes)
    starts = [
        (shard.start, after._shards[number].start)  # the counters are nobody else's business
        for number, shard in before._shards.items()
    ]
    assert any(start < end for start, end in starts)
    assert step.follow() == step.roots


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_shards_grow_into_new_twigs_and_levels(make: Callable[[QmdbConfig], Any]) -> None:
    """Entries from 4096 on: the third, fourth and fifth twig of a shard, a level more at the fifth."""
    config = QmdbConfig()
    changing = Changing(3, 900)
    state = make(config)
    grown = set()
    height = -1
    for _ in range(14):
        state.commit(height + 1, ChangeSet({a: Account(height + 2, Wei(1)) for a in changing.addresses}))
        height += 1
        pre, sets, roots = state.root, [], []
        for step in range(3):
            part = changing.rng.sample(changing.addresses, 900)
            sets.append(ChangeSet({address: Account(100 + height + step, Wei(2)) for address in part}))
            roots.append(state.commit(height + 1 + step, sets[-1]))
        recorder = Recorder(state, height, config)
        assert [recorder.view.commit(changes) for changes in sets] == roots
        opened = open_state(recorder.witness(), pre, height, config, {})
        ends = [shard.end >> 11 for shard in opened._shards.values()]
        assert [opened.commit(changes) for changes in sets] == roots
        opened.check_used()
        grown |= {
            (before, shard.end >> 11) for before, shard in zip(ends, opened._shards.values(), strict=True)
        }
        height = state.height
    assert {(2, 3), (3, 4)} <= {pair for pair in grown if pair[0] != pair[1]}


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_one_key_at_every_place_of_a_twig(make: Callable[[QmdbConfig], Any]) -> None:
    """An update appends one entry: the end of its shard goes by every kind of boundary."""
    config = QmdbConfig(20_000_000, 7, 10)
    state = make(config)
    address = Address(b"\x01" * 20)
    state.commit(0, ChangeSet({address: Account(1, Wei(1))}))
    for height in range(1, 2060):
        root = state.root
        changes = ChangeSet({address: Account(height, Wei(height + 1))})
        if height % 16 in (0, 1, 13, 14, 15):
            recorder = Recorder(state, height - 1, config)
            expected = recorder.view.commit(changes)
            opened = open_state(recorder.witness(), root, height - 1, config, {})
            assert opened.commit(changes) == expected == state.commit(height, changes)
            opened.check_used()
        else:
            state.commit(height, changes)


def test_both_states_give_the_same_witness() -> None:
    for seed in range(4):
        witnesses = {
            take_step(make, CONFIGS[seed % len(CONFIGS)], seed, 5 * seed, 3).witness
            for make in STATES.values()
        }
        assert len(witnesses) == 1


STEPS = [take_step(STATES["reference"], config, 11, 6, 2, 5) for config in CONFIGS[:2]]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(STEPS))
    at = data.draw(st.integers(0, len(step.witness) - 1))
    other = data.draw(st.integers(1, 255))
    changed = bytearray(step.witness)
    changed[at] ^= other
    with pytest.raises(BadStateWitness):
        step.follow(bytes(changed))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_bytes_left_out_put_in_or_exchanged_are_refused(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(STEPS))
    start = data.draw(st.integers(0, len(step.witness)))
    end = data.draw(st.integers(start, min(len(step.witness), start + 200)))
    changed = step.witness[:start] + data.draw(st.binary(max_size=200)) + step.witness[end:]
    if changed == step.witness:
        return
    with pytest.raises(BadStateWitness):
        step.follow(changed)


@pytest.mark.full
def test_every_changed_byte_is_refused() -> None:
    for step in STEPS:
        for at in range(len(step.witness)):
            for bit in (1, 0x80):
                changed = bytearray(step.witness)
                changed[at] ^= bit
                with pytest.raises(BadStateWitness):
                    step.follow(bytes(changed))


def test_what_the_witness_does_not_hold_has_a_name() -> None:
    step = STEPS[0]
    stranger = Address(b"\x99" * 20)
    for read, flaw in (
        (lambda state: [state.account(Address(bytes([n]) * 20)) for n in range(256)], WitnessFlaw.KEY),
        (lambda state: state.code(keccak256(b"code")), WitnessFlaw.CODE),
        (lambda state: state.slots(stranger), WitnessFlaw.ALL_SLOTS),
        (lambda state: state.addresses(), WitnessFlaw.ALL_SLOTS),
        (lambda state: state.check_used(), WitnessFlaw.UNUSED),
    ):
        with pytest.raises(BadStateWitness) as refused:
            read(step.open())
        assert refused.value.flaw is flaw
    with pytest.raises(BadStateWitness) as refused:
        open_state(step.witness, Hash32(b"\x01" * 32), step.height, step.config, {})
    assert refused.value.flaw is WitnessFlaw.ROOT


def test_deleting_needs_the_entry_before() -> None:
    """The reader's witness of a key suffices to read and to update it, not to delete it."""
    state = STATES["reference"]()
    address = Address(b"\x01" * 20)
    state.commit(0, ChangeSet({address: Account(1, Wei(1))}))
    reader = Recorder(state, 0, QmdbConfig())
    reader.view.account(address)
    opened = open_state(reader.witness(), state.root, 0, QmdbConfig(), {})
    with pytest.raises(BadStateWitness) as refused:
        opened.commit(ChangeSet({address: None}))
    assert refused.value.flaw is WitnessFlaw.NEIGHBOUR
    opened = open_state(reader.witness(), state.root, 0, QmdbConfig(), {})
    with pytest.raises(BadStateWitness) as refused:
        opened.commit(ChangeSet({address: Account(2, Wei(1))}))
    assert refused.value.flaw is WitnessFlaw.FRONTIER


def test_code_that_is_asked_for_is_recorded() -> None:
    state = STATES["reference"]()
    code = b"\x60\x00"
    address = Address(b"\x01" * 20)
    state.commit(0, ChangeSet({address: Account(1, Wei(1), keccak256(code))}, {}, {keccak256(code): code}))
    recorder = Recorder(state, 0, QmdbConfig())
    assert recorder.view.account(address) == Account(1, Wei(1), keccak256(code))
    assert recorder.view.code(keccak256(code)) == code
    assert recorder.codes == {keccak256(code): code}


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_old_heights_are_recorded_after_twigs_died_and_history_ended(
    make: Callable[[QmdbConfig], Any],
) -> None:
    """In one shard every entry is moved behind the sentries' twigs and further; what is below is let go."""
    config = QmdbConfig(1, 999, 1000)
    rng = random.Random(5)
    addresses: list[Address] = []
    while len(addresses) < 80:
        address = Address(rng.randbytes(20))
        if sha256(address).digest()[0] >> 4 == 3:
            addresses.append(address)
    state = make(config)
    history: list[tuple[Hash32, ChangeSet]] = []
    for height in range(90):
        changes = ChangeSet({address: Account(height + 1, Wei(1)) for address in addresses})
        before = state.root
        state.commit(height, changes)
        history.append((before, changes))
    state.forget(70)
    assert state.shard_heads(70)[3].start > 2 * 2048
    loaded = make.load(config, state.export())  # type: ignore[attr-defined]
    for height in (71, 75, 89):
        before, changes = history[height]
        witnesses = []
        for source in (state, loaded):
            recorder = Recorder(source, height - 1, config)
            assert recorder.view.commit(changes) == source.root_at(height)
            witnesses.append(recorder.witness())
        assert witnesses[0] == witnesses[1]
        opened = open_state(witnesses[0], before, height - 1, config, {})
        assert opened.commit(changes) == state.root_at(height)
        opened.check_used()
    with pytest.raises(StateGone):
        Recorder(state, 69, config)
    with pytest.raises(ValueError, match="is not between"):
        state.place_at(3, 5, 75)
    with pytest.raises(ValueError, match="is not between"):
        state.place_at(3, state.shard_heads(75)[3].end + 1, 75)
