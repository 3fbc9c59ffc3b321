"""A module with a typed class for one contract.

The class adds no behaviour to `Contract` but `deploy` and `attach`: its functions and events are declared,
and answered by `Contract` itself.
"""

from __future__ import annotations

import json
import keyword
import textwrap
from collections.abc import Iterable, Sequence

from zero_sdk.client.binding.types import RESERVED, Records
from zero_sdk.client.decoding import class_name, field_names
from zero_sdk.client.deployable import Deployable
from zero_sdk.client.interface import EventType, Function, Interface

_OWN = frozenset(
    {"abi", "address", "artifact", "attach", "contract_name", "deploy", "deployment", "events"}
    | {"interface", "zone"}
)
"""Attributes of a contract that are no functions of the ABI."""

_SHARED = (
    "    def estimate_gas(self, *arguments: Any, sender: Any = ..., value: int = ...) -> int: ...",
    "    def decode(self, data: bytes | str) -> Any: ...",
    "    def decode_arguments(self, data: bytes | str) -> tuple[Any, ...]: ...",
)
"""What every function has beside what depends on its types."""

_WIDTH = 110


def module_of(known: Deployable, name: str = "", with_code: bool = True) -> str:
    """The text of the module. `with_code` puts the creation code in, so that `deploy` works."""
    interface = known.interface
    title = class_name(name or interface.name or "BoundContract")
    if title in RESERVED:
        title += "_"
    records = Records()
    functions = [
        _function_class(functions, records)
        for key, functions in interface.functions.items()
        if _is_bindable(key)
    ]
    events = [_event(kinds, records) for kinds in interface.events.values()]
    creation = known.creation
    has_code = with_code and creation is not None and bool(creation.object)
    parts = [
        _head(title, interface),
        *_record_classes(records),
        _abi(interface),
        *_code(known if has_code else None),
        _declarations([*functions, *([] if not events else [_events_class(events)])]),
        _class(title, interface, records, bool(events), has_code),
    ]
    return "\n\n\n".join(part for part in parts if part) + "\n"


