"""A commit is whole or is none, whatever fails in its middle; what is synced is what the commit names."""

from __future__ import annotations

import asyncio
import io
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from devnet.chain.codec import Codec
from devnet.chain.types import Address, Wei, ZoneName
from devnet.execution import Engine
from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig, Parts
from devnet.network_journal import JOURNAL_KIND, NetworkJournal
from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.header import NO_ZONE
from devnet.persistence.home import Home
from devnet.persistence.segmented_log import SegmentedLog
from devnet.rpc.serving.network_thread import NetworkThread
from devnet.state import State
from devnet.zone.messages import CallRequest, Mining, Positions, ZoneConfig
from devnet.zone.port import ZonePort
from devnet.zone.zone import Zone
from tests.persistence.kept import disk

CONFIG = NetworkConfig(zones=("alpha", "beta"))


def opened(path: Path, parts: Parts | None = None) -> Network:
    return Network(CONFIG, parts, folder=DataFolder.open(path, CONFIG))


def killed(network: Network) -> None:
    """Lets the folder go as the end of the process does."""
    assert network._keeper is not None
    network._keeper.close(commit=False)


def send(network: Network, zone: str = "alpha") -> None:
    sender, to, *_ = network.keys.addresses
    network.send(network.zone(zone), CallRequest(sender=sender, to=to, value=Wei(1)))


class Faulty(Zone):
    """A zone whose `write` uses up what it noted and then fails, once it is told to."""

    is_faulty = False

    def write(self) -> Positions:
        positions = super().write()
        if self.is_faulty:
            self.is_faulty = False
            raise ValueError("a fault of the program")
        return positions


def faulty_zone(
    config: ZoneConfig,
    engine: Engine,
    state: State,
    home: Home | None,
    records: Iterable[bytes] | None,
    codec: Codec,
) -> ZonePort:
    return Faulty(config, engine, state, home, records, codec)


def test_after_a_commit_that_a_fault_of_the_program_ended_there_is_no_other(tmp_path: Path) -> None:
    network = opened(tmp_path, Parts(zone=faulty_zone))
    send(network, "alpha")
    network.commit()
    send(network, "alpha")
    send(network, "beta")
    beta = network.zone("beta")
    assert isinstance(beta, Faulty)
    beta.is_faulty = True
    for _ in range(2):
        with pytest.raises(WriteFailed, match=r"a fault of the program.*start the network again"):
            network.commit()
    assert network.write_fault is not None
    with pytest.raises(WriteFailed):
        network.close()
    again = opened(tmp_path)
    assert again.zone("alpha").number() == 1
    assert again.zone("beta").number() == 0
    again.close()


def test_the_files_of_a_killed_process_are_synced_before_they_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = opened(tmp_path)
    send(network)
    network.commit()
    killed(network)
    left = {path.stat().st_ino for path in tmp_path.rglob("*.log")}
    synced: set[int] = set()
    fsync = os.fsync

    def note(file: int) -> None:
        fsync(file)
        synced.add(os.fstat(file).st_ino)

    monkeypatch.setattr(os, "fsync", note)
    again = opened(tmp_path)
    again.sync()
    assert not again.has_unsynced
    still_there = {path.stat().st_ino for path in (tmp_path, *tmp_path.rglob("*"))}
    assert left & still_there
    assert still_there <= synced
    again.close()


def test_files_are_not_closed_while_they_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = opened(tmp_path)
    send(network)
    network.commit()
    keeper = network._keeper
    assert keeper is not None
    is_syncing, may_go_on = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(file: int) -> None:
        is_syncing.set()
        assert may_go_on.wait(60)
        fsync(file)

    monkeypatch.setattr(os, "fsync", slow)
    faults: list[BaseException] = []

    def sync() -> None:
        try:
            keeper.sync()
        except BaseException as error:
            faults.append(error)

    syncing = threading.Thread(target=sync)
    closing = threading.Thread(target=keeper.close, kwargs={"commit": False})
    syncing.start()
    assert is_syncing.wait(60)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    may_go_on.set()
    syncing.join(60)
    closing.join(60)
    assert not faults
    # A load puts another keeper in this one's place; who still has this one has nothing to do.
    keeper.sync()
    again = opened(tmp_path)
    assert again.default_zone.number() == 1
    again.close()


