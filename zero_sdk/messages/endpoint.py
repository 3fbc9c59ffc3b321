"""An endpoint from an application's side: which libraries, delegate and configurations are its own there.
Each question is a tour (`zero_sdk.client.flows.tours`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from zero_sdk.client.addresses import ZERO_ADDRESS, to_address
from zero_sdk.client.errors import BadReturnData, Reverted, UnknownContract, WrongArguments
from zero_sdk.client.flows import developing
from zero_sdk.client.flows.tours import at, both
from zero_sdk.messages import interfaces
from zero_sdk.messages.asking import ask
from zero_sdk.messages.settings import EXECUTOR_TYPE, ULN_TYPE

if TYPE_CHECKING:
    from zero_sdk.client.flows.tours import AnyZone, Tour


class Library(NamedTuple):
    """A message library that an application uses."""

    address: str
    is_default: bool


class Timeout(NamedTuple):
    """A library that may verify beside the one in use, up to a block."""

    library: str
    expiry: int


class Verifiers(NamedTuple):
    """A configuration of type 2, as a library has it."""

    confirmations: int
    required_count: int
    optional_count: int
    threshold: int
    required: tuple[str, ...]
    optional: tuple[str, ...]


def endpoint_at(zone: AnyZone, address: Any) -> Tour[EndpointOf]:
    """The endpoint at an address. Raises WrongArguments where there is none."""
    named = to_address(address)
    try:
        eid: int = yield from ask(zone, named, interfaces.endpoint(), "eid")
    except (Reverted, BadReturnData, UnknownContract):
        raise WrongArguments(
            f"there is no endpoint at {named} in zone {zone.name}",
            "networks made by an older version of Zero SDK have none",
        ) from None
    return EndpointOf(zone, named, eid)


class EndpointOf:
    """The endpoint of a zone. Made by `endpoint_at`."""

    def __init__(self, zone: AnyZone, address: str, eid: int) -> None:
        self.zone = zone
        self.address = address
        self.eid = eid
        """Its number."""

    def ask(self, name: str, *arguments: Any) -> Tour[Any]:
        """What one of its functions gives."""
        return ask(self.zone, self.address, interfaces.endpoint(), name, *arguments)

    def delegate(self, oapp: str) -> Tour[str]:
        """Who may act for an application; the zero address for nobody."""
        return self.ask("delegates", oapp)

    def send_library(self, oapp: str, eid: int) -> Tour[Library | None]:
        """What its messages to an eid leave through; None where nothing leads there."""
        try:
            address, is_default = yield from both(
                self.ask("getSendLibrary", oapp, eid), self.ask("isDefaultSendLibrary", oapp, eid)
            )
        except Reverted:
            return None
        return Library(address, bool(is_default))

    def receive_library(self, oapp: str, eid: int) -> Tour[Library | None]:
        """What verifies its messages from an eid; None where nothing comes from there."""
        try:
            address, is_default = yield from self.ask("getReceiveLibrary", oapp, eid)
        except Reverted:
            return None
        return Library(address, is_default)

    def timeout(self, oapp: str, eid: int, chosen: Library | None) -> Tour[Timeout | None]:
        """The library before the one that verifies now (`chosen`), as long as it may still do so."""
        if chosen is None:
            return None
        found, height = yield from both(
            self.ask("defaultReceiveLibraryTimeout", eid)
            if chosen.is_default
            else self.ask("receiveLibraryTimeout", oapp, eid),
            at(self.zone, developing.rpc(self.zone.facts, "eth_blockNumber", [])),
        )
        timeout = Timeout(*found)
        is_over = timeout.library == ZERO_ADDRESS or timeout.expiry <= int(height, 16)
        return None if is_over else timeout

    def default_libraries(self, eid: int) -> Tour[tuple[str, str]]:
        """For sending and receiving; zero addresses where there are none."""
        return both(self.ask("defaultSendLibrary", eid), self.ask("defaultReceiveLibrary", eid))

    def blocked_library(self) -> Tour[str]:
        """The one that refuses everything."""
        return self.ask("blockedLibrary")

    def executor(self, oapp: str, library: str, eid: int) -> Tour[tuple[int, str]]:
        """Greatest size of a message, and who executes it."""
        config = yield from self._config(oapp, library, eid, EXECUTOR_TYPE)
        size, address = interfaces.decode_config("executor", config)
        return size, address

    def verifiers(self, oapp: str, library: str, eid: int) -> Tour[Verifiers]:
        """The configuration of type 2."""
        found = interfaces.decode_config("uln", (yield from self._config(oapp, library, eid, ULN_TYPE)))
        *counts, required, optional = found
        return Verifiers._make((*counts, tuple(required), tuple(optional)))

    def try_verifiers(self, oapp: str, library: str, eid: int) -> Tour[Verifiers | None]:
        """The same; None of a library that has no such configuration."""
        try:
            return (yield from self.verifiers(oapp, library, eid))
        except (Reverted, BadReturnData):
            return None

    def _config(self, oapp: str, library: str, eid: int, kind: int) -> Tour[bytes]:
        return self.ask("getConfig", oapp, library, eid, kind)
