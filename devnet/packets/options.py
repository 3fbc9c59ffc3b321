"""Options of LayerZero V2: what gas and value a delivery gets, in which order, and what is dropped beside it.

    type 3:  0003, then for each option
             worker 1 | size 2, of type and data | type 1 | data

Integers are big-endian. The older types 1 (gas) and 2 (gas and one native drop) are read and never written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TypeAlias

from devnet.chain.types import Hash32, Wei

TYPE_1, TYPE_2, TYPE_3 = b"\0\1", b"\0\2", b"\0\3"
MOST_BYTES = 1 << 16
"""Of options that are looked at **(ours)**."""


class Worker(IntEnum):
    """Who an option speaks to."""

    EXECUTOR = 1
    DVN = 2


class OptionsFlaw(StrEnum):
    """Why bytes are no options; names stay as they are once released."""

    TYPE = "type"
    """Not type 1, 2 or 3."""
    LENGTH = "length"
    """Cut off, too long, or an option of another size than its type has."""
    WORKER = "worker"
    """An option for somebody whom this format does not know."""
    OPTION = "option"
    """The executor has no such option."""


class MalformedOptions(ValueError):
    """The bytes are no options."""

    def __init__(self, flaw: OptionsFlaw, detail: str) -> None:
        super().__init__(f"{flaw.value}: {detail}")
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Receive:
    """Gas and value for `lzReceive`."""

    gas: int
    value: Wei = Wei(0)


@dataclass(frozen=True, slots=True)
class NativeDrop:
    """Wei that the executor gives to an account of the destination."""

    amount: Wei
    receiver: Hash32


@dataclass(frozen=True, slots=True)
class Compose:
    """Gas and value for the `lzCompose` with that index."""

    index: int
    gas: int
    value: Wei = Wei(0)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Messages of the path are delivered in the order of their nonces."""


@dataclass(frozen=True, slots=True)
class Read:
    """Gas, size of the answer, and value for a read."""

    gas: int
    size: int
    value: Wei = Wei(0)


@dataclass(frozen=True, slots=True)
class VerifierOption:
    """For a DVN. A zone needs none and ignores it: settlement takes the place of DVNs."""

    data: bytes
    """Index of the DVN, type, and what belongs to it."""


Option: TypeAlias = Receive | NativeDrop | Compose | Ordered | Read | VerifierOption


@dataclass(frozen=True, slots=True)
class Options:
    """Options in their order. Several of one kind add up, as the executor sees it."""

    items: tuple[Option, ...] = ()

    @property
    def encoded(self) -> bytes:
        """Type 3. Raises ValueError for numbers that have no place."""
        return TYPE_3 + b"".join(_encoded(item) for item in self.items)

    @property
    def receive(self) -> Receive:
        """Gas and value for `lzReceive`, summed up."""
        found = [item for item in self.items if isinstance(item, Receive)]
        return Receive(sum(item.gas for item in found), Wei(sum(item.value for item in found)))

    @property
    def composes(self) -> dict[int, Compose]:
        """By index, summed up."""
        sums: dict[int, Compose] = {}
        for item in self.items:
            if isinstance(item, Compose):
                before = sums.get(item.index, Compose(item.index, 0))
                sums[item.index] = Compose(item.index, before.gas + item.gas, Wei(before.value + item.value))
        return sums

    @property
    def drops(self) -> tuple[NativeDrop, ...]:
        return tuple(item for item in self.items if isinstance(item, NativeDrop))

    @property
    def is_ordered(self) -> bool:
        return any(isinstance(item, Ordered) for item in self.items)


def decode_options(data: bytes) -> Options:
    """Options of any of the three types. Raises MalformedOptions."""
    if len(data) > MOST_BYTES:
        raise MalformedOptions(OptionsFlaw.LENGTH, f"{len(data)} bytes, at most {MOST_BYTES}")
    kind, rest = data[:2], data[2:]
    if kind == TYPE_3:
        return Options(tuple(_decode_items(rest)))
    if kind == TYPE_1:
        _check_size("type 1", rest, (32,))
        return Options((Receive(int.from_bytes(rest, "big")),))
    if kind == TYPE_2:
        if not 64 < len(rest) <= 96:
            raise MalformedOptions(OptionsFlaw.LENGTH, f"type 2 with {len(rest)} bytes, 65 to 96")
        gas, amount = int.from_bytes(rest[:32], "big"), int.from_bytes(rest[32:64], "big")
        receiver = Hash32(rest[64:].rjust(32, b"\0"))
        return Options((Receive(gas), NativeDrop(Wei(amount), receiver)))
    raise MalformedOptions(OptionsFlaw.TYPE, f"0x{kind.hex()}")


