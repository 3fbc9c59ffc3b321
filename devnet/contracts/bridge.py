"""The contracts Reserve and Bridge from outside: what genesis puts there, what to call them with, how to read
them.

Written out by hand because it runs where no ABI library may be imported; the tests hold it against the
compiled artifacts. docs/message-contracts.md explains the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devnet.chain.types import Address, Wei
from devnet.contracts import addresses, artifacts
from devnet.contracts.layout import Load, mapping_slot
from devnet.zone.messages import GenesisAccount

RESERVE_AT_GENESIS = Wei(10**12 * 10**18)
"""Of every zone: more than any devnet moves, unless a development call gives somebody more than this."""

MOST_RECEIVER_GAS = 5_000_000
"""The most that a receiver's own code may take: a delivery must fit into a transaction of any zone."""

AT_GENESIS_SLOT = 0
SENT_SLOT = 1
PAID_SLOT = 2
"""Of Reserve; each is a number of wei."""

SENT_TO_SLOT = 0
ARRIVED_FROM_SLOT = 1
"""Of Bridge: wei by the other zone's eid."""
OWED_SLOT = 2
"""Of Bridge: wei by the account that refused them."""
OWED_IN_ALL_SLOT = 3

SENT_TOPIC = bytes.fromhex("477927e32a6831efad97282b5bf04f28a8c5525ce005d3bc9124dba975a4f609")
"""Of the event `Sent(bytes32,uint32,address,address,uint256,uint128)`."""

_SEND_SELECTOR = bytes.fromhex("7bb6648a")
"""Of `send(uint32,address,uint256,uint128,address)`."""
_CLAIM_SELECTOR = bytes.fromhex("1e83409a")
"""Of `claim(address)`."""
_QUOTE_SELECTOR = bytes.fromhex("836a4123")
"""Of `quote(uint32,uint128)`."""


@dataclass(frozen=True, slots=True)
class ReserveCounts:
    """What the reserve of a zone says of itself, in wei, since genesis."""

    at_genesis: Wei
    sent: Wei
    """What left the zone through the bridge."""
    paid: Wei
    """What arrived and was taken."""

    @property
    def held(self) -> Wei:
        """What it must hold. Its balance is more where currency was forced upon it."""
        return Wei(self.at_genesis + self.sent - self.paid)


def bridge_accounts(reserve: Wei = RESERVE_AT_GENESIS) -> Mapping[Address, GenesisAccount]:
    """The reserve of a zone, filled, and its bridge."""
    return {
        addresses.RESERVE: GenesisAccount(
            balance=reserve,
            nonce=1,
            code=artifacts.load("Reserve").runtime,
            storage={AT_GENESIS_SLOT: reserve} if reserve else {},
        ),
        addresses.BRIDGE: GenesisAccount(nonce=1, code=artifacts.load("Bridge").runtime),
    }


def reserve_counts(load: Load) -> ReserveCounts:
    """Reads Reserve; all zeros in a zone that has none."""
    slots = (AT_GENESIS_SLOT, SENT_SLOT, PAID_SLOT)
    return ReserveCounts(*(Wei(load(slot)) for slot in slots))


def sent_to(load: Load, eid: int) -> Wei:
    """Of Bridge: what was ever sent to the zone with this eid."""
    return Wei(load(mapping_slot(eid, SENT_TO_SLOT)))


def arrived_from(load: Load, eid: int) -> Wei:
    """Of Bridge: what ever arrived from the zone with this eid, taken or owed."""
    return Wei(load(mapping_slot(eid, ARRIVED_FROM_SLOT)))


def owed_in_all(load: Load) -> Wei:
    """Of Bridge: what arrived and was refused, and waits for being claimed."""
    return Wei(load(OWED_IN_ALL_SLOT))


def send_call(eid: int, to: Address, amount: Wei, refund: Address, receiver_gas: int = 0) -> bytes:
    """Calldata that sends `amount` to an account of the zone with this eid; amount and fee are sent along."""
    words = (eid, int.from_bytes(to, "big"), amount, receiver_gas, int.from_bytes(refund, "big"))
    return _SEND_SELECTOR + _words(*words)


def quote_call(eid: int, receiver_gas: int = 0) -> bytes:
    """Calldata that asks for the fee, the answer's only word."""
    return _QUOTE_SELECTOR + _words(eid, receiver_gas)


def claim_call(account: Address) -> bytes:
    """Calldata that has an account paid what it is owed; anybody may send it."""
    return _CLAIM_SELECTOR + _words(int.from_bytes(account, "big"))


def _words(*values: int) -> bytes:
    return b"".join(value.to_bytes(32, "big") for value in values)
