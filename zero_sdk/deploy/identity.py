"""Which chain a deployment is on. A devnet that was started again is another one, though its chain id is
the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone


@dataclass(frozen=True, slots=True)
class Identity:
    """Of a zone's chain."""

    chain_id: int
    genesis: str
    """Hash of block 0, or of the oldest block that the node has."""
    instance: str | None
    """Of a devnet in memory: new for each start."""

    @classmethod
    def of(cls, zone: Zone) -> Identity:
        """Asks the node. Raises NoAnswer and Refused."""
        genesis: Any = zone.rpc("eth_getBlockByNumber", "0x0", False) or zone.block("earliest") or {}
        return cls(zone.chain_id, genesis.get("hash", ""), zone.network.instance_id)

    def difference(self, now: Identity) -> str | None:
        """What has changed since, in words; None where nothing has."""
        if self.chain_id != now.chain_id:
            return f"the chain id is {now.chain_id} and was {self.chain_id}"
        if self.instance != now.instance:
            return "the devnet was started again"
        if self.genesis != now.genesis:
            return "the chain has another genesis block"
        return None
