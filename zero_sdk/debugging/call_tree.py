"""What a transaction or call did: calls, events and console.log in order, with names and values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devnet.artifacts.abi import AbiError, AbiParameter
from devnet.artifacts.console import console_line
from devnet.artifacts.describe import decode_event, describe_log
from devnet.artifacts.display import checksum, display_value
from devnet.chain.block import Log
from zero_sdk.debugging.activations import activations_at
from zero_sdk.debugging.execution import CONSOLE, Execution, FailedCall, Frame, Rpc, fetch_execution
from zero_sdk.debugging.failures import failure_of, passed_on
from zero_sdk.debugging.sources import Build, KnownCode, Sources

PRECOMPILES = {
    1: "ecrecover",
    2: "sha256",
    3: "ripemd160",
    4: "identity",
    5: "modexp",
    6: "ecadd",
    7: "ecmul",
    8: "ecpairing",
    9: "blake2f",
    10: "kzg point evaluation",
    0x100: "p256verify",
}
"""By address; those that have names people use."""


@dataclass(frozen=True, slots=True)
class NamedValue:
    """An argument, result or event field."""

    name: str
    type: str
    text: str
    """As people read it: addresses by their label where they have one."""


@dataclass(frozen=True, slots=True)
class EventNode:
    """A log."""

    contract: str
    name: str | None
    """None for an event that is not known; `text` then holds its topics and data."""
    arguments: tuple[NamedValue, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ConsoleNode:
    """A line of console.log."""

    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class CallNode:
    """A call or creation, with what happened inside in its order."""

    kind: str
    """CALL, DELEGATECALL, STATICCALL, CALLCODE, CREATE, CREATE2, SELFDESTRUCT."""
    contract: str | None
    """None where the code is not known."""
    function: str
    """`transfer`, `constructor`, `receive`, `fallback`; a selector or "" where it is not known."""
    address: str | None
    sender: str
    arguments: tuple[NamedValue, ...]
    data: str
    """The call data in hex where it could not be decoded, else ""."""
    returns: tuple[NamedValue, ...]
    returned: str
    """The return data in hex where it could not be decoded, else ""."""
    error: str | None
    """Why it failed; for a failure that came from a call inside, the same words."""
    value: int
    gas: int
    gas_used: int
    site: Place | None
    """Where in the caller's source the call was made, where steps were traced."""
    inside: tuple[CallNode | EventNode | ConsoleNode, ...]

    @property
    def calls(self) -> Iterable[CallNode]:
        """The calls inside."""
        return (node for node in self.inside if isinstance(node, CallNode))


def call_tree(
    zone: Rpc,
    what: str | FailedCall | Mapping[str, Any],
    build: Build | Sources,
    *,
    sites: bool = True,
) -> CallNode:
    """The tree of a transaction (by its hash) or of a call (its request). Places in the source take a trace
    of every step; without `sites` it is left out. Raises ZeroError."""
    sources = build if isinstance(build, Sources) else Sources.of(build)
    return tree_of(fetch_execution(zone, what, steps=sites), sources)


def tree_of(execution: Execution, sources: Sources) -> CallNode:
    """The tree of an execution."""
    names = _Names(execution.root, sources)
    return _node(execution.root, sources, names)


class _Names:
    """Addresses as people read them: labels, and contracts that take part."""

    def __init__(self, root: Frame, sources: Sources) -> None:
        self._registry = sources.registry
        self._contracts: dict[bytes, str] = {}
        for frame in root.walk():
            known = sources.ran(frame)
            if known is not None and frame.to is not None and frame.kind != "DELEGATECALL":
                self._contracts[bytes.fromhex(frame.to[2:])] = known.artifact.name

    def __call__(self, address: bytes) -> str | None:
        label = self._registry.label(address)
        if label is not None:
            return label
        name = self._contracts.get(address)
        if name is None:
            return None
        full = checksum(address)
        return f"{name}({full[:6]}…{full[-4:]})"

    def contract(self, address: bytes) -> str:
        """The name, or the whole address."""
        return self._contracts.get(address) or self._registry.label(address) or checksum(address)


def _node(frame: Frame, sources: Sources, names: _Names) -> CallNode:
    known = sources.ran(frame)
    function, arguments, data = _called(frame, known, sources, names)
    returns, returned = _returned(frame, sources, names)
    return CallNode(
        kind=frame.kind,
        contract=known.artifact.name if known is not None else _other_name(frame, names),
        function=function,
        address=checksum(bytes.fromhex(frame.to[2:])) if frame.to is not None else None,
        sender=checksum(bytes.fromhex(frame.sender[2:])),
        arguments=arguments,
        data=data,
        returns=returns,
        returned=returned,
        error=_error(frame, sources),
        value=frame.value,
        gas=frame.gas,
        gas_used=frame.gas_used,
        site=_site(frame, sources),
        inside=tuple(_inside(frame, sources, names)),
    )


