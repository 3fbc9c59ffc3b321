"""Contracts in several zones that belong together, each asked by the interface that all OApps have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import BadReturnData, Reverted, UnknownContract, WrongArguments
from zero_sdk.client.flows import reading
from zero_sdk.client.interface import Function, Interface
from zero_sdk.messages import interfaces
from zero_sdk.messages.endpoint import EndpointOf

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone


def ask(zone: Zone, address: str, interface: Interface, name: str, *arguments: Any) -> Any:
    """What a function of a contract gives, whose ABI need not be known. Raises Reverted, BadReturnData, and
    UnknownContract where no code is."""
    function = interface.functions[name][0]
    request = reading.call_request(zone.facts, address, function.encode(arguments))
    known = zone.interface_at(address)
    return zone.run(reading.call_function(zone.facts, function, request, interface=known))


class Member:
    """An application's contract in one zone."""

    def __init__(self, zone: Zone, address: Any, name: str = "") -> None:
        """`name` is what messages and a deployment's steps call it."""
        self.zone = zone
        self.address = to_address(address)
        self.name = name or "OApp"

    @classmethod
    def of(cls, contract: Any) -> Member:
        """Of a `Contract`, or of what has one (an `Oft`). Raises WrongArguments."""
        contract = getattr(contract, "contract", contract)
        zone = getattr(contract, "zone", None)
        if isinstance(contract, Member):
            return contract
        if zone is None:
            raise WrongArguments(f"{contract!r} is no contract in a zone", "zone.contract(address, abi) is")
        return cls(zone, contract.address, getattr(contract, "contract_name", ""))

    def ask(self, name: str, *arguments: Any) -> Any:
        """What a function of the OApp's interface gives. Raises as `ask` above."""
        return ask(self.zone, self.address, interfaces.oapp(), name, *arguments)

    def try_to_ask(self, name: str, *arguments: Any, interface: Interface | None = None) -> Any:
        """The same, of another interface perhaps; None where the contract has no such function."""
        try:
            return ask(self.zone, self.address, interface or interfaces.oapp(), name, *arguments)
        except (Reverted, BadReturnData, UnknownContract):
            return None

    @cached_property
    def endpoint(self) -> EndpointOf:
        """The endpoint that it was made for. Raises WrongArguments where it is no OApp."""
        address = self.try_to_ask("endpoint")
        if address is None:
            raise WrongArguments(f"{self} is no OApp: it does not answer endpoint()")
        return EndpointOf(self.zone, address)

    @property
    def eid(self) -> int:
        """Of its zone, as its endpoint says."""
        return self.endpoint.eid

    def __str__(self) -> str:
        return f"{self.name} at {self.address} in zone {self.zone.name}"


@dataclass(frozen=True, slots=True)
class Mesh:
    """Contracts that send to each other, at most one in a zone."""

    members: Mapping[str, Member]
    """By zone."""

    @classmethod
    def of(cls, contracts: Mapping[str, Any] | Iterable[Any]) -> Mesh:
        """Of contracts by zone, or of contracts alone. Raises WrongArguments."""
        named = contracts if isinstance(contracts, Mapping) else None
        every = [Member.of(contract) for contract in (contracts if named is None else named.values())]
        members: dict[str, Member] = {}
        for member in every:
            if member.zone.name in members:
                raise WrongArguments(f"two contracts in zone {member.zone.name}: a peer is one for each zone")
            members[member.zone.name] = member
        for name, member in zip(named or (), every, strict=False):
            if name != member.zone.name:
                raise WrongArguments(f"the contract for {name} is in zone {member.zone.name}")
        return cls(members)

    @property
    def ways(self) -> Iterator[tuple[Member, Member]]:
        """Every direction: source and destination."""
        for source in self.members.values():
            for destination in self.members.values():
                if source is not destination:
                    yield source, destination

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members.values())


def function_of(interface: Interface, name: str) -> Function:
    """The one function of a name."""
    return interface.functions[name][0]
