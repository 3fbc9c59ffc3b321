"""zero: the network as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devnet.accounts.mnemonic import TEST_MNEMONIC
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import (
    OBJECT,
    Schema,
    Shape,
    array_of,
    nullable,
    optional_field,
    read_array,
    read_object,
    read_string,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.network import Network


def _encode_zone(network: Network, zone: ZonePort) -> dict[str, Any]:
    status = zone.status()
    eids = network.config.zone_eids
    return {
        "name": status.name,
        "index": status.index,
        "chainId": hex(status.chain_id),
        "eid": None if eids is None else eids[status.index],
        "fork": status.fork.name.lower(),
        "number": hex(status.number),
        "hash": hex_data(status.block_hash),
        "timestamp": hex(status.timestamp),
        "genesisHash": hex_data(status.genesis_hash),
        "gasLimit": hex(status.gas_limit),
        "baseFeePerGas": hex(status.base_fee),
        "nextBaseFeePerGas": hex(status.next_base_fee),
        "coinbase": hex_data(status.coinbase),
        "timeOffset": status.time_offset,
        "pending": hex(status.pending),
        "queued": hex(status.queued),
        "mining": {
            "automine": status.mining.automine,
            "interval": status.mining.interval,
            "order": status.mining.order.value,
        },
    }


def zones(context: Context) -> list[dict[str, Any]]:
    return [_encode_zone(context.network, zone) for zone in context.network.zones.values()]


def status(context: Context) -> dict[str, Any]:
    return _encode_zone(context.network, context.zone)


def clock(context: Context) -> dict[str, Any]:
    reading = context.reading
    return {"now": reading.now, "perBlock": reading.per_block}


def network_info(context: Context) -> dict[str, Any]:
    return {
        "configHash": hex_data(context.network.config_hash),
        "instanceId": hex_data(context.network.instance_id),
        "zones": [str(name) for name in context.network.zones],
        "defaultZone": context.network.default_zone.config.name,
    }


def configuration(context: Context) -> dict[str, Any]:
    config = context.network.config
    document = config.to_document()
    if config.mnemonic != TEST_MNEMONIC:
        # Whoever knows it has the accounts; the hash still says whether a copy is the right one.
        document["mnemonic"] = None
    return document


def durable_height(context: Context) -> dict[str, Any] | None:
    head = context.network.durable_heights()[context.zone_name]
    return None if head is None else {"number": hex(head.number), "hash": hex_data(head.hash)}


def _read_documents(value: Any) -> list[Mapping[str, Any]]:
    """One artifact or many."""
    entries = read_array(value) if type(value) is list else [value]
    for entry in entries:
        optional_field(read_object(entry), "contractName", read_string)
    return entries


def add_artifacts(context: Context, documents: list[Mapping[str, Any]]) -> int:
    """How many contracts were taken in."""
    return sum(
        context.network.artifacts.add_document(document, document.get("contractName") or "")
        for document in documents
    )


_ZONE: Schema = {
    "type": "object",
    "required": ["name", "index", "chainId", "eid", "fork", "number", "hash", "timestamp", "mining"],
    "properties": {
        "name": {"type": "string"},
        "index": {"type": "integer"},
        "chainId": ref("uint"),
        "eid": nullable({"type": "integer"}),
        "fork": {"type": "string"},
        "number": ref("uint"),
        "hash": ref("hash32"),
        "timestamp": ref("uint"),
        "genesisHash": ref("hash32"),
        "gasLimit": ref("uint"),
        "baseFeePerGas": ref("uint"),
        "nextBaseFeePerGas": ref("uint"),
        "coinbase": ref("address"),
        "timeOffset": {"type": "integer"},
        "pending": ref("uint"),
        "queued": ref("uint"),
        "mining": {
            "type": "object",
            "required": ["automine", "interval", "order"],
            "properties": {
                "automine": {"type": "boolean"},
                "interval": {"type": ["number", "null"]},
                "order": {"enum": ["fees", "fifo", "fafo"]},
            },
        },
    },
    "additionalProperties": False,
}
_CLOCK: Schema = {
    "type": "object",
    "required": ["now", "perBlock"],
    "properties": {"now": {"type": "integer"}, "perBlock": {"type": "integer"}},
    "additionalProperties": False,
}
_NETWORK: Schema = {
    "type": "object",
    "required": ["configHash", "instanceId", "zones", "defaultZone"],
    "properties": {
        "configHash": ref("hash32"),
        "instanceId": ref("hash32"),
        "zones": array_of({"type": "string"}),
        "defaultZone": {"type": "string"},
    },
    "additionalProperties": False,
}
_DURABLE: Schema = {
    "type": "object",
    "required": ["number", "hash"],
    "properties": {"number": ref("uint"), "hash": ref("hash32")},
    "additionalProperties": False,
}
_DOCUMENTS = Shape(_read_documents, {"oneOf": [OBJECT.schema, array_of(OBJECT.schema)]})

METHODS = (
    Method("zero_zones", zones, (), Kind.READ, array_of(_ZONE), "Every zone, the system zone first."),
    Method("zero_status", status, (), Kind.READ, _ZONE, "The zone that was asked."),
    Method(
        "zero_network", network_info, (), Kind.READ, _NETWORK, "What names this network and this run of it."
    ),
    Method(
        "zero_getConfiguration",
        configuration,
        (),
        Kind.READ,
        {"type": "object", "required": ["zones", "mnemonic"]},
        "What rules and genesis follow from, and the network's hash names; a mnemonic of one's own is null.",
    ),
    Method("zero_clock", clock, (), Kind.READ, _CLOCK, "The network's clock: seconds since the epoch."),
    Method(
        "zero_durableHeight",
        durable_height,
        (),
        Kind.READ,
        nullable(_DURABLE),
        "The zone's newest block that survives a power cut; null in memory. See docs/persistence.md.",
    ),
    Method(
        "zero_addArtifacts",
        add_artifacts,
        (Param("artifacts", _DOCUMENTS),),
        Kind.WRITE,
        {"type": "integer"},
        "Gives the network ABIs and sources: artifacts of Foundry, Hardhat or solc; gives how many it took.",
    ),
)