def combine_options(enforced: bytes, extra: bytes) -> bytes:
    """As OApps do: what is enforced, then what the caller adds; either may be empty. Raises MalformedOptions
    where both are there and one is not of type 3."""
    if not enforced or not extra:
        return enforced or extra
    for options in (enforced, extra):
        if options[:2] != TYPE_3:
            raise MalformedOptions(OptionsFlaw.TYPE, f"0x{options[:2].hex()} cannot be combined, only type 3")
    return enforced + extra[2:]


_RECEIVE, _NATIVE_DROP, _COMPOSE, _ORDERED, _READ = range(1, 6)


def _encoded(item: Option) -> bytes:
    match item:
        case Receive(gas, value):
            return _executor(_RECEIVE, _sized(gas, 16) + _value(value))
        case NativeDrop(amount, receiver):
            return _executor(_NATIVE_DROP, _sized(amount, 16) + receiver.rjust(32, b"\0"))
        case Compose(index, gas, value):
            return _executor(_COMPOSE, _sized(index, 2) + _sized(gas, 16) + _value(value))
        case Ordered():
            return _executor(_ORDERED, b"")
        case Read(gas, size, value):
            return _executor(_READ, _sized(gas, 16) + _sized(size, 4) + _value(value))
        case VerifierOption(data):
            return bytes((Worker.DVN,)) + _sized(len(data), 2) + data


def _executor(kind: int, data: bytes) -> bytes:
    return bytes((Worker.EXECUTOR,)) + _sized(len(data) + 1, 2) + bytes((kind,)) + data


def _value(value: int) -> bytes:
    """Left out where there is none."""
    return _sized(value, 16) if value else b""


def _sized(number: int, size: int) -> bytes:
    if not 0 <= number < 1 << 8 * size:
        raise ValueError(f"{number} does not fit into {size} bytes")
    return number.to_bytes(size, "big")


def _decode_items(data: bytes) -> Iterator[Option]:
    place = 0
    while place < len(data):
        worker, size = data[place], int.from_bytes(data[place + 1 : place + 3], "big")
        content = data[place + 3 : place + 3 + size]
        if place + 3 > len(data) or len(content) != size or not size:
            raise MalformedOptions(OptionsFlaw.LENGTH, f"the option at byte {place + 2} is cut off or empty")
        if worker == Worker.EXECUTOR:
            yield _decode_executor(content[0], content[1:])
        elif worker == Worker.DVN:
            yield VerifierOption(content)
        else:
            raise MalformedOptions(OptionsFlaw.WORKER, str(worker))
        place += 3 + size


def _decode_executor(kind: int, data: bytes) -> Option:
    match kind:
        case 1:
            _check_size("lzReceive", data, (16, 32))
            return Receive(_number(data[:16]), Wei(_number(data[16:])))
        case 2:
            _check_size("native drop", data, (48,))
            return NativeDrop(Wei(_number(data[:16])), Hash32(data[16:]))
        case 3:
            _check_size("lzCompose", data, (18, 34))
            return Compose(_number(data[:2]), _number(data[2:18]), Wei(_number(data[18:])))
        case 4:
            _check_size("ordered execution", data, (0,))
            return Ordered()
        case 5:
            _check_size("lzRead", data, (20, 36))
            return Read(_number(data[:16]), _number(data[16:20]), Wei(_number(data[20:])))
    raise MalformedOptions(OptionsFlaw.OPTION, f"type {kind}")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _check_size(name: str, data: bytes, sizes: tuple[int, ...]) -> None:
    if len(data) not in sizes:
        wanted = " or ".join(map(str, sizes))
        raise MalformedOptions(OptionsFlaw.LENGTH, f"{name} with {len(data)} bytes, not {wanted}")
