"""Going back: for the plugin's isolation, and for tests by the fixture `chain_snapshot`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zero_sdk.client.courier_state import CourierState
    from zero_sdk.client.network import Network, Snapshot
    from zero_sdk.testing.collecting import Collecting


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """What is gone back to, and which faults were injected then."""

    snapshot: Snapshot
    faults: frozenset[int]
    courier: CourierState | None
    """What it was told by then; None where nobody had told it anything."""


class NetworkMoments:
    """The moments of a network, every zone, its mempool and the clock included."""

    def __init__(self, network: Network, collecting: Collecting | None = None) -> None:
        """`collecting` takes in what is about to go."""
        self._network = network
        self._collecting = collecting

    def mark(self) -> object:
        """As `Moments.mark`."""
        facts = self._network.facts
        courier = self._network.courier.state if facts.is_courier_touched else None
        return _Moment(self._network.snapshot(), frozenset(facts.faults), courier)

    def go_back(self, mark: object) -> None:
        """As `Moments.go_back`."""
        if self._collecting is not None:
            self._collecting.sweep()
        assert isinstance(mark, _Moment)
        self._network.revert(mark.snapshot)
        # Faults are in no snapshot.
        for fault in self._network.facts.faults - mark.faults:
            self._network.clear(fault)
        if self._network.facts.is_courier_touched:
            # Nor is what the courier was told.
            self._network.courier.restore(mark.courier)
        if self._collecting is not None:
            self._collecting.went_back()

    def drop(self, mark: object) -> None:
        """As `Moments.drop`."""
        assert isinstance(mark, _Moment)
        self._network.delete_snapshot(mark.snapshot)


class ChainSnapshot:
    """The fixture `chain_snapshot`."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """What is done inside is undone at the end. May be nested."""
        snapshot = self._network.snapshot()
        try:
            yield
        finally:
            self._network.revert(snapshot)
            self._network.delete_snapshot(snapshot)
