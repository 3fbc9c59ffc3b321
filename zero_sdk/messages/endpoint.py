"""An endpoint from an application's side: which libraries, delegate and configurations are its own there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from zero_sdk.client.addresses import ZERO_ADDRESS, to_address
from zero_sdk.client.errors import BadReturnData, Reverted, UnknownContract, WrongArguments
from zero_sdk.messages import interfaces
from zero_sdk.messages.settings import EXECUTOR_TYPE, ULN_TYPE

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone


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


class EndpointOf:
    """The endpoint of a zone."""

    def __init__(self, zone: Zone, address: Any) -> None:
        self.zone = zone
        self.address = to_address(address)

    def ask(self, name: str, *arguments: Any) -> Any:
        """What one of its functions gives."""
        from zero_sdk.messages.mesh import ask

        return ask(self.zone, self.address, interfaces.endpoint(), name, *arguments)

    @cached_property
    def eid(self) -> int:
        """Its number. Raises WrongArguments where there is no endpoint."""
        try:
            found: int = self.ask("eid")
        except (Reverted, BadReturnData, UnknownContract):
            raise WrongArguments(
                f"there is no endpoint at {self.address} in zone {self.zone.name}",
                "networks made by an older version of Zero SDK have none",
            ) from None
        return found

    def delegate(self, oapp: str) -> str:
        """Who may act for an application; the zero address for nobody."""
        found: str = self.ask("delegates", oapp)
        return found

    def send_library(self, oapp: str, eid: int) -> Library | None:
        """What its messages to an eid leave through; None where nothing leads there."""
        try:
            address: str = self.ask("getSendLibrary", oapp, eid)
        except Reverted:
            return None
        return Library(address, bool(self.ask("isDefaultSendLibrary", oapp, eid)))

    def receive_library(self, oapp: str, eid: int) -> Library | None:
        """What verifies its messages from an eid; None where nothing comes from there."""
        try:
            address, is_default = self.ask("getReceiveLibrary", oapp, eid)
        except Reverted:
            return None
        return Library(address, is_default)

    def timeout(self, oapp: str, eid: int) -> Timeout | None:
        """The library before the one that verifies now, as long as it may still do so."""
        chosen = self.receive_library(oapp, eid)
        if chosen is None:
            return None
        found = (
            self.ask("defaultReceiveLibraryTimeout", eid)
            if chosen.is_default
            else self.ask("receiveLibraryTimeout", oapp, eid)
        )
        timeout = Timeout(*found)
        is_over = timeout.library == ZERO_ADDRESS or timeout.expiry <= self.zone.block_number
        return None if is_over else timeout

    def default_libraries(self, eid: int) -> tuple[str, str]:
        """For sending and receiving; zero addresses where there are none."""
        return self.ask("defaultSendLibrary", eid), self.ask("defaultReceiveLibrary", eid)

    @cached_property
    def blocked_library(self) -> str:
        """The one that refuses everything."""
        found: str = self.ask("blockedLibrary")
        return found

    def executor(self, oapp: str, library: str, eid: int) -> tuple[int, str]:
        """Greatest size of a message, and who executes it."""
        size, address = interfaces.decode_config("executor", self._config(oapp, library, eid, EXECUTOR_TYPE))
        return size, address

    def verifiers(self, oapp: str, library: str, eid: int) -> Verifiers:
        """The configuration of type 2."""
        found = interfaces.decode_config("uln", self._config(oapp, library, eid, ULN_TYPE))
        *counts, required, optional = found
        return Verifiers._make((*counts, tuple(required), tuple(optional)))

    def try_verifiers(self, oapp: str, library: str, eid: int) -> Verifiers | None:
        """The same; None of a library that has no such configuration."""
        try:
            return self.verifiers(oapp, library, eid)
        except (Reverted, BadReturnData):
            return None

    def _config(self, oapp: str, library: str, eid: int, kind: int) -> bytes:
        found: bytes = self.ask("getConfig", oapp, library, eid, kind)
        return found
