"""A network behind a URL, asked as `devnet.verifying` asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devnet.verifying.asking import Call, Denied, Unreachable
from zero_sdk.client.errors import NoAnswer, Refused
from zero_sdk.client.transports.http import DEFAULT_TIMEOUT, HttpTransport


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
        return [
            Denied(answer.code, answer.message) if isinstance(answer, Refused) else answer
            for answer in answers
        ]

    def close(self) -> None:
        """Lets the connections go."""
        for transport in (self._entrance, *self._zones.values()):
            transport.close()

    def _of(self, zone: str) -> HttpTransport:
        if zone not in self._zones:
            self._zones[zone] = HttpTransport(f"{self._url}/{zone}", self._timeout)
        return self._zones[zone]
