"""Questions for proofs of what a zone settled, for contracts of other zones.

A blocking or an asynchronous zone asks them; the answer is held against the settlement block, as the reading
zone knows it, before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SETTLEMENT_ROOTS
from zero_sdk.client.addresses import AddressLike, to_address, to_bytes
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.flows.steps import Ask, Flow

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Event, Log, Receipt
    from zero_sdk.proofs import (
        ProvenLog,
        ProvenReceipt,
        ProvenTransaction,
        SettledItemProof,
        SettledStateProof,
    )

Proof = TypeVar("Proof")
_ROOT_AT = b"rootAt(uint64)"


@dataclass(frozen=True, slots=True)
class Settled:
    """Which settlement block a proof leads to."""

    wanted: dict[str, str]
    """As requests name it."""
    reader: str | None
    """The name of the zone that reads it."""


@dataclass(frozen=True, slots=True)
class Question(Generic[Proof]):
    """A method that proves something, and how its answer is checked: `check(settlement root, answer)`."""

    method: str
    parameters: tuple[Any, ...]
    check: Callable[[str, Any], Proof]


Asking: TypeAlias = "Callable[[int, Settled], Question[Proof]]"
"""The question to the zone with an index, where it is known who is shown the proof."""


def settled_for(reader: str | None, height: int | None, recorded: bool) -> Settled:
    """Raises WrongArguments."""
    if (reader is None) == (height is None) or (recorded and reader is None):
        raise WrongArguments(
            "it is not said who is to be shown the proof",
            "give for_zone=, the zone that reads it, or height=, of a settlement block",
        )
    if height is not None:
        return Settled({"height": hex(height)}, None)
    assert reader is not None
    return Settled({"recordedBy" if recorded else "knownBy": reader}, reader)


def settlement_root(settled: Settled, answer: Any) -> Flow[str]:
    """The root of the settlement block that the answer names, as contracts of the reading zone see it in the
    next block; where no zone reads it, as the network says it. Raises Refused, and InvalidProof where there
    is none."""
    from zero_sdk.proofs.errors import Flaw, InvalidProof
    from zero_sdk.proofs.fields import take, take_number

    height = take_number(take(answer, "settled"), "height")
    if settled.reader is None:
        block = yield Ask("zero_getSettlementBlock", [hex(height)])
        root = None if block is None else block["root"]
    else:
        data = keccak256(_ROOT_AT)[:4] + height.to_bytes(32, "big")
        request = {"to": f"0x{SETTLEMENT_ROOTS.hex()}", "data": f"0x{data.hex()}"}
        root = yield Ask("eth_call", [request, "latest"])
    if not isinstance(root, str) or len(root) != 66:
        raise InvalidProof(Flaw.SETTLEMENT, f"there is no settlement block {height}")
    return root


def of_state(
    address: AddressLike, slots: Sequence[int | bytes], zone: int, settled: Settled
) -> Question[SettledStateProof]:
    """Of an account and some of its slots, each there or not. `zone` is the zone's index."""
    numbers = tuple(int.from_bytes(slot, "big") if isinstance(slot, bytes) else slot for slot in slots)

    def check(root: str, answer: Any) -> SettledStateProof:
        from zero_sdk.proofs import verify_settled_state

        proof = verify_settled_state(root, answer)
        _require(proof.zone == zone, "zone")
        _require(proof.state.address == to_bytes(address) and set(proof.storage) == set(numbers), "account")
        return proof

    keys = [f"0x{number:064x}" for number in numbers]
    return Question("zero_getProof", (to_address(address), keys, None, settled.wanted), check)


def of_transaction(
    transaction_hash: str, zone: int, settled: Settled
) -> Question[SettledItemProof[ProvenTransaction]]:
    """Of a transaction."""

    def check(root: str, answer: Any) -> SettledItemProof[ProvenTransaction]:
        from zero_sdk.proofs import verify_settled_transaction

        proof = verify_settled_transaction(root, answer)
        _require(proof.zone == zone, "zone")
        _require(proof.found.hash == bytes.fromhex(transaction_hash[2:]), "transaction")
        return proof

    return Question("zero_getTransactionProof", (transaction_hash, settled.wanted), check)


def of_receipt(
    transaction_hash: str, receipt: Receipt, zone: int, settled: Settled
) -> Question[SettledItemProof[ProvenReceipt]]:
    """Of the receipt of a transaction."""

    def check(root: str, answer: Any) -> SettledItemProof[ProvenReceipt]:
        from zero_sdk.proofs import verify_settled_receipt

        proof = verify_settled_receipt(root, answer)
        _require(proof.zone == zone, "zone")
        _require_same(proof.found, receipt)
        return proof

    return Question("zero_getReceiptProof", (transaction_hash, settled.wanted), check)


def of_log(
    transaction_hash: str, receipt: Receipt, log: Event | Log | int, zone: int, settled: Settled
) -> Question[SettledItemProof[ProvenLog]]:
    """Of a log of a transaction: an event, a log, or its index in the block. Raises WrongArguments where the
    transaction has no such log."""
    index = log if isinstance(log, int) else log.log_index
    known = next((each for each in receipt.logs if each.log_index == index), None)
    if known is None:
        raise WrongArguments(
            f"transaction {transaction_hash} has no log {index}",
            "give one of its events or of receipt.logs, or its index in the block",
        )

    def check(root: str, answer: Any) -> SettledItemProof[ProvenLog]:
        from zero_sdk.proofs import verify_settled_log

        proof = verify_settled_log(root, answer)
        _require(proof.zone == zone, "zone")
        _require_same(proof.found.receipt, receipt)
        found = proof.found.log
        _require((found.topics, found.data) == (known.topics, known.data), "log")
        _require(found.address == to_bytes(known.address), "log")
        return proof

    return Question("zero_getLogProof", (transaction_hash, hex(index), settled.wanted), check)


def _require_same(proven: ProvenReceipt, receipt: Receipt) -> None:
    block = bytes.fromhex(receipt.block_hash[2:])
    _require((proven.block.hash, proven.index) == (block, receipt.transaction_index), "receipt")


def _require(agrees: bool, what: str) -> None:
    if not agrees:
        from zero_sdk.proofs.errors import Flaw, InvalidProof

        raise InvalidProof(Flaw.CONTRADICTION, f"another {what} is proven")
