"""A codec that recovers no sender twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from devnet.chain.block import Receipt
from devnet.chain.codec import BlockContent, Codec, DecodedTransaction, Decoding, Outcome, Undecodable
from devnet.chain.transaction import Transaction


class RememberingCodec:
    """Another codec, told what transactions were decoded already: the process that executed a block recovered
    their senders, and recovering is most of what checking a proof of its blocks costs.

    What is known stands for exactly these bytes; whoever has others (a proof that was tampered with, blocks
    of somebody else) is given what the other codec says. Any one thread at a time tells it something.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._known: dict[bytes, Transaction] = {}
        self.recovered = 0
        """How many transactions the other codec was asked for."""

    @contextmanager
    def knowing(self, transactions: Iterable[Transaction]) -> Iterator[None]:
        """Inside, these need no recovery. Impersonated ones are none that anybody signed, so that they are
        not among those."""
        self._known = {each.encoded: each for each in transactions if not each.is_impersonated}
        try:
            yield
        finally:
            self._known = {}

    @property
    def works_beside_python(self) -> bool:
        """See `Codec`."""
        return self._codec.works_beside_python

    def decode(self, raw: bytes) -> DecodedTransaction:
        """See `Codec`."""
        known = self._known.get(raw)
        if known is not None:
            return known, None
        self.recovered += 1
        return self._codec.decode(raw)

    def decode_many(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        """See `Codec`."""
        found = list(map(self._known.get, raws))
        missing = [raw for raw, known in zip(raws, found, strict=True) if known is None]
        self.recovered += len(missing)
        others = iter(self._codec.decode_many(missing) if missing else ())
        return [next(others) if known is None else (known, None) for known in found]

    def begin(self, raws: Sequence[bytes]) -> Decoding:
        """See `Codec`."""
        return self._codec.begin(raws)

    def seal_content(self, transactions: Sequence[Transaction], results: Sequence[Outcome]) -> BlockContent:
        """See `Codec`."""
        return self._codec.seal_content(transactions, results)

    def pack_content(self, transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes:
        """See `Codec`."""
        return self._codec.pack_content(transactions, receipts)

    def unpack_content(
        self, transactions: bytes, receipts: bytes, hashes: bytes
    ) -> tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes]:
        """See `Codec`."""
        return self._codec.unpack_content(transactions, receipts, hashes)
