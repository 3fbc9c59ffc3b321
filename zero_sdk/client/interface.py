"""An ABI as what can be done with it: functions that encode and decode, events, errors, a constructor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from devnet.artifacts.abi import AbiError
from devnet.artifacts.items import AbiItem, make_item, parse_item, parse_signature
from zero_sdk.client.decoding import Records, decoder_of, record_of, shaper_of
from zero_sdk.client.encoding import Misfit, encoder_of
from zero_sdk.client.errors import BadReturnData, DecodedError, WrongArguments


class Function:
    """A function (or the constructor) of an ABI."""

    def __init__(
        self,
        item: AbiItem,
        entry: Mapping[str, Any] | None = None,
        contract: str = "",
        records: Records | None = None,
    ) -> None:
        self.item = item
        self.entry: Mapping[str, Any] = entry or {}
        self._records = records
        self.contract = contract
        self.name = item.name or "constructor"
        self.signature = item.signature if item.name else "constructor" + item.signature
        self.selector = item.selector if item.name else b""
        mutability = self.entry.get("stateMutability")
        self.is_view = mutability in ("view", "pure") or bool(self.entry.get("constant"))
        self.is_payable = mutability == "payable"
        self.count = len(item.inputs)

    @property
    def label(self) -> str:
        """`Token.transfer(address,uint256)`, for messages."""
        return f"{self.contract}.{self.signature}" if self.contract else self.signature

    @cached_property
    def _encode(self) -> Callable[[Sequence[Any]], bytes]:
        return encoder_of(self.item.inputs)

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The call data (of the constructor without a selector). Raises WrongArguments."""
        if len(arguments) != self.count:
            raise WrongArguments(
                f"{self.label} takes {_count(self.count)}, and {len(arguments)} "
                f"{'was' if len(arguments) == 1 else 'were'} given",
                None if self.contract == "" else f"it is {self.described}",
            )
        try:
            return self.selector + self._encode(arguments)
        except Misfit as misfit:
            raise WrongArguments(f"{self.label}: {misfit}") from None

    def takes(self, arguments: Sequence[Any]) -> bool:
        """Whether the arguments can be encoded."""
        if len(arguments) != self.count:
            return False
        try:
            self._encode(arguments)
        except Misfit:
            return False
        return True

    @property
    def described(self) -> str:
        """With the names of its parameters: `transfer(address to, uint256 value)`."""
        inside = ", ".join(f"{parameter.type} {parameter.name}".rstrip() for parameter in self.item.inputs)
        return f"{self.name}({inside})"

    @cached_property
    def _decode_outputs(self) -> Callable[[bytes], tuple[Any, ...]]:
        entries = self.entry.get("outputs") or ()
        return decoder_of(f"{self.name}_result", self.item.outputs, entries, self._records)

    @cached_property
    def _decode_inputs(self) -> Callable[[bytes], tuple[Any, ...]]:
        entries = self.entry.get("inputs") or ()
        return decoder_of(f"{self.name}_arguments", self.item.inputs, entries, self._records)

    def decode(self, data: bytes) -> Any:
        """The value that was returned; a NamedTuple where the function returns several, None where it returns
        nothing. Raises BadReturnData."""
        outputs = len(self.item.outputs)
        if outputs == 0:
            return None
        try:
            values = self._decode_outputs(data)
        except AbiError as error:
            shown = f"0x{data[:64].hex()}{'...' if len(data) > 64 else ''}"
            types = ", ".join(str(parameter.type) for parameter in self.item.outputs)
            raise BadReturnData(f"{self.label} returned {shown}, which is no ({types}): {error}") from None
        return values[0] if outputs == 1 else values

    def decode_arguments(self, data: bytes) -> tuple[Any, ...]:
        """The arguments in call data, its selector included. Raises BadReturnData."""
        try:
            return self._decode_inputs(data[len(self.selector) :])
        except AbiError as error:
            raise BadReturnData(f"0x{data[:64].hex()}... is no call of {self.label}: {error}") from None

    def __repr__(self) -> str:
        return f"<Function {self.label}>"