def _inside(frame: Frame, sources: Sources, names: _Names) -> Iterable[CallNode | EventNode | ConsoleNode]:
    logs = list(frame.logs)
    for number, call in enumerate(frame.calls):
        while logs and logs[0][0] <= number:
            yield _event(logs.pop(0)[1], frame, sources, names)
        if call.to == CONSOLE:
            yield ConsoleNode(console_line(call.input))
        else:
            yield _node(call, sources, names)
    for _, log in logs:
        yield _event(log, frame, sources, names)


def _event(log: Log, frame: Frame, sources: Sources, names: _Names) -> EventNode:
    code = b"" if frame.is_creation else frame.code
    contract = names.contract(log.address)
    event = sources.registry.event(log.topics[0], len(log.topics) - 1, code) if log.topics else None
    if event is not None:
        try:
            values = decode_event(event, log)
        except AbiError:
            pass
        else:
            arguments = []
            for parameter, value in zip(event.inputs, values, strict=True):
                is_hash = parameter.is_indexed and (
                    parameter.type.is_dynamic or parameter.type.kind in ("array", "tuple")
                )
                text = f"hash 0x{value.hex()}" if is_hash else display_value(parameter.type, value, names)
                arguments.append(NamedValue(parameter.name, str(parameter.type), text))
            return EventNode(contract, event.name, tuple(arguments), "")
    return EventNode(contract, None, (), describe_log(sources.registry, log, code))


def _called(
    frame: Frame, known: KnownCode | None, sources: Sources, names: _Names
) -> tuple[str, tuple[NamedValue, ...], str]:
    """(function, arguments, data that could not be decoded)."""
    if frame.is_creation:
        return _constructed(frame, sources, names)
    if frame.kind == "SELFDESTRUCT":
        return "", (), ""
    if frame.is_precompile:
        number = int(frame.to or "0x0", 16)
        return PRECOMPILES.get(number, f"precompile {number:#x}"), (), "0x" + frame.input.hex()
    if not frame.input:
        entry = known.entry(b"") if known is not None else None
        return (entry.name if entry is not None else "receive" if known is not None else ""), (), ""
    selector = frame.input[:4]
    function = sources.registry.function(selector, frame.code) if len(frame.input) >= 4 else None
    if known is not None and (entry := known.entry(frame.input)) is not None and entry.kind == "fallback":
        return "fallback", (), "0x" + frame.input.hex()
    if function is not None:
        try:
            values = function.decode_inputs(frame.input[4:])
        except AbiError:
            return function.name, (), "0x" + frame.input[4:].hex()
        return function.name, _named(function.inputs, values, names), ""
    signature = known.selectors.get(selector) if known is not None else None
    name = signature.partition("(")[0] if signature is not None else "0x" + selector.hex()
    return name, (), "0x" + frame.input[4:].hex()


def _constructed(frame: Frame, sources: Sources, names: _Names) -> tuple[str, tuple[NamedValue, ...], str]:
    found = sources.creation(frame.input)
    if found is None:
        return "constructor", (), f"{len(frame.input)} bytes of init code"
    known, encoded = found
    constructor = next((item for item in known.artifact.items if item.kind == "constructor"), None)
    if constructor is None:
        return "constructor", (), ""
    try:
        values = constructor.decode_inputs(encoded)
    except AbiError:
        return "constructor", (), "0x" + encoded.hex()
    return "constructor", _named(constructor.inputs, values, names), ""


def _returned(frame: Frame, sources: Sources, names: _Names) -> tuple[tuple[NamedValue, ...], str]:
    if frame.is_failed or frame.is_creation or not frame.output:
        return (), ""
    function = sources.registry.function(frame.input[:4], frame.code) if len(frame.input) >= 4 else None
    if function is not None and function.outputs and not frame.is_precompile:
        try:
            return _named(function.outputs, function.decode_outputs(frame.output), names), ""
        except AbiError:
            pass
    return (), "0x" + frame.output.hex()


def _named(
    parameters: Sequence[AbiParameter], values: Sequence[Any], names: _Names
) -> tuple[NamedValue, ...]:
    return tuple(
        NamedValue(parameter.name, str(parameter.type), display_value(parameter.type, value, names))
        for parameter, value in zip(parameters, values, strict=True)
    )


def _error(frame: Frame, sources: Sources) -> str | None:
    if not frame.is_failed:
        return None
    cause = frame
    while (inner := passed_on(cause)) is not None:
        cause = inner
    return failure_of(cause, sources.ran(cause), sources).message


def _other_name(frame: Frame, names: _Names) -> str | None:
    if frame.to is None:
        return None
    label = names(bytes.fromhex(frame.to[2:]))
    return "precompile" if label is None and frame.is_precompile else label


def _site(frame: Frame, sources: Sources) -> Place | None:
    caller = frame.parent
    if caller is None or frame.site < 0:
        return None
    known = sources.ran(caller)
    if known is None:
        return None
    for active in activations_at(known, caller, frame.site)[:1]:
        file = known.sources.files[active.span.file]
        return Place(file.name, file.position(active.span.start)[0])
    return None
