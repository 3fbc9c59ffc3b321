"""A transaction's `callTracer` trace as a tree of calls that people read, with the names of artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from devnet.chain.block import Log
from devnet.chain.types import Address, Hash32
from devnet.contracts.addresses import NAMES

if TYPE_CHECKING:
    from devnet.artifacts.items import AbiItem
    from devnet.artifacts.registry import ArtifactRegistry

MOST_LINES = 500
"""Of one trace; what is more is counted."""
MOST_CHARACTERS = 400
"""Of one line."""


def describe_trace(
    trace: Mapping[str, Any], artifacts: ArtifactRegistry, code_of: Callable[[Address], bytes]
) -> str:
    """One line a call, a log or a failure, each below its caller. `trace` was made with `withLog`."""
    lines = list(_Tree(artifacts, code_of).lines(trace, 0))
    left_out = len(lines) - MOST_LINES
    if left_out > 0:
        lines = [*lines[:MOST_LINES], f"… {left_out} more lines"]
    return "\n".join(
        line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1] + "…" for line in lines
    )


class _Tree:
    """Writes one trace."""

    def __init__(self, artifacts: ArtifactRegistry, code_of: Callable[[Address], bytes]) -> None:
        self._artifacts = artifacts
        self._code_of = code_of
        self._codes: dict[Address, bytes] = {}

    def lines(self, frame: Mapping[str, Any], depth: int) -> Iterator[str]:
        indent = "  " * depth
        yield indent + self._call(frame)
        logs = sorted(frame.get("logs") or (), key=_position)
        place = 0
        for number, inner in enumerate(frame.get("calls") or ()):
            while place < len(logs) and _position(logs[place]) <= number:
                yield f"{indent}  emit {self._log(logs[place])}"
                place += 1
            yield from self.lines(inner, depth + 1)
        for log in logs[place:]:
            yield f"{indent}  emit {self._log(log)}"
        if frame.get("error"):
            yield f"{indent}  failed: {self._failure(frame)}"

    def _call(self, frame: Mapping[str, Any]) -> str:
        from devnet.artifacts.describe import describe_call, describe_creation

        kind = str(frame.get("type", "CALL"))
        data = _data(frame.get("input"))
        value = int(frame.get("value") or "0x0", 16)
        paid = f" {{value: {value}}}" if value else ""
        gas = f" [{int(frame.get('gasUsed') or '0x0', 16)} gas]"
        if kind.startswith("CREATE"):
            return f"{kind} {describe_creation(self._artifacts, data)}{paid}{gas}"
        if not frame.get("to"):
            return f"{kind}{paid}{gas}"
        to = Address(_data(frame["to"]))
        called = _own_call(to, data) or describe_call(self._artifacts, data, self._code(to))
        return f"{kind} {self._name(to)}{'.' if called else ''}{called}{paid}{gas}"

    def _log(self, log: Mapping[str, Any]) -> str:
        from devnet.artifacts.describe import describe_log

        address = Address(_data(log["address"]))
        topics = tuple(Hash32(_data(topic)) for topic in log.get("topics") or ())
        content = Log(address, topics, _data(log.get("data")))
        return f"{self._name(address)}: {describe_log(self._artifacts, content, self._code(address))}"

    def _failure(self, frame: Mapping[str, Any]) -> str:
        from devnet.artifacts.describe import describe_revert

        output = _data(frame.get("output"))
        to = frame.get("to")
        code = self._code(Address(_data(to))) if to else b""
        reason = describe_revert(self._artifacts, output, code).text if output else ""
        return f"{frame['error']}: {reason}" if reason else str(frame["error"])

    def _name(self, address: Address) -> str:
        from devnet.artifacts.describe import describe_address

        return describe_address(self._artifacts, address, self._code(address))

    def _code(self, address: Address) -> bytes:
        known = self._codes.get(address)
        if known is None:
            known = self._codes[address] = self._code_of(address)
        return known


def _own_call(to: Address, data: bytes) -> str:
    """A call of one of this project's contracts; "" where it is none, or calls no function of it."""
    from devnet.artifacts.abi import AbiError
    from devnet.artifacts.display import display_parameters

    name = NAMES.get(to)
    function = None if name is None else _functions(name).get(data[:4])
    if function is None:
        return ""
    try:
        return f"{function.name}({display_parameters(function.inputs, function.decode_inputs(data[4:]))})"
    except AbiError:
        return ""


@cache
def _functions(contract: str) -> Mapping[bytes, AbiItem]:
    """By selector."""
    from devnet.artifacts.items import parse_item
    from devnet.contracts import artifacts

    items = (parse_item(entry) for entry in artifacts.load(contract).abi)
    return {item.selector: item for item in items if item is not None and item.kind == "function"}


def _position(log: Mapping[str, Any]) -> int:
    """Before which inner call it was emitted."""
    return int(log.get("position") or "0x0", 16)


def _data(value: str | None) -> bytes:
    return b"" if value is None else bytes.fromhex(value.removeprefix("0x"))
