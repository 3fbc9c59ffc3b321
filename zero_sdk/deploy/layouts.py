"""Storage layouts of implementations behind a proxy: what the next one must leave where it is.

A layout is solc's `storageLayout`, and the structs in namespaces (ERC-7201), which that does not have: they
are read from the syntax trees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.compile.artifact import ContractArtifact

_GAP = re.compile(r"_*gap_*\d*\Z", re.IGNORECASE)
_NAMESPACE = re.compile(r"@custom:storage-location\s+(erc7201:\S+)")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a contract keeps what."""

    storage: tuple[Mapping[str, Any], ...]
    types: Mapping[str, Mapping[str, Any]]
    namespaces: Mapping[str, tuple[tuple[str, str], ...]]
    """The members of each namespace's struct: name, and type with all that it is made of."""

    def record(self) -> dict[str, Any]:
        """As a journal has it."""
        return {
            "storage": list(self.storage),
            "types": dict(self.types),
            "namespaces": {
                name: [list(member) for member in found] for name, found in self.namespaces.items()
            },
        }

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Layout:
        """Back from `record`."""
        return cls(
            tuple(record["storage"]),
            record["types"],
            {name: tuple((m[0], m[1]) for m in found) for name, found in record["namespaces"].items()},
        )

    @classmethod
    def of(cls, artifact: ContractArtifact) -> Layout:
        """Of a contract that solc compiled."""
        found = artifact.storage_layout
        return cls(tuple(found.get("storage") or ()), found.get("types") or {}, _namespaces(artifact))


def differences(old: Layout, new: Layout) -> Iterator[str]:
    """What would be read wrong after an upgrade, in words."""
    by_place = {_place(entry): entry for entry in new.storage}
    names = {entry["label"]: entry for entry in new.storage}
    for entry in old.storage:
        label = entry["label"]
        if _GAP.match(label):
            continue
        now = by_place.get(_place(entry))
        where = f"slot {entry['slot']}, offset {entry['offset']}"
        if now is not None and now["label"] == label:
            yield from _type_differences(label, old, entry["type"], new, now["type"])
        elif label in names:
            moved = names[label]
            yield f"{label} was at {where} and is at slot {moved['slot']}, offset {moved['offset']}"
        elif now is None or _GAP.match(now["label"]):
            yield f"{label} at {where} is gone"
        else:
            yield f"{label} at {where} has become {now['label']}"
    for name, members in old.namespaces.items():
        yield from _namespace_differences(name, members, new.namespaces.get(name))


def _place(entry: Mapping[str, Any]) -> tuple[int, int]:
    return int(entry["slot"]), int(entry["offset"])


def _type_differences(label: str, old: Layout, before: str, new: Layout, now: str) -> Iterator[str]:
    one, other = old.types[before], new.types[now]
    if _shape(one) != _shape(other):
        yield f"{label} was {one['label']} and is {other['label']}"
    elif "members" in one:
        places = {_place(member): member for member in other["members"]}
        for member in one["members"]:
            inside = f"{label}.{member['label']}"
            found = places.get(_place(member))
            if found is None or found["label"] != member["label"]:
                yield f"{inside} is not where it was"
            else:
                yield from _type_differences(inside, old, member["type"], new, found["type"])
    elif "value" in one:
        yield from _type_differences(f"the key of {label}", old, one["key"], new, other["key"])
        yield from _type_differences(f"{label}[]", old, one["value"], new, other["value"])
    elif "base" in one:
        yield from _type_differences(f"{label}[]", old, one["base"], new, other["base"])
        if (size := _size(old, one["base"])) != (now_size := _size(new, other["base"])):
            yield f"the elements of {label} took {size} bytes and take {now_size}"


def _size(layout: Layout, kind: str) -> str:
    return str(layout.types[kind]["numberOfBytes"])


