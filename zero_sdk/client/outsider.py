"""A network as `devnet.verifying` asks it: behind a URL, or one that is connected to already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from devnet.verifying.asking import Call, Denied, Unreachable
from zero_sdk.client.errors import NoAnswer, Refused
from zero_sdk.client.transports.http import DEFAULT_TIMEOUT, HttpTransport

if TYPE_CHECKING:
    from zero_sdk.client.network import Network


class AskingZones:
    """The zones of a network of the library."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, zone: str | None, calls: Sequence[Call]) -> Sequence[Any]:
        """As `devnet.verifying.asking.Asking`."""
        asked = self._network.default_zone if zone is None else self._network.zone(zone)
        try:
            answers = asked.batch(list(calls), return_errors=True)
        except NoAnswer as error:
            raise Unreachable(str(error)) from error
        return [_denied(answer) for answer in answers]


class AskingUrl:
    """Keeps one connection for each zone."""

    def __init__(self, url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        """`url` is the network's, without a zone; `timeout` is in seconds for each answer. Raises
        WrongArguments for what is no URL."""
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._entrance = HttpTransport(url, timeout)
        self._zones: dict[str, HttpTransport] = {}

    def __call__(self, zone: str | None, calls: Sequence[Call]) -> Sequence[Any]:
        """As `devnet.verifying.asking.Asking`."""
        transport = self._entrance if zone is None else self._of(zone)
        try:
            answers = transport.batch(calls)
        except NoAnswer as error:
            raise Unreachable(str(error)) from error
        return [_denied(answer) for answer in answers]

    def close(self) -> None:
        """Lets the connections go."""
        for transport in (self._entrance, *self._zones.values()):
            transport.close()

    def _of(self, zone: str) -> HttpTransport:
        if zone not in self._zones:
            self._zones[zone] = HttpTransport(f"{self._url}/{zone}", self._timeout)
        return self._zones[zone]


def _denied(answer: Any) -> Any:
    return Denied(answer.code, answer.message) if isinstance(answer, Refused) else answer
