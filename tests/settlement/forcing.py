"""Posting to inboxes, and short words for what becomes of it."""

from __future__ import annotations

from typing import Any

from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Wei
from devnet.contracts.addresses import FORCED_INBOX
from devnet.contracts.forced_inbox import post_call
from devnet.network import Network
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort
from tests.settlement.networks import BOB

GAS = 100_000
FEE = 10**9
POST_GAS = 500_000
"""More than posting takes, beside 40 for each byte: to estimate it would take longer than to do it."""
SENDER = 1
"""Which of the network's accounts signs what is forced; account 0 sends all else."""


def signed(
    network: Network, zone: ZonePort, nonce: int = 0, sender: int = SENDER, **fields: Any
) -> Transaction:
    """A transfer of one wei to Bob."""
    address = network.keys.addresses[sender]
    unsigned = UnsignedTransaction(
        type=2,
        chain_id=fields.pop("chain_id", zone.config.chain_id),
        nonce=nonce,
        gas_limit=fields.pop("gas", 21_000),
        max_fee_per_gas=Wei(20 * 10**9),
        max_priority_fee_per_gas=Wei(10**9),
        to=fields.pop("to", BOB),
        value=Wei(fields.pop("value", 1)),
        data=fields.pop("data", b""),
        **fields,
    )
    return network.keys.sign_transaction(unsigned, address)


def post(network: Network, zone: ZonePort, encoded: bytes, gas: int = GAS) -> None:
    """Posts it to the zone's inbox by a transaction in the system zone, which seals a block."""
    request = CallRequest(
        sender=network.keys.addresses[0],
        to=Address(FORCED_INBOX),
        value=Wei(gas * FEE),
        gas=POST_GAS + 40 * len(encoded),
        data=post_call(zone.config.index, encoded, gas),
    )
    network.send(network.zone("system"), request)


def settle(network: Network, count: int = 1) -> int:
    """Settles so often; how many settlement blocks that gave."""
    return sum(len(network.settle()) for _ in range(count))
