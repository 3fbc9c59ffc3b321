"""What was dispersed for a settlement block, as JSON for subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devnet.rpc.codec.encode_transactions import hex_data

if TYPE_CHECKING:
    from devnet.network import Network


def encode_availability(network: Network, height: int) -> dict[str, Any]:
    """The updates of the settlement block of that height whose data is kept. Reads no file."""
    settlement = network.settlement
    settled, kept = settlement.chain.at(height), frozenset(settlement.archive.updates_at(height))
    names = tuple(network.zones)
    return {
        "settlementHeight": hex(height),
        "updates": [
            {
                "zone": names[update.statement.zone],
                "hash": hex_data(update.signed_hash),
                "dataCommitment": hex_data(update.statement.data_commitment),
            }
            for update in (() if settled is None else settled.updates)
            if update.signed_hash in kept
        ],
    }
