"""The system zone's contracts of a network that settles, called by transactions of its accounts."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple, function_abi_to_4byte_selector

from devnet.chain.block import Receipt
from devnet.chain.types import Address, Wei
from devnet.contracts import artifacts
from devnet.contracts.addresses import FORCED_INBOX, LIGHT_CLIENT, STAKING, ZONE_REGISTRY
from devnet.contracts.layout import Load
from devnet.network import Network
from devnet.settlement.bls import BlsSignatures, uncompressed_key, uncompressed_signature
from devnet.zone.messages import CallRequest

ADDRESSES = {
    "Staking": STAKING,
    "ZoneRegistry": ZONE_REGISTRY,
    "ForcedInbox": FORCED_INBOX,
    "LightClient": LIGHT_CLIENT,
}
SCHEME = BlsSignatures()


def load(network: Network, contract: str) -> Load:
    """Reads a contract's storage, newest block."""
    zone = network.zone("system")
    return lambda slot: zone.storage(ADDRESSES[contract], slot)


def _entry(contract: str, function: str) -> Any:
    (entry,) = [entry for entry in artifacts.load(contract).abi if entry.get("name") == function]
    return entry


def data_of(contract: str, function: str, *arguments: Any) -> bytes:
    """Calldata."""
    entry = _entry(contract, function)
    types = [collapse_if_tuple(parameter) for parameter in entry["inputs"]]
    return function_abi_to_4byte_selector(entry) + encode(types, arguments)


def transact(
    network: Network, account: int, contract: str, function: str, *arguments: Any, value: int = 0
) -> Receipt:
    """Sends a transaction of the network's account with that number, which must succeed."""
    zone = network.zone("system")
    request = CallRequest(
        sender=network.keys.addresses[account],
        to=ADDRESSES[contract],
        value=Wei(value),
        data=data_of(contract, function, *arguments),
        gas=16_000_000,
    )
    receipt = zone.receipt(network.send(zone, request))
    assert receipt is not None
    assert receipt.receipt.status == 1, f"{contract}.{function} reverted"
    return receipt.receipt


def ask(network: Network, contract: str, function: str, *arguments: Any) -> Any:
    """What a call returns."""
    outcome = network.zone("system").call(
        CallRequest(to=ADDRESSES[contract], data=data_of(contract, function, *arguments))
    )
    assert outcome.failure is None, f"{contract}.{function} reverted"
    types = [collapse_if_tuple(output) for output in _entry(contract, function)["outputs"]]
    values = decode(types, outcome.output)
    return values[0] if len(values) == 1 else values


def register(network: Network, account: int, secret: bytes, stake: int) -> int:
    """Registers a validator by its proof of possession; gives its number."""
    key = uncompressed_key(SCHEME.public_key(secret))
    possession = uncompressed_signature(SCHEME.prove_possession(secret))
    transact(network, account, "Staking", "register", key, possession, value=stake)
    return int(ask(network, "Staking", "validatorOf", SCHEME.public_key(secret)))


def balance_of(network: Network, address: Address) -> int:
    """wei, in the system zone."""
    return network.zone("system").balance(address)
