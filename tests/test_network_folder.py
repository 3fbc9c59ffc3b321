"""A network in a data folder: what was committed is there again, exactly; nobody else's folder is touched."""

from __future__ import annotations

import json
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devnet.chain.types import Address, Wei
from devnet.clock import LogicalClock, WallClock
from devnet.folder import DataFolder, Fsync
from devnet.network import BadConfig, Network, NetworkConfig
from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.zone.messages import CallRequest, GenesisAccount, Mining
from tests.persistence.kept import disk

CONFIG = NetworkConfig(
    zones=("alpha", "beta"),
    genesis_accounts={Address(b"\x11" * 20): GenesisAccount(Wei(5), 1, b"\x60\x00", {1: 2})},
)

DEPLOYMENT = bytes.fromhex("600a600c600039600a6000f3602a60005260206000f3")
"""Makes a contract that answers 42."""


def opened(path: Path, config: NetworkConfig = CONFIG, fsync: Fsync = Fsync.SLOT) -> Network:
    return Network(config, folder=DataFolder.open(path, config, fsync))


def crash(network: Network) -> None:
    """Lets the folder go as the end of the process does."""
    keeper = network._keeper
    assert keeper is not None
    keeper.close(commit=False)


def transfer(network: Network, sender: int = 0, to: int = 1, value: int = 1) -> CallRequest:
    addresses = network.keys.addresses
    return CallRequest(sender=addresses[sender], to=addresses[to], value=Wei(value))


