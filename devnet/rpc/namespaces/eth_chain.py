"""eth: what the chain is and where it stands."""

from __future__ import annotations

import zlib
from typing import Any

from devnet.chain.rules import BLOB_SCHEDULES, Fork
from devnet.rpc.codec.shapes import array_of, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method

_PRECOMPILES = (
    ("ECREC", 0x01, Fork.PARIS),
    ("SHA256", 0x02, Fork.PARIS),
    ("RIPEMD160", 0x03, Fork.PARIS),
    ("ID", 0x04, Fork.PARIS),
    ("MODEXP", 0x05, Fork.PARIS),
    ("BN254_ADD", 0x06, Fork.PARIS),
    ("BN254_MUL", 0x07, Fork.PARIS),
    ("BN254_PAIRING", 0x08, Fork.PARIS),
    ("BLAKE2F", 0x09, Fork.PARIS),
    ("KZG_POINT_EVALUATION", 0x0A, Fork.CANCUN),
    ("BLS12_G1ADD", 0x0B, Fork.PRAGUE),
    ("BLS12_G1MSM", 0x0C, Fork.PRAGUE),
    ("BLS12_G2ADD", 0x0D, Fork.PRAGUE),
    ("BLS12_G2MSM", 0x0E, Fork.PRAGUE),
    ("BLS12_PAIRING_CHECK", 0x0F, Fork.PRAGUE),
    ("BLS12_MAP_FP_TO_G1", 0x10, Fork.PRAGUE),
    ("BLS12_MAP_FP2_TO_G2", 0x11, Fork.PRAGUE),
    ("P256VERIFY", 0x100, Fork.OSAKA),
)
"""EIP-7910's names of the precompiles, and the fork that brought each."""

_SYSTEM_CONTRACTS = (
    ("BEACON_ROOTS_ADDRESS", "0x000f3df6d732807ef1319fb7b8bb8522d0beac02", Fork.CANCUN),
    ("HISTORY_STORAGE_ADDRESS", "0x0000f90827f1c53a10cb7a02335b175320002935", Fork.PRAGUE),
)
"""EIP-7910's names; a zone has neither deposits nor withdrawal and consolidation requests."""


def chain_id(context: Context) -> str:
    return hex(context.zone.config.chain_id)


def block_number(context: Context) -> str:
    return hex(context.zone.number())


def syncing(context: Context) -> bool:
    return False


def coinbase(context: Context) -> str:
    return "0x" + context.zone.status().coinbase.hex()


def accounts(context: Context) -> list[str]:
    own = ["0x" + address.hex() for address in context.network.keys.addresses]
    impersonated = sorted("0x" + address.hex() for address in context.zone.impersonated())
    return own + [address for address in impersonated if address not in own]


def protocol_version(context: Context) -> str:
    """eth/68, the last version of the wire protocol that named itself; zones do not speak it."""
    return "0x44"


def mining(context: Context) -> bool:
    setting = context.zone.status().mining
    return setting.automine or setting.interval is not None


def hashrate(context: Context) -> str:
    return "0x0"


def config(context: Context) -> dict[str, Any]:
    """EIP-7910. A zone follows one fork from genesis on, so that there is no next configuration."""
    status = context.zone.status()
    fork = status.fork
    current: dict[str, Any] = {
        "activationTime": 0,
        "chainId": hex(status.chain_id),
        # EIP-6122: CRC32 of the genesis hash; forks active at genesis are not counted.
        "forkId": f"0x{zlib.crc32(status.genesis_hash):08x}",
        "precompiles": {name: f"0x{number:040x}" for name, number, since in _PRECOMPILES if fork >= since},
        "systemContracts": {name: address for name, address, since in _SYSTEM_CONTRACTS if fork >= since},
    }
    schedule = BLOB_SCHEDULES.get(fork)
    current["blobSchedule"] = {
        "baseFeeUpdateFraction": schedule.update_fraction if schedule else 0,
        "max": schedule.maximum if schedule else 0,
        "target": schedule.target if schedule else 0,
    }
    return {"current": current, "next": None, "last": None}


def capabilities(context: Context) -> dict[str, Any]:
    """Everything that is kept is served; proofs are not Merkle-Patricia proofs, so stateproofs are not."""
    status = context.zone.status()
    kept = {"disabled": False, "oldestBlock": hex(context.zone.history().oldest)}
    return {
        "head": {"number": hex(status.number), "hash": "0x" + status.block_hash.hex()},
        "state": kept,
        "tx": kept,
        "logs": kept,
        "receipts": kept,
        "blocks": kept,
        "stateproofs": {"disabled": True},
    }


METHODS = (
    Method("eth_chainId", chain_id, (), Kind.READ, ref("uint"), "Chain id of the zone."),
    Method("eth_blockNumber", block_number, (), Kind.READ, ref("uint"), "Number of the newest block."),
    Method("eth_syncing", syncing, (), Kind.READ, ref("SyncingStatus"), "False: a zone is never syncing."),
    Method(
        "eth_coinbase", coinbase, (), Kind.READ, ref("address"), "Receiver of the tips of the next block."
    ),
    Method(
        "eth_accounts",
        accounts,
        (),
        Kind.READ,
        array_of(ref("address")),
        "Accounts that eth_sendTransaction may use.",
        aliases=("eth_requestAccounts",),
    ),
    Method(
        "eth_protocolVersion", protocol_version, (), Kind.READ, ref("uint"), "Version of the wire protocol."
    ),
    Method(
        "eth_mining", mining, (), Kind.READ, {"type": "boolean"}, "Whether blocks are sealed by themselves."
    ),
    Method("eth_hashrate", hashrate, (), Kind.READ, ref("uint"), "Always zero."),
    Method(
        "eth_config",
        config,
        (),
        Kind.READ,
        ref("ConfigurationResponse"),
        "The fork's configuration (EIP-7910).",
    ),
    Method(
        "eth_capabilities",
        capabilities,
        (),
        Kind.READ,
        ref("EthCapabilities"),
        "What history the zone serves.",
    ),
)
