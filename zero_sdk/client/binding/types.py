"""ABI types as Python's: what functions take, what they give, and a class for every struct."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devnet.artifacts.abi import AbiParameter, AbiType
from zero_sdk.client.decoding import class_name, field_names, struct_name


@dataclass(slots=True)
class Records:
    """The NamedTuple classes that a module needs, by the name under which the decoder looks for them."""

    classes: dict[str, tuple[str, list[tuple[str, str]]]] = field(default_factory=dict)
    """The class's name, and its fields with their types."""

    def taken(self, parameter: AbiParameter, entry: Mapping[str, Any]) -> str:
        """The type of an argument."""
        return self._type(parameter.type, entry, is_input=True)

    def given(self, parameter: AbiParameter, entry: Mapping[str, Any]) -> str:
        """The type of a value."""
        return self._type(parameter.type, entry, is_input=False)

    def result(self, name: str, parameters: Sequence[AbiParameter], entries: Sequence[Any]) -> str:
        """The class of a function's several values."""
        key = f"{name}_result"
        title = "".join(part[:1].upper() + part[1:] for part in key.split("_"))
        return self._record(key, self._free(title, key), parameters, entries)

    def _type(self, kind: AbiType, entry: Mapping[str, Any], is_input: bool) -> str:
        match kind.kind:
            case "uint" | "int":
                return "int"
            case "bool":
                return "bool"
            case "string":
                return "str"
            case "address":
                return "AddressLike" if is_input else "str"
            case "bytes" | "bytesN" | "function":
                return "bytes | str" if is_input else "bytes"
            case "ufixed" | "fixed":
                return "Decimal"
            case "array":
                assert kind.element is not None
                inside = self._type(kind.element, entry, is_input)
                return f"Sequence[{inside}]" if is_input else f"list[{inside}]"
        key = struct_name(entry)
        name = self._record(
            key, self._free(class_name(key), key), kind.members, entry.get("components") or ()
        )
        return f"{name} | tuple[Any, ...] | Mapping[str, Any]" if is_input else name

    def _record(self, key: str, name: str, parameters: Sequence[AbiParameter], entries: Sequence[Any]) -> str:
        if key not in self.classes:
            names = field_names([parameter.name for parameter in parameters])
            # A NamedTuple that is written down has no fields that begin with an underscore.
            bare = [f"field{index}" if name.startswith("_") else name for index, name in enumerate(names)]
            types = [
                self.given(parameter, entries[at] if at < len(entries) else {})
                for at, parameter in enumerate(parameters)
            ]
            self.classes[key] = (name, list(zip(bare, types, strict=True)))
        return self.classes[key][0]

    def _free(self, name: str, key: str) -> str:
        """A class's name that no other record and no import of the module has."""
        taken = {given for known, (given, _) in self.classes.items() if known != key} | RESERVED
        while name in taken or keyword.iskeyword(name):
            name += "_"
        return name


RESERVED = frozenset(
    [
        "ABI",
        "Any",
        "AddressLike",
        "CREATION_CODE",
        "CallOptions",
        "Contract",
        "Decimal",
        "DeployOptions",
        "Event",
        "Mapping",
        "NamedTuple",
        "Protocol",
        "SendOptions",
        "Sequence",
        "TYPE_CHECKING",
        "Transaction",
        "Unpack",
        "Zone",
        "annotations",
        "json",
        "overload",
    ]
)
"""Names that a written module uses itself."""
