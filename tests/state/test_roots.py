"""Roots against upstream's vectors and against a second, naive implementation."""

from __future__ import annotations

import random

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.state.entries import SHARD_COUNT
from devnet.state.qmdb import Qmdb, QmdbConfig
from devnet.state.sentries import SENTRY_LEFT_ROOTS, SENTRY_TWIGS, sentry_leaves
from devnet.state.trees import MAX_LEVEL, TWIG_ROOT_LEVEL, node, null_nodes
from devnet.state.twig import LeftTree
from tests.state.naive import NaiveQmdb, contents, tree

# Printed by upstream's own code (LayerZero-Labs/qmdb v0.2.0).
NULL_LEAF = "ca2337691033ab0a24c10fbc70b49bea8c5978db1a0ec6510e7e97f528301c39"
NULL_LEFT_ROOT = "cce5498796e1da850e39978e5e7bc572779e8ddc5eca8532aa8d28eb8b9fa839"
NULL_TWIG_ROOT = "37f6d34b5f4fe4aba10fd7411d6f58efc4bf844935c37dbe83c5686ceb62ce9d"
NULL_NODE_63 = "c787c83f6f8402c636a2f48f1bf2c02ceb31ea5ccdd4bd9e6fe6efcc3031b640"
HASH_8_HELLO_WORLD = "8e6fc50a3f98a3c314021b89688ca83a9b5697ca956e211198625fc460ddf1e9"


def test_node_hashing_gives_upstreams_vector() -> None:
    assert node(8, b"hello", b"world").hex() == HASH_8_HELLO_WORLD


def test_null_nodes_are_upstreams() -> None:
    nulls = null_nodes()
    assert nulls.left[0].hex() == NULL_LEAF
    assert nulls.left[-1].hex() == NULL_LEFT_ROOT
    assert nulls.upper[0].hex() == NULL_TWIG_ROOT
    assert nulls.upper[MAX_LEVEL - TWIG_ROOT_LEVEL].hex() == NULL_NODE_63


def test_the_sentries_left_roots_are_those_of_the_sentries() -> None:
    for shard in range(SHARD_COUNT):
        for twig in range(SENTRY_TWIGS):
            left = LeftTree(null_nodes(), sentry_leaves(shard, twig))
            left.rehash()
            assert SENTRY_LEFT_ROOTS[SENTRY_TWIGS * shard + twig] == left.root
            assert tree(0, tuple(sentry_leaves(shard, twig))) == left.root


def test_the_empty_state_has_the_root_of_the_sentries() -> None:
    assert Qmdb().root == NaiveQmdb(1, 1, 4).root()


@pytest.mark.parametrize(
    ("seed", "compaction", "blocks", "size"),
    [
        (1, (1, 1, 4), 6, 60),
        # Close to full use, so that every operation compacts and sentries move.
        (2, (1, 999, 1000), 6, 80),
        (3, (4100, 97, 100), 5, 320),
    ],
)
def test_roots_equal_the_naive_implementations(
    seed: int, compaction: tuple[int, int, int], blocks: int, size: int
) -> None:
    random_ = random.Random(seed)
    threshold, ratio, divisor = compaction
    state = Qmdb(QmdbConfig(threshold, ratio, divisor))
    naive = NaiveQmdb(*compaction)
    addresses = [Address(random_.randbytes(20)) for _ in range(size)]
    accounts: dict[Address, Account] = {}
    slots: dict[tuple[Address, int], int] = {}
    for height in range(blocks):
        account_changes: dict[Address, Account | None] = {}
        slot_changes: dict[tuple[Address, int], int] = {}
        for address in random_.sample(addresses, size // 2):
            choice = random_.random()
            if choice < 0.2:
                account_changes[address] = None
            elif choice < 0.3:
                account_changes[address] = Account(0, Wei(0))
            elif choice < 0.4:
                account_changes[address] = Account(
                    1, Wei(random_.getrandbits(256)), Hash32(random_.randbytes(32))
                )
            else:
                account_changes[address] = Account(height, Wei(random_.getrandbits(80)))
            slot_changes[address, random_.getrandbits(256)] = random_.getrandbits(random_.choice((1, 8, 256)))
        for place in random_.sample(sorted(slots), len(slots) // 4):
            slot_changes[place] = random_.choice((0, slots[place], random_.getrandbits(256)))
        for address, account in account_changes.items():
            if account is None or account == Account(0, Wei(0)):
                accounts.pop(address, None)
            else:
                accounts[address] = account
        for place, value in slot_changes.items():
            slots[place] = value
            if not value:
                del slots[place]
        root = state.commit(height, ChangeSet(account_changes, slot_changes))
        naive.commit(height, contents(accounts, slots))
        assert root == naive.root()
    assert (state.costs.compaction_appends > 0) == (compaction != (1, 1, 4))


def test_roots_are_right_where_a_block_ends_with_a_twig() -> None:
    """At serial number 8192 the fifth twig opens and the tree gains a level, before the twig has an entry."""
    address = Address(b"\1" * 20)
    state = Qmdb(QmdbConfig(1, 0, 1))
    naive = NaiveQmdb(1, 0, 1)
    roots = []
    for height in range(4_099):
        account = Account(height + 1, Wei(0))
        roots.append(state.commit(height, ChangeSet({address: account})))
        naive.commit(height, contents({address: account}, {}))
        end = state.prove(address).end
        if end % 2048 in (2047, 0, 1):
            assert roots[-1] == naive.root()
    assert end == 2 * 4096 + 4
    for height in (4_094, 4_093, 4_092, 2_047, 2_046, 2_045, 2_044):
        state.rollback(height)
        assert state.root == roots[height]
        assert (
            state.commit(height + 1, ChangeSet({address: Account(height + 2, Wei(0))})) == roots[height + 1]
        )
