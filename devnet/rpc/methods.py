"""A JSON-RPC method as data: its name, what it takes and gives, and where it may run."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from devnet.rpc.codec.shapes import Schema, Shape, describe
from devnet.rpc.errors import invalid_params

_REQUIRED: Any = object()


class Kind(enum.Enum):
    """Where a method runs under a server; in process everything runs where it is called."""

    READ = "read"
    """Cheap and without EVM, a value or two of the state at most: on the event loop."""
    STATE = "state"
    """Reads much of the state or history: in the zone's reading threads."""
    CALL = "call"
    """Runs the EVM: in the zone's calling threads."""
    PROVE = "prove"
    """Reads what only the thread that changes the network may read: there, between two changes."""
    WRITE = "write"
    """Changes the network: on the network thread."""
    SETTLE = "settle"
    """Settles what there is: in turns of the network thread, with validators on another one."""
    SEND = "send"
    """Adds a transaction: on the network thread; consecutive ones share the automined block."""
    SUBSCRIBE = "subscribe"
    """Answered by a WebSocket connection; an error everywhere else."""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter."""

    name: str
    shape: Shape[Any]
    default: Any = _REQUIRED
    """What the handler gets where the parameter is missing or null."""

    @property
    def is_required(self) -> bool:
        return self.default is _REQUIRED


class Preparation(Protocol):
    """What `Together.begin` began."""

    @property
    def is_done(self) -> bool:
        """Whether `finish` need not wait."""

    def finish(self) -> Sequence[Any]:
        """What `Together.prepare` gives."""


@dataclass(frozen=True, slots=True)
class Together:
    """How consecutive requests of one method are run at once; alone, a request goes to the handler."""

    prepare: Callable[[Any, Sequence[Sequence[Any]]], Sequence[Any]]
    """`prepare(context, arguments of each)`: what needs neither the zone nor an order, in any thread. An
    exception that stands in the place of a request's result is its error."""
    begin: Callable[[Any, Sequence[Sequence[Any]]], Preparation]
    """As `prepare`, of requests whose turn comes later; does not wait."""
    run: Callable[[Any, Sequence[Any]], Sequence[Any]]
    """`run(context, prepared of each)` on the network thread: the results, in order, or exceptions."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `handler(context, *arguments)` gives the JSON-ready result or raises."""

    name: str
    handler: Callable[..., Any]
    params: tuple[Param, ...]
    kind: Kind
    result: Schema
    """JSON schema of the result."""
    summary: str
    aliases: tuple[str, ...] = field(default=())
    together: Together | None = None
    """For `Kind.SEND`."""
    briefly: Callable[..., Any] | None = None
    """For `Kind.CALL`: `briefly(context, *arguments)` gives what the handler gives, or None where that would
    take too long for an event loop, and where the handler has to say it."""
    may_wait: bool = False
    """Whether the answer may come later than the handler's result: `running.Awaiting`."""

    def bind(self, given: list[Any] | Mapping[str, Any]) -> list[Any]:
        """The handler's arguments. Raises −32602 that names the parameter and what was expected."""
        if type(given) is not list:
            given = self._by_position(given)  # type: ignore[arg-type]
        params = self.params
        count = len(given)
        if count > len(params) and any(value is not None for value in given[len(params) :]):
            raise invalid_params(f"too many arguments, want at most {len(params)}")
        arguments = []
        for position, param in enumerate(params):
            value = given[position] if position < count else None
            if value is None:
                if param.default is _REQUIRED:
                    raise invalid_params(f"missing value for required argument {position} ({param.name})")
                arguments.append(param.default)
                continue
            try:
                arguments.append(param.shape.read(value))
            except ValueError as error:
                raise invalid_params(f"invalid argument {position} ({param.name}): {error}") from None
        return arguments

    def _by_position(self, given: Mapping[str, Any]) -> list[Any]:
        names = [param.name for param in self.params]
        unknown = [name for name in given if name not in names]
        if unknown:
            known = ", ".join(names) or "none"
            raise invalid_params(f"unknown parameter {describe(unknown[0])}; known: {known}")
        return [given.get(name) for name in names]
