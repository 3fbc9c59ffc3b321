"""Calls, logs, return data and reverts as one readable line each, for the log of a network and its traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from devnet.artifacts.abi import AbiError, decode
from devnet.artifacts.display import checksum, display_parameters
from devnet.artifacts.items import AbiItem
from devnet.artifacts.registry import ArtifactRegistry
from devnet.artifacts.reverts import RevertReason, decode_revert
from devnet.chain.block import Log

MAX_RAW = 64
"""Bytes of data without meaning that are shown."""


def describe_address(registry: ArtifactRegistry, address: bytes, code: bytes = b"") -> str:
    """The address's label, else the contract's name with a short address, else the checksummed address."""
    label = registry.label(address)
    if label is not None:
        return label
    artifact = registry.for_code(code)
    full = checksum(address)
    return f"{artifact.name}({full[:6]}…{full[-4:]})" if artifact is not None else full


def describe_call(registry: ArtifactRegistry, data: bytes, code: bytes = b"") -> str:
    """`transfer(to: 0x…, value: 5)`; `code` is the callee's. Plain data is shown in hex, no data as ""."""
    if not data:
        return ""
    function = registry.function(data[:4], code) if len(data) >= 4 else None
    if function is not None:
        try:
            arguments = function.decode_inputs(data[4:])
        except AbiError:
            return f"{function.name}({_hex(data[4:])})"
        return f"{function.name}({display_parameters(function.inputs, arguments, registry.label)})"
    return _hex(data)


def describe_creation(registry: ArtifactRegistry, data: bytes) -> str:
    """`new Token(supply: 100)`, or `new contract` with the size of its init code."""
    found = registry.for_creation(data)
    if found is None:
        return f"new contract ({len(data)} bytes of init code)"
    artifact, encoded = found
    constructor = next((item for item in artifact.items if item.kind == "constructor"), None)
    if constructor is None:
        return f"new {artifact.name}()"
    try:
        arguments = constructor.decode_inputs(encoded)
    except AbiError:
        return f"new {artifact.name}({_hex(encoded)})"
    return f"new {artifact.name}({display_parameters(constructor.inputs, arguments, registry.label)})"


def describe_return(registry: ArtifactRegistry, data: bytes, output: bytes, code: bytes = b"") -> str:
    """The values that a call with `data` returned: `true`, `balance: 5, [1, 2]`; else hex."""
    function = registry.function(data[:4], code) if len(data) >= 4 else None
    if function is not None and function.outputs:
        try:
            return display_parameters(function.outputs, function.decode_outputs(output), registry.label)
        except AbiError:
            pass
    return _hex(output) if output else ""


def describe_log(registry: ArtifactRegistry, log: Log, code: bytes = b"") -> str:
    """`Transfer(from: 0x…, to: 0x…, value: 5)`; `code` is the emitter's. Unknown: topics and data."""
    if log.topics:
        event = registry.event(log.topics[0], len(log.topics) - 1, code)
        if event is not None:
            try:
                values = decode_event(event, log)
            except AbiError:
                pass
            else:
                return f"{event.name}({_event_arguments(registry, event, values)})"
    topics = ", ".join("0x" + topic.hex() for topic in log.topics)
    return f"log(topics: [{topics}], data: {_hex(log.data)})"


def describe_revert(registry: ArtifactRegistry, data: bytes, code: bytes = b"") -> RevertReason:
    """The reason in revert data, with this network's custom errors."""
    return decode_revert(data, lambda selector: registry.error(selector, code), registry.label)


def decode_event(event: AbiItem, log: Log) -> tuple[Any, ...]:
    """The event's arguments in order; an indexed one of a dynamic or compound type is its 32-byte hash.

    Raises AbiError when the log is not of this event.
    """
    topics = iter(log.topics if event.is_anonymous else log.topics[1:])
    plain = decode([parameter.type for parameter in event.inputs if not parameter.is_indexed], log.data)
    rest = iter(plain)
    values: list[Any] = []
    for parameter in event.inputs:
        if not parameter.is_indexed:
            values.append(next(rest))
            continue
        topic = next(topics, None)
        if topic is None:
            raise AbiError("the log has fewer topics than the event")
        is_hashed = parameter.type.is_dynamic or parameter.type.kind in ("array", "tuple")
        values.append(bytes(topic) if is_hashed else decode([parameter.type], topic)[0])
    return tuple(values)


def _event_arguments(registry: ArtifactRegistry, event: AbiItem, values: Sequence[Any]) -> str:
    texts = []
    for parameter, value in zip(event.inputs, values, strict=True):
        if (
            parameter.is_indexed
            and isinstance(value, bytes)
            and len(value) == 32
            and parameter.type.kind != "bytesN"
        ):
            texts.append((f"{parameter.name}: " if parameter.name else "") + f"hash 0x{value.hex()}")
        else:
            texts.append(display_parameters([parameter], [value], registry.label))
    return ", ".join(texts)


def _hex(data: bytes) -> str:
    return f"0x{data[:MAX_RAW].hex()}" + (f"… ({len(data)} bytes)" if len(data) > MAX_RAW else "")
