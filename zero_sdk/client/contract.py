"""A contract at an address: its functions as methods, its events by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import to_address, to_bytes
from zero_sdk.client.errors import UnknownMember, WrongArguments
from zero_sdk.client.flows import reading
from zero_sdk.client.flows.reading import BlockLike, call_request
from zero_sdk.client.interface import EventType, Function, Interface
from zero_sdk.client.transaction import Event, Log, Transaction, event_of

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone

CALL_OPTIONS = frozenset({"block", "gas", "overrides", "sender", "value"})
"""What a call takes by keyword."""


class ContractBase:
    """What blocking and asynchronous contracts have in common. The ABI's functions are attributes; one whose
    name is taken (`address`, `events`, ...) is reached as `contract["events"]`."""

    def __init__(self, zone: Any, address: Any, interface: Interface, artifact: Any = None) -> None:
        self.zone = zone
        self.address = to_address(address)
        self.interface = interface
        self.artifact = artifact
        """What it was made of: an artifact of the compiler, or an ABI."""
        zone.facts.interfaces[to_bytes(self.address)] = interface

    @property
    def abi(self) -> tuple[Mapping[str, Any], ...]:
        """The ABI's entries."""
        return self.interface.abi

    @property
    def contract_name(self) -> str:
        """As compiled; "" where only an ABI is known. (`name` is a function of many contracts.)"""
        return self.interface.name

    def _member_missing(self, name: str) -> UnknownMember:
        import difflib

        known = list(self.interface.functions)
        near = difflib.get_close_matches(name, known, 3)
        shown = self.interface.name or f"the contract at {self.address}"
        return UnknownMember(
            f"{shown} has no function {name}",
            f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known) or 'none'}",
        )

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.interface.functions]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.address == other
        address = getattr(other, "address", None)
        return self.address == address if isinstance(address, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.address)

    def __repr__(self) -> str:
        return f"<{self.interface.name or 'Contract'} at {self.address} in zone {self.zone.name}>"


class Contract(ContractBase):
    """A contract in a zone.

    token.balanceOf(alice)                      a view function is called, and gives its value
    token.transfer(bob, 5, sender=alice)        another is sent; the Transaction is in a block
    token.transfer.call(bob, 5)                 what it would return
    token["transfer(address,uint256)"](bob, 5)  one of several overloads
    token.events.Transfer.get(to=bob)           events of the past
    """

    zone: Zone
    deployment: Transaction | None = None
    """The transaction that deployed it, where it was deployed here."""

    def __getattr__(self, name: str) -> Method:
        overloads = self.__dict__["interface"].functions.get(name) if "interface" in self.__dict__ else None
        if overloads is None:
            if name.startswith("__") or "interface" not in self.__dict__:
                raise AttributeError(name)
            raise self._member_missing(name)
        method = Method(self, name, overloads)
        self.__dict__[name] = method
        return method

    def __getitem__(self, name: str) -> Method:
        """A function by name or whole signature. Raises UnknownMember."""
        if "(" not in name:
            overloads = self.interface.functions.get(name)
            if overloads is None:
                raise self._member_missing(name)
            return Method(self, name, overloads)
        function = self.interface.function(name)
        if function is None:
            raise self._member_missing(name)
        return Method(self, function.name, (function,))

    @property
    def events(self) -> Events:
        """Its events by name."""
        return Events(self)

    def at(self, address: Any) -> Contract:
        """The same ABI at another address of the zone."""
        return Contract(self.zone, address, self.interface, self.artifact)

    def balance(self) -> int:
        """Its balance in wei."""
        return self.zone.balance(self.address)


