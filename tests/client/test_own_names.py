"""A contract's functions have their names, whatever the library might have called like that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import zero_sdk
from tests.client.contracts import document
from zero_sdk import Contract, Network
from zero_sdk.client.binding.module import module_of
from zero_sdk.client.contract import ContractBase
from zero_sdk.client.deployable import Deployable
from zero_sdk.client.interface import Interface

ANSWERS_SEVEN = "0x60075f5260205ff3"
PLACE = "0x" + "77" * 20
NAMES = (
    "at",
    "attach",
    "balance",
    "call",
    "code",
    "deploy",
    "encode",
    "events",
    "name",
    "send",
    "transact",
    "w3",
)
DATA = {"abi", "address", "artifact", "contract_name", "deployment", "events", "interface", "zone"}


def abi_of(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "name": name,
            "stateMutability": "view",
            "inputs": [],
            "outputs": [{"type": "uint256", "name": ""}],
        }
        for name in names
    ]


@pytest.fixture
def network() -> Iterator[Network]:
    with zero_sdk.local() as made:
        made.default_zone.set_code(PLACE, ANSWERS_SEVEN)
        made.default_zone.set_balance(PLACE, 3)
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_the_contracts_function_is_what_is_called(network: Network, name: str) -> None:
    contract = network.default_zone.contract(PLACE, abi_of(*NAMES))
    assert getattr(contract, name)() == 7
    assert network.default_zone.balance(contract) == 3


def test_asynchronous_contracts_do_the_same(network: Network) -> None:
    async def ask() -> list[int]:
        zone = zero_sdk.AsyncNetwork.around(network).default_zone
        contract = zone.contract(PLACE, abi_of(*NAMES))
        return [await getattr(contract, name)() for name in NAMES]

    assert asyncio.run(ask()) == [7] * len(NAMES)


def test_a_contract_has_no_methods_that_could_answer_instead() -> None:
    own = {name for kind in (ContractBase, Contract) for name in vars(kind) if not name.startswith("_")}
    assert own | {"address", "artifact", "interface", "zone"} == DATA
    assert not any(callable(vars(Contract).get(name)) for name in own)


def test_who_looks_for_the_balance_at_the_contract_is_sent_to_the_zone(network: Network) -> None:
    contract = network.default_zone.contract(PLACE, abi_of("total"))
    for name in ("balance", "at"):
        with pytest.raises(zero_sdk.UnknownMember) as caught:
            getattr(contract, name)()
        assert caught.value.hint is not None
        assert "zone." in caught.value.hint


def test_the_same_abi_at_another_address(network: Network) -> None:
    zone = network.default_zone
    kitchen = zone.deploy(document("Kitchen"), 5)
    zone.set_code(PLACE, zone.code(kitchen))
    other = zone.contract(PLACE, kitchen)
    assert (other.address, other.contract_name) == (zero_sdk.Account(PLACE).address, "Kitchen")
    assert other.name() == "Kitchen"
    assert zone.deploy(kitchen, 6).value() == 6


def test_bound_classes_deploy_by_the_class_and_call_by_the_contract(network: Network) -> None:
    bound: dict[str, Any] = {}
    interface = Interface(abi_of("attach", "deploy", "balance"), "Factory")
    exec(module_of(Deployable(interface, source=interface)), bound)
    factory = bound["Factory"].attach(network.default_zone, PLACE)
    assert (factory.deploy(), factory.attach(), factory.balance()) == (7, 7, 7)
    assert bound["Factory"].attach(network.default_zone, factory).balance() == 7


def test_keccak_is_solidity_s() -> None:
    assert zero_sdk.keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert zero_sdk.keccak("transfer(address,uint256)")[:4].hex() == "a9059cbb"
    assert zero_sdk.keccak("ZRO") == zero_sdk.keccak(bytearray(b"ZRO")) == zero_sdk.keccak(b"ZRO")
    with pytest.raises(zero_sdk.WrongArguments, match="may be hex or a text"):
        zero_sdk.keccak("0xabcd")
