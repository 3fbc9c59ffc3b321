"""The journal: whatever was written since a checkpoint, reverting gives back what was there."""

from __future__ import annotations

import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address
from devnet.execution.pyevm.world import NO_ACCOUNT, World
from tests.execution.memory_state import MemoryState

ADDRESSES = [Address(bytes([number]) * 20) for number in range(1, 5)]


def observe(world: World) -> dict[str, Any]:
    """Everything that can be read."""
    return {
        "accounts": [world.get(address) for address in ADDRESSES],
        "codes": [world.get_code(address) for address in ADDRESSES],
        "slots": [[world.get_slot(address, slot) for slot in range(3)] for address in ADDRESSES],
        "originals": [[world.original_slot(address, slot) for slot in range(3)] for address in ADDRESSES],
        "transient": [[world.get_transient(address, slot) for slot in range(2)] for address in ADDRESSES],
        "warm": (set(world.warm_accounts), set(world.warm_slots)),
        "marks": (set(world.created), set(world.destroyed)),
        "refund": world.refund,
        "logs": list(world.logs),
    }


def write_at_random(world: World, rng: random.Random) -> None:
    address = rng.choice(ADDRESSES)
    slot = rng.randrange(3)
    kind = rng.randrange(9)
    if kind == 0:
        world.add_balance(address, rng.randrange(100))
    elif kind == 1:
        world.increment_nonce(address)
    elif kind == 2:
        world.set_code(address, rng.randbytes(rng.randrange(3)))
    elif kind == 3:
        world.set_slot(address, slot, rng.randrange(3))
    elif kind == 4:
        world.set_transient(address, slot % 2, rng.randrange(3))
    elif kind == 5:
        world.warm_account(address)
    elif kind == 6:
        world.warm_slot(address, slot)
    elif kind == 7:
        world.mark_created(address)
    else:
        world.mark_destroyed(address)
        world.refund += 1


def state_of(seed: int) -> MemoryState:
    rng = random.Random(seed)
    state = MemoryState()
    for address in ADDRESSES[:3]:
        state.put(address, balance=5, nonce=1, code=rng.randbytes(2), storage={0: 7, 1: rng.randrange(1, 9)})
    return state


@given(seed=st.integers(0, 2**32), depth=st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_revert_gives_back_what_was_there_at_the_checkpoint(seed: int, depth: int) -> None:
    rng = random.Random(seed)
    world = World(state_of(seed))
    marks = []
    for _ in range(depth):
        for _ in range(rng.randrange(12)):
            write_at_random(world, rng)
        marks.append((world.checkpoint(), copy.deepcopy(observe(world))))
    for _ in range(rng.randrange(12)):
        write_at_random(world, rng)
    for checkpoint, seen in reversed(marks):
        if rng.random() < 0.7:
            world.revert(checkpoint)
            assert observe(world) == seen


@given(seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_changes_turn_the_view_into_the_world(seed: int) -> None:
    """And hold no key whose value is the view's."""
    rng = random.Random(seed)
    state = state_of(seed)
    world = World(state)
    for _ in range(3):
        for _ in range(rng.randrange(15)):
            write_at_random(world, rng)
        world.delete_destroyed()
        world.begin_transaction()
    changes = world.changes()
    for address, account in changes.accounts.items():
        assert account != state.account(address)
        assert account is None or not account.is_empty
    for (address, slot), value in changes.storage.items():
        assert value != state.storage(address, slot)
    for code_hash, code in changes.codes.items():
        assert code_hash == keccak256(code)
    seen = observe(world)
    state.apply(changes)
    assert observe(World(state))["accounts"] == seen["accounts"]
    assert observe(World(state))["codes"] == seen["codes"]
    assert observe(World(state))["slots"] == seen["slots"]


def test_account_that_never_was_reads_as_empty() -> None:
    world = World(MemoryState())
    assert world.get(ADDRESSES[0]) == NO_ACCOUNT
    assert world.changes().accounts == {}
