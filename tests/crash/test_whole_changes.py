"""Killed at each file call of what puts a whole content in the place of another one, and of a start.

A load, `zero data compact` and `zero data prune` leave the old content or the new one; a start that is killed
leaves what it found. In every case the folder is whole afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.maintenance.checking import check
from devnet.maintenance.shrinking import compact, prune
from devnet.network import Network
from devnet.zone.messages import CallRequest, Mining
from tests.crash.interference import Interference

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="processes are forked and killed as POSIX does"
)

CONFIG = NetworkConfig(accounts=2, zones=("alpha",))


def opened(path: Path) -> Network:
    return Network(CONFIG, clock=WallClock(), folder=DataFolder.open(path, CONFIG, Fsync.SLOT))


def fill(network: Network, payments: int) -> None:
    """Blocks, a mempool, a snapshot, and what development calls set."""
    zone = network.default_zone
    sender, other = network.keys.addresses
    for number in range(payments):
        network.send(zone, CallRequest(sender=sender, to=other, value=Wei(number)))
        network.commit()
    network.snapshot("here")
    network.mine(zone, 2)
    network.commit()
    zone.set_mining(Mining(automine=False))
    network.send(zone, CallRequest(sender=sender, to=other, value=Wei(payments)))
    zone.set_account(Address(b"\7" * 20), balance=Wei(payments))


def image(path: Path) -> Any:
    """What a start finds. The folder is looked at in a copy."""
    copy = path.with_name(path.name + " looked at")
    shutil.copytree(path, copy)
    try:
        with closing(opened(copy)) as network:
            return [
                (
                    zone.status(),
                    repr(zone.pool()),
                    dict(zone.accounts("latest")),
                    zone.history().oldest,
                    [zone.block(number) for number in range(zone.history().oldest, zone.number() + 1)],
                )
                for zone in network.zones.values()
            ] + [network.snapshots.listing()]
    finally:
        shutil.rmtree(copy)


def killed_at(number: int, path: Path, work: Callable[[Path], object]) -> bool:
    """Does the work in a process that is killed at its `number`-th file call; False where it ended first."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            when = ("before", "after", "middle")[number % 3]
            Interference(kill_at=number, when=when).install(str(path))
            work(path)
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the work itself failed at call {number}"
    return status != 0


def at_each_call(before: Path, work: Callable[[Path], object], step: int) -> Counter[str]:
    """Kills the work at every `step`-th call; says how often the old content was there afterwards, and how
    often the new one."""
    done = before.with_name("done")
    shutil.copytree(before, done)
    work(done)
    old, new = image(before), image(done)
    found: Counter[str] = Counter()
    number = 1
    while True:
        path = before.with_name(f"killed at {number}")
        shutil.copytree(before, path)
        was_killed = killed_at(number, path, work)
        assert check(path).is_whole, f"call {number}: {check(path)}"
        there = image(path)
        assert there in ((old, new) if was_killed else (new,)), f"call {number}: neither the old nor the new"
        found["new" if there == new else "old"] += 1
        shutil.rmtree(path)
        if not was_killed:
            return found
        number += step


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    with closing(opened(path)) as network:
        fill(network, 3)
    return path


def _load(dump: Path) -> Callable[[Path], object]:
    def work(path: Path) -> None:
        with closing(opened(path)) as network, dump.open("rb") as file:
            network.load(file)

    return work


def _prune(path: Path) -> object:
    return prune(path, 1)


def _begun(path: Path, calls: int) -> Path:
    """A folder whose process was killed in the middle of its work."""

    def work(inside: Path) -> None:
        with closing(opened(inside)) as network:
            network.default_zone.set_mining(Mining())
            network.revert("here")
            network.commit()
            fill(network, 100)

    assert killed_at(calls, path, work)
    return path


def _start(path: Path) -> None:
    opened(path).close()


STEPS = [pytest.param(1, marks=pytest.mark.full), 13]


@pytest.mark.parametrize("step", STEPS)
def test_killed_during_a_load(tmp_path: Path, folder: Path, step: int) -> None:
    dump = tmp_path / "dump.zero"
    with closing(opened(tmp_path / "other")) as other, dump.open("wb") as file:
        fill(other, 5)
        other.dump(file)
    found = at_each_call(folder, _load(dump), step)
    assert found["old"] > 1
    assert found["new"] > 0


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_it_is_compacted(folder: Path, step: int) -> None:
    at_each_call(folder, compact, step)


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_it_is_pruned(folder: Path, step: int) -> None:
    with closing(opened(folder)) as network:
        network.snapshots.delete("here")
    found = at_each_call(folder, _prune, step)
    assert found["old"] > 1
    assert found["new"] > 0


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("calls", [40, *(pytest.param(n, marks=pytest.mark.full) for n in (41, 60)), 79])
def test_killed_at_a_start_after_a_kill(folder: Path, calls: int, step: int) -> None:
    at_each_call(_begun(folder, calls), _start, min(step, 5))
