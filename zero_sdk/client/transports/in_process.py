"""A network in this process: a request is a function call, and the answer does not depend on the time of
day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from devnet.rpc import dispatch
from devnet.rpc.context import ignore
from zero_sdk.client.transports import Call
from zero_sdk.client.transports.messages import refused

if TYPE_CHECKING:
    from devnet.network import Network
    from devnet.rpc.observer import Observation

_BATCH_LIMIT = 1000


class InProcess:
    """A zone of a devnet that belongs to the caller."""

    is_remote = False
    url = None

    def __init__(self, network: Network, zone: str, observe: Callable[[Observation], None] = ignore) -> None:
        self.network = network
        self.zone = zone
        self._observe = observe

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `Transport.request`."""
        answer = dispatch(
            self.network,
            self.zone,
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)},
            self._observe,
        )
        try:
            return answer["result"]
        except KeyError:
            raise refused(method, answer["error"]) from None

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `Transport.batch`."""
        results: list[Any] = []
        for start in range(0, len(calls), _BATCH_LIMIT):
            requests: list[Any] = [
                {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
                for method, parameters in calls[start : start + _BATCH_LIMIT]
            ]
            answers = dispatch(self.network, self.zone, requests, self._observe)
            for request, answer in zip(requests, answers, strict=True):
                error = answer.get("error")
                results.append(answer.get("result") if error is None else refused(request["method"], error))
        return results

    def close(self) -> None:
        """Nothing to do: the network is closed by its owner."""


class AsyncInProcess:
    """The same for coroutines; it answers without waiting."""

    is_remote = False
    url = None

    def __init__(self, inner: InProcess) -> None:
        self._inner = inner

    async def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `AsyncTransport.request`."""
        return self._inner.request(method, parameters)

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `AsyncTransport.batch`."""
        return self._inner.batch(calls)

    async def close(self) -> None:
        """Nothing to do."""
