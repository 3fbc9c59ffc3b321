"""What eth_sendTransaction fills in, and for whom it may."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain.blobs import versioned_hash
from devnet.chain.transaction import ACCESS_LIST, BLOB, DYNAMIC_FEE, LEGACY, SET_CODE, BlobSidecar
from devnet.chain.types import Address, Wei
from devnet.execution import FailureKind
from devnet.zone.errors import BadRequest, ExecutionFailed, NotUnlocked
from devnet.zone.messages import CallRequest
from tests.zone.driver import ALICE, BOB, CHAIN_ID, GWEI, LOGGER, REVERTER, STORE, ZRO, Driver, word

STRANGER = Address(b"\x77" * 20)


def completed(driver: Driver, **fields: object) -> CallRequest:
    request = CallRequest(**{"sender": ALICE, "to": BOB, **fields})
    return driver.zone.complete(request, driver.clock.reading())


def test_a_bare_transfer_gets_everything(driver: Driver) -> None:
    driver.submit()
    filled = completed(driver, value=Wei(5))
    assert filled.type == DYNAMIC_FEE
    assert filled.nonce == 1
    assert filled.gas == 21_000
    assert filled.chain_id == CHAIN_ID
    assert filled.max_priority_fee_per_gas == driver.zone.suggested_priority_fee()
    assert filled.max_fee_per_gas == 2 * driver.zone.next_base_fee() + filled.max_priority_fee_per_gas


def test_what_is_given_stays(driver: Driver) -> None:
    given = CallRequest(
        sender=ALICE,
        to=STORE,
        gas=99_999,
        max_fee_per_gas=Wei(7 * GWEI),
        max_priority_fee_per_gas=Wei(3),
        value=Wei(0),
        data=word(1),
        nonce=12,
        type=2,
        chain_id=CHAIN_ID,
        access_list=(),
    )
    assert driver.zone.complete(given, driver.clock.reading()) == given


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"gas_price": Wei(2 * GWEI)}, LEGACY),
        ({"gas_price": Wei(2 * GWEI), "access_list": ()}, ACCESS_LIST),
        ({"access_list": ()}, DYNAMIC_FEE),
        ({"type": LEGACY}, LEGACY),
        ({"type": ACCESS_LIST}, ACCESS_LIST),
        ({"blob_hashes": (b"\x01" * 32,), "gas": 21_000}, BLOB),
        ({"authorizations": (), "gas": 21_000}, SET_CODE),
    ],
)
def test_the_type_follows_from_the_fields(driver: Driver, fields: dict[str, object], kind: int) -> None:
    filled = completed(driver, **fields)
    assert filled.type == kind
    assert (filled.gas_price is not None) == (kind in (LEGACY, ACCESS_LIST))
    assert (filled.max_fee_per_blob_gas is not None) == (kind == BLOB)


def test_blobs_name_themselves(driver: Driver) -> None:
    commitments = (b"\x01" * 48, b"\x02" * 48)
    filled = completed(driver, sidecar=BlobSidecar(1, (), commitments, ()), gas=21_000)
    assert filled.type == BLOB
    assert filled.blob_hashes == tuple(versioned_hash(commitment) for commitment in commitments)


def test_a_low_max_fee_lowers_the_tip(driver: Driver) -> None:
    filled = completed(driver, max_fee_per_gas=Wei(GWEI // 2), gas=21_000)
    assert filled.max_priority_fee_per_gas == GWEI // 2


@pytest.mark.parametrize(
    "fields",
    [
        {"gas_price": Wei(1), "max_fee_per_gas": Wei(1)},
        {"type": 2, "gas_price": Wei(1)},
        {"type": 0, "max_fee_per_gas": Wei(1)},
        {"type": 9},
        {"max_fee_per_gas": Wei(1), "max_priority_fee_per_gas": Wei(2)},
        {"chain_id": 1},
        {"sender": None},
    ],
)
def test_contradictions_are_refused(driver: Driver, fields: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        completed(driver, **fields)


def test_the_estimate_counts_what_waits(driver: Driver) -> None:
    fresh = completed(driver, to=STORE, data=word(1) + word(2)).gas
    driver.submit(BOB, STORE, value=0, data=word(1) + word(3))
    again = completed(driver, to=STORE, data=word(1) + word(2)).gas
    assert fresh is not None
    assert again is not None
    assert again < fresh


def test_the_estimated_gas_is_enough(driver: Driver) -> None:
    filled = completed(driver, to=LOGGER, data=word(1))
    receipt = driver.run(ALICE, LOGGER, value=0, data=word(1), gas=filled.gas)
    assert receipt.receipt.status
    assert receipt.receipt.gas_used == filled.gas


def test_a_failing_transaction_is_told_with_its_reason(driver: Driver) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        completed(driver, to=REVERTER, data=b"because")
    assert caught.value.failure.kind is FailureKind.REVERT
    assert caught.value.output == b"because"


def test_only_unlocked_and_impersonated_senders_are_completed(driver: Driver) -> None:
    zone = driver.zone
    zone.set_account(STRANGER, balance=Wei(ZRO))
    with pytest.raises(NotUnlocked):
        completed(driver, sender=STRANGER)
    assert not zone.may_impersonate(STRANGER)
    zone.impersonate(STRANGER)
    assert zone.may_impersonate(STRANGER)
    assert zone.impersonated() == {STRANGER}
    assert completed(driver, sender=STRANGER).gas == 21_000
    zone.stop_impersonating(STRANGER)
    with pytest.raises(NotUnlocked):
        completed(driver, sender=STRANGER)
    zone.set_auto_impersonate(True)
    assert zone.may_impersonate(STRANGER)
    assert completed(driver, sender=STRANGER).nonce == 0
    zone.set_auto_impersonate(False)
    assert not zone.may_impersonate(STRANGER)


def test_automatic_impersonation_can_be_configured(make: Callable[..., Driver]) -> None:
    assert make(auto_impersonate=True).zone.may_impersonate(STRANGER)
