"""The system zone's settled state as an outsider reads it: slot by slot, each with its proof."""

from __future__ import annotations

from devnet.chain.types import Address, Hash32
from devnet.contracts.layout import Load
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX
from devnet.settlement.system_proofs import BadSystemProof, SlotProof, SystemFlaw, SystemSlot
from devnet.verifying.asking import Asking, Denied
from devnet.verifying.genesis import Genesis
from devnet.verifying.reading import NotARecord, data, record


class NotTold(LookupError):
    """The network does not show that state any more."""


class SystemState:
    """Reads what contracts stored after a block, and holds it against the state root. Remembers the newest
    block that was read."""

    def __init__(self, ask: Asking, genesis: Genesis) -> None:
        self._ask = ask
        self._name = genesis.names[SYSTEM_ZONE_INDEX]
        self._place: tuple[int, Hash32] | None = None
        self._known: dict[SystemSlot, int] = {}

    def storage(self, contract: Address, number: int, root: Hash32) -> Load:
        """The contract's storage after the zone's block with this number, whose state root is `root`. Reading
        raises NotTold, and BadSystemProof for a lie."""
        return lambda slot: self._read(SystemSlot(contract, slot), number, root)

    def _read(self, key: SystemSlot, number: int, root: Hash32) -> int:
        if self._place != (number, root):
            self._place = (number, root)
            self._known.clear()
        if key not in self._known:
            self._known[key] = self._prove(key, number).verify(root)
        return self._known[key]

    def _prove(self, key: SystemSlot, number: int) -> SlotProof:
        parameters = ["0x" + key.contract.hex(), [f"0x{key.slot:064x}"], hex(number)]
        (told,) = self._ask(self._name, [("zero_getProof", parameters)])
        if told is None or isinstance(told, Denied):
            raise NotTold(f"the state of block {number} of the system zone")
        try:
            return SlotProof(key, record("a proof", told, lambda value: data(value["storage"][0]["proof"])))
        except NotARecord as error:
            raise BadSystemProof(SystemFlaw.MALFORMED, str(error)) from None
