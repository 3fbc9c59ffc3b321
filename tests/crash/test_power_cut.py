"""Power cuts at random moments, on a disk that keeps anything of what was not synced (`tests.crash.power`).

What a folder must hold afterwards: `--fsync block` every commit; `slot` every commit up to the last that was
synced; `never` what the last clean end left, or a refusal. By a start as it is, or where that is refused with
file and place, after `zero data check --repair`. In every case what is found is exactly what the network was
after one of its commits, and whole.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from devnet import network_journal
from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.maintenance.checking import check
from devnet.maintenance.looking import NothingThere
from devnet.maintenance.repairing import repair
from devnet.network import Network
from devnet.persistence.errors import FolderError
from devnet.persistence.home import Home
from devnet.zone.messages import CallRequest, Mining
from devnet.zone.port import ZonePort
from devnet.zone.storing import journal
from tests.crash.model import COUNTER_INIT
from tests.crash.power import Disk

CONFIGS = (
    NetworkConfig(accounts=2, zones=("alpha",)),
    NetworkConfig(accounts=2, zones=("alpha",), history=5),
)


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and journals that begin anew every few commits."""
    log = Home.log

    def small_log(self: Home, name: str, kind: bytes, position: Any, segment_size: int = 0) -> Any:
        return log(self, name, kind, position, 6_000)

    monkeypatch.setattr(Home, "log", small_log)
    monkeypatch.setattr(journal, "GARBAGE_ALLOWANCE", 1_000)
    monkeypatch.setattr(network_journal, "_LEAST_GROWTH", 300)


def image(network: Network) -> Any:
    """What the network is, as far as it changes here."""
    zones = [
        (
            zone.status(),
            repr(zone.pool()),
            dict(zone.accounts("latest")),
            sorted(zone.impersonated()),
        )
        for zone in network.zones.values()
    ]
    return zones, network.snapshots.listing(), network.clock.kept()