def seen(network: Network) -> dict[str, Any]:
    """What the network tells of itself."""
    told: dict[str, Any] = {
        "instance": network.instance_id,
        "clock": network.clock.kept(),
        "snapshots": network.snapshots.listing(),
        "why": [network.snapshots.book.why_gone(number) for number in range(1, 9)],
    }
    for name, zone in network.zones.items():
        newest = zone.number()
        numbers = sorted({*range(min(newest, 9) + 1), newest // 2, *range(max(0, newest - 5), newest + 1)})
        told[name] = {
            "status": zone.status(),
            "blocks": [zone.block(number) for number in numbers],
            "receipts": [zone.receipts(number) for number in numbers],
            "accounts": zone.accounts(),
            "past": [zone.accounts(number) for number in numbers],
            "pool": zone.pool(),
            "pending": zone.pending_transactions(),
            "impersonated": zone.impersonated(),
            "roots": [zone.prove(network.keys.addresses[0], (), n) for n in numbers],
        }
    return told


def work(network: Network) -> Iterator[None]:
    """Something of everything; a step at a time."""
    alpha, beta = network.zones["alpha"], network.zones["beta"]
    network.send(alpha, transfer(network))
    yield
    network.send(
        alpha,
        CallRequest(
            sender=network.keys.addresses[2],
            data=DEPLOYMENT,
        ),
    )
    network.send(beta, transfer(network, 3, 4, 7))
    yield
    network.snapshot("first")
    network.snapshot()
    yield
    alpha.set_account(Address(b"\x22" * 20), balance=Wei(99), code=b"\x5f")
    alpha.set_storage(Address(b"\x22" * 20), 3, 4)
    beta.impersonate(Address(b"\x11" * 20))
    yield
    network.mine(alpha, 3)
    network.mine(beta, 1000)
    yield
    alpha.set_mining(Mining(automine=False))
    network.send(alpha, transfer(network, 5))
    network.send(alpha, transfer(network, 5))
    alpha.increase_time(500)
    yield
    network.snapshot("second")
    network.mine(alpha)
    network.send(alpha, transfer(network, 6))
    yield
    network.revert_zone(alpha, "second")
    yield
    network.revert("first")
    yield
    network.mine(alpha, 2)
    alpha.rollback(1)
    yield
    network.mine(alpha)
    beta.reset()
    yield


# ---------------------------------------------------------------- keeping


def test_after_closing_and_opening_everything_is_as_it_was(tmp_path: Path) -> None:
    network = opened(tmp_path / "data")
    for _ in work(network):
        pass
    before = seen(network)
    network.close()
    again = opened(tmp_path / "data")
    assert seen(again) == before
    again.send(again.zones["alpha"], transfer(again))
    again.close()


def test_what_was_committed_survives_a_process_that_ends_at_any_step_and_nothing_else_does(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data"
    steps = sum(1 for _ in work(Network(CONFIG)))
    for last in range(1, steps + 1):
        shutil.rmtree(path, ignore_errors=True)
        network = opened(path)
        committed: dict[str, Any] = {}
        for number, _ in enumerate(work(network), 1):
            if number <= last:
                network.commit()
            if number == last:
                committed = seen(network)
        crash(network)
        again = opened(path)
        assert seen(again) == committed
        # It goes on where it was: another network that never stopped does the same.
        for _ in range(2):
            again.send(again.zones["beta"], transfer(again, 7, 8))
        again.commit()
        after = seen(again)
        crash(again)
        third = opened(path)
        assert seen(third) == after
        third.close()


def test_a_network_in_a_folder_is_the_same_as_one_in_memory(tmp_path: Path) -> None:
    kept, in_memory = opened(tmp_path), Network(CONFIG)
    for _ in work(kept):
        kept.commit()
    for _ in work(in_memory):
        in_memory.commit()
    with_folder, without = seen(kept), seen(in_memory)
    for told in (with_folder, without):
        del told["instance"], told["snapshots"], told["why"]
    assert with_folder == without
    kept.close()
    in_memory.close()


def test_a_process_that_is_killed_leaves_what_it_said_was_committed(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from devnet.chain.types import Wei
from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig
from devnet.zone.messages import CallRequest
config = NetworkConfig()
network = Network(config, folder=DataFolder.open(Path(sys.argv[1]), config))
first, second = network.keys.addresses[:2]
while True:
    network.send(network.default_zone, CallRequest(sender=first, to=second, value=Wei(1)))
    network.commit()
    print(network.default_zone.block("latest").hash.hex(), flush=True)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline().strip() for _ in range(15)]
    with pytest.raises(FolderError) as raised:
        DataFolder.open(tmp_path, NetworkConfig())
    assert raised.value.flaw is Flaw.IN_USE
    assert str(process.pid) in raised.value.detail
    process.send_signal(signal.SIGKILL)
    process.wait()
    told += process.stdout.read().split()
    process.stdout.close()
    folder = DataFolder.open(tmp_path, NetworkConfig())
    assert folder.left_by == str(process.pid)
    network = Network(NetworkConfig(), folder=folder)
    zone = network.default_zone
    blocks = [zone.block(number) for number in range(1, zone.number() + 1)]
    hashes = [block.hash.hex() for block in blocks if block is not None]
    assert hashes[: len(told)] == told
    assert len(hashes) - len(told) in (0, 1)
    network.close()


# ---------------------------------------------------------------- when it is written


def test_reads_and_commits_without_a_change_write_nothing(tmp_path: Path) -> None:
    network = opened(tmp_path)
    network.send(network.default_zone, transfer(network))
    network.commit()
    with disk() as system:
        network.commit()
        seen(network)
        network.default_zone.call(transfer(network))
        network.default_zone.events()
        network.commit()
        assert system.calls == 0
        network.send(network.default_zone, transfer(network))
        network.commit()
        assert 0 < system.calls <= 8
    crash(network)


def test_in_memory_nothing_is_written_and_nothing_survives() -> None:
    with disk() as system, Network(CONFIG) as network:
        network.send(network.default_zone, transfer(network))
        network.commit()
        network.sync()
        assert network.durable_heights() == {"system": None, "alpha": None, "beta": None}
        assert not network.has_unsynced
        assert network.write_fault is None
        assert system.calls == 0


def test_what_survives_a_power_cut_is_what_was_synced(tmp_path: Path) -> None:
    for fsync in Fsync:
        network = opened(tmp_path / fsync.value, fsync=fsync)
        assert network.syncs_in_background == (fsync is Fsync.SLOT)
        network.send(network.default_zone, transfer(network))
        network.commit()
        newest = network.default_zone.block("latest")
        assert newest is not None
        head = network.durable_heights()["alpha"]
        if fsync is Fsync.BLOCK:
            assert head is not None
            assert (head.number, head.hash) == (1, newest.hash)
            assert not network.has_unsynced
        else:
            assert head is None
            assert network.has_unsynced
            network.sync()
            head = network.durable_heights()["alpha"]
            assert head is not None
            assert (head.number, head.hash) == (1, newest.hash)
        network.close()
        again = opened(tmp_path / fsync.value, fsync=fsync)
        head = again.durable_heights()["alpha"]
        if fsync is Fsync.NEVER:
            # What was synced when it was closed was replaced as it was opened.
            assert head is None
        else:
            assert head is not None
            assert head.hash == newest.hash
        again.close()


@pytest.mark.parametrize("fsync", list(Fsync))
def test_going_back_behind_what_is_durable_makes_the_new_end_durable_first(
    fsync: Fsync, tmp_path: Path
) -> None:
    network = opened(tmp_path, fsync=fsync)
    zone = network.default_zone
    for _ in range(3):
        network.send(zone, transfer(network))
    network.commit()
    network.sync()
    zone.rollback(2)
    network.commit()
    head = network.durable_heights()["alpha"]
    if fsync is Fsync.NEVER:
        assert head is None
    else:
        assert head is not None
        assert head.number == 1
        assert not network.has_unsynced
    crash(network)
    again = opened(tmp_path, fsync=fsync)
    assert again.default_zone.number() == 1
    again.close()


def test_a_full_disk_stops_nothing_that_was_committed_and_all_is_written_once_there_is_room(
    tmp_path: Path,
) -> None:
    network = opened(tmp_path)
    network.send(network.default_zone, transfer(network))
    network.commit()
    committed = seen(network)
    with disk() as system:
        system.is_full, system.torn = True, 10
        for _ in range(3):
            network.send(network.default_zone, transfer(network))
            with pytest.raises(WriteFailed, match="No space left"):
                network.commit()
            assert network.write_fault is not None
        copy = tmp_path.parent / "copy"
        system.is_full = False
        shutil.copytree(tmp_path, copy)
        other = opened(copy)
        assert seen(other) == committed
        other.close()
        network.commit()
        assert network.write_fault is None
    after = seen(network)
    crash(network)
    again = opened(tmp_path)
    assert seen(again) == after
    again.close()


# ---------------------------------------------------------------- whose folder it is


def test_a_folder_is_one_network_s_at_a_time(tmp_path: Path) -> None:
    network = opened(tmp_path)
    with pytest.raises(FolderError) as raised:
        opened(tmp_path)
    assert raised.value.flaw is Flaw.IN_USE
    network.close()
    network.close()
    opened(tmp_path).close()


def test_two_networks_in_two_folders_know_nothing_of_each_other(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "one"), opened(tmp_path / "two")
    assert first.instance_id != second.instance_id
    first.send(first.default_zone, transfer(first))
    first.close()
    second.close()
    assert opened(tmp_path / "two").default_zone.number() == 0
    assert opened(tmp_path / "one").default_zone.number() == 1


def test_another_configuration_is_refused_with_every_field_and_both_values(tmp_path: Path) -> None:
    opened(tmp_path).close()
    before = files(tmp_path)
    other = replace(
        CONFIG,
        gas_limit=30_000_000,
        zones=("alpha",),
        mnemonic="legal winner thank year wave sausage worth useful legal winner thank yellow",
    )
    with pytest.raises(FolderError) as raised:
        opened(tmp_path, other)
    error = raised.value
    assert error.flaw is Flaw.OTHER_NETWORK
    assert "gas_limit is 1000000000 there, 30000000 asked" in str(error)
    assert 'zones is ["alpha", "beta"] there, ["alpha"] asked' in str(error)
    assert "mnemonic differs" in str(error)
    assert "legal winner" not in str(error)
    assert CONFIG.mnemonic not in str(error)
    assert files(tmp_path) == before
    with pytest.raises(BadConfig):
        Network(other, folder=DataFolder.open(tmp_path, CONFIG))


def test_what_the_hash_does_not_cover_may_be_different_each_time(tmp_path: Path) -> None:
    opened(tmp_path).close()
    changed = replace(CONFIG, history=7, call_gas_cap=1_000_000)
    network = opened(tmp_path, changed)
    assert network.default_zone.config.call_gas_cap == 1_000_000
    network.close()
    stored = DataFolder.stored_config(tmp_path, changed)
    assert stored == changed
    assert DataFolder.stored_config(tmp_path) == CONFIG
    assert DataFolder.stored_config(tmp_path / "nothing") is None


def files(path: Path) -> dict[str, bytes]:
    return {str(found.relative_to(path)): found.read_bytes() for found in path.rglob("*") if found.is_file()}


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderError) as raised:
        opened(tmp_path)
    assert raised.value.flaw is Flaw.NOT_OURS
    assert files(tmp_path) == {"letter.txt": b"mine"}
    for content, flaw in ((b'{"name": "an npm package"}', Flaw.NOT_OURS), (b"{", Flaw.DAMAGED)):
        (tmp_path / "manifest.json").write_bytes(content)
        before = files(tmp_path)
        with pytest.raises(FolderError) as raised:
            opened(tmp_path)
        assert raised.value.flaw is flaw
        assert files(tmp_path) == before
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(FolderError) as raised:
        opened(file)
    assert raised.value.flaw is Flaw.NOT_OURS


def test_a_folder_that_a_process_did_not_finish_making_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"123\n")
    (tmp_path / "commit").write_bytes(b"half")
    (tmp_path / "manifest.json.new").write_bytes(b"{")
    network = opened(tmp_path)
    assert network.default_zone.number() == 0
    network.close()


def test_a_network_without_its_manifest_or_commit_is_not_made_anew(tmp_path: Path) -> None:
    opened(tmp_path).close()
    whole = files(tmp_path)
    for name in ("manifest.json", "commit"):
        (tmp_path / name).unlink()
        with pytest.raises(FolderError) as raised:
            opened(tmp_path)
        assert raised.value.flaw is Flaw.MISSING
        assert raised.value.path == tmp_path / name
        (tmp_path / name).write_bytes(whole[name])
    opened(tmp_path).close()


def test_the_manifest_is_its_owner_s_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "manifest.json").stat().st_mode) == 0o600


