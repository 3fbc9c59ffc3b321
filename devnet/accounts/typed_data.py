"""EIP-712: the digest of typed data, for data that fit their types and no others.

Strict where a mistake would be signed unseen: every field of a type has to be there and every value has to be
one of its type. Keys of the message that its type does not name are ignored, as wallets do: no
signature covers them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32

DOMAIN_TYPE = "EIP712Domain"
DOMAIN_FIELDS = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
"""The domain's fields in EIP-712's order: what the domain's type is where `types` does not give it."""

MAX_DEPTH = 128
"""Structs and arrays in one another; far more than is ever signed, and far less than Python's stack holds."""

_ARRAY = re.compile(r"([^\[\]]+(?:\[[0-9]*\])*)\[([0-9]{0,9})\]", re.ASCII)
_INTEGER = re.compile(r"(u?)int([1-9][0-9]{0,2})?", re.ASCII)
_FIXED_BYTES = re.compile(r"bytes([1-9][0-9]?)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+)", re.ASCII)
_HEX = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*", re.ASCII)

_Fields = tuple[tuple[str, str], ...]


class BadTypedData(ValueError):
    """The typed data is not what EIP-712 describes, or does not fit its own types."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"typed data: {reason}")


def typed_data_digest(typed_data: Mapping[str, Any]) -> Hash32:
    """What a signature of typed data (types, primaryType, domain, message) covers. Raises BadTypedData."""
    for part in ("types", "domain", "message"):
        if not isinstance(typed_data.get(part), Mapping):
            raise BadTypedData(f"expected an object in {part}, got {_shown(typed_data.get(part))}")
    primary = typed_data.get("primaryType")
    structs = _read_types(typed_data["types"])
    if DOMAIN_TYPE not in structs:
        structs[DOMAIN_TYPE] = _domain_type(typed_data["domain"])
    if not isinstance(primary, str) or primary not in structs:
        raise BadTypedData(
            f"the primary type {_shown(primary)} is not among the types ({', '.join(structs)})"
        )
    encoder = _Encoder(structs)
    digest: bytes = encoder.hash_struct(DOMAIN_TYPE, typed_data["domain"], "domain")
    if primary != DOMAIN_TYPE:
        digest += encoder.hash_struct(primary, typed_data["message"], "message")
    return keccak256(b"\x19\x01" + digest)


class _Encoder:
    """`encodeData` of EIP-712 for one set of types; the hashes of the types are made once."""

    __slots__ = ("_recursive", "_structs", "_type_hashes")

    def __init__(self, structs: Mapping[str, _Fields]) -> None:
        self._structs = structs
        self._type_hashes: dict[str, Hash32] = {}
        self._recursive: dict[str, bool] = {}

    def hash_struct(self, type_: str, value: Any, path: str) -> Hash32:
        if not isinstance(value, Mapping):
            raise BadTypedData(f"{path}: expected an object for type {type_}, got {_shown(value)}")
        encoded: list[bytes] = [self._type_hash(type_)]
        for name, field_type in self._structs[type_]:
            where = f"{path}.{name}"
            if name in value:
                encoded.append(self._encode(field_type, value[name], where))
            elif self._may_be_absent(field_type):
                encoded.append(bytes(32))
            else:
                raise BadTypedData(f"{where}: missing, expected a value of type {field_type}")
        return keccak256(b"".join(encoded))

    def _encode(self, type_: str, value: Any, path: str) -> bytes:
        """The 32 bytes that stand for a value within its struct or array."""
        if path.count(".") + path.count("[") > MAX_DEPTH:
            raise BadTypedData(f"{type_[:80]} is nested more than {MAX_DEPTH} deep")
        if type_ in self._structs:
            if value is None and self._may_be_absent(type_):
                return bytes(32)
            return self.hash_struct(type_, value, path)
        array = _ARRAY.fullmatch(type_)
        if array is None:
            return _encode_atom(type_, value, path)
        if not isinstance(value, list):
            raise BadTypedData(f"{path}: expected an array for type {type_}, got {_shown(value)}")
        element, size = array.groups()
        if size and len(value) != int(size):
            raise BadTypedData(
                f"{path}: Expected {size} items for array type {type_}, got {len(value)} items"
            )
        items = (self._encode(element, item, f"{path}[{index}]") for index, item in enumerate(value))
        return keccak256(b"".join(items))

    def _may_be_absent(self, type_: str) -> bool:
        """Whether the type is a struct that contains itself: nothing else could end such a value.

        Absent or null, it counts as 32 zero bytes, as in eth_signTypedData_v4.
        """
        if type_ not in self._structs:
            return False
        if type_ not in self._recursive:
            inner = (self._reachable(_element(field_type)) for _, field_type in self._structs[type_])
            self._recursive[type_] = any(type_ in names for names in inner)
        return self._recursive[type_]

    def _reachable(self, type_: str) -> set[str]:
        """The structs that a type consists of, itself included."""
        found: set[str] = set()
        waiting = [type_]
        while waiting:
            name = waiting.pop()
            if name in self._structs and name not in found:
                found.add(name)
                waiting.extend(_element(field_type) for _, field_type in self._structs[name])
        return found

    def _type_hash(self, type_: str) -> Hash32:
        known = self._type_hashes.get(type_)
        if known is None:
            names = [type_, *sorted(self._reachable(type_) - {type_})]
            text = "".join(
                f"{name}({','.join(f'{kind} {field}' for field, kind in self._structs[name])})"
                for name in names
            )
            known = self._type_hashes[type_] = keccak256(text.encode())
        return known


def _read_types(types: Mapping[str, Any]) -> dict[str, _Fields]:
    """The structs by name. Raises BadTypedData where one is malformed or names a type that there is not."""
    structs: dict[str, _Fields] = {}
    for name, fields in types.items():
        if not isinstance(fields, list):
            raise BadTypedData(f"types.{name}: expected an array of fields, got {_shown(fields)}")
        read = []
        for index, field in enumerate(fields):
            pair = (field.get("name"), field.get("type")) if isinstance(field, Mapping) else (None, None)
            if not isinstance(pair[0], str) or not isinstance(pair[1], str):
                raise BadTypedData(
                    f'types.{name}[{index}]: expected {{"name": …, "type": …}}, got {_shown(field)}'
                )
            read.append((pair[0], pair[1]))
        structs[name] = tuple(read)
    for name, pairs in structs.items():
        for field_name, type_ in pairs:
            element = _element(type_)
            if element not in structs and not _is_atom(element):
                raise BadTypedData(f"types.{name}: {field_name} has the type {type_}, which is not defined")
    return structs


def _domain_type(domain: Mapping[str, Any]) -> _Fields:
    unknown = [name for name in domain if name not in dict(DOMAIN_FIELDS)]
    if unknown:
        raise BadTypedData(
            f"domain.{unknown[0]}: no field of EIP-712's domain, and types has no {DOMAIN_TYPE}"
        )
    return tuple((name, type_) for name, type_ in DOMAIN_FIELDS if name in domain)


def _element(type_: str) -> str:
    """The type of an array's elements, through all its dimensions; other types as they are."""
    return type_.split("[", 1)[0] if _ARRAY.fullmatch(type_) else type_


