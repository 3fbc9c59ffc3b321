"""A network's side of validators that live elsewhere: their seats, and what they fetch."""

from __future__ import annotations

from devnet.settlement.remote.deliveries import Deliveries
from devnet.settlement.remote.seats import Seats


class Hub:
    """One of each network; it outlives the settler, and sessions outlive a chain that goes back."""

    def __init__(self) -> None:
        self.seats = Seats()
        self.deliveries = Deliveries()