class EventType:
    """An event of an ABI."""

    def __init__(
        self, item: AbiItem, entry: Mapping[str, Any] | None = None, records: Records | None = None
    ) -> None:
        self.item = item
        self._records = records
        self.name = item.name
        self.signature = item.signature
        self.topic = item.digest
        self._entries: Sequence[Mapping[str, Any]] = (entry or {}).get("inputs") or ()
        self.indexed = tuple(parameter for parameter in item.inputs if parameter.is_indexed)

    @cached_property
    def _shapes(self) -> tuple[Callable[..., tuple[Any, ...]], list[Callable[[Any], Any]]]:
        shapers = []
        for at, parameter in enumerate(self.item.inputs):
            is_hashed = parameter.is_indexed and not _is_word(parameter.type.kind)
            entry = self._entries[at] if at < len(self._entries) else {}
            shapers.append((lambda value: value) if is_hashed else shaper_of(parameter, entry, self._records))
        return record_of(self.name, tuple(parameter.name for parameter in self.item.inputs)), shapers

    def decode(self, topics: Sequence[bytes], data: bytes) -> tuple[Any, ...]:
        """The arguments as a NamedTuple; an indexed string, bytes, array or struct is the hash that the topic
        holds. Raises AbiError where the log is none of this event."""
        from devnet.artifacts.abi import decode

        hashes = list(topics) if self.item.is_anonymous else list(topics[1:])
        if len(hashes) != len(self.indexed):
            raise AbiError(f"{self.signature} has {len(self.indexed)} indexed arguments")
        plain = iter(decode([entry.type for entry in self.item.inputs if not entry.is_indexed], data))
        values: list[Any] = []
        for parameter in self.item.inputs:
            if not parameter.is_indexed:
                values.append(next(plain))
                continue
            topic = hashes.pop(0)
            values.append(decode([parameter.type], topic)[0] if _is_word(parameter.type.kind) else topic)
        record, shapers = self._shapes
        return record(*(shape(value) for shape, value in zip(shapers, values, strict=True)))

    def try_decode(self, topics: Sequence[bytes], data: bytes) -> tuple[Any, ...] | None:
        """As `decode`; None where the log is none of this event."""
        try:
            return self.decode(topics, data)
        except AbiError:
            return None

    def topics(self, wanted: Mapping[str, Any]) -> list[Any]:
        """The topics of a log filter: each indexed argument a value, a list of values (any of them), or left
        out. Raises WrongArguments."""
        by_name = {parameter.name.lstrip("_"): parameter for parameter in self.indexed}
        given = {name.strip("_"): value for name, value in wanted.items()}
        for name in given:
            if name not in by_name:
                indexed = ", ".join(by_name) or "none"
                raise WrongArguments(f"{self.signature} has no indexed {name}", f"indexed are: {indexed}")
        topics: list[Any] = [] if self.item.is_anonymous else [f"0x{self.topic.hex()}"]
        for name, parameter in by_name.items():
            if name not in given:
                topics.append(None)
                continue
            value = given[name]
            is_choice = isinstance(value, list) and parameter.type.kind != "array"
            choices = value if is_choice else [value]
            words = [f"0x{_topic(parameter, choice).hex()}" for choice in choices]
            topics.append(words if is_choice else words[0])
        while topics and topics[-1] is None:
            topics.pop()
        return topics

    def __repr__(self) -> str:
        return f"<EventType {self.signature}>"


class ErrorType:
    """A custom error of an ABI."""

    def __init__(self, item: AbiItem, entry: Mapping[str, Any] | None = None) -> None:
        self.item = item
        self.name = item.name
        self.signature = item.signature
        self.selector = item.selector
        self._entries: Sequence[Mapping[str, Any]] = (entry or {}).get("inputs") or ()

    @cached_property
    def _decode(self) -> Callable[[bytes], tuple[Any, ...]]:
        return decoder_of(self.name, self.item.inputs, self._entries)

    def decode(self, data: bytes) -> DecodedError | None:
        """The error in revert data; None where it is another one."""
        if data[:4] != self.selector:
            return None
        try:
            return DecodedError(self.name, self._decode(data[4:]), self.signature)
        except AbiError:
            return None

    def __repr__(self) -> str:
        return f"<ErrorType {self.signature}>"


