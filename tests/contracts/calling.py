"""Calls genesis contracts of a network in process, by the ABI of their artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple, function_abi_to_4byte_selector

from devnet.chain.block import Receipt
from devnet.chain.types import Address, Wei
from devnet.contracts import artifacts
from devnet.execution import Failure
from devnet.network import Network
from devnet.zone.messages import CallRequest


class CallFailed(Exception):
    """The call reverted; `data` is what it reverted with."""

    def __init__(self, failure: Failure, data: bytes) -> None:
        super().__init__(f"{failure.message}: {data.hex()}")
        self.data = data


@dataclass(frozen=True, slots=True)
class DeployedContract:
    """A contract of genesis in the network's first application zone."""

    network: Network
    name: str
    address: Address

    def call(self, function: str, *arguments: Any, sender: Address | None = None, value: int = 0) -> Any:
        """What a call returns: one value, or a tuple of several. Raises CallFailed."""
        entry = self._entry(function)
        outcome = self.network.default_zone.call(
            CallRequest(
                sender=sender, to=self.address, value=Wei(value), data=self.data(function, *arguments)
            )
        )
        if outcome.failure is not None:
            raise CallFailed(outcome.failure, outcome.output)
        values = decode([collapse_if_tuple(output) for output in entry["outputs"]], outcome.output)
        return values[0] if len(values) == 1 else values

    def send(self, data: bytes, sender: Address) -> Receipt:
        """Sends `data` as an impersonated transaction of `sender` and gives the receipt."""
        zone = self.network.default_zone
        zone.impersonate(sender)
        zone.set_account(sender, balance=Wei(10**20))
        sent = self.network.send(zone, CallRequest(sender=sender, to=self.address, data=data, gas=1_000_000))
        receipt = zone.receipt(sent)
        assert receipt is not None
        return receipt.receipt

    def data(self, function: str, *arguments: Any) -> bytes:
        """The calldata of a call."""
        entry = self._entry(function)
        types = [collapse_if_tuple(parameter) for parameter in entry["inputs"]]
        return function_abi_to_4byte_selector(entry) + encode(types, arguments)

    def _entry(self, function: str) -> Any:
        (entry,) = [entry for entry in artifacts.load(self.name).abi if entry.get("name") == function]
        return entry


def error_selector(contract: str, error: str) -> bytes:
    """The first four bytes of what a custom error reverts with."""
    (entry,) = [
        entry for entry in artifacts.load(contract).abi if entry["type"] == "error" and entry["name"] == error
    ]
    return function_abi_to_4byte_selector({**entry, "type": "function"})