def _is_bindable(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in _OWN and name[:2] != "__"


def _head(title: str, interface: Interface) -> str:
    return f'''"""The contract {interface.name or title}. Written by `zero bind`; changes are lost."""

# ruff: noqa
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Unpack, overload

from zero_sdk import Contract, Event, Transaction, Zone
from zero_sdk.client.addresses import AddressLike
from zero_sdk.client.binding.options import CallOptions, DeployOptions, SendOptions'''


def _record_classes(records: Records) -> Iterable[str]:
    for name, fields in records.classes.values():
        lines = [f"    {field}: {kind}" for field, kind in fields] or ["    pass"]
        yield "\n".join([f"class {name}(NamedTuple):", *lines])


def _abi(interface: Interface) -> str:
    return "ABI: list[dict[str, Any]] = json.loads(\n" + _text(json.dumps(list(interface.abi))) + "\n)"


def _code(known: Deployable | None) -> list[str]:
    if known is None or known.creation is None:
        return []
    references = json.dumps(known.creation.link_references)
    return [
        "CREATION_CODE: dict[str, Any] = {\n"
        '    "object": (\n'
        + textwrap.indent(_text(known.creation.object), "    ")
        + "\n    ),\n"
        + f'    "linkReferences": json.loads({references!r}),\n'
        + "}"
    ]


def _text(text: str) -> str:
    width = _WIDTH - 10
    return "\n".join(f"    {text[at : at + width]!r}" for at in range(0, len(text), width)) or "    ''"


def _declarations(classes: Sequence[str]) -> str:
    if not classes:
        return ""
    return "if TYPE_CHECKING:\n" + textwrap.indent("\n\n".join(classes), "    ")


def _function_class(overloads: Sequence[Function], records: Records) -> str:
    name = overloads[0].name
    forms = _forms(overloads, records)
    is_view = all(function.is_view for function in overloads)
    lines = [f"class _{name}(Protocol):"]
    for method in ("__call__", "call", "send", "encode"):
        marker = ["    @overload"] if len(forms) > 1 else []
        for parameters, gives, description in forms:
            options, result = _form(method, is_view, gives)
            inside = ", ".join(["self", *parameters, *(["/"] if parameters else []), *options])
            lines += [*marker, f"    def {method}({inside}) -> {result}:"]
            lines.append(f'        """{description}"""' if method == "__call__" else "        ...")
    lines.append(
        "    def estimate_gas(self, *arguments: Any, sender: Any = None, value: int = 0) -> int: ..."
    )
    lines.append("    def decode(self, data: bytes | str) -> Any: ...")
    lines.append("    def decode_arguments(self, data: bytes | str) -> tuple[Any, ...]: ...")
    return "\n".join(lines)


def _form(method: str, is_view: bool, gives: str) -> tuple[list[str], str]:
    """The options that a method takes, and what it gives."""
    if method == "encode":
        return [], "bytes"
    if method == "call" or (method == "__call__" and is_view):
        return ["**options: Unpack[CallOptions]"], gives
    return ["**options: Unpack[SendOptions]"], "Transaction"


def _forms(overloads: Sequence[Function], records: Records) -> list[tuple[list[str], str, str]]:
    """Parameters, result and description of the overloads that Python can tell apart; those that it cannot
    are one, which gives either's result."""
    forms: dict[tuple[str, ...], tuple[list[str], set[str], list[str]]] = {}
    for function in overloads:
        inputs = function.entry.get("inputs") or ()
        types = tuple(
            records.taken(parameter, inputs[at] if at < len(inputs) else {})
            for at, parameter in enumerate(function.item.inputs)
        )
        names = field_names([parameter.name for parameter in function.item.inputs])
        parameters = [
            f"{_parameter(name, at)}: {kind}"
            for at, (name, kind) in enumerate(zip(names, types, strict=True))
        ]
        form = forms.setdefault(types, (parameters, set(), []))
        form[1].add(_result(function, records))
        form[2].append(function.described)
    return [
        (parameters, " | ".join(sorted(results)), "; ".join(descriptions))
        for parameters, results, descriptions in forms.values()
    ]


def _parameter(name: str, at: int) -> str:
    return f"argument{at}" if name.startswith("_") or name in ("self", "options") else name


def _result(function: Function, records: Records) -> str:
    outputs, entries = function.item.outputs, function.entry.get("outputs") or ()
    if not outputs:
        return "None"
    if len(outputs) == 1:
        return records.given(outputs[0], entries[0] if entries else {})
    return records.result(function.name, outputs, entries)


def _event(kinds: Sequence[EventType], records: Records) -> tuple[str, list[str], str]:
    """Name, the indexed arguments as keywords, and description."""
    described = "; ".join(kind.signature for kind in kinds)
    if len(kinds) > 1:
        return kinds[0].name, [], described
    keywords = []
    names = field_names([parameter.name for parameter in kinds[0].indexed])
    for name, parameter in zip(names, kinds[0].indexed, strict=True):
        taken = records.taken(parameter, {})
        if not name.startswith("_"):
            keywords.append(f"{name}: {taken} | list[{taken}] = ...")
    return kinds[0].name, keywords, described


def _events_class(events: Sequence[tuple[str, list[str], str]]) -> str:
    parts = []
    blocks = "from_block: int | str | bytes = ..., to_block: int | str | bytes = ..."
    for name, keywords, _ in events:
        inside = ", ".join(["self", blocks, *(["*", *keywords] if keywords else [])])
        parts.append(f"class _{name}Logs(Protocol):\n    def get({inside}) -> tuple[Event, ...]: ...")
    lines = ["class _Events(Protocol):", f"    def get(self, {blocks}) -> tuple[Event, ...]: ..."]
    lines.append("    def __getitem__(self, signature: str) -> Any: ...")
    for name, _, described in events:
        if name.isidentifier() and not keyword.iskeyword(name) and name != "get":
            head = f"    def {name}(self) -> _{name}Logs:"
            lines += ["    @property", head, f'        """{described}"""', "        ..."]
    return "\n\n".join([*parts, "\n".join(lines)])


def _class(title: str, interface: Interface, records: Records, has_events: bool, has_code: bool) -> str:
    constructor = interface.constructor
    inputs = constructor.entry.get("inputs") or ()
    names = field_names([parameter.name for parameter in constructor.item.inputs])
    parameters = [
        f"{_parameter(name, at)}: {records.taken(parameter, inputs[at] if at < len(inputs) else {})}"
        for at, (name, parameter) in enumerate(zip(names, constructor.item.inputs, strict=True))
    ]
    given = ", ".join(_parameter(name, at) for at, name in enumerate(names))
    record_map = ", ".join(f"{key!r}: {name}" for key, (name, _) in records.classes.items())
    lines = [
        f"class {title}(Contract):",
        f'    """The contract {interface.name or title} in a zone."""',
        "",
        "    @classmethod",
        f"    def attach(cls, zone: Zone, address: AddressLike) -> {title}:",
        '        """The contract that is at an address already."""',
        "        from zero_sdk.client.interface import Interface",
        "",
        f"        return cls(zone, address, Interface(ABI, {interface.name or title!r}, {{{record_map}}}))",
    ]
    if has_code:
        head = ", ".join(["cls", "zone: Zone", *parameters, "/", "**options: Unpack[DeployOptions]"])
        arguments = f", {given}" if given else ""
        lines += [
            "",
            "    @classmethod",
            f"    def deploy({head}) -> {title}:",
            f'        """Deploys it: {constructor.described}."""',
            f"        document: dict[str, Any] = {{'contractName': {interface.name or title!r}, 'abi': ABI}}",
            '        document["bytecode"] = CREATION_CODE',
            f"        deployed = zone.deploy(document{arguments}, **options)",
            "        contract = cls.attach(zone, deployed.address)",
            "        contract.deployment = deployed.deployment",
            "        return contract",
        ]
    declared = [f"        {name}: _{name}" for name in interface.functions if _is_bindable(name)]
    if has_events:
        declared += ["", "        @property"]
        declared += ["        def events(self) -> _Events: ...  # type: ignore[override]"]
    if declared:
        lines += ["", "    if TYPE_CHECKING:", *declared]
    return "\n".join(lines)
