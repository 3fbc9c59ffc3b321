"""What a zone settled, shown under a settlement block that another zone knows, as contracts there take it.

A root is trusted as that of a height: who looks it up takes the height that the answer names. What comes back
has the arguments of the functions of SettledState.sol and SettledBlocks.sol (docs/proofs.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from devnet.chain.types import Hash32
from zero_sdk.proofs.errors import Flaw, InvalidProof
from zero_sdk.proofs.fields import Data, agree, as_data, take, take_data, take_list, take_number, to_bytes
from zero_sdk.proofs.inclusion import (
    ProvenLog,
    ProvenReceipt,
    ProvenTransaction,
    verify_log,
    verify_receipt,
    verify_transaction,
)
from zero_sdk.proofs.settlement import BlockPlace, Branch, root_over_block, root_over_state
from zero_sdk.proofs.state import ProvenAccount, ProvenState, verify_state

_ZONES = 1 << 16
_HEIGHTS = 1 << 64
_BLOCKS = 1 << 32

BranchParts: TypeAlias = tuple[int, tuple[bytes, ...]]
RootParts: TypeAlias = tuple[int, bytes, BranchParts]
BlockParts: TypeAlias = tuple[int, int, int, tuple[bytes, ...], BranchParts, bytes]
ItemParts: TypeAlias = tuple[int, tuple[bytes, ...]]
Item = TypeVar("Item", ProvenTransaction, ProvenReceipt, ProvenLog)


@dataclass(frozen=True, slots=True)
class SettledStateProof:
    """Accounts and slots of a zone's settled state, and what shows them to contracts of other zones."""

    zone: int
    """The index of the zone whose state it is."""
    height: int
    """Of the settlement block."""
    state: ProvenState
    root: RootParts
    """A `SettledRoot`."""
    account_proof: bytes
    slot_proofs: Mapping[int, bytes]
    """By slot."""

    @property
    def account(self) -> ProvenAccount | None:
        """None: it is proven that there is none."""
        return self.state.account

    @property
    def storage(self) -> Mapping[int, int]:
        """Value by slot; 0 where it is proven that nothing is stored."""
        return self.state.storage

    @property
    def account_parts(self) -> tuple[RootParts, bytes]:
        """The last two arguments of `SettledState.account`."""
        return self.root, self.account_proof

    def slot_parts(self, slot: int | bytes | None = None) -> tuple[RootParts, bytes]:
        """The last two arguments of `SettledState.slot`; of the only slot where none is named. Raises
        KeyError."""
        if slot is None:
            if len(self.slot_proofs) != 1:
                raise KeyError(f"{len(self.slot_proofs)} slots are proven: name one")
            (slot,) = self.slot_proofs
        number = int.from_bytes(slot, "big") if isinstance(slot, bytes) else slot
        return self.root, self.slot_proofs[number]


@dataclass(frozen=True, slots=True)
class SettledItemProof(Generic[Item]):
    """A transaction, receipt or log of a settled block, and what shows it to contracts of other zones."""

    zone: int
    """The index of the zone whose block it is in."""
    height: int
    """Of the settlement block."""
    found: Item
    block: BlockParts
    """A `BlockProof`."""
    item: ItemParts
    """An `ItemProof`."""

    @property
    def parts(self) -> tuple[BlockParts, ItemParts] | tuple[BlockParts, ItemParts, int]:
        """The arguments after the zone of `SettledBlocks.transaction`, `.receipt` or `.log`."""
        if isinstance(self.found, ProvenLog):
            return self.block, self.item, self.found.index_in_receipt
        return self.block, self.item


def verify_settled_state(settlement_root: Data, answer: Any) -> SettledStateProof:
    """An answer of zero_getProof with `settled`, held against the root of the settlement block that it names.
    Raises `InvalidProof`."""
    settled = take(answer, "settled")
    zone, height = _whose(settlement_root, settled)
    state_root, branch = take_data(settled, "stateRoot", 32), _branch(settled)
    _agree_on_root(settlement_root, root_over_state(state_root, zone, branch))
    state = verify_state(answer, state_root=state_root)
    slots = {
        int.from_bytes(take_data(entry, "key", 32), "big"): take_data(entry, "proof")
        for entry in take_list(answer, "storage")
    }
    parts = (height, state_root, _branch_parts(branch))
    return SettledStateProof(zone, height, state, parts, take_data(answer, "accountProof"), slots)


