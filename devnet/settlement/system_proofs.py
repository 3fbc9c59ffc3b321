"""What contracts of the system zone have stored, shown against a state root that is settled.

Whoever makes something reads the zone with a `SlotRecorder` and hands out `recorder.proof()`; whoever checks
it runs the same reading over `proof.verify(root)`. Both give a contract's storage as the `Load` that the
mirrors of the contracts take (`devnet.contracts.staking.set_root`, `zone_registry.program_at`), so that what
is shown is exactly what the reading asked for:

    recorder = SlotRecorder(zone, number)
    staking.set_root(recorder.storage(STAKING))
    proof = recorder.proof()
    ...
    staking.set_root(proof.verify(state_root).storage(STAKING))
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

from devnet.chain.rlp import Decoded, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import address, members, text
from devnet.chain.types import Address, Hash32
from devnet.contracts.layout import WORD, Load
from devnet.settlement.votes import bounded
from devnet.state.values import slot_key
from devnet.state.verify import InvalidProof, verify
from devnet.zone.port import ZonePort

MOST_SLOTS = 1_024
"""In one proof."""
PROOF_LIMIT = 4_096
"""Bytes of a slot's proof: the longest that can be has less than 3 000."""


class SystemFlaw(StrEnum):
    """Why what a proof of the system zone shows does not count; names stay as they are once released."""

    MALFORMED = "malformed"
    """No canonical record of this kind: a number out of range, slots twice or in another order."""
    TOO_LARGE = "too-large"
    """More slots, or a longer proof, than anything honest has."""
    PROOF = "proof"
    """A slot's proof does not lead to the state root, or is another slot's."""
    VALUE = "value"
    """What is stored under the key is no slot's value."""
    MISSING = "missing"
    """A slot that has to be read is not shown."""
    UNUSED = "unused"
    """A slot is shown that nothing reads."""


