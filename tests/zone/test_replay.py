"""Traces and witnesses by running sealed blocks again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devnet.chain import rlp
from devnet.chain.block_codec import encode_header
from devnet.chain.types import Hash32, Wei
from devnet.execution import TraceSpec
from devnet.zone.errors import UnknownBlock
from tests.zone.driver import ALICE, BLOCKHASH, BOB, LOGGER, STORE, ZRO, Driver, word

CALLS = TraceSpec("callTracer")


def test_earlier_transactions_of_the_block_count(driver: Driver) -> None:
    driver.submit(ALICE, STORE, value=0, data=word(1) + word(5))
    second = driver.submit(ALICE, STORE, value=0, data=word(1) + word(6))
    driver.mine()
    diff = TraceSpec("prestateTracer", {"diffMode": True})
    trace = driver.zone.trace_transaction(second, diff).trace
    key = "0x" + word(1).hex()
    storage = {address.lower(): account for address, account in trace["pre"].items()}
    assert storage["0x" + STORE.hex()]["storage"][key] == "0x" + word(5).hex()


def test_a_block_traces_all_its_transactions(driver: Driver) -> None:
    hashes = [driver.submit(ALICE, BOB), driver.submit(ALICE, LOGGER, value=0, data=word(1))]
    (block,) = driver.mine()
    traces = driver.zone.trace_block(1, CALLS)
    assert [trace.transaction_hash for trace in traces] == hashes
    assert [int(trace.trace["gasUsed"], 16) for trace in traces] == [
        receipt.gas_used for receipt in block.receipts
    ]
    assert driver.zone.trace_block(block.hash, CALLS) == traces
    assert driver.zone.trace_transaction(hashes[1], CALLS) == traces[1]
    driver.mine()
    assert driver.zone.trace_block(2, CALLS) == ()


def test_a_trace_applies_the_overrides_of_its_block(driver: Driver) -> None:
    driver.zone.set_account(STORE, code=bytes.fromhex("60ff60005260206000f3"))
    receipt = driver.run(ALICE, STORE, value=0, data=b"\x01")
    driver.zone.set_account(STORE, code=b"")
    driver.mine()
    trace = driver.zone.trace_transaction(receipt.transaction.hash, CALLS).trace
    assert trace["output"] == "0x" + word(255).hex()


def test_a_trace_keeps_to_the_chain_id_of_its_block(driver: Driver) -> None:
    receipt = driver.run()
    driver.zone.set_chain_id(5)
    assert driver.zone.trace_transaction(receipt.transaction.hash, CALLS).trace["value"] == "0x1"


def test_what_is_in_no_block_cannot_be_traced(driver: Driver) -> None:
    waiting = driver.submit()
    for unknown in (waiting, Hash32(bytes(32))):
        with pytest.raises(UnknownBlock):
            driver.zone.trace_transaction(unknown, CALLS)
    for ref in (0, 7):
        with pytest.raises(UnknownBlock):
            driver.zone.trace_block(ref, CALLS)


def test_a_witness_holds_what_the_block_read(driver: Driver) -> None:
    driver.run(ALICE, STORE, value=0, data=word(1) + word(5))
    driver.mine(3)
    driver.submit(ALICE, STORE, value=0, data=word(1) + word(6))
    driver.submit(BOB, BLOCKHASH, value=0, data=word(2))
    driver.mine()
    witness = driver.zone.execution_witness(5)
    state = dict(rlp.decode(entry) for entry in witness.state)
    assert state[STORE + word(1)] == b"\x05"
    nonce, balance = rlp.decode(state[ALICE])
    assert (int.from_bytes(nonce, "big"), int.from_bytes(balance, "big")) == (
        1,
        driver.zone.balance(ALICE, 4),
    )
    assert {STORE, ALICE, BOB, STORE + word(1)} <= set(witness.keys)
    assert bytes.fromhex("6020355f35555f35545f5260205ff3") in witness.codes
    headers = {encode_header(driver.block(number).header) for number in (2, 4)}
    assert headers <= set(witness.headers)
    with pytest.raises(UnknownBlock):
        driver.zone.execution_witness(0)


def test_replaying_needs_no_overlay_of_the_present(make: Callable[..., Driver]) -> None:
    driver = make()
    receipt = driver.run(ALICE, BOB, value=3 * ZRO)
    driver.zone.set_account(ALICE, balance=Wei(0), nonce=50)
    assert driver.zone.trace_transaction(receipt.transaction.hash, CALLS).trace["value"] == hex(3 * ZRO)
