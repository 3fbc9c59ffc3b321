"""Questions may be asked by other threads while the owner seals blocks and goes back."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from devnet.chain.types import Hash32
from devnet.execution import TraceSpec
from devnet.zone import chain_store
from devnet.zone.errors import UnknownBlock
from devnet.zone.messages import CallRequest, LogQuery
from tests.zone.driver import ALICE, BLOCKHASH, BOB, KEYS, LOGGER, ZRO, Driver, word, zone_config

SUPPLY = len(KEYS.addresses) * 100 * ZRO


class Reader(threading.Thread):
    """Asks one question again and again until told to stop; keeps what went wrong."""

    def __init__(self, question: Callable[[], None], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._question = question
        self._stop_event = stop
        self.answered = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self._stop_event.is_set():
                try:
                    self._question()
                except UnknownBlock:
                    # The block that was asked for is gone: an honest answer.
                    continue
                self.answered.set()
        except BaseException as error:
            self.error = error
            self.answered.set()


def test_readers_never_see_half_a_change() -> None:
    driver = Driver(zone_config())
    zone = driver.zone
    driver.mine(3)

    def blocks_are_linked() -> None:
        block = zone.block("latest")
        parent = zone.block(block.header.parent_hash)
        # The parent itself may be gone by now, but never another block be in its place.
        assert parent is None or parent.header.number == block.header.number - 1

    def blockhash_is_the_parents() -> None:
        number = zone.number()
        block = zone.block(number)
        if block is not None:
            output = zone.call(CallRequest(to=BLOCKHASH, data=word(number - 1)), Hash32(block.hash)).output
            assert output == block.header.parent_hash

    def a_transfer_is_whole() -> None:
        block = zone.block("latest")
        balances = [zone.balance(address, Hash32(block.hash)) for address in KEYS.addresses]
        assert SUPPLY - ZRO < sum(balances) <= SUPPLY

    def latest_is_always_there() -> None:
        try:
            zone.balance(BOB)
            zone.call(CallRequest(to=BLOCKHASH, data=word(1)))
        except UnknownBlock as error:
            raise AssertionError("there is always a newest block") from error

    def pending_follows_latest() -> None:
        pending = zone.block("pending")
        assert len(pending.transactions) == len(pending.receipts)
        zone.balance(BOB, "pending")
        zone.pool()
        zone.status()

    def logs_belong_to_their_blocks() -> None:
        for log in zone.logs(LogQuery(from_block=0)):
            assert log.log.address == LOGGER

    stop = threading.Event()
    questions = (
        blocks_are_linked,
        blockhash_is_the_parents,
        a_transfer_is_whole,
        latest_is_always_there,
        pending_follows_latest,
        logs_belong_to_their_blocks,
    )
    readers = [Reader(question, stop) for question in questions]
    for reader in readers:
        reader.start()
    snapshot = driver.snapshot()
    for round_number in range(60):
        driver.submit(ALICE, BOB, value=ZRO)
        driver.submit(BOB, LOGGER, value=0, data=word(round_number))
        driver.mine()
        zone.set_account(LOGGER, nonce=round_number + 1)
        driver.mine(2)
        if round_number % 10 == 9:
            zone.revert(snapshot)
    for reader in readers:
        # On a busy machine the rounds may be over before every reader had a turn.
        reader.answered.wait(30)
    stop.set()
    for reader in readers:
        reader.join(30)
        assert reader.error is None, reader.error
        assert reader.answered.is_set()


def test_readers_meet_the_end_of_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the owner seals, goes back and forgets, a reader gets the right answer or is told that the block
    is gone; a search never leaves out blocks in the middle."""
    monkeypatch.setattr(chain_store, "LIVE_BLOCKS", 4)
    driver = Driver(zone_config(history=12))
    zone = driver.zone
    driver.log(0)

    def old_blocks_are_right() -> None:
        head = zone.number()
        for number in range(max(1, head - 14), head):
            try:
                block = zone.block(number)
                if block is None:
                    continue
                nonce = zone.nonce(ALICE, Hash32(block.hash))
                trace = zone.trace_block(Hash32(block.hash), TraceSpec("callTracer"))
            except UnknownBlock:
                continue
            # Every block has one transaction of Alice.
            assert (block.header.number, nonce, len(trace)) == (number, number, 1)

    def transactions_are_where_they_are_said_to_be() -> None:
        head = zone.number()
        for number in range(max(1, head - 14), head):
            found = zone.transaction_at(number, 0)
            if found is not None:
                again = zone.receipt(found.transaction.hash)
                assert again is None or again.transaction == found.transaction

    def a_search_has_no_gap() -> None:
        first = max(1, zone.number() - 11)
        found = [log.block_number for log in zone.logs(LogQuery(from_block=first))]
        assert found == list(range(first, first + len(found)))

    def blockhash_reaches_below_the_history() -> None:
        # The 20 newest blocks have hashes, 12 of them are kept.
        head = zone.number()
        outputs = [
            zone.call(CallRequest(to=BLOCKHASH, data=word(number)), head).output
            for number in range(max(0, head - 20), head)
        ]
        assert all(any(output) for output in outputs)

    stop = threading.Event()
    questions = (
        old_blocks_are_right,
        transactions_are_where_they_are_said_to_be,
        a_search_has_no_gap,
        blockhash_reaches_below_the_history,
    )
    readers = [Reader(question, stop) for question in questions]
    for reader in readers:
        reader.start()
    for round_number in range(150):
        driver.log(round_number)
        if round_number % 10 == 9:
            zone.rollback(4)
            driver.log(1000 + round_number)
        if round_number % 25 == 24:
            zone.forget(zone.number() - 3)
    for reader in readers:
        reader.answered.wait(30)
    stop.set()
    for reader in readers:
        reader.join(30)
        assert reader.error is None, reader.error
        assert reader.answered.is_set()
