"""Which state the network has when: every fixture and test gives back what it found.

Fixtures that touch the network lie on a stack in the order of their set-up, each with the moment before it.
When one ends, whatever was set up after it ends first, whatever its scope (it stands on state that is about
to go), and is set up again by pytest when it is next asked for; then the network goes back to that moment.
So a fixture of a wide scope that is asked for late stays valid as long as what it was made on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

SCOPES = ("session", "package", "module", "class", "function")
"""From wide to narrow, as pytest names them."""


class Moments(Protocol):
    """A network that can go back."""

    def mark(self) -> object:
        """The present, which can be gone back to more than once."""

    def go_back(self, mark: object) -> None:
        """Makes the moment the present; marks that are newer end."""

    def drop(self, mark: object) -> None:
        """The moment is not needed any more."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A fixture that has been set up on the network."""

    owner: object
    """What the layer belongs to: pytest's definition of the fixture, or the test."""
    scope: str
    mark: object
    finish: Callable[[], None]
    """Ends the fixture as pytest does; it takes its layer away itself, by `Isolation.end`."""


class Isolation:
    """The fixtures that the present state is made of."""

    def __init__(self, network: Moments) -> None:
        self._network = network
        self._layers: list[Layer] = []
        self._base: tuple[int, object] | None = None
        """How many layers there were when a test began, and that moment: all tests on the same fixtures
        share it, so that a test costs one way back."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The oldest first."""
        return tuple(self._layers)

    def begin(self, owner: object, scope: str, finish: Callable[[], None]) -> Layer:
        """To be called before a fixture is set up."""
        if self._base is not None and self._base[0] >= len(self._layers):
            self._network.drop(self._base[1])
            self._base = None
        return self._push(owner, scope, self._network.mark(), finish)

    def end(self, layer: Layer) -> None:
        """To be called when the fixture has ended: ends what was set up after it, and goes back to before
        it."""
        if layer not in self._layers:
            return
        while self._layers[-1] is not layer:
            newest = self._layers[-1]
            newest.finish()
            if self._layers and self._layers[-1] is newest:
                # It has ended already, as one does whose set-up failed.
                self._layers.pop()
        self._layers.pop()
        self._network.go_back(layer.mark)
        if self._base is not None and self._base[1] is layer.mark:
            return
        self._network.drop(layer.mark)
        if self._base is not None and self._base[0] > len(self._layers):
            # Going back has ended that moment, which was newer.
            self._base = None

    def make_room(self, scope: str) -> None:
        """Ends fixtures of narrower scopes from an earlier test, so that one of a wide scope that is asked
        for only now comes below them and outlives them; pytest sets them up again for the next test."""
        for layer in self._layers:
            if SCOPES.index(layer.scope) > SCOPES.index(scope):
                layer.finish()
                return

    @contextmanager
    def passing(self, owner: object) -> Iterator[None]:
        """What happens inside is undone at the end: around each test, and each example of a property."""
        depth = len(self._layers)
        if self._base is None:
            self._base = (depth, self._network.mark())
        mark = self._base[1] if self._base[0] == depth else self._network.mark()
        layer = self._push(owner, SCOPES[-1], mark, _nothing)
        try:
            yield
        finally:
            self.end(layer)

    def _push(self, owner: object, scope: str, mark: object, finish: Callable[[], None]) -> Layer:
        layer = Layer(owner, scope, mark, finish)
        self._layers.append(layer)
        return layer


def _nothing() -> None:
    """A test ends by itself."""
