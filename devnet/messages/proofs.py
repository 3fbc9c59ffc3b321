"""Proofs that a message left its zone, as the receive libraries of other zones check them."""

from __future__ import annotations

from devnet.chain.types import Hash32
from devnet.contracts.delivering import MessageProof
from devnet.messages.errors import NotProvable
from devnet.messages.message import Message
from devnet.messages.zone_log import ZoneLog
from devnet.settlement.chain import SettlementChain
from devnet.settlement.settled_tree import Branch, settled_branch, under

_KEPT = 64


class Prover:
    """Proofs for one network. What all messages of a zone have in common under a settlement block is made
    once."""

    __slots__ = ("_uppers",)

    def __init__(self) -> None:
        self._uppers: dict[tuple[int, Hash32], tuple[int, Branch]] = {}
        """By zone and settlement root: how many messages it settled, and the way from there up."""

    def prove(self, chain: SettlementChain, log: ZoneLog, message: Message, height: int) -> MessageProof:
        """For the settlement block at `height`. Raises NotProvable."""
        size, upper = self._upper(chain, log, height)
        if message.number >= size:
            raise NotProvable(f"the settlement block at height {height} does not know the message")
        if message.number < log.tree.first:
            raise NotProvable("what the outbox held before the message was let go with its zone's blocks")
        branch = under(upper, log.tree.branch(message.number, size))
        return MessageProof(height, message.number, branch.zeros, branch.peers)

    def count(self, chain: SettlementChain, log: ZoneLog, height: int) -> int:
        """How many messages of the zone the settlement block at `height` proves. Raises NotProvable."""
        return self._upper(chain, log, height)[0]

    def _upper(self, chain: SettlementChain, log: ZoneLog, height: int) -> tuple[int, Branch]:
        settled = chain.at(height)
        if settled is None:
            raise NotProvable(f"there is no settlement block at height {height} (any more)")
        key = (log.zone, settled.block.root)
        known = self._uppers.get(key)
        if known is not None:
            return known
        found = chain.update_at(log.zone, height)
        if found is None:
            raise NotProvable(f"nothing of the zone was settled up to height {height}")
        update = found[1]
        size = log.count_at(update.statement.last_height)
        if size < log.tree.first or log.tree.root(size) != update.statement.post_outbox_root:
            raise NotProvable(
                f"the outbox that was settled up to height {height} is not the one that its messages give"
            )
        zones = range(chain.head.zone_count)
        newest = {zone: found[1].signed_hash for zone in zones if (found := chain.update_at(zone, height))}
        upper = size, settled_branch(settled.block, newest, update, "post_outbox_root")
        if len(self._uppers) >= _KEPT:
            self._uppers.clear()
        self._uppers[key] = upper
        return upper
