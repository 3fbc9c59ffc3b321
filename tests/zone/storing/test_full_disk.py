"""A disk that takes nothing for a while: what could not be written goes out later, whatever happened in
between."""

from __future__ import annotations

import errno
import random
from pathlib import Path

import pytest

from devnet.chain.types import Address, Wei
from devnet.persistence import segmented_log
from devnet.persistence.errors import WriteFailed
from devnet.persistence.platform import write_fully
from devnet.zone.messages import LogQuery
from tests.zone.driver import ALICE, BOB, KEYS, Driver, zone_config
from tests.zone.storing.kept import KeptDriver

STRANGER = Address(b"\x99" * 20)
CONFIG = zone_config(is_base_fee_fixed=True)


class Disk:
    """Lets through what is written, or half of it and then nothing, for so many calls."""

    def __init__(self) -> None:
        self.until_full = 1 << 60

    def write(self, file: int, content: bytes, offset: int) -> None:
        self.until_full -= 1
        if self.until_full >= 0:
            write_fully(file, content, offset)
            return
        write_fully(file, content[: len(content) // 2], offset)
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    full = Disk()
    monkeypatch.setattr(segmented_log, "write_fully", full.write)
    return full


def step(chance: random.Random, drivers: tuple[Driver, Driver]) -> None:
    """One thing that happens to both."""
    kind = chance.randrange(7)
    number = chance.randrange(1, 4)
    sender = chance.choice(KEYS.addresses)
    for driver in drivers:
        if kind == 0:
            driver.submit(sender, BOB, gas=30_000)
        elif kind == 1:
            driver.mine(number)
        elif kind == 2:
            driver.zone.set_account(STRANGER, balance=Wei(number))
        elif kind == 3:
            driver.zone.rollback(min(number, driver.number))
        elif kind == 4 and driver.number < 2_000:
            driver.mine(2_100)
        elif kind == 5:
            driver.zone.drop_transactions_of(sender)
        else:
            driver.log(number, ALICE)


@pytest.mark.parametrize("seed", range(8))
def test_what_could_not_be_written_goes_out_later(tmp_path: Path, disk: Disk, seed: int) -> None:
    chance = random.Random(seed)
    plain, kept = Driver(CONFIG), KeptDriver(CONFIG, tmp_path)
    failures = 0
    for _ in range(8):
        for _ in range(chance.randrange(1, 4)):
            step(chance, (plain, kept))
        disk.until_full = chance.randrange(0, 5)
        try:
            kept.commit()
        except WriteFailed:
            failures += 1
            with pytest.raises(WriteFailed, match="No space left"):
                kept.commit()
            if chance.randrange(2):
                continue
        disk.until_full = 1 << 60
        kept.commit()
        kept.reopen()
        assert kept.zone.status() == plain.zone.status()
        assert kept.zone.pool() == plain.zone.pool()
        assert kept.zone.logs(LogQuery(from_block=0)) == plain.zone.logs(LogQuery(from_block=0))
        for number in range(max(0, plain.number - 10), plain.number + 1):
            assert kept.block(number) == plain.block(number)
    assert failures
    kept.zone.close()
