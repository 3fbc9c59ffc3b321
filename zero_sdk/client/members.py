"""The functions and events of a contract. What they give is the value in a blocking zone, and a coroutine
that gives it in an asynchronous one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.errors import UnknownMember, WrongArguments
from zero_sdk.client.flows import reading
from zero_sdk.client.flows.reading import BlockLike, call_request
from zero_sdk.client.interface import EventType, Function
from zero_sdk.client.octets import octets

if TYPE_CHECKING:
    from zero_sdk.client.contract import ContractBase

CALL_OPTIONS = frozenset({"block", "gas", "overrides", "sender", "value"})
"""What a call takes by keyword."""

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


class Method:
    """A function of a contract, with its overloads. Called, it calls a view function and sends another."""

    __slots__ = ("_overloads", "contract", "name")

    def __init__(self, contract: ContractBase, name: str, overloads: tuple[Function, ...]) -> None:
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
        if function.is_view:
            return self._call(function, arguments, options)
        return self._send(function, arguments, options)

    def call(self, *arguments: Any, **options: Any) -> Any:
        """The value that it returns, or would return, without changing anything."""
        return self._call(self.function(arguments), arguments, options)

    def send(self, *arguments: Any, **options: Any) -> Any:
        """Sends it as a transaction, a view function too. `wait=False` does not wait for its block."""
        return self._send(self.function(arguments), arguments, options)

    def estimate_gas(self, *arguments: Any, sender: Any = None, value: int = 0) -> Any:
        """The gas that a transaction with these arguments needs."""
        function = self.function(arguments)
        contract = self.contract
        facts = contract.zone.facts
        request = call_request(facts, contract.address, function.encode(arguments), sender, value)
        return contract.zone.run(reading.estimate(facts, request, None, function.label, contract.interface))

    def encode(self, *arguments: Any) -> bytes:
        """The call data."""
        return self.function(arguments).encode(arguments)

    def decode(self, data: bytes | str) -> Any:
        """The value in return data. Raises WrongArguments where overloads make it ambiguous."""
        if len(self._overloads) > 1:
            raise self._ambiguous()
        return self._overloads[0].decode(octets(data))

    def decode_arguments(self, data: bytes | str) -> tuple[Any, ...]:
        """The arguments in call data, as a NamedTuple. Raises WrongArguments where it calls another."""
        call = octets(data)
        for function in self._overloads:
            if function.selector == call[:4]:
                return function.decode_arguments(call)
        raise WrongArguments(f"0x{call[:4].hex()}... is no call of {self._overloads[0].label}")

    def function(self, arguments: Any) -> Function:
        """The overload that takes the arguments. Raises WrongArguments."""
        if len(self._overloads) == 1:
            return self._overloads[0]
        return self.contract.interface.choose(self.name, arguments)

    def _ambiguous(self) -> WrongArguments:
        signatures = ", ".join(function.signature for function in self._overloads)
        return WrongArguments(
            f"{self.name} is one of {signatures}", f'name one: contract["{self._overloads[0].signature}"]'
        )

    def _call(self, function: Function, arguments: Any, options: dict[str, Any]) -> Any:
        data = function.encode(arguments)
        if options and not options.keys() <= CALL_OPTIONS:
            raise _odd_option(function, options, CALL_OPTIONS)
        contract = self.contract
        zone = contract.zone
        block, overrides = options.pop("block", "latest"), options.pop("overrides", None)
        request = call_request(zone.facts, contract.address, data, **options)
        return zone.run(
            reading.call_function(zone.facts, function, request, block, overrides, contract.interface)
        )

    def _send(self, function: Function, arguments: Any, options: dict[str, Any]) -> Any:
        data = function.encode(arguments)
        if options and not options.keys() <= SEND_OPTIONS:
            raise _odd_option(function, options, SEND_OPTIONS)
        contract = self.contract
        return contract.zone.transact(
            to=contract.address,
            data=data,
            function=function,
            interface=contract.interface,
            action=function.label,
            **options,
        )

    def __repr__(self) -> str:
        return f"<Method {', '.join(function.label for function in self._overloads)}>"


class Events:
    """The events of a contract: `contract.events.Transfer`, or by signature in brackets. Called, it is the
    contract's function `events`, where there is one."""

    def __init__(self, contract: ContractBase) -> None:
        self._contract = contract

    def __getattr__(self, name: str) -> EventLogs:
        kinds = self._contract.interface.events.get(name)
        if kinds is None:
            raise self._missing(name)
        if len(kinds) > 1:
            raise WrongArguments(
                f"{name} is one of {', '.join(kind.signature for kind in kinds)}",
                f'name one: events["{kinds[0].signature}"]',
            )
        return EventLogs(self._contract, kinds[0])

    def __getitem__(self, signature: str) -> EventLogs:
        if "(" not in signature:
            return self.__getattr__(signature)
        for kinds in self._contract.interface.events.values():
            for kind in kinds:
                if signature.replace(" ", "") == kind.signature:
                    return EventLogs(self._contract, kind)
        raise self._missing(signature)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._contract["events"](*arguments, **options)

    def _missing(self, name: str) -> UnknownMember:
        known = ", ".join(self._contract.interface.events) or "none"
        return UnknownMember(f"{self._contract!r} has no event {name}", f"it has {known}")

    def __dir__(self) -> list[str]:
        return list(self._contract.interface.events)

    def get(self, from_block: BlockLike = "earliest", to_block: BlockLike = "latest") -> Any:
        """All events of the contract in these blocks, as far as its ABI has them: a tuple of `Event`."""
        return _find(self._contract, None, {}, from_block, to_block)


class EventLogs:
    """One event of a contract."""

    def __init__(self, contract: ContractBase, kind: EventType) -> None:
        self.contract = contract
        self.type = kind

    def get(self, from_block: BlockLike = "earliest", to_block: BlockLike = "latest", **indexed: Any) -> Any:
        """Those of the past, oldest first: a tuple of `Event`. Indexed arguments restrict it: `get(to=bob)`,
        `get(to=[a, b])`; one that is called like a Python word has an underscore after it:
        `get(from_=alice)`."""
        return _find(self.contract, self.type, indexed, from_block, to_block)

    def __repr__(self) -> str:
        return f"<EventLogs {self.type.signature} of {self.contract!r}>"


def _find(
    contract: ContractBase,
    kind: EventType | None,
    indexed: Mapping[str, Any],
    from_block: BlockLike,
    to_block: BlockLike,
) -> Any:
    zone = contract.zone
    return zone.run(
        reading.events(zone.facts, contract.address, contract.interface, kind, indexed, from_block, to_block)
    )


def _odd_option(function: Function, options: Mapping[str, Any], known: frozenset[str]) -> WrongArguments:
    odd = ", ".join(sorted(options.keys() - known))
    return WrongArguments(
        f"{function.label} takes its arguments by position, and no option {odd}",
        f"options are {', '.join(sorted(known))}",
    )