class Method:
    """A function of a contract, with its overloads. Called, it calls a view function and sends another."""

    __slots__ = ("_overloads", "contract", "name")

    def __init__(self, contract: Contract, name: str, overloads: tuple[Function, ...]) -> None:
        self.contract = contract
        self.name = name
        self._overloads = overloads

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """The value of a view function, or the Transaction of another, in a block.

        Options of calls: sender, value, gas, block, overrides. Of sends: sender, value, gas, gas_price,
        max_fee, max_priority_fee, nonce, access_list, authorizations, wait, timeout. Raises Reverted, and
        WrongArguments before anything is sent.
        """
        function = self.function(arguments)
        return (
            self._call(function, arguments, options)
            if function.is_view
            else self._send(function, arguments, options)
        )

    def call(self, *arguments: Any, **options: Any) -> Any:
        """The value that it returns, or would return, without changing anything."""
        return self._call(self.function(arguments), arguments, options)

    def send(self, *arguments: Any, **options: Any) -> Transaction:
        """Sends it as a transaction, a view function too. `wait=False` does not wait for its block."""
        return self._send(self.function(arguments), arguments, options)

    def estimate_gas(self, *arguments: Any, sender: Any = None, value: int = 0) -> int:
        """The gas that a transaction with these arguments needs."""
        function = self.function(arguments)
        zone = self.contract.zone
        request = call_request(zone.facts, self.contract.address, function.encode(arguments), sender, value)
        return zone.run(reading.estimate(zone.facts, request, None, function.label, self.contract.interface))

    def encode(self, *arguments: Any) -> bytes:
        """The call data."""
        return self.function(arguments).encode(arguments)

    def decode(self, data: bytes | str) -> Any:
        """The value in return data. Raises WrongArguments where overloads make it ambiguous."""
        return self._only().decode(_octets(data))

    def decode_arguments(self, data: bytes | str) -> tuple[Any, ...]:
        """The arguments in call data, as a NamedTuple."""
        octets = _octets(data)
        function = next(
            (function for function in self._overloads if function.selector == octets[:4]), self._overloads[0]
        )
        return function.decode_arguments(octets)

    def function(self, arguments: Any) -> Function:
        """The overload that takes the arguments. Raises WrongArguments."""
        if len(self._overloads) == 1:
            return self._overloads[0]
        return self.contract.interface.choose(self.name, arguments)

    def _only(self) -> Function:
        if len(self._overloads) > 1:
            signatures = ", ".join(function.signature for function in self._overloads)
            raise WrongArguments(f"{self.name} is one of {signatures}", 'name one: contract["..."]')
        return self._overloads[0]

    def _call(self, function: Function, arguments: Any, options: dict[str, Any]) -> Any:
        data = function.encode(arguments)
        if options and not options.keys() <= CALL_OPTIONS:
            raise _odd_option(function, options, CALL_OPTIONS)
        contract = self.contract
        zone = contract.zone
        request = call_request(
            zone.facts,
            contract.address,
            data,
            options.get("sender"),
            options.get("value", 0),
            options.get("gas"),
        )
        return zone.run(
            reading.call_function(
                zone.facts,
                function,
                request,
                options.get("block", "latest"),
                options.get("overrides"),
                contract.interface,
            )
        )

    def _send(self, function: Function, arguments: Any, options: dict[str, Any]) -> Transaction:
        data = function.encode(arguments)
        if options and not options.keys() <= SEND_OPTIONS:
            raise _odd_option(function, options, SEND_OPTIONS)
        return self.contract.zone.transact(
            to=self.contract.address,
            data=data,
            function=function,
            interface=self.contract.interface,
            action=function.label,
            **options,
        )

    def __repr__(self) -> str:
        return f"<Method {', '.join(function.label for function in self._overloads)}>"


SEND_OPTIONS = frozenset(
    {
        "access_list",
        "authorizations",
        "gas",
        "gas_price",
        "max_fee",
        "max_priority_fee",
        "nonce",
        "sender",
        "timeout",
        "value",
        "wait",
    }
)
"""What a transaction takes by keyword."""


class Events:
    """The events of a contract: `contract.events.Transfer`, or by signature in brackets."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def __getattr__(self, name: str) -> EventLogs:
        kinds = self._contract.interface.events.get(name)
        if kinds is None:
            known = ", ".join(self._contract.interface.events) or "none"
            raise UnknownMember(f"{self._contract!r} has no event {name}", f"it has {known}")
        if len(kinds) > 1:
            raise WrongArguments(
                f"{name} is one of {', '.join(kind.signature for kind in kinds)}", 'name one: events["..."]'
            )
        return EventLogs(self._contract, kinds[0])

    def __getitem__(self, signature: str) -> EventLogs:
        for kinds in self._contract.interface.events.values():
            for kind in kinds:
                if signature in (kind.signature, kind.name):
                    return EventLogs(self._contract, kind)
        raise UnknownMember(f"{self._contract!r} has no event {signature}")

    def __dir__(self) -> list[str]:
        return list(self._contract.interface.events)

    def get(self, from_block: BlockLike = "earliest", to_block: BlockLike = "latest") -> tuple[Event, ...]:
        """All events of the contract in these blocks, as far as its ABI has them."""
        from zero_sdk.client.transaction import decode_logs

        contract = self._contract
        found = contract.zone.logs(contract, from_block=from_block, to_block=to_block)
        return decode_logs(contract.zone.facts, found, contract.interface)


class EventLogs:
    """One event of a contract."""

    def __init__(self, contract: Contract, kind: EventType) -> None:
        self.contract = contract
        self.type = kind

    def get(
        self, from_block: BlockLike = "earliest", to_block: BlockLike = "latest", **indexed: Any
    ) -> tuple[Event, ...]:
        """Those of the past, oldest first. Indexed arguments restrict it: `get(to=bob)`, `get(to=[a, b])`; an
        argument called like a Python word has an underscore after it: `get(from_=alice)`."""
        topics = self.type.topics(indexed)
        found = self.contract.zone.logs(
            self.contract, topics=topics, from_block=from_block, to_block=to_block
        )
        return tuple(event for event in (self._decode(log) for log in found) if event is not None)

    def _decode(self, log: Log) -> Event | None:
        from devnet.artifacts.abi import AbiError

        try:
            return event_of(log, self.type, self.type.decode(log.topics, log.data))
        except AbiError:
            # The same topic with other indexed arguments.
            return None

    def __repr__(self) -> str:
        return f"<EventLogs {self.type.signature} of {self.contract!r}>"


def _odd_option(function: Function, options: Mapping[str, Any], known: frozenset[str]) -> WrongArguments:
    odd = ", ".join(sorted(options.keys() - known))
    return WrongArguments(
        f"{function.label} takes its arguments by position, and no option {odd}",
        f"options are {', '.join(sorted(known))}",
    )


def _octets(data: bytes | str) -> bytes:
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else data
