"""Torn, cut, flipped, exchanged and missing files: refused with file and place, or of no consequence.

Every damage is done to a copy of one folder, in which there is everything that a network keeps. Then the
folder is looked at in both ways: by `zero data check`'s reading, and by a start, after which everything is
asked for. A network that answers must answer as the one that was closed.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.maintenance.checking import check
from devnet.maintenance.looking import NothingThere
from devnet.network import Network
from devnet.persistence.errors import FolderError
from devnet.zone.messages import CallRequest, Mining, PoolContent
from devnet.zone.port import ZonePort
from tests.crash.model import COUNTER_INIT

CONFIG = NetworkConfig(accounts=3)


def fill(network: Network) -> None:
    """Some of everything."""
    sender, other, _ = network.keys.addresses
    for zone in list(network.zones.values())[1:]:
        created = network.send(zone, CallRequest(sender=sender, data=COUNTER_INIT, gas=200_000))
        receipt = zone.receipt(created)
        assert receipt is not None
        contract = receipt.receipt.contract_address
        for number in range(8):
            network.send(zone, CallRequest(sender=sender, to=contract, gas=100_000))
            network.send(
                zone, CallRequest(sender=other, to=Address(bytes([number + 1] * 20)), value=Wei(number + 1))
            )
            network.commit()
        zone.set_account(Address(b"\7" * 20), balance=Wei(7), code=b"\x60\x00")
        network.mine(zone, 3)
        network.mine(zone, 100_000)
        zone.set_storage(Address(b"\7" * 20), 1, 2)
        network.mine(zone)
    network.snapshot("named")
    network.snapshot()
    for zone in network.zones.values():
        network.mine(zone)
        network.commit()
        zone.set_mining(Mining(automine=False))
        network.send(zone, CallRequest(sender=sender, to=other, value=Wei(1)))
        network.send(zone, CallRequest(sender=sender, to=other, value=Wei(1), nonce=1_000))
        zone.impersonate(Address(b"\x09" * 20))
        zone.set_account(Address(b"\x08" * 20), balance=Wei(8))


def opened(folder: Path) -> Network:
    """As a start opens it. Raises FolderError."""
    config = DataFolder.stored_config(folder)
    assert config is not None
    return Network(config, clock=WallClock(), folder=DataFolder.open(folder, config, Fsync.NEVER))


def everything(network: Network) -> list[Any]:
    """What the network answers to every question about what is kept. Raises FolderError."""
    answers: list[Any] = [network.config.hash, network.instance_id, network.snapshots.listing()]
    answers += [network.clock.kept()]
    for zone in network.zones.values():
        answers += _of_zone(zone)
    return answers


def _of_zone(zone: ZonePort) -> Iterator[Any]:
    yield zone.status()
    yield _pool(zone.pool())
    yield zone.pending_transactions()
    yield zone.impersonated()
    yield zone.accounts("latest")
    newest = zone.number()
    for number in [*range(min(newest, 32) + 1), newest - 1, newest]:
        yield zone.block(number)
        yield zone.receipts(number)
        if number in (5, newest):
            yield zone.accounts(number)
    assert zone.block("latest") is not None


def _pool(content: PoolContent) -> str:
    return repr(content)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A folder that was closed, and everything that its network answers."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    network = Network(CONFIG, clock=WallClock(), folder=DataFolder.open(folder, CONFIG, Fsync.SLOT))
    fill(network)
    network.close()
    again = opened(folder)
    answers = everything(again)
    again.close()
    assert check(folder).is_whole
    return folder, answers


def damage(folder: Path, rng: random.Random) -> str:
    """Does one thing to one file; says what."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    path = rng.choice(files)
    content = bytearray(path.read_bytes())
    place = rng.randrange(max(1, len(content)))
    kind = rng.choice(
        ("bit", "bit", "bit", "byte", "cut", "zeros", "page", "missing", "longer", "exchanged", "doubled")
    )
    if kind == "bit" and content:
        content[place] ^= 1 << rng.randrange(8)
    elif kind == "byte" and content:
        content[place] = rng.randrange(256)
    elif kind == "cut":
        del content[place:]
    elif kind == "zeros":
        content[place : place + 64] = bytes(len(content[place : place + 64]))
    elif kind == "page":
        start = place // 4096 * 4096
        content[start : start + 4096] = bytes(len(content[start : start + 4096]))
    elif kind == "longer":
        content += rng.randbytes(rng.randrange(1, 200))
    elif kind == "doubled":
        content[place:place] = content[place : place + rng.randrange(1, 200)]
    elif kind == "exchanged":
        content = bytearray(rng.choice(files).read_bytes())
    if kind == "missing":
        path.unlink()
    else:
        path.write_bytes(content)
    return f"{kind} at {place} of {path.relative_to(folder)}"


def refused(folder: Path) -> tuple[FolderError | None, list[Any] | None]:
    """Why a start, or a question after it, is refused; else all answers."""
    try:
        network = opened(folder)
    except FolderError as error:
        return error, None
    try:
        return None, everything(network)
    except FolderError as error:
        return error, None
    finally:
        try:
            network.close()
        except FolderError as error:
            raise AssertionError(f"closing found {error}, and nothing before did") from error


def try_damages(whole: tuple[Path, list[Any]], folder: Path, seed: int, count: int) -> dict[str, int]:
    source, answers = whole
    outcomes = {"refused": 0, "harmless": 0}
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        copy = folder / str(number)
        shutil.copytree(source, copy)
        what = f"seed {seed}, number {number}: {damage(copy, rng)}"
        try:
            try:
                is_whole = check(copy).is_whole
            except FolderError:
                is_whole = False
            error, found = refused(copy)
            if error is not None:
                assert not is_whole, f"{what}: refused ({error}), and `zero data check` finds nothing"
                assert str(copy) in str(error), f"{what}: the file is not named: {error}"
                outcomes["refused"] += 1
            else:
                assert found == answers, f"{what}: other answers, and nobody says so"
                outcomes["harmless"] += 1
        except (NothingThere, AssertionError):
            raise
        except Exception as unexpected:
            raise AssertionError(f"{what}: {type(unexpected).__name__}: {unexpected}") from unexpected
        shutil.rmtree(copy)
    return outcomes


def test_a_damaged_folder_is_refused_or_answers_as_before(
    whole: tuple[Path, list[Any]], tmp_path: Path
) -> None:
    outcomes = try_damages(whole, tmp_path, 0, 16)
    assert outcomes["refused"] > 4


@pytest.mark.full
@pytest.mark.parametrize("seed", range(400, 420))
def test_hundreds_of_damages(whole: tuple[Path, list[Any]], tmp_path: Path, seed: int) -> None:
    print(seed, try_damages(whole, tmp_path, seed, 100))
