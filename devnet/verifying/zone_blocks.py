"""A zone's blocks under what was settled: their headers, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from devnet.chain.block import Header, Receipt
from devnet.chain.block_codec import header_hash
from devnet.chain.errors import MalformedTransaction
from devnet.chain.fees import blob_gas, effective_gas_price
from devnet.chain.hash_tree import list_root
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import encode_receipt, join_blooms
from devnet.chain.rlp import encode_bytes, encode_int, encode_list
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import decode_impersonated, decode_transaction
from devnet.chain.trie import ordered_root
from devnet.chain.types import ZERO_HASH, Address, Hash32
from devnet.proving.statement import head_leaf
from devnet.rpc.codec.encode_receipts import encode_receipt as receipt_as_json
from devnet.rpc.codec.encode_transactions import encode_transaction as transaction_as_json
from devnet.settlement.block import ZoneUpdate
from devnet.verifying.asking import Asking, Denied
from devnet.verifying.genesis import Genesis
from devnet.verifying.reading import (
    NotARecord,
    data,
    hash32,
    listing,
    mapping,
    read_block,
    read_header,
    read_receipt,
    record,
)
from devnet.verifying.report import Lie, Report
from devnet.zone.messages import LocatedReceipt

GROUP = 64
"""Blocks that are asked for at once."""


class ZoneBlocks:
    """Checks the blocks of updates, which come in the order of their zone's chain."""

    def __init__(
        self,
        ask: Asking,
        genesis: Genesis,
        known: dict[Hash32, SettlementHead],
        report: Report,
        *,
        with_content: bool,
    ) -> None:
        """`known` are the settlement blocks that hold, by root; it grows meanwhile."""
        self._ask = ask
        self._genesis = genesis
        self._known = known
        self._report = report
        self._with_content = with_content
        self._newest: dict[int, Header] = {}
        """Of each zone the newest header that holds."""
        self.hashes: dict[tuple[int, int], Hash32] = {}
        """Of each zone the newest block that holds: (zone, number) -> hash."""

    def check(self, update: ZoneUpdate, height: int) -> tuple[int, int] | None:
        """The blocks of one update, which is in the settlement block of that height. Gives the settlement
        heights that the block before the update knows, and that its last block knows; None where they are
        not all told, or not as they should be."""
        statement = update.statement
        name = self._genesis.names[statement.zone]
        headers = self._headers(update, height, name)
        if headers is None:
            return None
        hashes = [header_hash(header) for header in headers]
        if not self._check_chain(update, headers, hashes, height, name):
            return None
        self._check_overrides(update, headers, height, name)
        known = self._check_heights(update, headers, height, name)
        self._newest[statement.zone] = headers[-1]
        self.hashes = {key: value for key, value in self.hashes.items() if key[0] != statement.zone}
        self.hashes[statement.zone, headers[-1].number] = hashes[-1]
        self._report.counts["headers"] += len(headers)
        return known

    def _headers(self, update: ZoneUpdate, height: int, name: str) -> list[Header] | None:
        """Of all blocks of the update; None where they are not all told."""
        first, last = update.statement.first_height, update.statement.last_height
        headers: list[Header] = []
        for start in range(first, last + 1, GROUP):
            numbers = range(start, min(start + GROUP, last + 1))
            answers = self._ask(name, self._calls(numbers))
            width = len(answers) // len(numbers)
            for position, number in enumerate(numbers):
                told = answers[width * position : width * (position + 1)]
                if told[0] is None or isinstance(told[0], Denied):
                    self._report.gap(
                        f"blocks of zone {name}",
                        "they are no longer kept there (--history)",
                        last - first + 1,
                    )
                    return None
                try:
                    header = record("a block", told[0], read_header)
                    if header.number != number or hash32(told[0]["hash"]) != header_hash(header):
                        raise NotARecord("its hash, or its number, is not that of its header")
                    if self._with_content:
                        _check_content(self._genesis, update.statement.zone, header, told, self._report)
                except NotARecord as error:
                    self._report.lie(_lie_of(error), str(error), height, name, number)
                    return None
                headers.append(header)
        return headers

    def _calls(self, numbers: Sequence[int]) -> list[tuple[str, Sequence[Any]]]:
        calls: list[tuple[str, Sequence[Any]]] = []
        for number in map(hex, numbers):
            calls.append(("eth_getBlockByNumber", [number, self._with_content]))
            if self._with_content:
                calls.append(("debug_getRawTransactions", [number]))
                calls.append(("eth_getBlockReceipts", [number]))
        return calls

    def _check_chain(
        self,
        update: ZoneUpdate,
        headers: Sequence[Header],
        hashes: Sequence[Hash32],
        height: int,
        name: str,
    ) -> bool:
        statement, before = update.statement, update.statement.parent_block_hash
        for header, block_hash in zip(headers, hashes, strict=True):
            if header.parent_hash != before:
                detail = "its parent is not the block before it"
                self._report.lie(Lie.HEADER, detail, height, name, header.number)
                return False
            before = block_hash
        if (before, list_root(hashes)) != (statement.last_block_hash, statement.block_hashes_root):
            detail = "the blocks that are told are not those that were settled"
            self._report.lie(Lie.HEADER, detail, height, name, headers[-1].number)
            return False
        if headers[-1].state_root != statement.post_state_root:
            detail = "its state root is not the one that was settled"
            self._report.lie(Lie.HEADER, detail, height, name, headers[-1].number)
        return True

    def _check_overrides(self, update: ZoneUpdate, headers: Sequence[Header], height: int, name: str) -> None:
        leaves = [Hash32(header.extra_data) if header.extra_data else ZERO_HASH for header in headers]
        if list_root(leaves) != update.statement.overrides_root:
            detail = "what development calls overrode is not what the headers say"
            self._report.lie(Lie.UPDATE, detail, height, name)
        self._report.counts["blocks with overrides (evm-dev)"] += sum(leaf != ZERO_HASH for leaf in leaves)

    def _check_heights(
        self, update: ZoneUpdate, headers: Sequence[Header], height: int, name: str
    ) -> tuple[int, int] | None:
        """Which settlement blocks the blocks are the first to know, and whether they are on the chain. Gives
        the heights that the block before and the last one know."""
        zone = update.statement.zone
        before = self._root_before(zone, headers[0])
        start = None if before is None else self._known.get(before) or self._older(before)
        if before is None or start is None:
            self._report.gap("which settlement blocks a zone knew first", "the block before is not told", 1)
            return None
        newest = start
        first_known: list[SettlementHead] = []
        for header in headers:
            root = header.parent_beacon_block_root
            if root is None or root == newest.root:
                continue
            head = self._known.get(root) or self._older(root)
            if head is None or head.height >= height:
                detail = f"it knows a settlement block that is not on the chain: 0x{root.hex()}"
                self._report.lie(Lie.HEIGHTS, detail, height, name, header.number)
                return None
            first_known.append(head)
            newest = head
        if list_root(map(head_leaf, first_known)) != update.statement.settlement_heights:
            detail = "the settlement blocks that the headers know are not those of the update"
            self._report.lie(Lie.HEIGHTS, detail, height, name)
            return None
        return start.height, newest.height

    def _root_before(self, zone: int, first: Header) -> Hash32 | None:
        """The settlement root that the block before knows."""
        newest = self._newest.get(zone)
        if newest is None:
            number = hex(first.number - 1)
            (told,) = self._ask(self._genesis.names[zone], [("eth_getBlockByNumber", [number, False])])
            if told is None or isinstance(told, Denied):
                return None
            try:
                newest = record("a block", told, read_header)
            except NotARecord:
                return None
            if header_hash(newest) != first.parent_hash:
                return None
        return newest.parent_beacon_block_root

    def _older(self, root: Hash32) -> SettlementHead | None:
        """A settlement block before the first that was walked: its root shows what it is."""
        (told,) = self._ask(None, [("zero_getSettlementBlock", ["0x" + root.hex()])])
        if root == self._genesis.config_hash:
            return SettlementHead(0, root, 0, len(self._genesis.names))
        if told is None or isinstance(told, Denied):
            return None
        try:
            block = record("a settlement block", told, read_block)
        except NotARecord:
            return None
        if block.root != root:
            return None
        return SettlementHead(block.height, root, block.slot, len(self._genesis.names))