def test_every_changed_byte_of_the_manifest_is_noticed(tmp_path: Path) -> None:
    opened(tmp_path).close()
    path = tmp_path / "manifest.json"
    content = path.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x01
        path.write_bytes(changed)
        with pytest.raises(FolderError) as raised:
            DataFolder.stored_config(tmp_path)
        assert raised.value.flaw in (Flaw.DAMAGED, Flaw.NOT_OURS)


def test_a_folder_of_an_older_format_becomes_one_of_this_when_it_is_written_to(tmp_path: Path) -> None:
    """What is written from then on, an older version would not understand."""
    from devnet.manifest import FORMAT, _with_checksum

    with opened(tmp_path) as network:
        network.mine(network.default_zone)
    path = tmp_path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["checksum"]
    path.write_text(_with_checksum({**document, "format": 1}), encoding="utf-8")
    assert DataFolder.stored_config(tmp_path) is not None
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == 1
    with opened(tmp_path) as network:
        assert network.default_zone.number() == 1
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == FORMAT == 3


def test_a_folder_of_a_newer_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    from devnet.manifest import _with_checksum

    opened(tmp_path).close()
    path = tmp_path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["checksum"]
    path.write_text(_with_checksum({**document, "format": 9, "more": 1}), encoding="utf-8")
    before = files(tmp_path)
    with pytest.raises(FolderError) as raised:
        opened(tmp_path)
    assert raised.value.flaw is Flaw.NEWER_FORMAT
    assert "upgrade" in raised.value.advice
    assert files(tmp_path) == before


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((WriteFailed, FolderError)):
        opened(tmp_path / "file" / "data")


