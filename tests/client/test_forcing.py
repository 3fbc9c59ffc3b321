"""Forcing a transaction through the library: posted, and where it stands; blocking and asynchronous."""

from __future__ import annotations

import asyncio

import pytest

from tests.settlement.forcing import signed
from zero_sdk import AsyncNetwork, local
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.network import Network


def raw(network: Network, nonce: int) -> bytes:
    """A transfer by account 1 in the first application zone."""
    inside = network.devnet
    assert inside is not None
    return signed(inside, inside.default_zone, nonce).encoded


def test_a_transaction_is_forced_for_the_gas_that_it_may_take() -> None:
    network = local()
    zone = network.default_zone
    payer = network.accounts[2]
    posted = zone.force(raw(network, 0), sender=payer)
    assert posted.zone.name == "system"
    junk = zone.force(b"no transaction", gas=30_000, sender=payer)
    assert junk.receipt.status == 1
    first, second = zone.forced_transactions()
    assert (first["index"], first["gas"], first["status"]) == ("0x0", hex(21_000), "posted")
    assert (second["index"], second["gas"]) == ("0x1", hex(30_000))
    for _ in range(10):
        network.settle()
    first, second = zone.forced_transactions()
    assert (first["status"], first["hasEffect"], second["hasEffect"]) == ("consumed", True, False)
    assert zone.forced_transactions(1) == [second]
    assert zone.transaction(first["hash"]).receipt.block_number == int(first["blockNumber"], 16)


@pytest.mark.parametrize(("given", "gas"), [("no hex", None), ("0x1", None), ("0x12", -1), ("0x12", 1 << 64)])
def test_what_cannot_be_posted_is_refused_before_anything_is_sent(given: str, gas: int | None) -> None:
    network = local()
    with pytest.raises(WrongArguments):
        network.default_zone.force(given, gas=gas)
    assert network["system"].block_number == 0


def test_the_asynchronous_twin_posts_the_same() -> None:
    network = local()

    async def run() -> tuple[str, list[str]]:
        async with AsyncNetwork.around(network) as twin:
            posted = await twin.default_zone.force("0x" + raw(network, 0).hex())
            found = await twin.default_zone.forced_transactions()
            return posted.zone.name, [one["transaction"] for one in found]

    assert asyncio.run(run()) == ("system", ["0x" + raw(network, 0).hex()])
