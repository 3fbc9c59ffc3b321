"""One hot key must not take the block from everybody else (protocol section 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

from devnet.scheduling.access import AccessSet, Key

SHARE: Final = 4
"""The chain of transactions on one key gets at most the block's gas divided by this, while others wait."""


def fair_share(
    accesses: Sequence[AccessSet], gas: Sequence[int], owners: Sequence[Iterable[Hashable]], gas_limit: int
) -> list[int]:
    """Indexes of the transactions that the block should try, in their order.

    All of them where their `gas` fits the block. Else those that write one key get a quarter of it; what is
    beyond waits, with everything later of its owners, and comes in after all as far as the others leave room.
    """
    if sum(gas) <= gas_limit:
        return list(range(len(accesses)))
    spent: Counter[Key] = Counter()
    waiting: set[Hashable] = set()
    chosen: list[int] = []
    beyond: list[int] = []
    for index, access in enumerate(accesses):
        owned = set(owners[index])
        if owned & waiting or any(spent[key] + gas[index] > gas_limit // SHARE for key in access.writes):
            waiting |= owned
            beyond.append(index)
            continue
        chosen.append(index)
        for key in access.writes:
            spent[key] += gas[index]
    room = gas_limit - sum(gas[index] for index in chosen)
    stopped: set[Hashable] = set()
    for index in beyond:
        owned = set(owners[index])
        if owned & stopped or gas[index] > room:
            stopped |= owned
            continue
        chosen.append(index)
        room -= gas[index]
    return sorted(chosen)