def test_a_load_while_files_are_synced_leaves_the_syncing_whole(tmp_path: Path) -> None:
    network = opened(tmp_path)
    stop = threading.Event()
    faults: list[BaseException] = []

    def sync_all_the_time() -> None:
        while not stop.is_set():
            try:
                network.sync()
            except BaseException as error:
                faults.append(error)
                return

    syncing = threading.Thread(target=sync_all_the_time)
    syncing.start()
    for _ in range(5):
        send(network)
        network.commit()
        dump = io.BytesIO()
        network.dump(dump)
        dump.seek(0)
        network.load(dump)
    stop.set()
    syncing.join(60)
    assert not faults
    network.close()
    again = opened(tmp_path)
    assert again.default_zone.number() == 5
    again.close()


def test_a_block_that_was_due_while_the_disk_was_full_is_committed_when_it_is_made(tmp_path: Path) -> None:
    async def meanwhile() -> int:
        published: list[object] = []
        thread = NetworkThread(network, asyncio.get_running_loop(), published.append)
        with disk() as system:
            zone.set_mining(Mining(automine=False, interval=0.01))
            thread._tick()
            send(network)
            system.is_full = True
            assert thread._committed(None) is not None
            time.sleep(0.02)
            system.is_full = False
            assert thread._still_unwritten() is None
            thread._tick()
        assert published
        return zone.number()

    network = opened(tmp_path)
    zone = network.default_zone
    number = asyncio.run(meanwhile())
    assert number == 1
    killed(network)
    again = opened(tmp_path)
    assert again.default_zone.number() == number
    again.close()


def test_what_runs_on_the_network_holds_answers_back_only_where_it_shows_a_change(tmp_path: Path) -> None:
    async def ask() -> None:
        alpha, beta = (ZoneName(name) for name in ("alpha", "beta"))
        thread = NetworkThread(network, asyncio.get_running_loop(), lambda zones: None)
        has_begun, may_end = threading.Event(), threading.Event()

        def look() -> int:
            if changes:
                network.default_zone.set_account(Address(b"\7" * 20), balance=Wei(1))
            has_begun.set()
            assert may_end.wait(60)
            return network.default_zone.number()

        for changes in (False, True):
            has_begun.clear()
            may_end.clear()
            future = thread.run(look, changes=changes)
            if thread._thread.ident is None:
                thread.start()
            assert await asyncio.to_thread(has_begun.wait, 60)
            assert thread.settling.settled(beta) is None
            held = thread.settling.settled(alpha)
            assert (held is not None) == changes
            may_end.set()
            assert await future == 0
            if held is not None:
                await held
        await asyncio.to_thread(thread.stop, 60)

    network = opened(tmp_path)
    asyncio.run(ask())
    network.close()


@pytest.mark.parametrize("record", [b"\x01", b"\x01\0", b"\x02\xc0", b"\x03\x80", b"\x09", b"\x02\xff"])
def test_a_journal_that_makes_no_sense_is_damaged_though_its_checksums_are_right(
    record: bytes, tmp_path: Path
) -> None:
    home = Home(tmp_path, bytes(32), NO_ZONE, None)
    log = home.log("", JOURNAL_KIND, None)
    log.append(record)
    with pytest.raises(FolderError) as refused:
        NetworkJournal(_written(log)).read()
    assert refused.value.flaw is Flaw.DAMAGED
    log.close()


def _written(log: SegmentedLog) -> SegmentedLog:
    log.write()
    log.committed()
    return log
