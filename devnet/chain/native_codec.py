"""The codec in the kernel: recovers and hashes on all threads of a pool, without the interpreter's lock.

What the kernel declines (blob transactions with their sidecars, and everything that is not well-formed or not
signed) goes to the reference, so that the words of the errors have one origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devnet.chain.block import Receipt
from devnet.chain.codec import (
    NO_CONTENT,
    REFERENCE,
    BlockContent,
    DecodedTransaction,
    Decoding,
    Outcome,
    Undecodable,
)
from devnet.chain.transaction import Transaction
from devnet.kernel import load

if TYPE_CHECKING:
    from devnet.kernel import zero_kernel
    from devnet.kernel.zero_kernel import Pool


class NativeCodec:
    """See `devnet.chain.codec.Codec`."""

    __slots__ = ("_decoding", "_native")

    def __init__(self, pool: Pool, decoding: Pool | None = None) -> None:
        """With threads of its own for decoding many transactions, where others should not have to wait for
        that. Raises KernelAbsent."""
        kernel = load()
        self._native = kernel.Codec(pool)
        self._decoding = self._native if decoding is None else kernel.Codec(decoding)

    @property
    def works_beside_python(self) -> bool:
        """See `Codec`."""
        return True

    def decode(self, raw: bytes) -> DecodedTransaction:
        """See `Codec`."""
        transaction = self._native.decode(raw)
        return REFERENCE.decode(raw) if transaction is None else (transaction, None)

    def decode_many(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        """See `Codec`."""
        return _completed(raws, self._decoding.decode_many(raws))

    def begin(self, raws: Sequence[bytes]) -> Decoding:
        """See `Codec`."""
        return _Begun(raws, self._decoding.begin(raws))

    def seal_content(self, transactions: Sequence[Transaction], results: Sequence[Outcome]) -> BlockContent:
        """See `Codec`."""
        if not transactions:
            return NO_CONTENT
        return BlockContent(tuple(transactions), *self._native.seal_content(transactions, results))

    def pack_content(self, transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes:
        """See `Codec`."""
        packed: bytes | None = self._native.pack_content(transactions, receipts)
        return REFERENCE.pack_content(transactions, receipts) if packed is None else packed

    def unpack_content(
        self, transactions: bytes, receipts: bytes, hashes: bytes
    ) -> tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes]:
        """See `Codec`."""
        unpacked: tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes] | None
        unpacked = self._native.unpack_content(transactions, receipts, hashes)
        return REFERENCE.unpack_content(transactions, receipts, hashes) if unpacked is None else unpacked


@dataclass(frozen=True, slots=True)
class _Begun:
    """See `Decoding`."""

    raws: Sequence[bytes]
    native: zero_kernel.Decoding

    @property
    def is_done(self) -> bool:
        return self.native.is_done

    def finish(self) -> list[DecodedTransaction | Undecodable]:
        return _completed(self.raws, self.native.finish())


def _completed(
    raws: Sequence[bytes], decoded: Sequence[DecodedTransaction | None]
) -> list[DecodedTransaction | Undecodable]:
    """With what the kernel declined."""
    return [
        REFERENCE.decode_many((raw,))[0] if item is None else item
        for raw, item in zip(raws, decoded, strict=True)
    ]
