"""Readers of plain JSON values, each with the JSON schema of what it accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from devnet.chain.types import Address, Hash32, Wei

T = TypeVar("T")
Schema: TypeAlias = Mapping[str, Any]

U64_LIMIT = 1 << 64
U256_LIMIT = 1 << 256

_EXACT = 1 << 53
"""Below it every integer is exact as a double."""


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """How a JSON value is read, and the schema of what is accepted."""

    read: Callable[[Any], T]
    """Raises ValueError that says what was expected."""
    schema: Schema


def ref(name: str) -> Schema:
    """A reference to a schema of the OpenRPC document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def array_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def nullable(schema: Schema) -> Schema:
    return {"oneOf": [{"type": "null"}, schema]}


def describe(value: Any) -> str:
    """The value for an error message, short whatever the value is."""
    kinds = {dict: "an object", list: "an array", bool: "a boolean", type(None): "null"}
    kind = kinds.get(type(value))
    if kind:
        return kind
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def read_quantity(value: Any, limit: int = U256_LIMIT) -> int:
    """A hex quantity ("0x1f"). Leading zeros are tolerated, JSON numbers are not."""
    if type(value) is not str or value[:2] not in ("0x", "0X") or len(value) == 2:
        raise ValueError(f"expected a hex quantity such as 0x1f, got {describe(value)}")
    if len(value) > 400:
        raise ValueError(f"quantity is larger than {limit.bit_length() - 1} bits")
    digits = value[2:]
    # int() would also take underscores, spaces and signs.
    if not digits.isalnum():
        raise ValueError(f"expected a hex quantity such as 0x1f, got {describe(value)}")
    try:
        number = int(digits, 16)
    except ValueError:
        raise ValueError(f"expected a hex quantity such as 0x1f, got {describe(value)}") from None
    if number >= limit:
        raise ValueError(f"quantity is larger than {limit.bit_length() - 1} bits")
    return number


def read_u64(value: Any) -> int:
    return read_quantity(value, U64_LIMIT)


def read_wei(value: Any) -> Wei:
    return Wei(read_quantity(value))


def read_number(value: Any, limit: int = U256_LIMIT) -> int:
    """A number as development calls take it: a hex quantity, a decimal string or a JSON number."""
    if type(value) is int:
        number = value
    elif type(value) is float and value.is_integer() and abs(value) < _EXACT:
        number = int(value)
    elif type(value) is float and value.is_integer():
        # Integers beyond 64 bits come out of the JSON parser as floats, which are not exact.
        raise ValueError("number is too large for JSON, pass it as a hex string")
    elif type(value) is str and value.isascii() and value.isdigit() and len(value) <= 78:
        number = int(value)
    elif type(value) is str and value[:2] in ("0x", "0X"):
        return read_quantity(value, limit)
    else:
        raise ValueError(f"expected a number or a hex quantity, got {describe(value)}")
    if number < 0:
        raise ValueError(f"expected a number that is not negative, got {describe(value)}")
    if number >= limit:
        raise ValueError(f"number is larger than {limit.bit_length() - 1} bits")
    return number


def read_u64_number(value: Any) -> int:
    return read_number(value, U64_LIMIT)


def read_wei_number(value: Any) -> Wei:
    return Wei(read_number(value))


def read_data(value: Any) -> bytes:
    """Hex data of any length ("0x" is empty)."""
    if type(value) is not str or not value.startswith(("0x", "0X")):
        raise ValueError(f"expected hex data starting with 0x, got {describe(value)}")
    try:
        data = bytes.fromhex(value[2:])
    except ValueError:
        data = None
    # bytes.fromhex skips spaces.
    if data is None or 2 * len(data) != len(value) - 2:
        reason = "odd number of digits" if len(value) % 2 else "not all digits are hex"
        raise ValueError(f"expected hex data, got {describe(value)} ({reason})")
    return data


def read_sized(value: Any, size: int) -> bytes:
    data = read_data(value)
    if len(data) != size:
        raise ValueError(f"expected {size} bytes of hex data, got {len(data)}")
    return data


def read_address(value: Any) -> Address:
    """20 bytes. Checksum letters are accepted and not checked, as in geth."""
    if type(value) is str and len(value) == 42:
        return Address(read_sized(value, 20))
    raise ValueError(f"expected an address (20 bytes of hex data), got {describe(value)}")


def read_hash(value: Any) -> Hash32:
    if type(value) is str and len(value) == 66:
        return Hash32(read_sized(value, 32))
    raise ValueError(f"expected a hash (32 bytes of hex data), got {describe(value)}")


def read_slot(value: Any) -> int:
    """A storage slot: up to 32 bytes of hex, with or without leading zeros (as in geth)."""
    if type(value) is str and value[:2] in ("0x", "0X") and len(value) <= 66:
        return 0 if len(value) == 2 else read_quantity(value)
    raise ValueError(f"expected a storage slot (at most 32 bytes of hex), got {describe(value)}")


def read_word(value: Any) -> int:
    """A storage value: at most 32 bytes of hex data, or a number."""
    if type(value) is str and len(value) > 66:
        raise ValueError("storage value is larger than 32 bytes")
    if value == "0x":
        return 0
    return read_number(value)


def read_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"expected true or false, got {describe(value)}")
    return value


def read_string(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"expected a string, got {describe(value)}")
    return value


def read_object(value: Any) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise ValueError(f"expected an object, got {describe(value)}")
    return value


def read_array(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError(f"expected an array, got {describe(value)}")
    return value


def optional_field(source: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T | None:
    """The field `name` of an object, None where it is missing or null. Names the field in the error."""
    value = source.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def read_list(value: Any, read: Callable[[Any], T], limit: int = 100_000) -> tuple[T, ...]:
    """An array of one kind of thing; the error names the position."""
    entries = read_array(value)
    if len(entries) > limit:
        raise ValueError(f"expected at most {limit} entries, got {len(entries)}")
    result = []
    for position, entry in enumerate(entries):
        try:
            result.append(read(entry))
        except ValueError as error:
            raise ValueError(f"entry {position}: {error}") from None
    return tuple(result)


_NUMBER_SCHEMA: Schema = {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}

QUANTITY = Shape(read_quantity, ref("uint"))
QUANTITY_64 = Shape(read_u64, ref("uint64"))
NUMBER = Shape(read_number, _NUMBER_SCHEMA)
NUMBER_64 = Shape(read_u64_number, _NUMBER_SCHEMA)
AMOUNT = Shape(read_wei_number, _NUMBER_SCHEMA)
DATA = Shape(read_data, ref("bytes"))
ADDRESS = Shape(read_address, ref("address"))
HASH = Shape(read_hash, ref("hash32"))
SLOT = Shape(read_slot, ref("bytesMax32"))
WORD = Shape(read_word, _NUMBER_SCHEMA)
BOOLEAN = Shape(read_boolean, {"type": "boolean"})
STRING = Shape(read_string, {"type": "string"})
OBJECT = Shape(read_object, {"type": "object"})
ANYTHING = Shape(lambda value: value, {})
