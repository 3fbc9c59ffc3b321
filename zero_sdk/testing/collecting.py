"""Collects what the tests run, for coverage and the gas report: every transaction that is mined and every
call that goes through the network's zones, each traced once more where it happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zero_sdk.client.errors import Refused
from zero_sdk.client.transports import Call, Transport
from zero_sdk.debugging.collector import Collector

if TYPE_CHECKING:
    from zero_sdk.client.network import Network
    from zero_sdk.client.zone import Zone

_READING = "eth_call"
_REHEARSED = frozenset({"eth_sendTransaction", "eth_estimateGas"})
"""A node refuses what would revert, so it is never mined."""


class CollectingTransport:
    """A zone's transport, with somebody who looks on."""

    def __init__(self, inner: Transport, name: str, collector: Collector) -> None:
        self.inner = inner
        self.name = name
        self._collector = collector
        self._seen = self._height()

    @property
    def url(self) -> str | None:
        """As `Transport.url`."""
        return self.inner.url

    @property
    def is_remote(self) -> bool:
        """As `Transport.is_remote`."""
        return self.inner.is_remote

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `Transport.request`."""
        if method == _READING and parameters:
            self._collector.add_call(self, *parameters[:2])
        try:
            return self.inner.request(method, parameters)
        except Refused:
            if method in _REHEARSED and parameters:
                self._collector.add_call(self, parameters[0])
            raise

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `Transport.batch`."""
        for method, parameters in calls:
            if method == _READING and parameters:
                self._collector.add_call(self, *parameters[:2])
        return self.inner.batch(calls)

    def close(self) -> None:
        """As `Transport.close`."""
        self.inner.close()

    def rpc(self, method: str, *parameters: Any) -> Any:
        """For the collector, which is not to be looked at itself."""
        return self.inner.request(method, parameters)

    def sweep(self) -> None:
        """Takes in the blocks since the last time; to be called before the chain goes back."""
        height = self._height()
        for number in range(min(self._seen, height) + 1, height + 1):
            block = self.rpc("eth_getBlockByNumber", hex(number), False) or {}
            for transaction_hash in block.get("transactions", ()):
                self._collector.add_transaction(self, transaction_hash)
        self._seen = height

    def went_back(self) -> None:
        """The chain is shorter now."""
        self._seen = self._height()

    def _height(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)


class Collecting:
    """All zones of a network."""

    def __init__(self, network: Network, collector: Collector) -> None:
        self._zones: list[Zone] = list(network)
        for zone in self._zones:
            zone.transport = CollectingTransport(zone.transport, zone.name, collector)

    def sweep(self) -> None:
        """As `CollectingTransport.sweep`."""
        for zone in self._zones:
            if isinstance(zone.transport, CollectingTransport):
                zone.transport.sweep()

    def went_back(self) -> None:
        """As `CollectingTransport.went_back`."""
        for zone in self._zones:
            if isinstance(zone.transport, CollectingTransport):
                zone.transport.went_back()
