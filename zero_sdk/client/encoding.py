"""Python values as ABI data: checked, converted and encoded in one pass, and an error names the place.

An encoder is made once for each type and then called with values, which is several times as fast as asking
the type at every value. The rules are those of Solidity's "Contract ABI Specification".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from devnet.artifacts.abi import AbiParameter, AbiType
from zero_sdk.client.addresses import to_bytes
from zero_sdk.client.errors import WrongArguments

Encoder: TypeAlias = Callable[[Any], bytes]
"""The value's words; of a dynamic value what its offset points at. Raises Misfit."""

_LONGEST_SHOWN = 80


class Misfit(ValueError):
    """A value that its type does not take. `path` grows outward, from the value to the parameter."""

    def __init__(self, kind: str, value: object, why: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value
        self.why = why
        self.path = ""

    def inside(self, step: str) -> Misfit:
        """The misfit as seen from one level further out."""
        self.path = step + self.path
        return self

    def __str__(self) -> str:
        shown = repr(self.value)
        if len(shown) > _LONGEST_SHOWN:
            shown = shown[: _LONGEST_SHOWN - 3] + "..."
        reason = f": {self.why}" if self.why else ""
        return f"{self.path or 'the value'} is {self.kind}, and {shown} does not fit{reason}"


def encoder_of(parameters: Sequence[AbiParameter]) -> Callable[[Sequence[Any]], bytes]:
    """Encodes one value for each parameter, as many as there are. Raises Misfit."""
    members = [(_label(index, member), member.type) for index, member in enumerate(parameters)]
    return _sequence([(name, kind.is_dynamic, _encoder(kind)) for name, kind in members], _head_size(members))


def _label(index: int, parameter: AbiParameter) -> str:
    return parameter.name or f"parameter {index + 1}"


def _head_size(members: Sequence[tuple[str, AbiType]]) -> int:
    return sum(32 if kind.is_dynamic else kind.head_size for _, kind in members)


def _sequence(members: list[tuple[str, bool, Encoder]], head_size: int) -> Callable[[Sequence[Any]], bytes]:
    def encode_static(values: Sequence[Any]) -> bytes:
        parts = []
        for (name, _, encode), value in zip(members, values, strict=True):
            try:
                parts.append(encode(value))
            except Misfit as misfit:
                raise misfit.inside(name) from None
        return b"".join(parts)

    def encode_dynamic(values: Sequence[Any]) -> bytes:
        heads, tails, at = [], [], head_size
        for (name, is_dynamic, encode), value in zip(members, values, strict=True):
            try:
                words = encode(value)
            except Misfit as misfit:
                raise misfit.inside(name) from None
            if is_dynamic:
                heads.append(at.to_bytes(32))
                tails.append(words)
                at += len(words)
            else:
                heads.append(words)
        return b"".join(heads + tails)

    return encode_dynamic if any(is_dynamic for _, is_dynamic, _ in members) else encode_static


def _encoder(kind: AbiType) -> Encoder:
    match kind.kind:
        case "uint":
            return _integer(str(kind), 0, 1 << kind.size)
        case "int":
            return _integer(str(kind), -(1 << kind.size - 1), 1 << kind.size - 1)
        case "address":
            return _address
        case "bool":
            return _bool
        case "bytesN":
            return _fixed_bytes(str(kind), kind.size)
        case "function":
            return _fixed_bytes("a function (an address and a selector)", 24)
        case "bytes":
            return _bytes
        case "string":
            return _string
        case "ufixed" | "fixed":
            return _fixed_point(kind)
        case "tuple":
            return _tuple(kind)
    return _array(kind)


def _integer(name: str, low: int, high: int) -> Encoder:
    is_signed = low < 0

    def encode(value: Any) -> bytes:
        # A bool is an int to Python, and an accident here.
        if not isinstance(value, int) or value is True or value is False:
            raise Misfit(name, value, _why_no_integer(value))
        if not low <= value < high:
            raise Misfit(name, value, f"it lies between {low} and {high - 1}")
        return value.to_bytes(32, signed=is_signed)

    return encode


def _why_no_integer(value: object) -> str:
    if isinstance(value, float):
        return "floats are inexact; write 10**18, or ether(1)"
    if isinstance(value, str):
        return "give an int"
    return ""


def _address(value: Any) -> bytes:
    try:
        return bytes(12) + to_bytes(value)
    except WrongArguments as error:
        raise Misfit("address", value, str(error)) from None


_TRUE, _FALSE = (1).to_bytes(32), bytes(32)


def _bool(value: Any) -> bytes:
    if value is True:
        return _TRUE
    if value is False:
        return _FALSE
    raise Misfit("bool", value)


def octets_of(value: Any) -> bytes | None:
    """Bytes, or a hex string as bytes; None for anything else."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str) and value[:2] in ("0x", "0X"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            return None
    return None


def _fixed_bytes(name: str, size: int) -> Encoder:
    padding = bytes(32 - size)

    def encode(value: Any) -> bytes:
        octets = octets_of(value)
        if octets is None:
            raise Misfit(name, value, "give bytes or a hex string")
        if len(octets) != size:
            raise Misfit(name, value, f"these are {len(octets)} bytes")
        return octets + padding

    return encode


def _padded(octets: bytes) -> bytes:
    return len(octets).to_bytes(32) + octets + bytes(-len(octets) % 32)


def _bytes(value: Any) -> bytes:
    octets = octets_of(value)
    if octets is None:
        raise Misfit("bytes", value, "give bytes or a hex string")
    return _padded(octets)


def _string(value: Any) -> bytes:
    if not isinstance(value, str):
        raise Misfit("string", value)
    try:
        return _padded(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise Misfit("string", value, "it is no Unicode text") from None


def _fixed_point(kind: AbiType) -> Encoder:
    is_signed = kind.kind == "fixed"
    high = 1 << kind.size - is_signed
    low = -high if is_signed else 0

    def encode(value: Any) -> bytes:
        if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal):
            raise Misfit(str(kind), value, "give a Decimal")
        try:
            scaled = Decimal(value) * 10**kind.decimals
        except InvalidOperation:
            raise Misfit(str(kind), value) from None
        if scaled != int(scaled) or not low <= scaled < high:
            raise Misfit(str(kind), value, f"it has {kind.decimals} decimal places")
        return int(scaled).to_bytes(32, signed=is_signed)

    return encode


def _tuple(kind: AbiType) -> Encoder:
    names = [member.name for member in kind.members]
    encode_members = encoder_of(
        [
            dataclasses.replace(member, name=f".{member.name or index}")
            for index, member in enumerate(kind.members)
        ]
    )

    def encode(value: Any) -> bytes:
        values = _by_position(kind, names, value)
        if len(values) != len(names):
            raise Misfit(_shape(kind), value, f"it has {len(names)} members, and {len(values)} were given")
        return encode_members(values)

    return encode


def _shape(kind: AbiType) -> str:
    return "a struct (" + ", ".join(f"{member.type} {member.name}".rstrip() for member in kind.members) + ")"


def _by_position(kind: AbiType, names: Sequence[str], value: Any) -> Sequence[Any]:
    if isinstance(value, tuple | list):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
    if not isinstance(value, Mapping):
        raise Misfit(_shape(kind), value, "give a tuple or a dict")
    # A member `_owner` is `owner` in what calls return, and may be called so here.
    given = {str(name).lstrip("_"): entry for name, entry in value.items()}
    bare = [name.lstrip("_") for name in names]
    missing = [name for name in bare if name not in given]
    unknown = [name for name in given if name not in bare]
    if missing or unknown:
        said = [f"without {', '.join(missing)}"] if missing else []
        said += [f"it has no {', '.join(unknown)}"] if unknown else []
        raise Misfit(_shape(kind), value, "; ".join(said))
    return [given[name] for name in bare]


def _array(kind: AbiType) -> Encoder:
    element = kind.element
    assert element is not None
    encode_element, is_dynamic = _encoder(element), element.is_dynamic

    def encode(value: Any) -> bytes:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
            raise Misfit(str(kind), value, "give a list")
        if kind.size >= 0 and len(value) != kind.size:
            raise Misfit(str(kind), value, f"these are {len(value)}")
        words = []
        for index, item in enumerate(value):
            try:
                words.append(encode_element(item))
            except Misfit as misfit:
                raise misfit.inside(f"[{index}]") from None
        if is_dynamic:
            heads, at = [], 32 * len(words)
            for word in words:
                heads.append(at.to_bytes(32))
                at += len(word)
            words = heads + words
        body = b"".join(words)
        return body if kind.size >= 0 else len(value).to_bytes(32) + body

    return encode
