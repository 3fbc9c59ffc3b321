"""Contracts are recognised by their code, whatever the deployment wrote into it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import eth_abi
import pytest

from devnet.artifacts.artifact import metadata_length
from devnet.artifacts.describe import (
    describe_address,
    describe_call,
    describe_creation,
    describe_log,
    describe_return,
    describe_revert,
)
from devnet.artifacts.errors import ArtifactError
from devnet.artifacts.folder import ArtifactFolder
from devnet.artifacts.registry import KEPT_VERSIONS, ArtifactRegistry
from devnet.chain.block import Log
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32
from devnet.contracts import artifacts

ABI: list[dict[str, Any]] = [
    {"type": "constructor", "inputs": [{"name": "supply", "type": "uint256"}]},
    {
        "type": "function",
        "name": "pay",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
        "outputs": [{"name": "left", "type": "uint256"}],
    },
    {
        "type": "event",
        "name": "Paid",
        "inputs": [
            {"name": "to", "type": "address", "indexed": True},
            {"name": "note", "type": "string", "indexed": True},
            {"name": "amount", "type": "uint256"},
        ],
    },
    {"type": "error", "name": "Broke", "inputs": [{"name": "missing", "type": "uint256"}]},
    {"type": "receive"},
]
METADATA = bytes.fromhex("a164736f6c6343000823000a")
BODY = bytes.fromhex("6080604052600a") + bytes(32) + bytes.fromhex("73") + bytes(20) + bytes.fromhex("00fe")
RUNTIME = BODY + METADATA
CREATION = bytes.fromhex("60aa60bb39f3fe") + RUNTIME
PLACEHOLDER = "__$" + "ab" * 17 + "$__"


def foundry(metadata: bytes = METADATA) -> dict[str, Any]:
    body = BODY + metadata
    digits = body.hex()
    at = (7 + 32 + 1) * 2
    return {
        "abi": ABI,
        "bytecode": {"object": "0x60aa60bb39f3fe" + digits, "linkReferences": {}},
        "deployedBytecode": {
            "object": "0x" + digits[:at] + PLACEHOLDER + digits[at + 40 :],
            "linkReferences": {"src/L.sol": {"L": [{"start": 40, "length": 20}]}},
            "immutableReferences": {"7": [{"start": 7, "length": 32}]},
        },
        "metadata": {"settings": {"compilationTarget": {"src/Shop.sol": "Shop"}}},
    }


def deployed(metadata: bytes = METADATA) -> bytes:
    code = bytearray(BODY + metadata)
    code[7:39] = b"\x55" * 32
    code[40:60] = b"\x77" * 20
    return bytes(code)


@pytest.fixture
def registry() -> ArtifactRegistry:
    registry = ArtifactRegistry()
    registry.add_document(foundry())
    return registry


def test_deployed_code_is_matched_around_immutables_and_libraries(registry: ArtifactRegistry) -> None:
    found = registry.for_code(deployed())
    assert found is not None
    assert found.qualified_name == "src/Shop.sol:Shop"
    changed = bytearray(deployed())
    changed[0] ^= 1
    assert registry.for_code(bytes(changed)) is None
    assert registry.for_code(b"") is None


def test_metadata_does_not_matter_unless_it_decides(registry: ArtifactRegistry) -> None:
    other = bytes.fromhex("a264697066735822") + bytes(34) + bytes.fromhex("64736f6c63430008230033")
    assert metadata_length(other) == len(other)
    assert registry.for_code(deployed(other)) is not None
    renamed = foundry(other) | {"metadata": {}}
    registry.add_document(renamed, "Copy")
    named = [registry.for_code(deployed(metadata)) for metadata in (METADATA, other)]
    assert [artifact and artifact.name for artifact in named] == ["Shop", "Copy"]


def test_a_library_is_matched_with_its_own_address_in_its_code() -> None:
    registry = ArtifactRegistry()
    tail = bytes.fromhex("30146080604052") + METADATA
    registry.add_document(
        {
            "contractName": "L",
            "sourceName": "l.sol",
            "abi": [],
            "deployedBytecode": "0x73" + "00" * 20 + tail.hex(),
        }
    )
    assert registry.for_code(b"\x73" + b"\x99" * 20 + tail) is not None


def test_init_code_is_matched_and_its_arguments_are_what_follows(registry: ArtifactRegistry) -> None:
    arguments = eth_abi.encode(["uint256"], [5])
    found = registry.for_creation(CREATION + arguments)
    assert found is not None
    assert (found[0].name, found[1]) == ("Shop", arguments)
    assert describe_creation(registry, CREATION + arguments) == "new Shop(supply: 5)"
    assert registry.for_creation(b"\x00" + CREATION) is None


def test_calls_logs_returns_and_reverts_are_readable(registry: ArtifactRegistry) -> None:
    to = Address(b"\x22" * 20)
    data = keccak256(b"pay(address,uint256)")[:4] + eth_abi.encode(["address", "uint256"], [to, 9])
    assert describe_call(registry, data) == f"pay(to: 0x{'22' * 20}, amount: 9)"
    registry.set_label(to, "treasury")
    assert describe_call(registry, data) == "pay(to: treasury, amount: 9)"
    assert describe_return(registry, data, (3).to_bytes(32)) == "left: 3"
    assert describe_call(registry, data[:9]) == "pay(0x0000000000)"
    log = Log(
        Address(b"\x33" * 20),
        (keccak256(b"Paid(address,string,uint256)"), Hash32(bytes(12) + to), keccak256(b"hello")),
        (9).to_bytes(32),
    )
    assert (
        describe_log(registry, log)
        == f"Paid(to: treasury, note: hash 0x{keccak256(b'hello').hex()}, amount: 9)"
    )
    broke = keccak256(b"Broke(uint256)")[:4] + (4).to_bytes(32)
    assert describe_revert(registry, broke).text == "Broke(missing: 4)"
    assert describe_address(registry, b"\x33" * 20, deployed()) == "Shop(0x3333…3333)"
    assert describe_address(registry, to) == "treasury"


def test_tokens_are_readable_without_artifacts() -> None:
    registry = ArtifactRegistry()
    transfer = keccak256(b"Transfer(address,address,uint256)")
    one, two = bytes(12) + b"\x11" * 20, bytes(12) + b"\x22" * 20
    coins = Log(Address(bytes(20)), (transfer, Hash32(one), Hash32(two)), (7).to_bytes(32))
    token = Log(Address(bytes(20)), (transfer, Hash32(one), Hash32(two), Hash32((7).to_bytes(32))), b"")
    assert describe_log(registry, coins).endswith("value: 7)")
    assert describe_log(registry, token).endswith("tokenId: 7)")
    anonymous = Log(Address(bytes(20)), (), b"\x01")
    assert describe_log(registry, anonymous) == "log(topics: [], data: 0x01)"


def test_standard_json_brings_layout_sources_and_maps() -> None:
    registry = ArtifactRegistry()
    output = {
        "sources": {"a.sol": {"id": 0}},
        "contracts": {
            "a.sol": {
                "A": {
                    "abi": ABI,
                    "storageLayout": {"storage": [{"label": "x"}], "types": {}},
                    "evm": {
                        "bytecode": {"object": CREATION.hex(), "sourceMap": "1:2:0"},
                        "deployedBytecode": {
                            "object": RUNTIME.hex(),
                            "immutableReferences": {},
                            "sourceMap": "3:4:0",
                        },
                    },
                }
            }
        },
    }
    source = {"language": "Solidity", "sources": {"a.sol": {"content": "contract A {}"}}}
    assert registry.add_compilation("0.8.37", source, output) == 1
    artifact = registry.named("A")
    assert artifact is not None
    assert artifact.sources == {"a.sol": "contract A {}"}
    assert artifact.source_ids == {0: "a.sol"}
    assert (artifact.creation.source_map, artifact.runtime.source_map) == ("1:2:0", "3:4:0")
    assert artifact.storage_layout["storage"] == [{"label": "x"}]
    # A second, poorer reading of the same contract loses nothing.
    registry.add_document(
        {
            "contractName": "A",
            "sourceName": "a.sol",
            "abi": ABI,
            "bytecode": CREATION.hex(),
            "deployedBytecode": RUNTIME.hex(),
        }
    )
    again = registry.named("a.sol:A")
    assert again is not None
    assert again.storage_layout == artifact.storage_layout
    assert len(registry) == 1


def test_older_versions_stay_known_but_not_for_ever() -> None:
    registry = ArtifactRegistry()
    codes = [bytes([0x60, version, 0x50]) for version in range(KEPT_VERSIONS + 2)]
    for code in codes:
        registry.add_document({"contractName": "A", "abi": [], "deployedBytecode": code.hex()})
    known = [registry.for_code(code) is not None for code in codes]
    assert known == [False] * 2 + [True] * KEPT_VERSIONS
    assert len(list(registry)) == 1


@pytest.mark.parametrize(
    "document",
    [
        {"abi": "no"},
        {"abi": [{"type": "function", "name": "f", "inputs": [{"type": "uint7"}]}]},
        {"abi": [], "bytecode": "0xzz"},
        {"abi": [], "bytecode": 5},
        {"abi": [5]},
        {
            "abi": [],
            "deployedBytecode": {"object": "00", "immutableReferences": {"1": [{"start": -1, "length": 1}]}},
        },
    ],
)
def test_what_is_no_artifact_is_refused_with_a_reason(document: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError):
        ArtifactRegistry().add_document(document)


@pytest.mark.parametrize("document", [None, 5, "x", [], {}, {"input": 1, "output": 2}])
def test_other_documents_hold_no_artifacts(document: object) -> None:
    assert ArtifactRegistry().add_document(document) == 0


def write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_a_folder_is_read_once_and_again_when_it_changes(tmp_path: Path) -> None:
    registry, folder = ArtifactRegistry(), ArtifactFolder(tmp_path)
    assert folder.refresh(registry).contracts == 0
    path = tmp_path / "out" / "Shop.sol" / "Shop.json"
    write(path, foundry())
    write(tmp_path / "artifacts" / "A.sol" / "A.dbg.json", {"abi": 5})
    write(tmp_path / "out" / "node_modules" / "B.json", foundry())
    assert folder.refresh(registry).contracts == 1
    assert folder.refresh(registry).contracts == 0
    write(path, foundry() | {"abi": []})
    os.utime(path, ns=(1, 1))
    assert folder.refresh(registry).contracts == 1
    shop = registry.named("Shop")
    assert shop is not None


def test_broken_files_are_named_and_tried_again(tmp_path: Path) -> None:
    registry, folder = ArtifactRegistry(), ArtifactFolder(tmp_path)
    path = tmp_path / "Shop.json"
    path.write_text("{", encoding="utf-8")
    (problem,) = folder.refresh(registry).problems
    assert str(path) in problem
    write(path, foundry())
    assert folder.refresh(registry).contracts == 1


def test_hardhat_3_build_info_is_read_from_its_two_files(tmp_path: Path) -> None:
    source = {"sources": {"a.sol": {"content": "contract A {}"}}}
    contract = {"abi": ABI, "evm": {"deployedBytecode": {"object": RUNTIME.hex()}}}
    output = {"sources": {"a.sol": {"id": 0}}, "contracts": {"a.sol": {"A": contract}}}
    write(
        tmp_path / "build-info" / "x.json",
        {"_format": "hh3-sol-build-info-1", "solcVersion": "0.8.37", "input": source},
    )
    write(
        tmp_path / "build-info" / "x.output.json",
        {"_format": "hh3-sol-build-info-output-1", "output": output},
    )
    registry = ArtifactRegistry()
    assert ArtifactFolder(tmp_path).refresh(registry).contracts == 1
    artifact = registry.for_code(RUNTIME)
    assert artifact is not None
    assert (artifact.compiler, artifact.sources) == ("0.8.37", {"a.sol": "contract A {}"})


def test_this_projects_own_contracts_are_readable() -> None:
    registry = ArtifactRegistry()
    assert ArtifactFolder(artifacts.FOLDER).refresh(registry).contracts == len(artifacts.names())
    for name in artifacts.names():
        runtime = artifacts.load(name).runtime
        found = registry.for_code(runtime)
        assert found is not None
        assert found.compiler == artifacts.load(name).compiler_version
        # Libraries whose functions are all internal have one code, which is nobody's in particular.
        assert found.name in {
            other for other in artifacts.names() if artifacts.load(other).runtime == runtime
        }
