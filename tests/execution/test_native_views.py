"""The native engine reads every kind of view as the reference does: its own states, layers of Python over
them, and views that raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork
from devnet.chain.types import EMPTY_CODE_HASH, Wei
from devnet.execution import Mode
from devnet.execution.layered import LayeredView
from devnet.kernel import load
from devnet.state import State, StateGone, StateView
from devnet.state.config import DEVNET
from devnet.zone.calling.overlay import OverlayView
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.system_called_view import SystemCalledView
from tests.execution.differential import compare, random_case
from tests.execution.engines import engine, needs_kernel
from tests.execution.memory_state import (
    SENDER,
    TARGET,
    MemoryState,
    environment,
    funded,
    rules,
    transaction,
)
from tests.execution.programs import CONTRACTS, SENDERS, STRANGER
from tests.execution.whole_blocks import content_of

pytestmark = needs_kernel

CODE = bytes.fromhex("5f54600101805f555f5260205ff3")
CHANGES = ChangeSet(
    {
        CONTRACTS[0]: None,
        CONTRACTS[1]: Account(1, Wei(7), keccak256(CODE)),
        SENDERS[0]: Account(5, Wei(10**20), EMPTY_CODE_HASH),
        STRANGER: Account(0, Wei(1), EMPTY_CODE_HASH),
    },
    {(CONTRACTS[0], 0): 0, (CONTRACTS[1], 0): 41, (CONTRACTS[2], 1): 2**256 - 1},
    {keccak256(CODE): CODE},
)


def native_state(state: MemoryState) -> State:
    """The kernel's state with the same content."""
    from devnet.state.native import NativeQmdb

    made = NativeQmdb(DEVNET, pool=load().Pool(1))
    made.commit(0, content_of(state))
    return made


def overlaid(base: StateView) -> StateView:
    return OverlayView(base, CHANGES)


def layered(base: StateView) -> StateView:
    view = LayeredView(base)
    view.apply(CHANGES)
    return view


def written(base: StateView) -> StateView:
    overlay = DevelopmentOverlay()
    overlay.set_account(CONTRACTS[1], code=CODE)
    overlay.set_account(SENDERS[0], balance=Wei(10**21))
    overlay.set_storage(CONTRACTS[2], 1, 99)
    return overlay.view(base)


def system_called(base: StateView) -> StateView:
    only_slots = ChangeSet({}, CHANGES.storage, {})
    return SystemCalledView(base, frozenset({CONTRACTS[0], CONTRACTS[1]}), lambda: only_slots)


LAYERS: list[Callable[[StateView], StateView]] = [
    lambda base: base,
    overlaid,
    layered,
    written,
    system_called,
    lambda base: overlaid(written(system_called(base))),
    lambda base: system_called(OverlayView(base)),
]


@pytest.mark.parametrize("layers", LAYERS)
def test_layers_over_a_native_state_are_read_as_in_python(layers: Callable[[StateView], StateView]) -> None:
    for seed in range(25):
        case = random_case(seed, list(Fork)[seed % 5])
        assert isinstance(case.state, MemoryState)
        compare(replace(case, state=layers(native_state(case.state).view())))
        compare(replace(case, state=layers(case.state)))


def test_state_that_is_gone_is_told_unchanged() -> None:
    state = native_state(funded().put(TARGET, code=CODE))
    state.commit(1, ChangeSet())
    view = state.view(1)
    state.rollback(0)
    for layered_view in (view, OverlayView(view, CHANGES), written(view)):
        with pytest.raises(StateGone):
            engine("native").execute(rules(), environment(), [transaction()], layered_view, Mode())
    kept = engine("native").execute(rules(), environment(), [transaction()], state.view(), Mode())
    assert kept.changes.storage == {(TARGET, 0): 1}
    assert SENDER in kept.changes.accounts