# ---------------------------------------------------------------- the clock


def test_a_wall_clock_goes_on_where_the_time_of_day_is_by_then(tmp_path: Path) -> None:
    now = 1_000_000.0
    clock = WallClock(lambda: now, offset=50)
    network = Network(CONFIG, clock=clock, folder=DataFolder.open(tmp_path, CONFIG))
    network.close()
    now = 1_000_100.0
    other = WallClock(lambda: now, offset=-7)
    network = Network(CONFIG, clock=other, folder=DataFolder.open(tmp_path, CONFIG))
    assert network.clock.reading().now == 1_000_150
    network.close()
    logical = LogicalClock(1)
    network = Network(CONFIG, clock=logical, folder=DataFolder.open(tmp_path, CONFIG))
    assert abs(network.clock.reading().now - 51 - int(time.time())) < 600
    network.close()


def test_a_logical_clock_stood_still_meanwhile(tmp_path: Path) -> None:
    network = opened(tmp_path)
    for _ in range(5):
        network.send(network.default_zone, transfer(network))
    reading = network.clock.reading()
    network.close()
    again = opened(tmp_path)
    assert again.clock.reading() == reading
    again.close()


def test_the_journal_does_not_grow_for_ever(tmp_path: Path) -> None:
    network = opened(tmp_path)
    for number in range(12_000):
        network.clock.advance(1)
        if number % 100 == 0:
            network.snapshot(f"n{number // 2000}" if number % 2000 == 0 else None)
        network.commit()
    assert sum(path.stat().st_size for path in (tmp_path / "network").iterdir()) < 400_000
    before = network.snapshots.listing()
    crash(network)
    again = opened(tmp_path)
    assert again.snapshots.listing() == before
    again.close()
