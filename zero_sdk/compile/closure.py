"""What a source file needs, file by file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar


class Importing(Protocol):
    """A source file."""

    @property
    def imports(self) -> tuple[str, ...]:
        """The names of the files that it imports."""


File = TypeVar("File", bound=Importing)


def closure_of(name: str, source: Callable[[str], File]) -> dict[str, File]:
    """The file and everything that it imports, directly or not, in the order of the imports. `source` gives
    the file of a name."""
    found: dict[str, File] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found[current] = source(current)
            waiting += reversed(found[current].imports)
    return found
