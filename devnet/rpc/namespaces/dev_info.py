"""Development calls: what this node is, logging, blobs, and artifacts of Hardhat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.chain.transaction import BlobSidecar
from devnet.chain.types import Hash32
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import BOOLEAN, HASH, OBJECT, STRING, Schema, array_of, nullable, ref
from devnet.rpc.context import VERSION, Context
from devnet.rpc.methods import Kind, Method, Param
from devnet.rpc.observer import LoggingSwitched


def metadata(context: Context) -> dict[str, Any]:
    """What Hardhat's tools read; `instanceId` is new for every in-memory start."""
    status = context.zone.status()
    return {
        "clientVersion": context.settings.client_version,
        "clientSemver": VERSION,
        "chainId": status.chain_id,
        "instanceId": hex_data(context.network.instance_id),
        "latestBlockNumber": status.number,
        "latestBlockHash": hex_data(status.block_hash),
    }


def anvil_metadata(context: Context) -> dict[str, Any]:
    return {**metadata(context), "clientCommitSha": None, "forkedNetwork": None, "snapshots": {}}


def node_info(context: Context) -> dict[str, Any]:
    status = context.zone.status()
    return {
        "currentBlockNumber": hex(status.number),
        "currentBlockTimestamp": status.timestamp,
        "currentBlockHash": hex_data(status.block_hash),
        "hardFork": status.fork.name.lower(),
        "transactionOrder": status.mining.order.value,
        "environment": {
            "baseFee": hex(status.next_base_fee),
            "chainId": status.chain_id,
            "gasLimit": hex(status.gas_limit),
            "gasPrice": hex(status.next_base_fee + context.zone.suggested_priority_fee()),
        },
        "forkConfig": {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None},
        "instanceId": hex_data(context.network.instance_id),
        "zone": status.name,
    }


def set_logging_enabled(context: Context, enabled: bool) -> bool:
    context.observe(LoggingSwitched(context.zone_name, enabled))
    return True


def blobs_by_transaction(context: Context, transaction_hash: Hash32) -> list[str] | None:
    sidecar = context.zone.sidecar(transaction_hash)
    return None if sidecar is None else [hex_data(blob) for blob in sidecar.blobs]


def blob_by_hash(context: Context, versioned_hash: Hash32) -> str | None:
    """Looks through the blob transactions of the chain, newest block first."""
    zone = context.zone
    for number in range(zone.number(), zone.config.genesis_number - 1, -1):
        block = zone.block(number)
        for transaction in block.transactions if block else ():
            if versioned_hash in transaction.blob_hashes:
                sidecar = zone.sidecar(transaction.hash)
                return _blob(sidecar, transaction.blob_hashes.index(versioned_hash))
    return None


def _blob(sidecar: BlobSidecar | None, index: int) -> str | None:
    return None if sidecar is None else hex_data(sidecar.blobs[index])


def add_compilation_result(
    context: Context, solc_version: str, compiler_input: Mapping[str, Any], output: Mapping[str, Any]
) -> bool:
    context.network.artifacts.add_compilation(solc_version, compiler_input, output)
    return True


_METADATA: Schema = {
    "type": "object",
    "required": ["clientVersion", "chainId", "instanceId", "latestBlockNumber", "latestBlockHash"],
    "properties": {
        "clientVersion": {"type": "string"},
        "chainId": {"type": "integer"},
        "instanceId": ref("hash32"),
        "latestBlockNumber": {"type": "integer"},
        "latestBlockHash": ref("hash32"),
    },
}
_NODE_INFO: Schema = {
    "type": "object",
    "required": [
        "currentBlockNumber",
        "currentBlockTimestamp",
        "currentBlockHash",
        "hardFork",
        "transactionOrder",
        "environment",
        "forkConfig",
        "instanceId",
    ],
    "properties": {
        "currentBlockNumber": ref("uint"),
        "currentBlockTimestamp": {"type": "integer"},
        "currentBlockHash": ref("hash32"),
        "hardFork": {"type": "string"},
        "instanceId": ref("hash32"),
    },
}

METHODS = (
    Method("hardhat_metadata", metadata, (), Kind.READ, _METADATA, "What this node is."),
    Method("anvil_metadata", anvil_metadata, (), Kind.READ, _METADATA, "What this node is."),
    Method(
        "anvil_nodeInfo",
        node_info,
        (),
        Kind.READ,
        _NODE_INFO,
        "How the zone is configured and where it stands.",
    ),
    Method(
        "anvil_setLoggingEnabled",
        set_logging_enabled,
        (Param("enabled", BOOLEAN),),
        Kind.WRITE,
        {"const": True},
        "Whether this zone's lines are printed.",
        ("hardhat_setLoggingEnabled",),
    ),
    Method(
        "anvil_getBlobsByTransactionHash",
        blobs_by_transaction,
        (Param("hash", HASH),),
        Kind.STATE,
        nullable(array_of(ref("bytes"))),
        "The blobs of a transaction.",
    ),
    Method(
        "anvil_getBlobByHash",
        blob_by_hash,
        (Param("versionedHash", HASH),),
        Kind.STATE,
        nullable(ref("bytes")),
        "A blob by its versioned hash.",
    ),
    Method(
        "hardhat_addCompilationResult",
        add_compilation_result,
        (Param("solcVersion", STRING), Param("compilerInput", OBJECT), Param("compilerOutput", OBJECT)),
        Kind.WRITE,
        {"const": True},
        "Gives the network the ABIs and sources of a compilation.",
    ),
)
