"""Anvil's format of a dumped state (Anvil 1.7.1): JSON, gzipped for RPC, plain in its files.

    block                the newest block as an execution sees it
    accounts             by address: nonce (a number), balance, code, storage (all hexadecimal)
    best_block_number    of the newest block
    blocks               {header, transactions: [{transaction, impersonated_sender}], ommers, withdrawals}
    transactions         {info, receipt, block_hash, block_number} for each transaction of these blocks
    historical_states    null here

Anvil wants `block`, `accounts`, `best_block_number` and the block of that number. It hashes the headers
itself, so that blocks keep their hashes there, although it could not compute their state roots.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import orjson

from devnet.chain.block import Block, Receipt
from devnet.chain.transaction import ACCESS_LIST, LEGACY, Transaction
from devnet.chain.types import Address
from devnet.rpc.codec.encode_blocks import encode_header
from devnet.rpc.codec.encode_transactions import encode_fields, hex_address, hex_data, hex_word
from devnet.rpc.codec.shapes import (
    read_address,
    read_data,
    read_object,
    read_slot,
    read_u64_number,
    read_wei_number,
    read_word,
)
from devnet.zone.messages import GenesisAccount

LARGEST_STATE = 256 * 1024 * 1024
"""Bytes of JSON that a dump may have, made or loaded."""

BLOCKS = 1_024
"""How many of the newest blocks are in a dump at most."""

BLOCK_BYTES = 16 * 1024 * 1024
"""Bytes of JSON that blocks take in a dump; the newest is always there."""

_GZIP = 31
_LEVEL = 6


class StateTooLarge(ValueError):
    """The state does not fit into `LARGEST_STATE`."""


# ---------------------------------------------------------------- out


def pack_accounts(accounts: Mapping[Address, GenesisAccount]) -> bytes:
    """A state of these accounts only: this network loads it, Anvil does not. Raises StateTooLarge."""
    return _pack(chain((b"{",), _account_pieces(accounts), (b"}",)))


def pack_state(accounts: Mapping[Address, GenesisAccount], newest_first: Iterable[Block]) -> bytes:
    """A dump of these accounts and of as many of the newest blocks as there is room for. Raises
    StateTooLarge."""
    return _pack(_pieces(accounts, list(_chosen(newest_first))))


def _pack(pieces: Iterable[bytes]) -> bytes:
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    packed = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LARGEST_STATE:
            raise StateTooLarge(f"the state takes more than {LARGEST_STATE} bytes as Anvil writes it")
        packed.append(packing.compress(piece))
    packed.append(packing.flush())
    return b"".join(packed)


def _chosen(newest_first: Iterable[Block]) -> Iterator[tuple[Block, bytes, list[bytes]]]:
    """The blocks that go into a dump with what is written of them and of their transactions."""
    size = 0
    for count, block in enumerate(newest_first):
        encoded = orjson.dumps(_encode_block(block))
        mined = [
            orjson.dumps(_encode_mined(block, index, transaction, receipt))
            for index, (transaction, receipt) in enumerate(
                zip(block.transactions, block.receipts, strict=True)
            )
        ]
        size += len(encoded) + sum(map(len, mined))
        if count and (count >= BLOCKS or size > BLOCK_BYTES):
            return
        yield block, encoded, mined


def _pieces(
    accounts: Mapping[Address, GenesisAccount], chosen: list[tuple[Block, bytes, list[bytes]]]
) -> Iterator[bytes]:
    newest = chosen[0][0]
    chosen.reverse()
    yield b'{"block":' + orjson.dumps(_encode_environment(newest)) + b","
    yield from _account_pieces(accounts)
    yield b',"best_block_number":' + str(newest.header.number).encode() + b',"blocks":['
    for index, (_, encoded, _) in enumerate(chosen):
        yield (b"," if index else b"") + encoded
    yield b'],"transactions":['
    all_mined = (entry for _, _, mined in chosen for entry in mined)
    for index, entry in enumerate(all_mined):
        yield (b"," if index else b"") + entry
    yield b'],"historical_states":null}'


def _account_pieces(accounts: Mapping[Address, GenesisAccount]) -> Iterator[bytes]:
    yield b'"accounts":{'
    for index, (address, account) in enumerate(accounts.items()):
        comma = b"," if index else b""
        yield comma + b'"0x' + address.hex().encode() + b'":' + orjson.dumps(_encode_account(account))
    yield b"}"


def _encode_account(account: GenesisAccount) -> dict[str, Any]:
    return {
        "nonce": account.nonce,
        "balance": hex(account.balance),
        "code": hex_data(account.code),
        "storage": {hex_word(slot): hex_word(value) for slot, value in account.storage.items()},
    }


def _encode_environment(block: Block) -> dict[str, Any]:
    header = block.header
    return {
        "number": hex(header.number),
        "beneficiary": hex_data(header.coinbase),
        "timestamp": hex(header.timestamp),
        "gas_limit": header.gas_limit,
        "basefee": header.base_fee_per_gas,
        "difficulty": "0x0",
        "prevrandao": hex_data(header.prev_randao),
        "blob_excess_gas_and_price": {"excess_blob_gas": header.excess_blob_gas or 0, "blob_gasprice": 1},
    }


def _encode_block(block: Block) -> dict[str, Any]:
    header = encode_header(block.header, block.hash)
    del header["hash"]
    return {
        "header": header,
        "transactions": [
            # Anvil would give a transaction with an impersonated sender another hash and not find it again.
            {"transaction": _encode_transaction(transaction), "impersonated_sender": None}
            for transaction in block.transactions
        ],
        "ommers": [],
        "withdrawals": None,
    }


def _encode_transaction(transaction: Transaction) -> dict[str, Any]:
    fields = encode_fields(transaction)
    if transaction.type not in (LEGACY, ACCESS_LIST):
        del fields["gasPrice"]
    fields |= {"r": hex(transaction.r), "s": hex(transaction.s), "v": hex(transaction.v)}
    if transaction.type != LEGACY:
        fields["yParity"] = hex(transaction.v)
    fields["hash"] = hex_data(transaction.hash)
    return fields


def _encode_mined(block: Block, index: int, transaction: Transaction, receipt: Receipt) -> dict[str, Any]:
    return {
        "info": {
            "transaction_hash": hex_data(transaction.hash),
            "transaction_index": index,
            "from": hex_data(transaction.sender),
            "to": hex_address(transaction.to),
            "contract_address": hex_address(receipt.contract_address),
            "traces": [],
            "exit": "Stop" if receipt.status else "Revert",
            "out": None,
            "nonce": transaction.nonce,
            "gas_used": receipt.gas_used,
        },
        "receipt": {
            "type": hex(receipt.transaction_type),
            "status": "0x1" if receipt.status else "0x0",
            "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
            "logs": [
                {
                    "address": hex_data(log.address),
                    "topics": [hex_data(topic) for topic in log.topics],
                    "data": hex_data(log.data),
                }
                for log in receipt.logs
            ],
            "logsBloom": hex_data(receipt.bloom),
        },
        "block_hash": hex_data(block.hash),
        "block_number": block.header.number,
    }


# ---------------------------------------------------------------- in


def read_accounts(packed: bytes) -> Mapping[Address, GenesisAccount]:
    """The accounts of a dump, gzipped or not, of any version of Anvil or of this network; nothing else of it
    can be used. Raises ValueError."""
    # orjson refuses deep nesting; json would recurse as deep as the engine allows, beyond the C stack.
    content = read_object(orjson.loads(_unpack(packed)))
    return {
        read_address(address): _read_account(account)
        for address, account in read_object(content.get("accounts")).items()
    }


def _unpack(packed: bytes) -> bytes:
    if not packed.startswith(b"\x1f\x8b"):
        if len(packed) > LARGEST_STATE:
            raise StateTooLarge(f"it has more than {LARGEST_STATE} bytes")
        return packed
    unpacking = zlib.decompressobj(_GZIP)
    try:
        content = unpacking.decompress(packed, LARGEST_STATE)
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked: {error}") from None
    if not unpacking.eof:
        raise StateTooLarge(f"it is cut short, or unpacks to more than {LARGEST_STATE} bytes")
    return content


def _read_account(value: Any) -> GenesisAccount:
    source: Mapping[str, Any] = read_object(value)
    storage = read_object(source.get("storage", {}))
    return GenesisAccount(
        balance=read_wei_number(source.get("balance", 0)),
        nonce=read_u64_number(source.get("nonce", 0)),
        code=read_data(source.get("code", "0x")),
        storage={read_slot(slot): read_word(content) for slot, content in storage.items()},
    )