# ---------------------------------------------------------------- what is in a block


class _Wrong(NotARecord):
    """Something in a block is not what its header says."""

    def __init__(self, lie: Lie, detail: str) -> None:
        super().__init__(detail)
        self.lie = lie


def _lie_of(error: NotARecord) -> Lie:
    return error.lie if isinstance(error, _Wrong) else Lie.HEADER


def _check_content(genesis: Genesis, zone: int, header: Header, told: Sequence[Any], report: Report) -> None:
    """The transactions against their root, and all that is told of them against themselves; the same of the
    receipts. Raises NotARecord."""
    block, raws, receipts = told
    try:
        encoded = [data(raw) for raw in listing(raws)]
        if ordered_root(encoded) != header.transactions_root:
            raise _Wrong(Lie.TRANSACTIONS, "they are not under the header's transactions root")
        transactions = [_transaction(raw) for raw in encoded]
        _check_transactions(header, transactions, listing(block["transactions"]))
    except _Wrong:
        raise
    except (ValueError, KeyError, TypeError, MalformedTransaction) as error:
        raise _Wrong(Lie.TRANSACTIONS, f"they cannot be read: {error}") from None
    try:
        _check_receipts(genesis, zone, header, transactions, listing(receipts))
    except _Wrong:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Wrong(Lie.RECEIPTS, f"they cannot be read: {type(error).__name__}: {error}") from None
    report.counts["transactions"] += len(transactions)
    report.counts["receipts"] += len(transactions)