def _shape(kind: Mapping[str, Any]) -> str:
    """What of a type must stay, beside what it is made of: not where it is declared. A contract is an
    address."""
    label: str = kind["label"]
    if "members" in kind or label.startswith("enum "):
        return label.partition(" ")[0] + label.rpartition(".")[2].rpartition(" ")[2]
    if "value" in kind:
        return "mapping"
    if "base" in kind:
        return label[label.rindex("[") :]
    return "address" if label.startswith(("contract ", "address")) else label


def _namespace_differences(
    name: str, old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...] | None
) -> Iterator[str]:
    if new is None:
        yield f"the namespace {name} is gone"
        return
    for number, (label, kind) in enumerate(old):
        if number >= len(new):
            yield f"{label} in {name} is gone"
        elif new[number][0] != label:
            yield f"{label} in {name} has become {new[number][0]}"
        elif new[number][1] != kind:
            yield f"{label} in {name} was {kind} and is {new[number][1]}"


# ------------------------------------------------------------ syntax trees


def nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """All nodes of a syntax tree."""
    if isinstance(tree, Mapping):
        if "nodeType" in tree:
            yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def bases(artifact: ContractArtifact) -> Iterator[Mapping[str, Any]]:
    """The definitions of a contract and of all that it inherits from."""
    trees = [source["ast"] for source in artifact.compilation.output["sources"].values() if "ast" in source]
    contracts = {
        node["id"]: node
        for tree in trees
        for node in tree.get("nodes", ())
        if node.get("nodeType") == "ContractDefinition"
    }
    own = next(
        (
            node
            for tree in trees
            if tree.get("absolutePath") == artifact.source_name
            for node in tree["nodes"]
            if node.get("nodeType") == "ContractDefinition" and node["name"] == artifact.name
        ),
        None,
    )
    for number in () if own is None else own["linearizedBaseContracts"]:
        if number in contracts:
            yield contracts[number]


def _namespaces(artifact: ContractArtifact) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    structs: dict[int, Mapping[str, Any]] = {}
    for source in artifact.compilation.output.get("sources", {}).values():
        for node in nodes(source.get("ast")):
            if node["nodeType"] == "StructDefinition":
                structs[node["id"]] = node
    for base in bases(artifact):
        for node in base["nodes"]:
            if node["nodeType"] != "StructDefinition":
                continue
            documentation = node.get("documentation") or {}
            text = documentation.get("text", "") if isinstance(documentation, Mapping) else documentation
            named = _NAMESPACE.search(text)
            if named is not None:
                found[named[1]] = tuple(_members(node, structs))
    return found


def _members(
    struct: Mapping[str, Any], structs: Mapping[int, Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    for member in struct["members"]:
        yield member["name"], _written(member["typeName"], structs, ())


def _written(
    kind: Mapping[str, Any], structs: Mapping[int, Mapping[str, Any]], outer: tuple[int, ...]
) -> str:
    """A type with everything that it is made of, so that equal texts mean equal layouts."""
    match kind["nodeType"]:
        case "Mapping":
            inner = [_written(kind[part], structs, outer) for part in ("keyType", "valueType")]
            return f"mapping({inner[0]} => {inner[1]})"
        case "ArrayTypeName":
            length = re.search(r"\[(\d*)\]$", kind["typeDescriptions"]["typeString"].split(" ")[0])
            size = "" if length is None else length[1]
            return f"{_written(kind['baseType'], structs, outer)}[{size}]"
        case "UserDefinedTypeName" if kind.get("referencedDeclaration") in structs:
            number = kind["referencedDeclaration"]
            struct = structs[number]
            if number in outer:
                return str(struct["name"])
            parts = [
                f"{_written(member['typeName'], structs, (*outer, number))} {member['name']}"
                for member in struct["members"]
            ]
            return f"{struct['name']} {{{'; '.join(parts)}}}"
    text: str = kind["typeDescriptions"]["typeString"]
    return "address" if text.startswith(("contract ", "address")) else text
