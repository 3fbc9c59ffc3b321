"""What applications are wired, checked and paid for with, blocking and under asyncio, under the same names: a
test that takes a `Face` holds for both."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import zero_sdk
from zero_sdk import AsyncNetwork, Network, Transaction
from zero_sdk.messages import (
    AsyncOft,
    Finding,
    Oft,
    check,
    check_async,
    plan_wiring,
    plan_wiring_async,
    wire,
    wire_async,
)

Contracts = Mapping[str, Any] | Iterable[Any]


class Face(Protocol):
    """Contracts are those of a blocking network, and so are the transactions that come back."""

    def wire(self, contracts: Contracts, **options: Any) -> tuple[Any, ...]: ...

    def plan_wiring(self, contracts: Contracts, **options: Any) -> tuple[Any, ...]: ...

    def check(self, contracts: Contracts, **options: Any) -> tuple[Finding, ...]: ...

    def oft(self, contract: Any) -> Any: ...


class Blocking:
    """As it is."""

    wire = staticmethod(wire)
    plan_wiring = staticmethod(plan_wiring)
    check = staticmethod(check)
    oft = staticmethod(Oft)


class Asynchronous:
    """Each call in an event loop of its own, with an asynchronous network beside the blocking one."""

    def wire(self, contracts: Contracts, **options: Any) -> tuple[Any, ...]:
        return of_twins(wire_async, contracts, options)

    def plan_wiring(self, contracts: Contracts, **options: Any) -> tuple[Any, ...]:
        return of_twins(plan_wiring_async, contracts, options)

    def check(self, contracts: Contracts, **options: Any) -> tuple[Finding, ...]:
        return of_twins(check_async, contracts, options)

    def oft(self, contract: Any) -> Any:
        return _Oft(contract)


class _Oft:
    """An `AsyncOft` with the names of an `Oft`."""

    def __init__(self, contract: Any) -> None:
        self.contract = contract
        self.address = contract.address

    token = property(lambda self: self._ask("token"))
    decimals = property(lambda self: self._ask("decimals"))
    shared_decimals = property(lambda self: self._ask("shared_decimals"))
    dust = property(lambda self: self._ask("dust"))

    def amount(self, text: Any) -> Any:
        return self._ask("amount", text)

    def movable(self, amount: int) -> Any:
        return self._ask("movable", amount)

    def balance(self, account: Any) -> Any:
        return self._ask("balance", account)

    def quote(self, to: Any, *arguments: Any, **options: Any) -> Any:
        return self._ask("quote", to, *arguments, **options)

    def send(self, to: Any, *arguments: Any, **options: Any) -> Transaction:
        sent = self._ask("send", to, *arguments, **options)
        transaction: Transaction = self.contract.zone.transaction(sent.hash)
        return transaction

    def _ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        async def ask(network: AsyncNetwork) -> Any:
            given = [twin(network, one) if isinstance(one, _Oft) else one for one in arguments]
            return await getattr(AsyncOft(twin(network, self)), name)(*given, **options)

        return in_a_loop(self.contract.zone.network, ask)


def of_twins(ask: Any, contracts: Contracts, options: Mapping[str, Any]) -> Any:
    """What a coroutine function gives for the same contracts of an asynchronous network."""
    named = contracts if isinstance(contracts, Mapping) else None
    every = list(contracts if named is None else named.values())

    async def asked(network: AsyncNetwork) -> Any:
        twins = [twin(network, contract) for contract in every]
        return await ask(twins if named is None else dict(zip(named, twins, strict=True)), **options)

    return in_a_loop(getattr(every[0], "contract", every[0]).zone.network, asked)


def twin(network: AsyncNetwork, contract: Any) -> Any:
    """The same contract, of an asynchronous network."""
    if isinstance(contract, _Oft | Oft):
        contract = contract.contract
    return network[contract.zone.name].contract(contract.address, contract)


def in_a_loop(network: Network, ask: Callable[[AsyncNetwork], Awaitable[Any]]) -> Any:
    """What a coroutine function gives for the asynchronous face of a network."""

    async def run() -> Any:
        async with beside(network) as made:
            return await ask(made)

    return asyncio.run(run())


@asynccontextmanager
async def beside(network: Network) -> Any:
    """The asynchronous face of a network in this process, or behind its URLs."""
    url = network.default_zone.url
    async with AsyncNetwork.around(network) if url is None else await zero_sdk.connect_async(url) as made:
        yield made
