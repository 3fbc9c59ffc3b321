"""One hot key gets a quarter of a block's gas while others wait (protocol section 4)."""

from __future__ import annotations

from hashlib import sha256

from devnet.scheduling import AccessSet
from devnet.scheduling.fairness import fair_share


def writes(*names: str) -> AccessSet:
    return AccessSet.of((), [sha256(name.encode()).digest()[:10] for name in names])


def test_where_all_fits_nobody_waits() -> None:
    accesses = [writes("hot") for _ in range(10)]
    assert fair_share(accesses, [10] * 10, [[index] for index in range(10)], 100) == list(range(10))


def test_a_hot_key_leaves_three_quarters_to_the_others() -> None:
    accesses = [writes("hot") for _ in range(8)] + [writes(f"cold {index}") for index in range(8)]
    chosen = fair_share(accesses, [10] * 16, [[index] for index in range(16)], 100)
    assert [index for index in chosen if index < 8] == [0, 1]
    assert [index for index in chosen if index >= 8] == list(range(8, 16))


def test_what_the_others_leave_goes_to_the_hot_key() -> None:
    accesses = [writes("hot") for _ in range(11)] + [writes("cold")]
    chosen = fair_share(accesses, [10] * 12, [[index] for index in range(12)], 100)
    assert chosen == [0, 1, 2, 3, 4, 5, 6, 7, 8, 11]


def test_an_owners_later_transactions_wait_with_the_first() -> None:
    crowd = [writes("crowd", name) for name in "abcd"]
    accesses = [writes("hot"), writes("hot"), writes("hot"), writes("own"), *crowd]
    owners = [[0], [1], [2], [2], [4], [5], [6], [7]]
    # On its own the fourth would be in before the second and the third.
    assert fair_share(accesses, [20] * 8, owners, 80) == [0, 1, 2, 4]
    assert fair_share(accesses, [20] * 8, [[index] for index in range(8)], 80) == [0, 1, 3, 4]
