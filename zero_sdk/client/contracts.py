"""The contracts that a network knows by name, at a prompt: `contracts.Token.deploy(1000)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zero_sdk.client.errors import UnknownMember
from zero_sdk.errors import ZeroError

if TYPE_CHECKING:
    from zero_sdk.client.contract import Contract
    from zero_sdk.client.zone import Zone


class ContractNames:
    """Every contract of the network's artifacts as an attribute, for one zone."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def __getattr__(self, name: str) -> NamedContract:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            self._zone.deployable(name)
        except ZeroError as error:
            raise UnknownMember(error.message, error.hint) from None
        return NamedContract(self._zone, name)

    def __dir__(self) -> list[str]:
        return list(self._zone.facts.network.artifacts.names)

    def __repr__(self) -> str:
        return f"<contracts: {', '.join(dir(self)) or 'none; `zero compile` makes them'}>"


class NamedContract:
    """A contract by name: to be deployed, or talked to where it is."""

    def __init__(self, zone: Zone, name: str) -> None:
        self._zone = zone
        self._name = name

    def deploy(self, *arguments: Any, **options: Any) -> Contract:
        """As `Zone.deploy`."""
        return self._zone.deploy(self._name, *arguments, **options)

    def at(self, address: Any) -> Contract:
        """The one at an address."""
        return self._zone.contract(address, self._name)

    def __repr__(self) -> str:
        return f"<{self._name}: .deploy(...) or .at(address)>"
