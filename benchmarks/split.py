"""Which part of a work takes how long: methods measured where they are, each without those that it calls."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any


class Split:
    """Processor time of this thread by part. What no part claims belongs to the part around it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What happens inside is this part's, but for parts inside."""
        self._take()
        self._open.append(name)
        self.calls[name] += 1
        try:
            yield
        finally:
            self._take()
            self._open.pop()

    @contextmanager
    def measuring(self, parts: Sequence[tuple[str, type, str]]) -> Iterator[None]:
        """Inside, methods are parts: (name of the part, class, name of the method)."""
        before = [(owner, method, getattr(owner, method)) for _, owner, method in parts]
        for (name, owner, method), (_, _, function) in zip(parts, before, strict=True):
            setattr(owner, method, self._measured(name, function))
        try:
            yield
        finally:
            for owner, method, function in before:
                setattr(owner, method, function)

    def _measured(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def measured(*arguments: Any, **named: Any) -> Any:
            with self.part(name):
                return function(*arguments, **named)

        return measured

    def _take(self) -> None:
        now = time.thread_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now
