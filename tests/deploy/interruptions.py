"""Ends a deployment where one can end: at each record of its journal, at each request to its node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


class Interrupted(BaseException):
    """As SIGKILL: nothing that the product does may catch it."""


class Countdown:
    """Interrupts at the given place of all places that are passed."""

    def __init__(self, place: int | None) -> None:
        self._left = place
        self.passed = 0

    def pass_place(self) -> None:
        self.passed += 1
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                raise Interrupted


class InterruptedJournal:
    """A journal with a place before and after each record."""

    def __init__(self, inner: Any, countdown: Countdown) -> None:
        self._inner, self._countdown = inner, countdown

    def records(self) -> Iterator[Mapping[str, Any]]:
        return self._inner.records()

    def append(self, record: Mapping[str, Any]) -> None:
        self._countdown.pass_place()
        self._inner.append(record)
        self._countdown.pass_place()


class InterruptedTransport:
    """A node with a place before and after each request that changes something, and before the others."""

    def __init__(self, inner: Any, countdown: Countdown) -> None:
        self._inner, self._countdown = inner, countdown
        self.url, self.is_remote = inner.url, inner.is_remote

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        self._countdown.pass_place()
        answer = self._inner.request(method, parameters)
        if method.startswith("eth_send"):
            self._countdown.pass_place()
        return answer

    def batch(self, calls: Sequence[Any]) -> list[Any]:
        self._countdown.pass_place()
        return list(self._inner.batch(calls))

    def close(self) -> None:
        self._inner.close()
