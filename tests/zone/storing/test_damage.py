"""Damaged files of a zone: noticed when it is opened, with the file and the place; never silently another
zone."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from devnet.chain.types import Wei
from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.home import Home
from devnet.zone.messages import Mining, ZoneStatus
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.zone import Zone
from tests.zone.driver import ALICE, BOB, CAROL, LOGGER, Driver, word, zone_config
from tests.zone.storing.kept import IDENTITY, KeptDriver

CONFIG = zone_config(is_base_fee_fixed=True)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> KeptDriver:
    """A zone with something of everything in its files."""
    driver = KeptDriver(CONFIG, tmp_path_factory.mktemp("zone"))
    driver.run()
    driver.log(3)
    driver.mine(2_100)
    driver.commit()
    driver.zone.set_mining(Mining(automine=False, interval=2.0))
    driver.submit(ALICE, BOB)
    driver.submit(BOB, LOGGER, value=0, data=word(1))
    driver.snapshot()
    driver.zone.set_account(CAROL, balance=Wei(7))
    driver.zone.impersonate(CAROL)
    driver.commit()
    driver.zone.close()
    return driver


def copy_of(driver: KeptDriver, folder: Path) -> KeptDriver:
    """The same files elsewhere, closed."""
    shutil.copytree(driver.folder, folder)
    copy = KeptDriver.__new__(KeptDriver)
    copy.__dict__.update(driver.__dict__)
    copy.folder = folder
    return copy


def status_of(driver: KeptDriver) -> ZoneStatus:
    driver.zone = driver.open()
    try:
        return driver.zone.status()
    finally:
        driver.zone.close()


def files_of(driver: KeptDriver, name: str) -> list[Path]:
    return sorted((driver.folder / name).glob("*.log"))


@pytest.mark.parametrize("name", ["blocks", "journal"])
@pytest.mark.parametrize("seed", range(25))
def test_a_flipped_bit_is_noticed(original: KeptDriver, tmp_path: Path, name: str, seed: int) -> None:
    driver = copy_of(original, tmp_path / "copy")
    chance = random.Random(seed)
    (path,) = files_of(driver, name)
    content = bytearray(path.read_bytes())
    place = chance.randrange(len(content))
    content[place] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    with pytest.raises(FolderError) as caught:
        status_of(driver)
    assert caught.value.path == path
    assert caught.value.flaw in (Flaw.DAMAGED, Flaw.NOT_OURS, Flaw.NEWER_FORMAT, Flaw.OTHER_NETWORK)


@pytest.mark.parametrize("name", ["blocks", "journal"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 0.999])
def test_a_shortened_file_is_noticed(original: KeptDriver, tmp_path: Path, name: str, share: float) -> None:
    driver = copy_of(original, tmp_path / "copy")
    (path,) = files_of(driver, name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FolderError) as caught:
        status_of(driver)
    assert caught.value.path == path
    assert caught.value.flaw is Flaw.DAMAGED


@pytest.mark.parametrize("name", ["blocks", "journal"])
def test_a_missing_file_is_noticed(original: KeptDriver, tmp_path: Path, name: str) -> None:
    driver = copy_of(original, tmp_path / "copy")
    (path,) = files_of(driver, name)
    path.unlink()
    with pytest.raises(FolderError) as caught:
        status_of(driver)
    assert caught.value.flaw is Flaw.MISSING
    assert caught.value.path.parent == path.parent


@pytest.mark.parametrize("name", ["blocks", "journal"])
def test_what_was_written_after_the_commit_does_not_count(
    original: KeptDriver, tmp_path: Path, name: str
) -> None:
    driver = copy_of(original, tmp_path / "copy")
    expected = status_of(driver)
    (path,) = files_of(driver, name)
    path.write_bytes(path.read_bytes() + b"half of a record")
    assert status_of(driver) == expected


def test_another_zones_files_are_refused(original: KeptDriver, tmp_path: Path) -> None:
    driver = copy_of(original, tmp_path / "copy")
    other = KeptDriver(zone_config(is_base_fee_fixed=True, index=2), tmp_path / "other")
    other.mine()
    other.commit()
    other.zone.close()
    for name in ("blocks", "journal"):
        shutil.rmtree(driver.folder / name)
        shutil.copytree(other.folder / name, driver.folder / name)
    with pytest.raises(FolderError, match="of zone 2"):
        status_of(driver)


def test_a_state_that_is_not_that_of_the_blocks_is_noticed(original: KeptDriver, tmp_path: Path) -> None:
    driver = copy_of(original, tmp_path / "copy")
    ahead = KeptDriver(CONFIG, tmp_path / "ahead")
    ahead.run()
    ahead.commit()
    ahead.zone.close()
    assert driver.positions is not None
    assert ahead.positions is not None
    shutil.rmtree(driver.folder / "state")
    shutil.copytree(ahead.folder / "state", driver.folder / "state")
    driver.positions = type(driver.positions)(ahead.positions.state, driver.positions.zone)
    with pytest.raises(FolderError, match="the state is at height 1") as caught:
        status_of(driver)
    assert caught.value.flaw is Flaw.DAMAGED


def test_another_genesis_is_noticed(original: KeptDriver, tmp_path: Path) -> None:
    """The headers' identity covers the configuration; this is what stands behind it."""
    driver = copy_of(original, tmp_path / "copy")
    driver.config = zone_config(is_base_fee_fixed=True, genesis_time=5)
    with pytest.raises(FolderError, match="not that of the configuration"):
        status_of(driver)


def test_positions_of_another_size_are_refused(tmp_path: Path) -> None:
    driver = Driver(CONFIG)
    with pytest.raises(FolderError, match="3 bytes of positions"):
        Zone(CONFIG, driver.engine, driver.state, Home(tmp_path, IDENTITY, 1, b"abc"))


# ---------------------------------------------------------------- records of a dump


def exported() -> tuple[Driver, list[bytes]]:
    driver = Driver(CONFIG)
    driver.run()
    driver.mine(3)
    return driver, list(driver.zone.export())


def loaded(driver: Driver, records: list[bytes]) -> Zone:
    return Zone(CONFIG, driver.engine, driver.state, records=records)


def test_records_without_a_genesis_are_refused() -> None:
    driver, records = exported()
    assert records[0][0] == RecordKind.GENESIS
    with pytest.raises(ValueError, match="begin with its genesis block"):
        loaded(driver, records[1:])


@pytest.mark.parametrize("gone", [-1, -2])
def test_a_missing_block_is_noticed(gone: int) -> None:
    driver, records = exported()
    del records[gone]
    with pytest.raises(ValueError, match=r"does not follow|the state is at height"):
        loaded(driver, records)


def test_a_block_of_another_chain_is_noticed() -> None:
    driver, records = exported()
    other = Driver(CONFIG)
    other.mine(3)
    records[-2] = list(other.zone.export())[-1]
    with pytest.raises(ValueError, match="block 3 does not follow block 2"):
        loaded(driver, records)
