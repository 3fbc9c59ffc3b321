"""What subscribers are told of a settlement block, beside its head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from devnet.chain.types import Hash32, ZoneName
from devnet.rpc.codec.encode_availability import encode_availability
from devnet.rpc.codec.encode_settlement import encode_certificate, encode_update, encode_validators

if TYPE_CHECKING:
    from devnet.network import Network


class SettlementNews:
    """Of one network. Everything is answered from memory and changes nothing, so any thread may ask."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def availability(self, height: int) -> dict[str, Any]:
        """The updates of the settlement block of that height whose data is kept."""
        return encode_availability(self._network, height)

    def certificate(self, height: int) -> dict[str, Any] | None:
        """As `zero_getCertificate` has it; None at genesis."""
        settled = self._network.settlement.chain.at(height)
        return None if settled is None else encode_certificate(settled.certificate, settled.block.incarnation)

    def updates(self, zone: ZoneName, height: int) -> list[dict[str, Any]]:
        """The zone's updates in the settlement block of that height, each as `zero_getZoneUpdate` has it."""
        settled, names = self._network.settlement.chain.at(height), tuple(self._network.zones)
        return [
            encode_update(update, height, names)
            for update in (() if settled is None else settled.updates)
            if names[update.statement.zone] == zone
        ]

    def validators_root(self, height: int) -> Hash32:
        """Of the set that signs what follows the settlement block of that height."""
        return self._network.settlement.chain.signers_of(height + 1).root

    def validators(self, height: int) -> dict[str, Any]:
        """That set, without what shows it: `zero_getValidators` has the proof."""
        signers = self._network.settlement.chain.signers_of(height + 1)
        return {"settlementHeight": hex(height), **encode_validators(signers)}

    @property
    def height(self) -> int:
        """Of the newest settlement block."""
        return self._network.settlement.chain.height
