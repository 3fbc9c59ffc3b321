"""What changes after a journal's image is there after opening, too: each kind of change by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devnet.chain.blobs import versioned_hash
from devnet.chain.types import Address, Hash32, Wei
from devnet.zone.messages import Mining
from tests.zone.driver import ALICE, BOB, CAROL, LOGGER, STORE, Driver, word, zone_config
from tests.zone.storing.kept import KeptDriver
from tests.zone.storing.test_model import SIDECAR, seen

CONFIG = zone_config(is_base_fee_fixed=True)


def prepare(driver: Driver) -> None:
    """Something of everything, before the image."""
    driver.run()
    driver.mine(2_100)
    driver.submit(ALICE, BOB)
    driver.submit(ALICE, BOB)
    driver.submit(BOB, LOGGER, value=0, data=word(1))
    driver.zone.snapshot(1)
    driver.zone.set_account(CAROL, balance=Wei(7))
    driver.zone.set_storage(STORE, 1, 2)
    driver.zone.snapshot(2)
    driver.zone.snapshot(3)


def submit_and_drop(driver: Driver) -> None:
    driver.zone.drop_transactions_of(ALICE)
    driver.submit(CAROL, BOB, value=0, max_fee=0, tip=0)


def mine_and_go_back(driver: Driver) -> None:
    driver.mine()
    driver.zone.rollback(1)


def send_a_blob(driver: Driver) -> None:
    blob = driver.transaction(
        BOB,
        ALICE,
        type=3,
        gas=21_000,
        max_fee_per_blob_gas=Wei(10**10),
        blob_hashes=tuple(map(versioned_hash, SIDECAR.commitments)),
    )
    driver.zone.submit(blob, SIDECAR)
    driver.mine()


def write_more(driver: Driver) -> None:
    driver.zone.set_storage(STORE, 2, 3)
    driver.zone.set_account(CAROL, nonce=4)
    driver.zone.set_account(ALICE, code=b"\x00")


def settings(driver: Driver) -> None:
    driver.zone.set_coinbase(Address(b"\x07" * 20))
    driver.zone.set_next_prev_randao(Hash32(b"\x08" * 32))
    driver.zone.increase_time(-7)
    driver.zone.set_chain_id(5)
    driver.zone.set_mining(Mining(automine=True, interval=1.5))
    driver.zone.impersonate(CAROL)
    driver.zone.set_auto_impersonate(True)


CHANGES: list[Callable[[Driver], object]] = [
    submit_and_drop,
    mine_and_go_back,
    send_a_blob,
    write_more,
    settings,
    lambda driver: driver.mine(),
    lambda driver: driver.zone.drop_all_transactions(),
    lambda driver: driver.zone.revert(1),
    lambda driver: driver.zone.delete_snapshot(2),
    lambda driver: driver.zone.delete_snapshot(3),
    lambda driver: driver.zone.snapshot(9),
    lambda driver: driver.zone.rollback(600),
    lambda driver: driver.zone.reset(),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("is_image_behind", [True, False])
def test_a_change_after_the_image_is_there(
    tmp_path: Path, change: Callable[[Driver], object], is_image_behind: bool
) -> None:
    plain, kept = Driver(CONFIG), KeptDriver(CONFIG, tmp_path)
    hashes: set[Hash32] = set()
    for driver in (plain, kept):
        prepare(driver)
        hashes |= {item.hash for item in driver.zone.pending_transactions()}
    kept.commit()
    if is_image_behind:
        # The first commit after opening writes an image, and what follows are changes.
        kept.reopen()
        kept.commit()
    for driver in (plain, kept):
        change(driver)
        hashes |= {item.hash for item in driver.block().transactions}
    kept.commit()
    kept.reopen()
    kept.clock.go_back(plain.clock.mark())
    expected = seen(plain, hashes, 10)
    found = seen(kept, hashes, 10)
    for name, value in expected.items():
        assert found[name] == value, name
    kept.zone.close()


def test_a_journal_that_only_grows_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devnet.zone.storing.journal.GARBAGE_ALLOWANCE", 1_000)
    kept = KeptDriver(CONFIG, tmp_path)
    for number in range(300):
        kept.zone.set_storage(STORE, number % 3, number + 1)
        kept.commit()
    size = sum(path.stat().st_size for path in (tmp_path / "journal").glob("*.log"))
    assert size < 8_000
    kept.reopen()
    assert [kept.zone.storage(STORE, slot) for slot in range(3)] == [298, 299, 300]
    kept.zone.close()
