"""The courier of a network, which proves and delivers messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zero_sdk.client.courier_state import (
    CourierFault,
    CourierState,
    CourierTurn,
    courier_fault_of,
    courier_of,
    turn_of,
)

if TYPE_CHECKING:
    from zero_sdk.client.network import Network


def mode_given(mode: str, delay: int) -> dict[str, Any]:
    """What `zero_setCourier` takes. The network checks it."""
    return {"mode": mode, "delay": delay} if mode == "delayed" else {"mode": mode}


class Courier:
    """`network.courier`. What it says of itself is asked for each time."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @property
    def state(self) -> CourierState:
        """All that the network says of it."""
        return courier_of(self._network.rpc("zero_getCourier"))

    @property
    def mode(self) -> str:
        """automatic, delayed or manual. Can be set to the first and the last; `set_mode` sets all."""
        return self.state.mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self.set_mode(mode)

    def set_mode(self, mode: str, delay: int = 0) -> CourierState:
        """`automatic` delivers what is settled, `delayed` so many slots later, `manual` only by `step`."""
        self._remember()
        return courier_of(self._network.rpc("zero_setCourier", mode_given(mode, delay)))

    @property
    def is_paused(self) -> bool:
        """Whether it does nothing by itself."""
        return self.state.is_paused

    def pause(self) -> CourierState:
        """Lets it do nothing by itself until `resume`, whatever its mode; `step` still works."""
        self._remember()
        return courier_of(self._network.rpc("zero_pauseCourier"))

    def resume(self) -> CourierState:
        """Lets it go on."""
        return courier_of(self._network.rpc("zero_resumeCourier"))

    @contextmanager
    def paused(self) -> Iterator[Courier]:
        """Inside it nothing is delivered but by `step`."""
        was_paused = self.is_paused
        self.pause()
        try:
            yield self
        finally:
            if not was_paused:
                self.resume()

    def step(self, limit: int | None = None) -> CourierTurn:
        """Lets it take a turn now, whatever its mode, for at most so many messages; gives what it did."""
        return turn_of(self._network.rpc("zero_courierStep", *([] if limit is None else [limit])))

    @property
    def faults(self) -> tuple[CourierFault, ...]:
        """Those in effect."""
        return self.state.faults

    def inject(self, fault: Mapping[str, Any] | str, **fields: Any) -> CourierFault:
        """Makes it do something wrong from its next turn on: `inject("drop", guid=message)`. Kinds: drop,
        duplicate, reorder, corrupt (`part`), delay (`slots`); `source`, `destination`, `guid` and `rate` say
        which messages, all by default, `seed` what is random. Raises Refused."""
        self._remember()
        return courier_fault_of(self._network.rpc("zero_injectCourierFault", fault_given(fault, fields)))

    def clear(self, fault: CourierFault | int | None = None) -> tuple[CourierFault, ...]:
        """Takes back a fault, or all of them; gives those that were in effect."""
        number = fault.id if isinstance(fault, CourierFault) else fault
        gone = self._network.rpc("zero_clearCourierFault", *([] if number is None else [number]))
        return tuple(map(courier_fault_of, gone))

    def _remember(self) -> None:
        """Something is set here that no snapshot takes back."""
        self._network.facts.is_courier_touched = True

    def restore(self, before: CourierState | None = None) -> None:
        """Makes it do what it did before, and takes back the faults that came since; as a new network's does
        (automatic, going on, without faults) where nothing is given."""
        kept = set() if before is None else {fault.id for fault in before.faults}
        for fault in self.faults:
            if fault.id not in kept:
                self.clear(fault)
        if before is None:
            self.set_mode("automatic")
        else:
            self.set_mode(before.mode, before.delay)
        if before is not None and before.is_paused:
            self.pause()
        else:
            self.resume()
        self._network.facts.is_courier_touched = before is not None

    def __repr__(self) -> str:
        return f"<Courier of {self._network!r}>"


def fault_given(fault: Mapping[str, Any] | str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What `zero_injectCourierFault` takes."""
    given = {"kind": fault} if isinstance(fault, str) else dict(fault)
    return {**given, **{name: _as_json(value) for name, value in fields.items() if value is not None}}


def _as_json(value: Any) -> Any:
    """Messages by their GUIDs, zones by their names."""
    for name in ("guid", "name"):
        value = getattr(value, name, value)
    return value
