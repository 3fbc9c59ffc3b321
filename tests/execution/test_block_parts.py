"""Blocks whose parts conflict in different ways: however the kernel runs them, together, one by one or
serially, and whenever it changes its mind, the result is that of the same engine with one thread running one
transaction after the other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.account import ChangeSet
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.kernel import absence, load
from devnet.state import StateView
from tests.execution.memory_state import ETHER, environment, rules
from tests.execution.memory_state import transaction as unsigned
from tests.execution.mixes import CONTRACTS, starting_state
from tests.execution.test_framed import BLOCK, comparable

pytestmark = pytest.mark.skipif(absence() is not None, reason=f"no kernel: {absence()}")

PEOPLE = [Address(bytes([1]) + index.to_bytes(19, "big")) for index in range(1_200)]
PARTS = ("strangers", "chain", "one recipient", "two hot", "hot", "again", "suicide", "refused")


@pytest.fixture(scope="module")
def kernel() -> tuple[Any, dict[int, Any], StateView]:
    from devnet.state.native import NativeQmdb

    kernel = load()
    start = starting_state()
    for person in PEOPLE:
        start.put(person, balance=ETHER)
    slots = {
        (address, slot): value for address, slots in start.slots_of.items() for slot, value in slots.items()
    }
    state = NativeQmdb(pool=kernel.Pool(1))
    state.commit(0, ChangeSet(start.accounts, slots, start.codes))
    engines = {threads: kernel.Engine(kernel.Pool(threads)) for threads in (1, 2, 3)}
    return engines[1], engines, state.view()


class Block:
    """Transactions that take turns in what they touch."""

    def __init__(self) -> None:
        self.transactions: list[Transaction] = []
        self.nonces = dict.fromkeys(PEOPLE, 0)
        self.fresh = 0

    def add(self, person: int, to: Address, value: int = 0, data: bytes = b"", skip: int = 0) -> None:
        sender = PEOPLE[person % len(PEOPLE)]
        nonce = self.nonces[sender] + skip
        self.nonces[sender] += not skip
        self.transactions.append(
            unsigned(to, sender=sender, nonce=nonce, value=Wei(value), data=data, gas_limit=200_000)
        )

    def extend(self, part: str, count: int) -> None:
        for index in range(count):
            self.fresh += part != "chain"
            person = self.fresh
            new = Address(bytes([2]) + (self.fresh * 1_000 + index).to_bytes(19, "big"))
            match part:
                case "strangers":
                    self.add(person, new, value=1)
                case "chain":
                    self.add(index % 3, new, value=1)
                case "one recipient":
                    self.add(person, Address(b"\x33" * 20), value=1)
                case "two hot":
                    self.add(person, CONTRACTS["ledger" if index % 8 else "counter"], data=b"\1")
                case "hot":
                    self.add(person, CONTRACTS["path"], data=b"\1")
                case "again":
                    self.add(person // 2, CONTRACTS["ledger"])
                case "suicide":
                    self.add(person, CONTRACTS["suicide"] if index % 16 == 0 else new, value=2)
                case "refused":
                    self.add(person, new, value=1, skip=index % 5 == 0)


def check(kernel: tuple[Any, dict[int, Any], StateView], block: Block, gas_limit: int, seed: int) -> None:
    serial, engines, view = kernel
    env, given_order = environment(gas_limit=gas_limit), tuple(range(len(block.transactions)))
    wanted = comparable(serial.execute(rules(), env, block.transactions, view, BLOCK, None))
    arguments = (rules(), env, block.transactions, view, BLOCK)
    for engine in engines.values():
        execution, order, left = engine.execute_block(*arguments, False, seed)
        assert comparable(execution) == wanted
        assert (order, left) == (given_order, ())
    framed = [engine.execute_block(*arguments, True, seed) for engine in engines.values()]
    _, order, left = framed[0]
    assert sorted(order + left) == list(given_order)
    chosen = [block.transactions[index] for index in order]
    wanted = comparable(serial.execute(rules(), env, chosen, view, BLOCK, None))
    for execution, *indexes in framed:
        assert comparable(execution) == wanted
        assert indexes == [order, left]


@settings(max_examples=40)
@given(
    parts=st.lists(st.tuples(st.sampled_from(PARTS), st.integers(1, 260)), min_size=1, max_size=6),
    gas_limit=st.sampled_from((10**9, 10**9, 8_000_000)),
    seed=st.integers(0, 2**64 - 1),
)
def test_parts_in_any_order_are_as_one_after_the_other(
    kernel: tuple[Any, dict[int, Any], StateView], parts: list[tuple[str, int]], gas_limit: int, seed: int
) -> None:
    block = Block()
    for part, count in parts:
        block.extend(part, count)
    check(kernel, block, gas_limit, seed)


def test_conflicts_come_go_and_come_again(kernel: tuple[Any, dict[int, Any], StateView]) -> None:
    block = Block()
    for part in ("strangers", "again", "strangers", "chain", "strangers", "hot", "two hot", "strangers"):
        block.extend(part, 500)
    for seed in range(3):
        check(kernel, block, 10**9, seed)
