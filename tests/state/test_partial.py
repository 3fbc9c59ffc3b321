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
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.state import OpenState, StateGone, WitnessedState
from devnet.state.config import QmdbConfig
from devnet.state.recorder import Recorder
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw
from tests.state.both import OPENERS, STATES
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

    def open(self, witness: bytes | None = None, opens: OpenState = OPENERS["reference"]) -> WitnessedState:
        content = self.witness if witness is None else witness
        return opens(content, self.root, self.height, self.config, {})

    def follow(self, witness: bytes | None = None, opens: OpenState = OPENERS["reference"]) -> list[Hash32]:
        """The roots that the witness gives; raises BadStateWitness."""
        state = self.open(witness, opens)
        for address, account in self.reads:
            assert state.account(address) == account
        roots = [state.commit(changes) for changes in self.sets]
        state.check_used()
        return roots

    def refusal(self, witness: bytes) -> tuple[WitnessFlaw, str]:
        """Why the witness is refused, which all that open witnesses say in the same words."""
        said = set()
        for opens in OPENERS.values():
            with pytest.raises(BadStateWitness) as refused:
                self.follow(witness, opens)
            said.add((refused.value.flaw, refused.value.detail))
        assert len(said) == 1, said
        return said.pop()


def record_step(
    state: Any,
    height: int,
    config: QmdbConfig,
    reads: list[tuple[Address, Account | None]],
    sets: list[ChangeSet],
    roots: list[Hash32],
) -> bytes:
    """The witness of reads and change sets, which is the same whoever records it."""
    witnesses = set()
    for recorder in (Recorder(state, height, config), state.recorder(height, config)):
        for address, account in reads:
            assert recorder.view.account(address) == account
        assert [recorder.view.commit(changes) for changes in sets] == roots
        witnesses.add(recorder.witness())
    assert len(witnesses) == 1
    return witnesses.pop()


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
    witness = record_step(state, height, config, reads, sets, roots)
    return Step(config, root, height, sets, roots, reads, witness)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_commits_give_the_roots_of_the_whole_state(
    make: Callable[[QmdbConfig], Any], config: QmdbConfig
) -> None:
    for seed in range(6):
        rng = random.Random(seed)
        step = take_step(make, config, seed, rng.randrange(20), rng.randrange(1, 6))
        for opens in OPENERS.values():
            assert step.follow(opens=opens) == step.roots


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
        for opens in OPENERS.values():
            assert step.follow(opens=opens) == step.roots, seed


@pytest.mark.parametrize("opens", OPENERS.values(), ids=OPENERS)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_compaction_moves_the_oldest_entries_of_the_witness(
    make: Callable[[QmdbConfig], Any], opens: OpenState
) -> None:
    step = take_step(make, QmdbConfig(4096, 999, 1000), 1, 12, 4)
    before, after = step.open(opens=opens), step.open(opens=opens)
    for address, _ in step.reads:
        after.account(address)
    for changes in step.sets:
        after.commit(changes)
    starts = [(counters[0], after.counters[number][0]) for number, counters in before.counters.items()]
    assert any(start < end for start, end in starts)
    assert step.follow(opens=opens) == step.roots


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
        witness = record_step(state, height, config, [], sets, roots)
        for opens in OPENERS.values():
            opened = opens(witness, pre, height, config, {})
            before = opened.counters
            assert [opened.commit(changes) for changes in sets] == roots
            opened.check_used()
            grown |= {(before[number][1] >> 11, end >> 11) for number, (_, end, _) in opened.counters.items()}
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
            expected = state.commit(height, changes)
            witness = record_step(state, height - 1, config, [], [changes], [expected])
            for opens in OPENERS.values():
                opened = opens(witness, root, height - 1, config, {})
                assert opened.commit(changes) == expected
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
    step.refusal(bytes(changed))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_bytes_left_out_put_in_or_exchanged_are_refused(data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(STEPS))
    start = data.draw(st.integers(0, len(step.witness)))
    end = data.draw(st.integers(start, min(len(step.witness), start + 200)))
    changed = step.witness[:start] + data.draw(st.binary(max_size=200)) + step.witness[end:]
    if changed == step.witness:
        return
    step.refusal(changed)


