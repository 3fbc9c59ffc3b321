"""Vyper's standard JSON output in solc's shape: whatever reads one compiler's output reads the other's.

What Vyper does differently (0.3 and 0.4; `vyper/cli/vyper_json.py` and `vyper/compiler/output.py` there):

    source maps      an object with lines and columns by place in the code, without most jumps; here a text
                     with an entry for each instruction, as solc's
    immutables       appended to the deployed code, which the compiler's code does not have; here zeros in
                     their places, and `immutableReferences`
    layouts          by name, with modules nested; here solc's `storageLayout`
    selectors        without leading zeros; here eight digits
    sources          only those that were compiled to code have a number; here all
    errors           line and column; here byte offsets
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

_PUSH1, _PUSH32 = 0x60, 0x7F


def solc_output(standard_json: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The output in solc's shape; `answer` is Vyper's own."""
    texts = {
        name: entry["content"]
        for group in ("sources", "interfaces")
        for name, entry in standard_json.get(group, {}).items()
        if "content" in entry
    }
    numbers = _numbers(texts, answer)
    sources = answer.get("sources", {})
    return {
        "errors": [_error(error, texts) for error in answer.get("errors", [])],
        "sources": {
            name: {"id": number, **_trees(sources.get(name, {}))}
            for name, number in sorted(numbers.items(), key=lambda item: item[1])
        },
        "contracts": {
            path: {name: _contract(contract, path, numbers, texts) for name, contract in contracts.items()}
            for path, contracts in answer.get("contracts", {}).items()
        },
    }


def _trees(source: Mapping[str, Any]) -> dict[str, Any]:
    return {"ast": source["ast"]} if "ast" in source else {}


def _numbers(texts: Mapping[str, str], answer: Mapping[str, Any]) -> dict[str, int]:
    """The number of every source; those that the compiler did not open come last."""
    numbers = {name: source["id"] for name, source in answer.get("sources", {}).items()}
    numbers |= {name: number for name, number in answer.get("numbers", {}).items() if name in texts}
    free = max([-1, *numbers.values(), *answer.get("numbers", {}).values()]) + 1
    for number, name in enumerate((name for name in texts if name not in numbers), free):
        numbers[name] = number
    return numbers


def _contract(
    contract: Mapping[str, Any], path: str, numbers: Mapping[str, int], texts: Mapping[str, str]
) -> dict[str, Any]:
    evm = contract.get("evm", {})
    layout = contract.get("layout", {})
    files = {number: texts[name] for name, number in numbers.items() if name in texts}
    return {
        "abi": contract.get("abi", []),
        "evm": {
            "bytecode": _code(evm.get("bytecode", {}), numbers[path], files, {}),
            "deployedBytecode": _code(
                evm.get("deployedBytecode", {}), numbers[path], files, layout.get("code_layout", {})
            ),
            "methodIdentifiers": {
                signature: f"{int(selector, 16):08x}"
                for signature, selector in evm.get("methodIdentifiers", {}).items()
                if not signature.startswith("__init__(")  # 0.3 gives the constructor one
            },
        },
        "storageLayout": _layout(layout.get("storage_layout", layout), path),
        "transientStorageLayout": _layout(layout.get("transient_storage_layout", {}), path),
        **{name: contract[name] for name in ("devdoc", "userdoc", "interface", "ir") if name in contract},
    }


# ---------------------------------------------------------------- code


def _code(
    code: Mapping[str, Any], target: int, files: Mapping[int, str], immutables: Mapping[str, Any]
) -> dict[str, Any]:
    digits = code.get("object", "").removeprefix("0x")
    source_map = code.get("sourceMapFull", code.get("sourceMap", {}))
    end = len(digits) // 2
    places = {
        name: [{"start": end + entry["offset"], "length": entry["length"]}]
        for name, entry in _flat(immutables, "offset")
    }
    size = max((place["start"] + place["length"] for [place] in places.values()), default=end)
    return {
        "object": digits + "00" * (size - end),
        "sourceMap": _source_map(bytes.fromhex(digits), source_map, target, files),
        "linkReferences": {},
        "immutableReferences": places,
        "errorMap": source_map.get("error_map", {}) if isinstance(source_map, Mapping) else {},
    }