def _is_atom(type_: str) -> bool:
    if type_ in ("string", "bytes", "bool", "address"):
        return True
    if integer := _INTEGER.fullmatch(type_):
        bits = int(integer[2] or 256)
        return bits % 8 == 0 and 8 <= bits <= 256
    fixed = _FIXED_BYTES.fullmatch(type_)
    return fixed is not None and int(fixed[1]) <= 32


def _encode_atom(type_: str, value: Any, path: str) -> bytes:
    if type_ == "string":
        if isinstance(value, str):
            return keccak256(value.encode())
    elif type_ == "bool":
        if isinstance(value, bool):
            return int(value).to_bytes(32, "big")
    elif type_ == "address":
        address = _read_bytes(value)
        if address is not None and len(address) == 20:
            return address.rjust(32, b"\x00")
    elif type_.startswith("bytes"):
        data = _read_bytes(value)
        if data is not None and type_ == "bytes":
            return keccak256(data)
        if data is not None and len(data) == int(type_[5:]):
            return data.ljust(32, b"\x00")
    else:
        number = _read_integer(value)
        integer = _INTEGER.fullmatch(type_)
        assert integer is not None
        bits = int(integer[2] or 256)
        low, high = (0, 1 << bits) if integer[1] else (-(1 << bits - 1), 1 << bits - 1)
        if number is not None and low <= number < high:
            return (number % (1 << 256)).to_bytes(32, "big")
    raise BadTypedData(f"{path}: expected a value of type {type_}, got {_shown(value)}")


def _read_bytes(value: Any) -> bytes | None:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and _HEX.fullmatch(value):
        return bytes.fromhex(value[2:])
    return None


def _read_integer(value: Any) -> int | None:
    """Numbers come as such, and as decimal or hexadecimal text where they do not fit JavaScript's."""
    if isinstance(value, str) and len(value) <= 80 and _NUMBER.fullmatch(value):
        return int(value, 16 if "x" in value.lower() else 10)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _shown(value: Any) -> str:
    """A value for a message: short, however large it is."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    # Python refuses to write very long numbers in decimal.
    text = hex(value) if isinstance(value, int) and value.bit_length() > 256 else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
