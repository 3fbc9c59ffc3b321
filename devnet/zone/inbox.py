"""What the zone's next block consumes of its inbox, out of what the network says is due."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.blocks.forced import executable, space_of
from devnet.chain.block_codec import transaction_size_in_block
from devnet.chain.codec import Codec, DecodedTransaction, Undecodable
from devnet.chain.forced import NOTHING_DUE, DueSection, ForcedTransaction
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction

BLOCK_BYTES = 4 << 20
"""What one block consumes at most; more waits for the next one."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a block consumes."""

    forced: tuple[ForcedTransaction, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    """Those of it that the block tries to execute, in order."""

    @property
    def gas(self) -> int:
        """What they may take."""
        return sum(transaction.gas_limit for transaction in self.transactions)

    @property
    def size(self) -> int:
        """Bytes that they take in the block."""
        return sum(transaction_size_in_block(transaction) for transaction in self.transactions)


NO_CONSUMPTION = Consumption()


class Inbox:
    """What is due in the zone. Its owner tells it, any thread asks."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._due: tuple[DueSection, tuple[DecodedTransaction | Undecodable, ...]] = NOTHING_DUE, ()
        """The section, and what the codec says of its transactions: replaced as one."""

    @property
    def section(self) -> DueSection:
        """What was told last."""
        return self._due[0]

    def owe(self, section: DueSection) -> None:
        """From now on this is due."""
        if section != self.section:
            decoded = self._codec.decode_many([forced.encoded for forced in section.transactions])
            self._due = section, tuple(decoded)

    def next(self, index: int, rules: Rules, gas_limit: int) -> Consumption:
        """What the block consumes that begins at this place of the queue: as much as it has room for, in
        order. What can be executed comes before everything else in the block, so it has all its room."""
        section, decoded = self._due
        waiting = section.after(index)
        if not waiting:
            return NO_CONSUMPTION
        taken: list[ForcedTransaction] = []
        transactions: list[Transaction] = []
        gas, space, left = gas_limit, space_of(rules), BLOCK_BYTES
        for forced, entry in zip(waiting, decoded[index - section.first :], strict=True):
            left -= len(forced.encoded)
            if left < 0 and taken:
                break
            transaction = executable(forced, entry, rules, gas_limit)
            if transaction is not None:
                size = transaction_size_in_block(transaction)
                if transaction.gas_limit > gas or (space is not None and size > space):
                    break
                gas -= transaction.gas_limit
                space = None if space is None else space - size
                transactions.append(transaction)
            taken.append(forced)
        return Consumption(tuple(taken), tuple(transactions))
