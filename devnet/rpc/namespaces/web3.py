"""web3: the client's version, and keccak."""

from __future__ import annotations

from devnet.chain.keccak import keccak256
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import DATA, ref
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param


def client_version(context: Context) -> str:
    return context.settings.client_version


def sha3(context: Context, data: bytes) -> str:
    return hex_data(keccak256(data))


METHODS = (
    Method("web3_clientVersion", client_version, (), Kind.READ, {"type": "string"}, "Name and version."),
    Method("web3_sha3", sha3, (Param("data", DATA),), Kind.STATE, ref("hash32"), "keccak256 of the data."),
)
