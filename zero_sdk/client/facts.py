"""What a blocking and an asynchronous zone know alike: names, ABIs by address, nonces that were used."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zero_sdk.client.artifacts import Artifacts

if TYPE_CHECKING:
    from zero_sdk.client.accounts import Account
    from zero_sdk.client.errors import DecodedError
    from zero_sdk.client.interface import Interface


class NodeKind(enum.Enum):
    """Who answers. All but OTHER are devnets."""

    ZERO = "zero"
    ANVIL = "anvil"
    HARDHAT = "hardhat"
    OTHER = "other"


@dataclass(slots=True, eq=False)
class NetworkFacts:
    """Of a whole network. `accounts` are those that its node signs for."""

    kind: NodeKind
    artifacts: Artifacts = field(default_factory=Artifacts)
    accounts: tuple[Account, ...] = ()
    unlocked: set[bytes] = field(default_factory=set)
    """Addresses that the node signs for or impersonates."""
    faults: set[int] = field(default_factory=set)
    """Ids of the faults that were injected here and not cleared."""
    is_courier_touched: bool = False
    """Whether the courier was told here to do otherwise than a new network's does."""

    zones: list[ZoneFacts] = field(default_factory=list, repr=False)

    @property
    def is_devnet(self) -> bool:
        return self.kind is not NodeKind.OTHER

    def error(self, data: bytes) -> DecodedError | None:
        """The custom error in revert data, by the ABIs of contracts that were named in any zone, then by the
        artifacts."""
        for zone in self.zones:
            for interface in zone.interfaces.values():
                kind = interface.errors.get(data[:4])
                decoded = None if kind is None else kind.decode(data)
                if decoded is not None:
                    return decoded
        return self.artifacts.error(data)

    def hold(self, accounts: Iterable[Account]) -> None:
        """Makes these the accounts that the node signs for."""
        self.accounts = tuple(accounts)
        self.unlocked.update(bytes.fromhex(account.address[2:]) for account in self.accounts)


@dataclass(slots=True, eq=False)
class ZoneFacts:
    """Of one zone."""

    name: str
    chain_id: int
    network: NetworkFacts
    interfaces: dict[bytes, Interface] = field(default_factory=dict)
    """ABIs of the contracts that were named here, by address."""
    sent: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    """Of accounts that sign here: the nonce and the hash of the last transaction."""

    def __post_init__(self) -> None:
        self.network.zones.append(self)

    @property
    def is_devnet(self) -> bool:
        """Whether the node has development calls."""
        return self.network.is_devnet

    @property
    def default_sender(self) -> Any:
        """The first account of a devnet; None elsewhere."""
        accounts = self.network.accounts
        return accounts[0] if accounts else None
