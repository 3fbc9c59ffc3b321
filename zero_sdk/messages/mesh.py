"""Contracts in several zones that belong together, each asked by the interface that all OApps have.

What asks a zone is a tour (`zero_sdk.client.flows.tours`), which blocking and asynchronous callers run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import BadReturnData, Reverted, UnknownContract, WrongArguments
from zero_sdk.client.flows.tours import AnyZone, Tour, ZoneKind
from zero_sdk.client.interface import Interface
from zero_sdk.messages import interfaces
from zero_sdk.messages.asking import ask
from zero_sdk.messages.endpoint import EndpointOf, endpoint_at


class Member:
    """An application's contract in one zone."""

    def __init__(self, zone: AnyZone, address: Any, name: str = "") -> None:
        """`name` is what messages and a deployment's steps call it."""
        self.zone = zone
        self.address = to_address(address)
        self.name = name or "OApp"
        self._made_for: str | None = None
        self._endpoint: EndpointOf | None = None

    @classmethod
    def of(cls, contract: Any, kind: ZoneKind) -> Member:
        """Of a `Contract`, or of what has one (an `Oft`), in a zone of that kind. Raises WrongArguments."""
        contract = getattr(contract, "contract", contract)
        zone = getattr(contract, "zone", None)
        if zone is None:
            raise WrongArguments(f"{contract!r} is no contract in a zone", "zone.contract(address, abi) is")
        if not isinstance(zone, kind):
            raise WrongArguments(
                f"{contract!r} is in a zone of the other kind: {type(zone).__name__}, not {kind.__name__}",
                "wire, plan_wiring, check and Oft are for blocking networks, wire_async, plan_wiring_async, "
                "check_async and AsyncOft for asynchronous ones",
            )
        if isinstance(contract, Member):
            return contract
        return cls(zone, contract.address, getattr(contract, "contract_name", ""))

    def ask(self, name: str, *arguments: Any) -> Tour[Any]:
        """What a function of the OApp's interface gives. Raises as `ask`."""
        return ask(self.zone, self.address, interfaces.oapp(), name, *arguments)

    def try_to_ask(self, name: str, *arguments: Any, interface: Interface | None = None) -> Tour[Any]:
        """The same, of another interface perhaps; None where the contract has no such function."""
        try:
            return (yield from ask(self.zone, self.address, interface or interfaces.oapp(), name, *arguments))
        except (Reverted, BadReturnData, UnknownContract):
            return None

    def made_for(self) -> Tour[str]:
        """The address of its endpoint, as it says. Raises WrongArguments where it is no OApp."""
        if self._made_for is None:
            self._made_for = yield from self.try_to_ask("endpoint")
        if self._made_for is None:
            raise WrongArguments(f"{self} is no OApp: it does not answer endpoint()")
        return self._made_for

    def meet(self) -> Tour[EndpointOf]:
        """Finds out what `endpoint` and `eid` give from then on. Raises WrongArguments where it is no OApp,
        or has no endpoint."""
        if self._endpoint is None:
            address = yield from self.made_for()
            self._endpoint = yield from endpoint_at(self.zone, address)
        return self._endpoint

    @property
    def endpoint(self) -> EndpointOf:
        """The endpoint that it was made for, once it was met."""
        assert self._endpoint is not None, "meet it first"
        return self._endpoint

    @property
    def eid(self) -> int:
        """Of its zone, as its endpoint says; once it was met."""
        return self.endpoint.eid

    def __str__(self) -> str:
        return f"{self.name} at {self.address} in zone {self.zone.name}"


@dataclass(frozen=True, slots=True)
class Mesh:
    """Contracts that send to each other, at most one in a zone."""

    members: Mapping[str, Member]
    """By zone."""

    @classmethod
    def of(cls, contracts: Mapping[str, Any] | Iterable[Any], kind: ZoneKind) -> Mesh:
        """Of contracts by zone, or of contracts alone, all in zones of that kind. Raises WrongArguments."""
        named = contracts if isinstance(contracts, Mapping) else None
        every = [Member.of(each, kind) for each in (contracts if named is None else named.values())]
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
