"""Answers to questions about many bytes, kept as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

ROOM = 1 << 26
"""Bytes."""


class Recent(Generic[Answer]):
    """What was answered lately to questions that hold no more than so many bytes together; always the newest
    one. Where several validators live in one process, they ask the same one after the other."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._answers: OrderedDict[Hashable, tuple[Answer, int]] = OrderedDict()
        self._bytes = 0

    def answer(self, question: Hashable, size: int, find: Callable[[], Answer]) -> Answer:
        """What `find` gives, or gave. `size` is how many bytes the question holds. What is raised is not
        remembered."""
        known = self._answers.get(question)
        if known is not None:
            return known[0]
        found = find()
        self._answers[question] = found, size
        self._bytes += size
        while self._bytes > self._room and len(self._answers) > 1:
            self._bytes -= self._answers.popitem(last=False)[1][1]
        return found
