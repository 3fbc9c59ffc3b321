"""The network's currency: what circulates, what is on its way between zones, and where it came from.

    circulating + in flight = opening + issuance + credited - debited - burnt

The left side is read from the states and from the counters of Reserve; the right side from the blocks. What
the reserves hold does not circulate: it is there to pay what arrives and what is issued (docs/messages.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.contracts import addresses, staking
from devnet.contracts.bridge import ReserveCounts, owed_in_all, reserve_counts
from devnet.contracts.layout import Load, unpacked
from devnet.zone.errors import HistoryGone, UnknownBlock
from devnet.zone.messages import ZoneSupply
from devnet.zone.port import ZonePort

_LoadOf = Callable[[Address], Load]
"""Reads the storage of a contract at some block."""

ATTEMPTS = 8
"""How often the newest blocks of all zones are looked for, where they change meanwhile."""


@dataclass(frozen=True, slots=True)
class Reserves:
    """What a zone holds back, by what its contracts say, after a block."""

    counts: ReserveCounts
    staking: Wei
    """What Staking holds for issuance; in the system zone only."""
    owed: Wei
    """What arrived for receivers that refused it, and waits for being claimed."""

    @property
    def held(self) -> Wei:
        """Does not circulate."""
        return Wei(self.counts.held + self.staking)


@dataclass(frozen=True, slots=True)
class ZoneShare:
    """One zone's part of the network's supply."""

    zone: ZoneName
    supply: ZoneSupply
    opening: Reserves
    """When counting began."""
    reserves: Reserves
    reserve_balance: Wei
    """Of the contract Reserve; what it has beyond `reserves.counts.held` was forced upon it and counts as
    circulating."""

    @property
    def circulating(self) -> int:
        """What the accounts hold beside the reserves."""
        return self.supply.balances - self.reserves.held

    @property
    def issued(self) -> int:
        """What Staking distributed out of its reserve since counting began, less what was given to that."""
        return self.opening.staking - self.reserves.staking


@dataclass(frozen=True, slots=True)
class NetworkSupply:
    """The supply of all zones at one moment; wei."""

    shares: tuple[ZoneShare, ...]

    @property
    def circulating(self) -> int:
        return sum(share.circulating for share in self.shares)

    @property
    def in_flight(self) -> int:
        """What left a zone through the bridge and was not paid in another; what is owed is part of it."""
        return sum(share.reserves.counts.sent - share.reserves.counts.paid for share in self.shares)

    @property
    def owed(self) -> Wei:
        return Wei(sum(share.reserves.owed for share in self.shares))

    @property
    def opening(self) -> int:
        """What circulated, and was on its way, when counting began."""
        return sum(
            share.supply.opening - share.opening.held + share.opening.counts.sent - share.opening.counts.paid
            for share in self.shares
        )

    @property
    def issuance(self) -> int:
        return sum(share.issued for share in self.shares)

    @property
    def credited(self) -> Wei:
        return Wei(sum(share.supply.credited for share in self.shares))

    @property
    def debited(self) -> Wei:
        return Wei(sum(share.supply.debited for share in self.shares))

    @property
    def burnt(self) -> Wei:
        return Wei(sum(share.supply.burnt for share in self.shares))

    @property
    def difference(self) -> int:
        """Of what there must be and what there is: zero, or something is wrong."""
        expected = self.opening + self.issuance + self.credited - self.debited - self.burnt
        return expected - self.circulating - self.in_flight


def network_supply(zones: Mapping[ZoneName, ZonePort]) -> NetworkSupply:
    """The supply after the newest block of every zone, all at one moment. Any thread may ask. Raises
    `HistoryGone`, and `UnknownBlock` where blocks are taken away faster than they are counted."""
    for _ in range(ATTEMPTS - 1):
        try:
            return NetworkSupply(_shares(zones))
        except (UnknownBlock, HistoryGone):
            continue
    return NetworkSupply(_shares(zones))


def _shares(zones: Mapping[ZoneName, ZonePort]) -> tuple[ZoneShare, ...]:
    tips = _tips(zones)
    return tuple(_share(name, zone, tip) for (name, zone), tip in zip(zones.items(), tips, strict=True))


def _tips(zones: Mapping[ZoneName, ZonePort]) -> list[Hash32]:
    """The newest blocks, all of one moment: nothing that one of them knows as sent is missing in another."""
    tips = [zone.status().block_hash for zone in zones.values()]
    for _ in range(ATTEMPTS):
        again = [zone.status().block_hash for zone in zones.values()]
        if again == tips:
            break
        tips = again
    return tips


def _share(name: ZoneName, zone: ZonePort, tip: Hash32) -> ZoneShare:
    supply = zone.supply(tip)

    def now(address: Address) -> Load:
        return lambda slot: zone.storage(address, slot, tip)

    def then(address: Address) -> Load:
        return lambda slot: zone.committed_storage(address, (slot,), supply.since)[0]

    return ZoneShare(
        zone=name,
        supply=supply,
        opening=_reserves(zone, then),
        reserves=_reserves(zone, now),
        reserve_balance=zone.balance(addresses.RESERVE, tip),
    )


def _reserves(zone: ZonePort, load: _LoadOf) -> Reserves:
    held = 0
    if zone.config.index == 0:
        _, held = unpacked(load(addresses.STAKING)(staking.RESERVE_SLOT), 128, 128)
    return Reserves(
        counts=reserve_counts(load(addresses.RESERVE)),
        staking=Wei(held),
        owed=owed_in_all(load(addresses.BRIDGE)),
    )
