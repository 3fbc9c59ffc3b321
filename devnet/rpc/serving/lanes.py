"""Threads that answer questions for the event loop, a bounded number per zone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from devnet.rpc.errors import LIMIT_EXCEEDED, RpcError

T = TypeVar("T")
_Job = tuple[Callable[..., Any], tuple[Any, ...], "asyncio.Future[Any]"]

MAX_WAITING = 10_000
"""Jobs of one lane that wait; more are refused."""


class Lane:
    """Up to `size` threads, started as they are needed, that run jobs in the order of arrival.

    Every zone has lanes of its own, so that one zone's slow calls cannot hold the threads of another. All
    methods are called on the event loop.
    """

    def __init__(self, name: str, size: int, loop: asyncio.AbstractEventLoop) -> None:
        self._name = name
        self._size = size
        self._loop = loop
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unanswered = 0

    def run(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Gives the result of `function(*arguments)`. Raises −32005 when too much waits."""
        if self._unanswered >= MAX_WAITING:
            raise RpcError(LIMIT_EXCEEDED, "too many requests wait for this zone")
        future: asyncio.Future[T] = self._loop.create_future()
        self._unanswered += 1
        if self._unanswered > len(self._threads) < self._size:
            name = f"{self._name}-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put((function, arguments, future))
        return future

    def stop(self) -> None:
        """Ends the threads once they are through with what they run; does not wait for them."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            function, arguments, future = job
            try:
                result, error = function(*arguments), None
            except BaseException as exception:
                result, error = None, exception
            try:
                self._loop.call_soon_threadsafe(self._deliver, future, result, error)
            except RuntimeError:
                # The loop is closed: the server stopped meanwhile.
                return

    def _deliver(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._unanswered -= 1
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