@pytest.mark.full
def test_every_changed_byte_is_refused() -> None:
    for step in STEPS:
        for at in range(len(step.witness)):
            for bit in (1, 0x80):
                changed = bytearray(step.witness)
                changed[at] ^= bit
                step.refusal(bytes(changed))


@pytest.mark.parametrize("opens", OPENERS.values(), ids=OPENERS)
def test_what_the_witness_does_not_hold_has_a_name(opens: OpenState) -> None:
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
            read(step.open(opens=opens))
        assert refused.value.flaw is flaw
    with pytest.raises(BadStateWitness) as refused:
        opens(step.witness, Hash32(b"\x01" * 32), step.height, step.config, {})
    assert refused.value.flaw is WitnessFlaw.ROOT


@pytest.mark.parametrize("opens", OPENERS.values(), ids=OPENERS)
@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_deleting_needs_the_entry_before(make: Callable[[], Any], opens: OpenState) -> None:
    """The reader's witness of a key suffices to read and to update it, not to delete it."""
    state = make()
    address = Address(b"\x01" * 20)
    state.commit(0, ChangeSet({address: Account(1, Wei(1))}))
    reader = state.recorder(0, QmdbConfig())
    reader.view.account(address)
    for account, flaw in ((None, WitnessFlaw.NEIGHBOUR), (Account(2, Wei(1)), WitnessFlaw.FRONTIER)):
        opened = opens(reader.witness(), state.root, 0, QmdbConfig(), {})
        with pytest.raises(BadStateWitness) as refused:
            opened.commit(ChangeSet({address: account}))
        assert refused.value.flaw is flaw


@pytest.mark.parametrize("make", STATES.values(), ids=STATES)
def test_code_that_is_asked_for_is_recorded(make: Callable[[], Any]) -> None:
    state = make()
    code, new = b"\x60\x00", b"\x60\x01"
    address = Address(b"\x01" * 20)
    state.commit(0, ChangeSet({address: Account(1, Wei(1), keccak256(code))}, {}, {keccak256(code): code}))
    for recorder in (Recorder(state, 0, QmdbConfig()), state.recorder(0, QmdbConfig())):
        view = recorder.view
        assert view.account(address) == Account(1, Wei(1), keccak256(code))
        assert recorder.codes == {}
        assert [view.code(keccak256(code)), view.code(EMPTY_CODE_HASH)] == [code, b""]
        view.commit(ChangeSet({address: Account(1, Wei(1), keccak256(new))}, {}, {keccak256(new): new}))
        assert view.code(keccak256(new)) == new
        assert recorder.codes == {keccak256(code): code}
        with pytest.raises(KeyError):
            view.code(keccak256(b"no code at all"))


@pytest.mark.parametrize("opens", OPENERS.values(), ids=OPENERS)
def test_code_that_is_given_has_to_be_used(opens: OpenState) -> None:
    step, code = STEPS[0], b"\x60\x00"
    opened = opens(step.witness, step.root, step.height, step.config, {keccak256(code): code})
    for address, _ in step.reads:
        opened.account(address)
    for changes in step.sets:
        opened.commit(changes)
    with pytest.raises(BadStateWitness) as refused:
        opened.check_used()
    assert (refused.value.flaw, refused.value.detail) == (WitnessFlaw.UNUSED, f"code {keccak256(code).hex()}")
    assert opened.code(keccak256(code)) == code
    opened.check_used()


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
            roots = [source.root_at(height)]
            witnesses.append(record_step(source, height - 1, config, [], [changes], roots))
        assert witnesses[0] == witnesses[1]
        for opens in OPENERS.values():
            opened = opens(witnesses[0], before, height - 1, config, {})
            assert opened.commit(changes) == state.root_at(height)
            opened.check_used()
    with pytest.raises(StateGone):
        Recorder(state, 69, config)
    with pytest.raises(StateGone):
        state.recorder(69, config)
    with pytest.raises(ValueError, match="is not between"):
        state.place_at(3, 5, 75)
    with pytest.raises(ValueError, match="is not between"):
        state.place_at(3, state.shard_heads(75)[3].end + 1, 75)
