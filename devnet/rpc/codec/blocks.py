"""How a caller names a block: numbers, tags, hashes and EIP-1898 objects."""

from __future__ import annotations

from typing import Any

from devnet.chain.types import BlockRef
from devnet.rpc.codec.shapes import Shape, describe, optional_field, read_boolean, read_hash, read_u64, ref

_TAGS: dict[str, BlockRef] = {
    "latest": "latest",
    "pending": "pending",
    "earliest": "earliest",
    "safe": "safe",
    "finalized": "finalized",
}


def read_number_or_tag(value: Any) -> BlockRef:
    """A block number or tag; no hash."""
    if type(value) is str:
        tag = _TAGS.get(value)
        if tag is not None:
            return tag
        if value[:2] in ("0x", "0X"):
            return read_u64(value)
    raise ValueError(f"expected a block number or tag (latest, pending, ...), got {describe(value)}")


def read_block_ref(value: Any) -> BlockRef:
    """A block number, tag, 32-byte hash, or an EIP-1898 object."""
    if type(value) is str:
        tag = _TAGS.get(value)
        if tag is not None:
            return tag
        if value[:2] in ("0x", "0X"):
            return read_hash(value) if len(value) == 66 else read_u64(value)
    elif type(value) is dict:
        return _read_eip_1898(value)
    raise ValueError(f"expected a block number, tag or hash, got {describe(value)}")


def _read_eip_1898(value: dict[str, Any]) -> BlockRef:
    block_hash = optional_field(value, "blockHash", read_hash)
    number = optional_field(value, "blockNumber", read_number_or_tag)
    # Only canonical blocks are kept, so that the flag changes nothing; its type is still checked.
    optional_field(value, "requireCanonical", read_boolean)
    if (block_hash is None) == (number is None):
        raise ValueError("expected either blockHash or blockNumber (EIP-1898)")
    return block_hash if block_hash is not None else number  # type: ignore[return-value]


NUMBER_OR_TAG = Shape(read_number_or_tag, ref("BlockNumberOrTag"))
BLOCK_REF = Shape(read_block_ref, ref("BlockNumberOrTagOrHash"))
