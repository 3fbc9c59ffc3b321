"""The bridge through the library: sent, delivered, refused, claimed; blocking and asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from zero_sdk import AsyncNetwork, local
from zero_sdk.client import bridging
from zero_sdk.client.errors import Reverted, WrongArguments
from zero_sdk.client.network import Network

LUCKY = "0xABaBaBaBABabABabAbAbABAbABabababaBaBABaB"
REFUSER = "0x" + "ee" * 20
CODE = "600054600757005b600080fd"
"""Refuses what it is paid as long as its slot 0 is not zero."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Network]:
    with local() as network:
        yield network


@pytest.fixture
def network(shared: Network) -> Iterator[Network]:
    with shared.isolated():
        yield shared


def test_what_is_bridged_arrives(network: Network) -> None:
    alpha, beta = network["alpha"], network["beta"]
    sent = alpha.bridge("beta", 10**18, LUCKY)
    supply = network.supply()
    assert (supply.in_flight, supply.difference) == (10**18, 0)
    assert sent.message.delivered()
    assert beta.balance(LUCKY) == 10**18
    assert bridging.is_paid(beta, sent.message.guid)
    assert (network.supply().in_flight, network.supply().difference) == (0, 0)


def test_by_default_the_senders_own_account_gets_it(network: Network) -> None:
    sender = network.accounts[4]
    before = network["alpha"].balance(sender)
    assert network["system"].bridge(network["alpha"], 7, sender=sender).message.delivered()
    assert network["alpha"].balance(sender) == before + 7


def test_what_is_refused_is_owed_and_claimed(network: Network) -> None:
    alpha, beta = network["alpha"], network["beta"]
    beta.set_code(REFUSER, CODE)
    beta.set_storage(REFUSER, 0, 1)
    message = alpha.bridge(beta, 55, REFUSER).message
    assert message.delivered()
    assert (beta.balance(REFUSER), network.supply().owed) == (0, 55)
    assert not bridging.is_paid(beta, message.guid)
    with pytest.raises(Reverted, match="PaymentRefused"):
        beta.claim_bridged(REFUSER)
    beta.set_storage(REFUSER, 0, 0)
    beta.claim_bridged(REFUSER)
    assert (beta.balance(REFUSER), network.supply().owed, network.supply().difference) == (55, 0, 0)
    with pytest.raises(Reverted, match="NothingOwed"):
        beta.claim_bridged(REFUSER)


def test_what_makes_no_sense_is_refused_before_it_is_sent(network: Network) -> None:
    alpha = network["alpha"]
    for amount in (0, -1, 1 << 255):
        with pytest.raises(WrongArguments):
            alpha.bridge("beta", amount, LUCKY)
    with pytest.raises(WrongArguments):
        alpha.bridge("gamma", 1, LUCKY)
    with pytest.raises(WrongArguments, match="to itself"):
        alpha.bridge("alpha", 1, LUCKY)


def test_the_asynchronous_twin_does_the_same(network: Network) -> None:
    async def run() -> tuple[int, int, int]:
        async with AsyncNetwork.around(network) as twin:
            sent = await twin.zone("alpha").bridge("beta", 9, LUCKY)
            (message,) = await sent.messages()
            assert await message.delivered()
            supply = await twin.supply()
            return await twin.zone("beta").balance(LUCKY), supply.in_flight, supply.difference

    assert asyncio.run(run()) == (9, 0, 0)


def test_more_gas_than_a_delivery_can_give_is_refused_at_once(network: Network) -> None:
    for gas in (-1, 5_000_001, 1 << 128):
        with pytest.raises(WrongArguments, match="give 0 to 5000000"):
            network["alpha"].bridge("beta", 7, LUCKY, gas=gas)
    assert network.supply().in_flight == 0
