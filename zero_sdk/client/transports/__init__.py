"""How a request reaches a node. Everything above this package sees only these Protocols.

    in_process   a network in this process: no thread, no socket
    http         HTTP with one connection that is kept, blocking
    async_http   the same under asyncio

A `Refused` is raised by `request`, and stands in the place of its result in what `batch` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

Call: TypeAlias = "tuple[str, Sequence[Any]]"
"""A method and its parameters, as JSON has them."""


class Transport(Protocol):
    """One zone's node, for blocking callers. Any thread may call."""

    @property
    def url(self) -> str | None: ...

    @property
    def is_remote(self) -> bool:
        """Whether something may happen there while nobody here does anything, so that waiting helps."""

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """The result. Raises Refused and NoAnswer."""

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results in order. Raises NoAnswer."""

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """One zone's node, for coroutines of one event loop."""

    @property
    def url(self) -> str | None: ...

    @property
    def is_remote(self) -> bool: ...

    async def request(self, method: str, parameters: Sequence[Any]) -> Any: ...

    async def batch(self, calls: Sequence[Call]) -> list[Any]: ...

    async def close(self) -> None: ...