def _source_map(code: bytes, found: object, target: int, files: Mapping[int, str]) -> str:
    """An entry for each instruction: `start:length:file:jump`, offsets in bytes of the file."""
    if not isinstance(found, Mapping):
        return ""
    positions, nodes, jumps = (found.get(key) or {} for key in ("pc_pos_map", "pc_ast_map", "pc_jump_map"))
    lines = {number: _line_starts(text) for number, text in files.items()}
    entries = []
    for pc in _instructions(code):
        key = str(pc)
        start, length, file = -1, -1, -1
        position = positions.get(key)
        number = nodes[key][0] if key in nodes else target
        # Negative numbers are of what the compiler brings along.
        if position and number in lines:
            start = _offset(lines[number], position[0], position[1])
            length = max(_offset(lines[number], position[2], position[3]) - start, 0)
            file = number
        entries.append(f"{start}:{length}:{file}:{jumps.get(key, '-')}")
    return ";".join(entry if before != entry else "" for before, entry in pairwise(["", *entries]))


def _instructions(code: bytes) -> Iterator[int]:
    pc = 0
    while pc < len(code):
        yield pc
        pc += code[pc] - _PUSH1 + 2 if _PUSH1 <= code[pc] <= _PUSH32 else 1


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _offset(lines: list[int], line: int, column: int) -> int:
    """The byte at a line (from 1) and column (from 0)."""
    return lines[min(max(line, 1), len(lines)) - 1] + column


# ---------------------------------------------------------------- layouts


def _layout(variables: Mapping[str, Any], path: str) -> dict[str, Any]:
    """solc's `storageLayout`. Vyper packs nothing: every variable begins a slot."""
    storage, types = [], {}
    for name, entry in sorted(_flat(variables, "slot"), key=lambda item: int(item[1]["slot"])):
        kind = entry["type"]
        size = 32 * int(entry.get("n_slots", 1))
        storage.append(
            {
                "astId": -1,
                "contract": path,
                "label": name,
                "offset": 0,
                "slot": str(entry["slot"]),
                "type": kind,
            }
        )
        # Keys are hashed in another order than solc's, so it must not be taken for a `mapping`.
        encoding = "hashmap" if kind.startswith("HashMap[") else "inplace"
        types[kind] = {"encoding": encoding, "label": kind, "numberOfBytes": str(size)}
    return {"storage": storage, "types": types}


def _flat(
    variables: Mapping[str, Any], key: str, prefix: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, entry) of each variable; those of modules as `module.name`."""
    for name, entry in variables.items():
        if not isinstance(entry, Mapping):
            continue
        if isinstance(entry.get(key), int):
            yield prefix + name, entry
        else:
            yield from _flat(entry, key, f"{prefix}{name}.")


# ---------------------------------------------------------------- errors

# `contract "contracts/A.vy:6", function "f", line 6:11`
_PLACE = re.compile(r'"(?P<file>[^"\s:]+):\d+"[^\n]*?line (?P<line>\d+):(?P<column>\d+)')
_LINE = re.compile(r"line (?P<line>\d+):(?P<column>\d+)")


def _error(error: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    message = str(error.get("message", "")).strip()
    formatted = str(error.get("formattedMessage", message)).strip()
    where = dict(error.get("sourceLocation", {}))
    name = str(where.get("file", ""))
    line, column = where.get("lineno"), where.get("col_offset")
    place = _PLACE.search(formatted) or _LINE.search(formatted)
    if place is not None:
        said = str(place.groupdict().get("file"))
        name = said if said in texts else name
        line, column = int(place["line"]), int(place["column"])
    location = None
    if name in texts:
        start = _offset(_line_starts(texts[name]), line, column or 0) if line else -1
        location = {"file": name, "start": start, "end": start}
    kind = str(error.get("type", "Error"))
    return {
        "severity": error.get("severity", "error"),
        "type": kind,
        "component": error.get("component", "compiler"),
        "message": message,
        "formattedMessage": f"{kind}: {formatted}",
        **({"sourceLocation": location} if location else {}),
    }