def verify_settled_block(settlement_root: Data, answer: Any) -> tuple[int, bytes, BlockParts]:
    """The zone's index, the block's hash, and the block as a `BlockProof`, of an answer of
    zero_getTransactionProof, zero_getReceiptProof or zero_getLogProof with `settled`, held against the root
    of the settlement block that it names. Raises `InvalidProof`."""
    settled = take(answer, "settled")
    zone, height = _whose(settlement_root, settled)
    peers = _peers(settled)
    index, count = take_number(settled, "index"), take_number(settled, "count")
    if not index < count < _BLOCKS:
        raise InvalidProof(Flaw.SETTLEMENT, "there is no such block in the update")
    block_hash, branch = take_data(answer, "blockHash", 32), _branch(settled)
    root = root_over_block(block_hash, zone, BlockPlace(index, count, peers), branch)
    _agree_on_root(settlement_root, root)
    header = take_data(answer, "header")
    return zone, block_hash, (height, index, count, peers, _branch_parts(branch), header)


def verify_settled_transaction(settlement_root: Data, answer: Any) -> SettledItemProof[ProvenTransaction]:
    """An answer of zero_getTransactionProof with `settled`. Raises `InvalidProof`."""
    zone, block_hash, block = verify_settled_block(settlement_root, answer)
    found = verify_transaction(block_hash, answer)
    return SettledItemProof(zone, block[0], found, block, _item(found.index, answer))


def verify_settled_receipt(settlement_root: Data, answer: Any) -> SettledItemProof[ProvenReceipt]:
    """An answer of zero_getReceiptProof with `settled`. Raises `InvalidProof`."""
    zone, block_hash, block = verify_settled_block(settlement_root, answer)
    found = verify_receipt(block_hash, answer)
    return SettledItemProof(zone, block[0], found, block, _item(found.index, answer))


def verify_settled_log(settlement_root: Data, answer: Any) -> SettledItemProof[ProvenLog]:
    """An answer of zero_getLogProof with `settled`. Raises `InvalidProof`."""
    zone, block_hash, block = verify_settled_block(settlement_root, answer)
    found = verify_log(block_hash, answer)
    return SettledItemProof(zone, block[0], found, block, _item(found.receipt.index, answer))


def _whose(settlement_root: Data, settled: Any) -> tuple[int, int]:
    """The zone's index and the height."""
    zone, height = take(settled, "zoneIndex"), take_number(settled, "height")
    if type(zone) is not int or not 0 <= zone < _ZONES or height >= _HEIGHTS:
        raise InvalidProof(Flaw.ANSWER, "there can be no such zone or height")
    agree(take_data(settled, "root", 32), to_bytes(settlement_root, 32, "settlement_root"), "settlement root")
    return zone, height


def _agree_on_root(settlement_root: Data, root: bytes) -> None:
    if root != to_bytes(settlement_root, 32, "settlement_root"):
        raise InvalidProof(Flaw.SETTLEMENT, "its root is another one")


def _peers(holder: Any) -> tuple[Hash32, ...]:
    return _hashes(take_list(holder, "peers"))


def _hashes(values: Sequence[Any]) -> tuple[Hash32, ...]:
    return tuple(Hash32(as_data(value, "one of the peers", 32)) for value in values)


def _branch(settled: Any) -> Branch:
    branch = take(settled, "branch")
    return Branch(take_number(branch, "zeros"), _peers(branch))


def _branch_parts(branch: Branch) -> BranchParts:
    return branch.zeros, tuple(bytes(peer) for peer in branch.peers)


def _item(index: int, answer: Any) -> ItemParts:
    return index, tuple(as_data(node, "one of the nodes") for node in take_list(answer, "nodes"))
