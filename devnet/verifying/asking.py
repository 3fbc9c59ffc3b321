"""How a network is asked: JSON-RPC, whatever is between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from devnet.network import Network

Call: TypeAlias = "tuple[str, Sequence[Any]]"
"""A method and its parameters, as JSON has them."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Stands in the place of a result that was answered with an error."""

    code: int
    message: str


class Unreachable(Exception):
    """No answer came, or one that is no JSON-RPC; the message says which."""


class Asking(Protocol):
    """Asks a zone of the network, by its name; None is the default zone."""

    def __call__(self, zone: str | None, calls: Sequence[Call]) -> Sequence[Any]:
        """The results in order, `Denied` for an error. Raises Unreachable."""


class AskingHere:
    """A network in this process, which is the caller's meanwhile."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, zone: str | None, calls: Sequence[Call]) -> Sequence[Any]:
        """As `Asking`."""
        from devnet.rpc.dispatching import dispatch

        name = zone or self._network.default_zone.config.name
        results: list[Any] = []
        for method, parameters in calls:
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
            answer = dispatch(self._network, name, request)
            error = answer.get("error")
            results.append(answer.get("result") if error is None else Denied(error["code"], error["message"]))
        return results
