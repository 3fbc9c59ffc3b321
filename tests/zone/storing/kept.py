"""A zone in a folder, as the network keeps it: written, committed, killed, opened again."""

from __future__ import annotations

from pathlib import Path

from devnet.clock import LogicalClock
from devnet.persistence.home import Home
from devnet.zone.messages import Positions, ZoneConfig
from devnet.zone.zone import Zone
from tests.parts import engine_under_test, state_under_test
from tests.zone.driver import Driver

IDENTITY = b"\x1d" * 32


class KeptDriver(Driver):
    """A driver of a zone with files in `folder`. The clock is not kept."""

    def __init__(self, config: ZoneConfig, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self._engine = engine_under_test()
        self.positions: Positions | None = None
        """Of the last commit."""
        self.clock = LogicalClock(config.genesis_time)
        self._snapshots = 0
        self.zone = self.open()
        self.commit()

    def open(self) -> Zone:
        """The zone as the last commit has it."""
        known = self.positions
        state_home = Home(self.folder / "state", IDENTITY, self.config.index, known.state if known else None)
        zone_home = Home(self.folder, IDENTITY, self.config.index, known.zone if known else None)
        return Zone(self.config, self._engine, state_under_test(home=state_home), zone_home)

    def commit(self) -> None:
        """What the network does before it replies."""
        self.positions = self.zone.write()
        self.zone.committed()

    def reopen(self) -> None:
        """What happened after the last commit is lost, as when the process is killed."""
        self.zone.close()
        self.zone = self.open()
