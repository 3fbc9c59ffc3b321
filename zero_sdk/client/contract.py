"""A contract at an address: its functions as methods, its events by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import to_address, to_bytes
from zero_sdk.client.errors import UnknownMember
from zero_sdk.client.interface import Interface
from zero_sdk.client.members import Events, Method

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction
    from zero_sdk.client.zone import Zone

_OF_BOUND_CLASSES = frozenset({"attach", "deploy"})
"""What classes of `zero bind` have: of the class, while an instance has the contract's function."""

_ZONES_OWN = {
    "at": "zone.contract(address, contract) is the same ABI at another address",
    "balance": "zone.balance(contract) is its balance in wei",
}
"""What is asked of the zone, for those who look for it here."""


class ContractBase:
    """What blocking and asynchronous contracts have in common.

    The ABI's functions are attributes. A contract has no methods of its own, so that none can answer in place
    of a function of that name; what it has are `zone`, `address`, `interface`, `artifact`, `abi`,
    `contract_name`, `deployment` and `events`, of which only the last can be called, and is the contract's
    function then. A function that is called like one of the others is reached as `contract["zone"]`.
    """

    def __init__(self, zone: Any, address: Any, interface: Interface, artifact: Any = None) -> None:
        self.zone = zone
        self.address = to_address(address)
        self.interface = interface
        self.artifact = artifact
        """What it was made of: an artifact of the compiler, or an ABI."""
        zone.facts.interfaces[to_bytes(self.address)] = interface
        for name in _OF_BOUND_CLASSES & interface.functions.keys():
            # Found before what the class has.
            self.__dict__[name] = Method(self, name, interface.functions[name])

    @property
    def abi(self) -> tuple[Mapping[str, Any], ...]:
        """The ABI's entries."""
        return self.interface.abi

    @property
    def contract_name(self) -> str:
        """As compiled; "" where only an ABI is known. (`name` is a function of many contracts.)"""
        return self.interface.name

    @property
    def events(self) -> Events:
        """Its events by name."""
        return Events(self)

    def __getattr__(self, name: str) -> Method:
        # Reached only for what is no attribute; without its dict the object is being made or copied.
        interface: Interface | None = self.__dict__.get("interface")
        if interface is None or name.startswith("__"):
            raise AttributeError(name)
        method = Method(self, name, self._overloads(name))
        # The next time Python finds it at once.
        self.__dict__[name] = method
        return method

    def __getitem__(self, name: str) -> Method:
        """A function by name or whole signature. Raises UnknownMember."""
        if "(" not in name:
            return Method(self, name, self._overloads(name))
        function = self.interface.function(name)
        if function is None:
            raise self._missing(name)
        return Method(self, function.name, (function,))

    def _overloads(self, name: str) -> Any:
        overloads = self.interface.functions.get(name)
        if overloads is None:
            raise self._missing(name)
        return overloads

    def _missing(self, name: str) -> UnknownMember:
        import difflib

        known = list(self.interface.functions)
        near = difflib.get_close_matches(name.partition("(")[0], known, 3)
        shown = self.interface.name or f"the contract at {self.address}"
        hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known) or 'none'}"
        return UnknownMember(f"{shown} has no function {name}", _ZONES_OWN.get(name, hint))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.interface.functions]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.address == other
        address = getattr(other, "address", None)
        return self.address == address if isinstance(address, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self.interface.name or 'Contract'} at {self.address} in zone {self.zone.name}>"


class Contract(ContractBase):
    """A contract in a zone.

    token.balanceOf(alice)                      a view function is called, and gives its value
    token.transfer(bob, 5, sender=alice)        another is sent; the Transaction is in a block
    token.transfer.call(bob, 5)                 what it would return
    token["transfer(address,uint256)"](bob, 5)  one of several overloads
    token.events.Transfer.get(to=bob)           events of the past
    """

    zone: Zone
    deployment: Transaction | None = None
    """The transaction that deployed it, where it was deployed here."""