class BadSystemProof(ValueError):
    """A proof of the system zone shows nothing, or not what it must."""

    def __init__(self, flaw: SystemFlaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail


@dataclass(frozen=True, slots=True, order=True)
class SystemSlot:
    """A slot of a contract in the system zone."""

    contract: Address
    slot: int

    def __str__(self) -> str:
        return f"slot {self.slot:#x} of 0x{self.contract.hex()}"


@dataclass(frozen=True, slots=True)
class SlotProof:
    """The QMDB proof of a slot: its value, or that nothing is stored there."""

    key: SystemSlot
    proof: bytes
    """As `devnet.state.proofs.Proof.encode` gives it."""

    def verify(self, state_root: Hash32) -> int:
        """The slot's value in the state with that root. Raises BadSystemProof (proof, value)."""
        try:
            value = verify(state_root, slot_key(self.key.contract, self.key.slot), self.proof)
        except InvalidProof as error:
            raise BadSystemProof(SystemFlaw.PROOF, f"{self.key}: {error.flaw.value}") from error
        if value is None:
            return 0
        if len(value) > 32 or not value[0]:
            raise BadSystemProof(SystemFlaw.VALUE, str(self.key))
        return int.from_bytes(value, "big")


class ProvenSlots:
    """Values of slots that a state root proves, and which of them were read."""

    __slots__ = ("_unread", "_values")

    def __init__(self, values: Mapping[SystemSlot, int]) -> None:
        self._values = values
        self._unread = set(values)

    def storage(self, contract: Address) -> Load:
        """The contract's storage, as far as it is proven. Reading another slot raises BadSystemProof
        (missing)."""
        return lambda slot: self._read(SystemSlot(contract, slot))

    def _read(self, key: SystemSlot) -> int:
        value = self._values.get(key)
        if value is None:
            raise BadSystemProof(SystemFlaw.MISSING, str(key))
        self._unread.discard(key)
        return value

    def check_all_read(self) -> None:
        """Raises BadSystemProof (unused) where a slot was shown that was not read. Called when everything was
        read, so that one reading has one proof."""
        if self._unread:
            raise BadSystemProof(SystemFlaw.UNUSED, str(min(self._unread)))


@dataclass(frozen=True, slots=True)
class SystemProof:
    """Proofs of slots, all against the same state root, in ascending order of (contract, slot)."""

    slots: tuple[SlotProof, ...] = ()

    def verify(self, state_root: Hash32) -> ProvenSlots:
        """What it shows of the state with that root: some 25 hashes for each slot. Raises BadSystemProof."""
        return ProvenSlots({entry.key: entry.verify(state_root) for entry in self.slots})

    def encode(self) -> bytes:
        """RLP of a list of [contract, slot, proof]; a slot has about 0.9 KB."""
        return encode_list(
            [
                encode_list(
                    [
                        encode_bytes(entry.key.contract),
                        encode_int(entry.key.slot),
                        encode_bytes(entry.proof),
                    ]
                )
                for entry in self.slots
            ]
        )


def system_proof_of(item: Decoded) -> SystemProof:
    """The inverse of `SystemProof.encode`, out of decoded RLP. Raises BadSystemProof (malformed,
    too-large)."""
    try:
        found = members(item)
        if len(found) > MOST_SLOTS:
            raise BadSystemProof(SystemFlaw.TOO_LARGE, f"{len(found)} slots")
        slots = tuple(_slot_of(each) for each in found)
    except BadSystemProof:
        raise
    except ValueError as error:
        raise BadSystemProof(SystemFlaw.MALFORMED, str(error)) from error
    for before, after in pairwise(slots):
        if before.key >= after.key:
            raise BadSystemProof(SystemFlaw.MALFORMED, f"{after.key} after {before.key}")
    return SystemProof(slots)


def _slot_of(item: Decoded) -> SlotProof:
    contract, slot, proof = members(item, 3)
    encoded = text(proof)
    if len(encoded) > PROOF_LIMIT:
        raise BadSystemProof(SystemFlaw.TOO_LARGE, f"a proof of {len(encoded)} bytes")
    return SlotProof(SystemSlot(address(contract), bounded(slot, WORD)), encoded)


class SlotRecorder:
    """Reads contracts of the system zone after one of its blocks, and notes what was read."""

    def __init__(self, zone: ZonePort, number: int) -> None:
        """`number` is the zone's block after which is read. Everything here is called by the zone's owner,
        and raises UnknownBlock, HistoryGone and StateGone where that state is not kept."""
        self._zone = zone
        self._number = number
        self._values: dict[SystemSlot, int] = {}
        self._proofs: dict[SystemSlot, SlotProof] = {}
        self._read: set[SystemSlot] = set()

    def forget_reads(self) -> None:
        """Begins a new proof; what was read or proven before is not read or proven again."""
        self._read.clear()

    def storage(self, contract: Address) -> Load:
        """The contract's storage; every slot that is read will be in the proof."""
        return lambda slot: self._note(SystemSlot(contract, slot))

    def _note(self, key: SystemSlot) -> int:
        self._read.add(key)
        value = self._values.get(key)
        if value is None:
            (value,) = self._zone.committed_storage(key.contract, (key.slot,), self._number)
            self._values[key] = value
        return value

    def proof(self) -> SystemProof:
        """Of all slots that were read, against the state root of the block."""
        missing = self._read - self._proofs.keys()
        for entry in prove_slots(self._zone, self._number, missing).slots:
            self._proofs[entry.key] = entry
        return SystemProof(tuple(self._proofs[key] for key in sorted(self._read)))


def prove_slots(zone: ZonePort, number: int, keys: AbstractSet[SystemSlot]) -> SystemProof:
    """Proofs of these slots against the state root of the zone's block `number`. Raises as `SlotRecorder`."""
    slots: list[SlotProof] = []
    for contract, group in groupby(sorted(keys), key=lambda key: key.contract):
        wanted = list(group)
        proven = zone.prove(contract, [key.slot for key in wanted], number)
        slots += [SlotProof(key, found.proof) for key, found in zip(wanted, proven.slots, strict=True)]
    return SystemProof(tuple(slots))
