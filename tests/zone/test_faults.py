"""A transaction that the engine itself cannot run must not stop the zone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.execution import BlockEnv, EngineFault, Execution, Mode
from devnet.execution.pyevm import PyEvmEngine
from devnet.state import StateView
from devnet.zone.messages import Mining
from tests.zone.driver import ALICE, BOB, CAROL, LOGGER, MANUAL, Driver, zone_config

POISON = b"poison"


class FaultyEngine(PyEvmEngine):
    """The real engine, with a bug that one input meets."""

    def execute(
        self, rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
    ) -> Execution:
        if any(transaction.data == POISON for transaction in transactions):
            raise EngineFault("a bug")
        return super().execute(rules, env, transactions, view, mode)


@pytest.mark.parametrize("mining", [Mining(), MANUAL])
def test_what_the_engine_cannot_run_is_dropped_and_told(mining: Mining) -> None:
    driver = Driver(zone_config(mining=mining), engine=FaultyEngine())
    first = driver.submit(ALICE, BOB, tip=3)
    poison = driver.submit(BOB, LOGGER, value=0, data=POISON, tip=2)
    last = driver.submit(CAROL, BOB, tip=1)
    faults = 0
    for _ in range(3):
        try:
            driver.automine() if mining.automine else driver.mine()
        except EngineFault:
            faults += 1
    assert faults == 1
    assert driver.zone.transaction(poison) is None
    for transaction_hash in (first, last):
        assert driver.zone.receipt(transaction_hash) is not None
    assert driver.zone.nonce(BOB, "pending") == 0
