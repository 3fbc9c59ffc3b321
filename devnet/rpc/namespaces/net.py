"""net: the peer-to-peer network that a zone does not have."""

from __future__ import annotations

from devnet.rpc.codec.shapes import ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method


def version(context: Context) -> str:
    return str(context.zone.config.chain_id)


def listening(context: Context) -> bool:
    return True


def peer_count(context: Context) -> str:
    return "0x0"


METHODS = (
    Method(
        "net_version",
        version,
        (),
        Kind.READ,
        ref("uintDecimal"),
        "The network id: the chain id in decimal.",
        aliases=("eth_networkId",),
    ),
    Method("net_listening", listening, (), Kind.READ, {"type": "boolean"}, "Always true."),
    Method("net_peerCount", peer_count, (), Kind.READ, ref("uint"), "Always zero."),
)