class Interface:
    """An ABI. `name` is the contract's, "" where nobody said."""

    def __init__(
        self, abi: Iterable[Mapping[str, Any]], name: str = "", records: Records | None = None
    ) -> None:
        """`records` are classes for structs and results, by name. Raises WrongArguments where it is no
        ABI."""
        self._records = records
        self.abi = tuple(abi)
        self.name = name
        self.functions: dict[str, tuple[Function, ...]] = {}
        """By name, the overloads in the order of the ABI."""
        self.by_selector: dict[bytes, Function] = {}
        self.events: dict[str, tuple[EventType, ...]] = {}
        self.events_by_topic: dict[bytes, list[EventType]] = {}
        self.errors: dict[bytes, ErrorType] = {}
        self.constructor = Function(make_item("constructor", "", ()), {}, name)
        try:
            for entry in self.abi:
                self._add(entry)
        except AbiError as error:
            raise WrongArguments(f"the ABI{f' of {name}' if name else ''} is none: {error}") from None

    def _add(self, entry: Mapping[str, Any]) -> None:
        item = parse_item(entry)
        if item is None:
            return
        if item.kind == "function":
            function = Function(item, entry, self.name, self._records)
            self.functions[item.name] = (*self.functions.get(item.name, ()), function)
            self.by_selector[item.selector] = function
        elif item.kind == "event":
            event = EventType(item, entry, self._records)
            self.events[item.name] = (*self.events.get(item.name, ()), event)
            if not item.is_anonymous:
                self.events_by_topic.setdefault(item.digest, []).append(event)
        elif item.kind == "error":
            self.errors[item.selector] = ErrorType(item, entry)
        else:
            self.constructor = Function(item, entry, self.name)

    def function(self, signature: str) -> Function | None:
        """By its whole signature, spaces and parameter names or not; None where there is none."""
        try:
            wanted = parse_signature("function", signature).signature
        except AbiError:
            return None
        overloads = self.functions.get(wanted.partition("(")[0], ())
        return next((function for function in overloads if function.signature == wanted), None)

    def choose(self, name: str, arguments: Sequence[Any]) -> Function:
        """The overload that takes the arguments. Raises WrongArguments where none does, or several do."""
        overloads = self.functions[name]
        if len(overloads) == 1:
            return overloads[0]
        fitting = [function for function in overloads if function.takes(arguments)]
        if len(fitting) == 1:
            return fitting[0]
        shown = f"{self.name}.{name}" if self.name else name
        if fitting:
            raise WrongArguments(
                f"{shown} is ambiguous for these arguments: {_list(fitting)}",
                f'name one: contract["{fitting[0].signature}"](...)',
            )
        same_count = [function for function in overloads if function.count == len(arguments)]
        if len(same_count) == 1:
            # It says what is wrong with which argument.
            return same_count[0]
        raise WrongArguments(f"no {shown} takes these arguments: {_list(overloads)}")

    def decode_event(self, topics: Sequence[bytes], data: bytes) -> tuple[EventType, tuple[Any, ...]] | None:
        """The event of a log, and its arguments; None where the ABI has none that fits."""
        for event in self.events_by_topic.get(topics[0], ()) if topics else ():
            args = event.try_decode(topics, data)
            if args is not None:
                return event, args
        return None

    def __repr__(self) -> str:
        return f"<Interface {self.name or 'without a name'}: {len(self.by_selector)} functions>"


def _is_word(kind: str) -> bool:
    return kind in ("uint", "int", "address", "bool", "bytesN", "function", "ufixed", "fixed")


def _topic(parameter: Any, value: Any) -> bytes:
    from devnet.chain.keccak import keccak256
    from zero_sdk.client.encoding import octets_of

    kind = parameter.type.kind
    if kind in ("string", "bytes"):
        octets = value.encode() if isinstance(value, str) and kind == "string" else octets_of(value)
        if octets is None:
            raise WrongArguments(f"{parameter.name} is {kind}, and {value!r} does not fit")
        return keccak256(octets)
    if not _is_word(kind):
        # The hash of an array or struct is of its members padded to words; who has it can give it.
        octets = octets_of(value)
        if octets is None or len(octets) != 32:
            raise WrongArguments(f"{parameter.name} is hashed in the log: give the 32 bytes of its topic")
        return octets
    try:
        return encoder_of([parameter])([value])
    except Misfit as misfit:
        raise WrongArguments(str(misfit)) from None


def _count(number: int) -> str:
    return "1 argument" if number == 1 else f"{number or 'no'} arguments"


def _list(functions: Sequence[Function]) -> str:
    return ", ".join(function.signature for function in functions)