def _transaction(encoded: bytes) -> Transaction:
    try:
        return decode_transaction(encoded)[0]
    except MalformedTransaction:
        # The sender of one that nobody signed stands in the block's overrides.
        return decode_impersonated(encoded)


def _check_transactions(header: Header, transactions: Sequence[Transaction], told: Sequence[Any]) -> None:
    if len(told) != len(transactions):
        raise _Wrong(Lie.TRANSACTIONS, f"{len(told)} are told, and there are {len(transactions)}")
    block_hash = header_hash(header)
    for index, (transaction, shown) in enumerate(zip(transactions, told, strict=True)):
        expected = transaction_as_json(transaction, header, block_hash, index)
        if name := _difference(expected, shown):
            raise _Wrong(Lie.TRANSACTIONS, f"{name} of transaction {index} is not what was signed")


def _check_receipts(
    genesis: Genesis, zone: int, header: Header, transactions: Sequence[Transaction], told: Sequence[Any]
) -> None:
    receipts = [read_receipt(entry) for entry in told]
    if len(receipts) != len(transactions):
        raise _Wrong(Lie.RECEIPTS, f"{len(receipts)} are told of {len(transactions)} transactions")
    if ordered_root([encode_receipt(receipt) for receipt in receipts]) != header.receipts_root:
        raise _Wrong(Lie.RECEIPTS, "they are not under the header's receipts root")
    if join_blooms([receipt.bloom for receipt in receipts]) != header.bloom:
        raise _Wrong(Lie.HEADER, "its bloom is not that of its receipts")
    rules = genesis.programs[zone].rules
    block_hash, gas, logs = header_hash(header), 0, 0
    for index, (receipt, transaction, shown) in enumerate(zip(receipts, transactions, told, strict=True)):
        whole = _whole(receipt, transaction, header, gas, logs)
        located = LocatedReceipt(whole, transaction, header, block_hash, index)
        expected = receipt_as_json(located, rules)
        if not receipt.status:
            # Nothing was created, whatever stands there.
            expected.pop("contractAddress")
        if name := _difference(expected, shown):
            raise _Wrong(Lie.RECEIPTS, f"{name} of receipt {index} does not follow from the block")
        gas, logs = receipt.cumulative_gas_used, logs + len(receipt.logs)
    if gas != header.gas_used:
        raise _Wrong(Lie.HEADER, "its gas is not that of its receipts")


def _whole(receipt: Receipt, transaction: Transaction, header: Header, gas: int, logs: int) -> Receipt:
    """The receipt with what follows from its transaction and from those before it."""
    return replace(
        receipt,
        gas_used=receipt.cumulative_gas_used - gas,
        effective_gas_price=effective_gas_price(transaction, header.base_fee_per_gas),
        contract_address=_created(transaction),
        blob_gas_used=blob_gas(transaction),
        first_log_index=logs,
    )


def _created(transaction: Transaction) -> Address | None:
    if transaction.to is not None:
        return None
    place = encode_list([encode_bytes(transaction.sender), encode_int(transaction.nonce)])
    return Address(keccak256(place)[12:])


def _difference(expected: Mapping[str, Any], told: Any) -> str:
    """The first field in which what is told differs, "" for none."""
    shown = mapping(told)
    return next((name for name, value in expected.items() if shown.get(name) != value), "")
