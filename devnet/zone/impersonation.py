"""Whose transactions the zone takes without a signature."""

from __future__ import annotations

from devnet.chain.types import Address
from devnet.zone.messages import ZoneConfig


class Impersonation:
    """The impersonated accounts, and whether all are."""

    __slots__ = ("_accounts", "_config", "is_automatic")

    def __init__(self, config: ZoneConfig) -> None:
        self._config = config
        self._accounts: frozenset[Address] = frozenset()
        self.is_automatic = config.auto_impersonate

    @property
    def accounts(self) -> frozenset[Address]:
        """Those named one by one."""
        return self._accounts

    def start(self, address: Address) -> None:
        """From now on this account needs no signature."""
        self._accounts |= {address}

    def stop(self, address: Address) -> None:
        """From now on it needs one again."""
        self._accounts -= {address}

    def covers(self, address: Address) -> bool:
        """Whether the account needs no signature."""
        return self.is_automatic or address in self._accounts

    def is_usable(self, address: Address) -> bool:
        """Whether eth_sendTransaction may send from it: it is impersonated, or the network holds its key."""
        return self.covers(address) or address in self._config.unlocked

    def restore(self, accounts: frozenset[Address], is_automatic: bool) -> None:
        """Is as it was when a zone was last open."""
        self._accounts = accounts
        self.is_automatic = is_automatic

    def reset(self) -> None:
        """Back to the configuration."""
        self._accounts = frozenset()
        self.is_automatic = self._config.auto_impersonate