class Lives:
    """One folder, in one process after the other."""

    def __init__(self, base: Path, seed: int, fsync: Fsync) -> None:
        self._base = base
        self._fsync = fsync
        self._rng = random.Random(f"{seed} {fsync}")
        self._config = CONFIGS[seed % len(CONFIGS)]
        self._cuts = 0
        self._path = base / "0"
        self._path.mkdir()
        self._disk = Disk(self._path)
        self._images: list[Any] = []
        """After each commit that counts."""
        self._durable = -1
        """Index of the newest that must survive a power cut."""
        self.outcomes: Counter[str] = Counter()
        self._what = f"seed {seed}, {fsync}"

    def live(self, steps: int) -> None:
        """A process that is killed, has a clean end, or whose machine loses power."""
        rng = self._rng
        ending = rng.choice(("cut", "cut", "cut", "kill", "close"))
        with self._disk.on():
            network = self._open()
            for _ in range(rng.randrange(steps)):
                self._step(network)
            if ending == "close":
                network.close()
                self._durable = len(self._images) - 1
            else:
                keeper = network._keeper
                assert keeper is not None
                if self._fsync is Fsync.NEVER and keeper.folder.commits.durable is None:
                    self._durable = -1
                keeper.close(commit=False)
        if ending == "cut" or rng.random() < 0.3:
            self._cut()

    def _open(self) -> Network:
        folder = DataFolder.open(self._path, self._config, self._fsync)
        network = Network(self._config, clock=WallClock(), folder=folder)
        if not self._images:
            self._committed(network)
        return network

    def _committed(self, network: Network) -> None:
        self._images.append(image(network))
        if self._fsync is Fsync.BLOCK:
            self._durable = len(self._images) - 1

    def _step(self, network: Network) -> None:
        rng = self._rng
        zone = rng.choice(list(network.zones.values()))
        what = rng.choice(
            ("pay", "pay", "create", "mint", "mine", "many", "wait", "snapshot", "revert", "sync")
        )
        sender, other = network.keys.addresses
        if what == "pay":
            network.send(zone, CallRequest(sender=sender, to=other, value=Wei(rng.randrange(1 << 60))))
        elif what == "create":
            data = COUNTER_INIT + rng.randbytes(rng.randrange(8_000))
            network.send(zone, CallRequest(sender=sender, data=data, gas=1_000_000))
        elif what == "mint":
            zone.set_account(Address(bytes([rng.randrange(9)] * 20)), balance=Wei(rng.randrange(1 << 90)))
        elif what == "mine":
            network.mine(zone, rng.randint(1, 3))
        elif what == "many":
            network.mine(zone, 5_000)
        elif what == "wait":
            self._let_wait(network, zone)
        elif what == "snapshot":
            network.snapshot()
        elif what == "revert" and (taken := network.snapshots.listing()):
            network.revert(rng.choice(taken).taken.identifier)
        network.commit()
        self._committed(network)
        if what == "sync" and self._fsync is Fsync.SLOT:
            network.sync()
            self._durable = len(self._images) - 1

    def _let_wait(self, network: Network, zone: ZonePort) -> None:
        sender, other = network.keys.addresses
        zone.set_mining(Mining(automine=False))
        network.send(zone, CallRequest(sender=sender, to=other, value=Wei(self._rng.randrange(99))))
        zone.set_mining(Mining())
        zone.impersonate(Address(bytes([self._rng.randrange(9)] * 20)))

    def _cut(self) -> None:
        self._cuts += 1
        what = f"{self._what}, cut {self._cuts}"
        path = self._base / str(self._cuts)
        self._disk.cut(self._rng, path)
        is_whole = self._is_whole(path)
        found = self._found(path)
        if found is None:
            self.outcomes["refused"] += 1
            assert not is_whole, f"{what}: a start is refused, and `zero data check` finds nothing"
            with suppress(FolderError, NothingThere):
                # Where there is nothing to go back to.
                repair(path)
            found = self._found(path)
            assert found is not None or self._durable < 0, f"{what}: what was synced is not there"
            is_whole = self._is_whole(path)
        else:
            self.outcomes["opened"] += 1
        if found is None:
            self.outcomes["nothing is left"] += 1
            shutil.rmtree(path)
            path.mkdir()
            self._images, self._durable = [], -1
        else:
            assert is_whole, f"{what}: it is opened, and `zero data check` finds damage"
            numbers = [number for number, known in enumerate(self._images) if known == found]
            # Nothing was ever committed where the folder is a new one.
            is_new = not numbers and self._durable < 0 and found == self._images[0]
            assert numbers or is_new, f"{what}: it is what the network never was"
            assert numbers[-1] >= self._durable, f"{what}: {numbers} is there, {self._durable} was synced"
            self._images = self._images[: numbers[-1] + 1]
            self._durable = min(self._durable, numbers[-1])
        self._disk = Disk(path)
        self._path = path

    def _is_whole(self, path: Path) -> bool:
        try:
            return check(path).is_whole
        except NothingThere:
            return True
        except FolderError:
            return False

    def _found(self, path: Path) -> Any | None:
        """What a start finds; None where it is refused."""
        copy = self._base / "looked at"
        shutil.copytree(path, copy)
        try:
            folder = DataFolder.open(copy, self._config, Fsync.NEVER)
            network = Network(self._config, clock=WallClock(), folder=folder)
            found = image(network)
            network.close()
        except FolderError as error:
            self.outcomes[error.flaw.name] += 1
            return None
        finally:
            shutil.rmtree(copy)
        return found


def cuts(base: Path, seed: int, fsync: Fsync, lives: int) -> Counter[str]:
    folder = Lives(base, seed, fsync)
    for _ in range(lives):
        folder.live(14)
    return folder.outcomes


@pytest.mark.parametrize("fsync", Fsync)
def test_power_cuts(tmp_path: Path, fsync: Fsync) -> None:
    outcomes = cuts(tmp_path, 0, fsync, 5)
    assert outcomes["opened"] + outcomes["refused"] > 1


@pytest.mark.full
@pytest.mark.parametrize("seed", range(500, 540))
@pytest.mark.parametrize("fsync", Fsync)
def test_hundreds_of_power_cuts(tmp_path: Path, fsync: Fsync, seed: int) -> None:
    print(seed, fsync, dict(cuts(tmp_path, seed, fsync, 12)))
