"""Collects what ran: instructions for coverage, gas for the gas report. Files of several processes merge."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from zero_sdk.debugging.execution import (
    CALLS,
    CONSOLE,
    FailedCall,
    Frame,
    Rpc,
    fetch_execution,
    find_code,
    frames_from,
)
from zero_sdk.debugging.sources import Sources
from zero_sdk.errors import Problem, ZeroError

FORMAT: Final = "zero-collected-1"
_TRACERS: Final = {
    "tracer": "muxTracer",
    "tracerConfig": {"callTracer": {}, "coverageTracer": {}},
}


@dataclass(slots=True)
class Ran:
    """How often the instructions of one code ran, by their place."""

    counts: Counter[int] = field(default_factory=Counter)
    jumped: Counter[int] = field(default_factory=Counter)
    """Of each JUMPI: how often it jumped."""
    went_on: Counter[int] = field(default_factory=Counter)

    def add(self, other: Ran) -> None:
        """Adds the other's counts."""
        self.counts.update(other.counts)
        self.jumped.update(other.jumped)
        self.went_on.update(other.went_on)


@dataclass(slots=True)
class Gas:
    """What calls of one function, or deployments of one contract, used."""

    used: Counter[int] = field(default_factory=Counter)
    """How often each amount."""
    size: int = 0
    """Of a deployment: bytes of the deployed code."""


class Collector:
    """Takes transactions and calls in. Contracts are recognised by `sources`; unknown ones are left out of
    the gas report, and kept for coverage by their code."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.ran: dict[tuple[str, bool], Ran] = {}
        """By (code in hex, whether it is init code)."""
        self.gas: dict[tuple[str, str, str], Gas] = {}
        """By (zone, contract, function); "constructor" is the deployment."""
        self._plain: list[Rpc] = []
        """Zones whose node has no coverageTracer."""

    # ---------------------------------------------------------------- adding

    def add_transaction(self, zone: Rpc, transaction: Any) -> None:
        """A mined transaction: its hash, or anything with a `hash`. Its execution is traced again."""
        hash_ = transaction if isinstance(transaction, str) else transaction.hash
        self._add(zone, "debug_traceTransaction", (hash_,), hash_)

    def add_call(self, zone: Rpc, request: Mapping[str, Any], block: str = "latest") -> None:
        """A call, as eth_call was given it."""
        self._add(zone, "debug_traceCall", (dict(request), block), FailedCall(request, block))

    def _add(self, zone: Rpc, method: str, parameters: tuple[Any, ...], what: str | FailedCall) -> None:
        name = str(getattr(zone, "name", ""))
        told = self._traced(zone, method, parameters)
        if told is None:
            self._add_steps(zone, what, name)
            return
        for entry in told["coverageTracer"]:
            self._ran(entry["code"], entry["isCreation"]).add(_ran_from(entry))
        root = frames_from(told["callTracer"])
        find_code(zone, root, "latest")
        self._gas_of(root, name)

    def _traced(self, zone: Rpc, method: str, parameters: tuple[Any, ...]) -> Any:
        """Both traces in one; None where the node has no coverageTracer."""
        if any(plain is zone for plain in self._plain):
            return None
        try:
            told = zone.rpc(method, *parameters, _TRACERS)
        except Exception as error:
            if "coverageTracer" not in str(error) and "muxTracer" not in str(error):
                raise
            told = None
        if not isinstance(told, Mapping) or "coverageTracer" not in told:
            self._plain.append(zone)
            return None
        return told

    def _add_steps(self, zone: Rpc, what: str | FailedCall, name: str) -> None:
        execution = fetch_execution(zone, what)
        for frame in execution.root.walk():
            if frame.pcs:
                self._ran("0x" + frame.code.hex(), frame.is_creation).add(_ran_in(frame))
        self._gas_of(execution.root, name)

    def _gas_of(self, root: Frame, name: str) -> None:
        for frame in root.walk():
            if frame.to == CONSOLE or (frame.kind not in CALLS and not frame.is_creation):
                continue
            known = self.sources.ran(frame)
            if known is None or frame.is_failed:
                continue
            contract = known.artifact.qualified_name
            if frame.is_creation:
                function = "constructor"
            else:
                entry = known.entry(frame.input)
                function = known.selectors.get(frame.input[:4]) or (
                    entry.name if entry is not None else "fallback"
                )
            gas = self.gas.setdefault((name, contract, function), Gas())
            gas.used[frame.gas_used] += 1
            if frame.is_creation:
                gas.size = len(frame.output)

    def _ran(self, code: str, is_creation: bool) -> Ran:
        key = (code, is_creation)
        if key not in self.ran:
            self.ran[key] = Ran()
        return self.ran[key]

    # ---------------------------------------------------------------- files

    def save(self, path: Path) -> None:
        """Writes what was collected, for `merge`."""
        document = {
            "format": FORMAT,
            "codes": [
                {
                    "code": code,
                    "isCreation": is_creation,
                    "counts": _flat(ran.counts),
                    "jumped": _flat(ran.jumped),
                    "wentOn": _flat(ran.went_on),
                }
                for (code, is_creation), ran in self.ran.items()
            ],
            "gas": [
                {"zone": zone, "contract": contract, "function": function, "used": _flat(gas.used)}
                | ({"size": gas.size} if gas.size else {})
                for (zone, contract, function), gas in self.gas.items()
            ],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")

    def merge(self, paths: Iterable[Path]) -> None:
        """Adds what others saved. Raises ZeroError for a file that is something else."""
        for path in paths:
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                if document["format"] != FORMAT:
                    raise ValueError(f"its format is {document['format']!r}")
                self._take(document)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ZeroError(
                    Problem.COLLECTED_UNREADABLE,
                    f"{path}: {error}",
                    "delete it and run the tests again",
                ) from None

    def _take(self, document: Mapping[str, Any]) -> None:
        for entry in document["codes"]:
            ran = Ran(_paired(entry["counts"]), _paired(entry["jumped"]), _paired(entry["wentOn"]))
            self._ran(entry["code"], entry["isCreation"]).add(ran)
        for entry in document["gas"]:
            key = (entry["zone"], entry["contract"], entry["function"])
            gas = self.gas.setdefault(key, Gas())
            gas.used.update(_paired(entry["used"]))
            gas.size = entry.get("size", gas.size)


def _ran_from(entry: Mapping[str, Any]) -> Ran:
    branches = entry["branches"]
    return Ran(
        _paired(entry["counts"]),
        Counter(dict(zip(branches[::3], branches[1::3], strict=True))),
        Counter(dict(zip(branches[::3], branches[2::3], strict=True))),
    )


def _ran_in(frame: Frame) -> Ran:
    """The same out of a frame's steps."""
    ran = Ran(Counter(frame.pcs))
    for number, opcode in enumerate(frame.opcodes[:-1]):
        if opcode == "JUMPI":
            pc = frame.pcs[number]
            side = ran.went_on if frame.pcs[number + 1] == pc + 1 else ran.jumped
            side[pc] += 1
    return ran


def _flat(counter: Counter[int]) -> list[int]:
    return [number for pair in sorted(counter.items()) for number in pair]


def _paired(numbers: list[int]) -> Counter[int]:
    return Counter(dict(zip(numbers[::2], numbers[1::2], strict=True)))
