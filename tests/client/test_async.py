"""The asynchronous twins: over HTTP, and around a network in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import zero_sdk
from tests.client.contracts import document
from zero_sdk import Account, AsyncNetwork

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(params=["local", "served", pytest.param("anvil", marks=pytest.mark.clients)])
async def network(request: pytest.FixtureRequest) -> AsyncIterator[AsyncNetwork]:
    match request.param:
        case "local":
            made = AsyncNetwork.around(zero_sdk.local())
        case "served":
            made = await zero_sdk.connect_async(request.getfixturevalue("served").zone("alpha")["url"])
        case _:
            made = await zero_sdk.connect_async(request.getfixturevalue("anvil_url"))
    async with made, made.isolated():
        yield made


async def test_contracts_are_deployed_called_and_sent_to(network: AsyncNetwork) -> None:
    zone = network.default_zone
    alice, bob = network.accounts[:2]
    kitchen = await zone.deploy(document("Kitchen"), 5)
    assert await kitchen.value() == 5
    assert await kitchen.owner() == alice
    transaction = await kitchen.store(1, (bob, [(1, 2)], b"abcd", "hi"), sender=bob)
    (stored, _) = await transaction.events()
    assert stored.args.point == (1, 2)
    assert await kitchen.events.Stored.get(from_=bob) == (stored,)
    assert await transaction.return_value() == 1
    assert (await kitchen.load(1)).owner == bob


async def test_failures_are_the_same(network: AsyncNetwork) -> None:
    kitchen = await network.default_zone.deploy(document("Kitchen"), 5)
    with pytest.raises(zero_sdk.Reverted, match="no reason to go on"):
        await kitchen.fail(0)
    with pytest.raises(zero_sdk.Reverted) as caught:
        await kitchen.fail(2, gas=200_000)
    assert caught.value.error is not None
    assert caught.value.error.name == "Denied"
    assert caught.value.transaction is not None
    with pytest.raises(zero_sdk.WrongArguments):
        await kitchen.set("five")


async def test_calls_run_side_by_side(network: AsyncNetwork) -> None:
    kitchen = await network.default_zone.deploy(document("Kitchen"), 5)
    assert await asyncio.gather(*(kitchen.value() for _ in range(30))) == [5] * 30


async def test_keys_sign_here_too(network: AsyncNetwork) -> None:
    zone = network.default_zone
    account = Account.random()
    await zone.fund(account, zero_sdk.ether(1))
    kitchen = await zone.deploy(document("Kitchen"), 5, sender=account)
    sent = [await kitchen.set(number, sender=account, wait=False) for number in range(5)]
    assert [(await (await transaction.wait()).receipt()).status for transaction in sent] == [1] * 5
    assert await zone.nonce(account) == 6
    assert (await zone.wait_for(sent[0])).status == 1
    async with zone.impersonate(kitchen) as itself:
        await zone.fund(itself, zero_sdk.ether(1))
        assert (await kitchen.set(1, sender=itself)).request["from"] == kitchen.address


async def test_nobody_there_is_an_error(unused_tcp_port: int) -> None:
    with pytest.raises(zero_sdk.NoAnswer, match="no node answers"):
        await zero_sdk.connect_async(f"http://127.0.0.1:{unused_tcp_port}")
