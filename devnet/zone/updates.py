"""An update of a zone as a proof needs it: the blocks as data, and the witness of executing them."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.block import Header
from devnet.chain.codec import Codec
from devnet.execution import Engine
from devnet.proving.batch import BatchBlock
from devnet.proving.program import Program
from devnet.proving.recording import Recording
from devnet.proving.witness import Witness
from devnet.zone.errors import BadRequest
from devnet.zone.ledger import Ledger
from devnet.zone.sidecars import SidecarStore

BLOCK_WORK = 100_000
"""What a block costs beside its transactions, in gas: its system calls, its header."""


class UpdateRecording:
    """The witness of an update, made in turns."""

    def __init__(
        self, ledger: Ledger, engine: Engine, codec: Codec, program: Program, first: int, last: int
    ) -> None:
        """As `record_update`."""
        self._ledger = ledger
        self._next, self._last = first, last
        self._hash = ledger.get(last).block.hash

        def header_at(number: int) -> Header:
            return ledger.chain.header_of(number) or ledger.get(number).block.header

        hashes = ledger.chain.recent_hashes(first)
        self._recording = Recording(
            program, header_at(first - 1), ledger.state, hashes, header_at, engine, codec
        )
        self._key = (program.id, first, last)

    def goes_on(self, program: Program, first: int, last: int) -> bool:
        """Whether it is this update's, of the blocks that there are now and the state that it reads."""
        ledger = self._ledger
        return (
            self._key == (program.id, first, last)
            and ledger.tip.record.number >= last
            and ledger.get(last).block.hash == self._hash
        )

    def work(self, limit: int | None) -> bool:
        """Follows blocks, at least one, until their gas and `BLOCK_WORK` for each reach `limit`; whether that
        was the last of them. Raises as `record_update`."""
        done = 0
        while self._next <= self._last and (limit is None or done < limit):
            found = self._ledger.get(self._next)
            block = BatchBlock.of(found.block, found.overrides, found.settlement, found.forced)
            self._recording.follow(block, found.block.transactions)
            self._next += 1
            done += BLOCK_WORK + found.block.header.gas_used
        return self._next > self._last

    def witness(self, blobs: Sequence[bytes] = ()) -> Witness:
        """Once `work` is done."""
        return self._recording.witness(blobs)


def record_update(
    ledger: Ledger,
    engine: Engine,
    codec: Codec,
    program: Program,
    first: int,
    last: int,
    blobs: Sequence[bytes] = (),
) -> Witness:
    """The witness of the blocks `first` to `last`, whose states must be kept. `blobs` are all those of their
    transactions in order, or none.

    Raises `devnet.proving.flaws.Refused` where the blocks do not follow by the program's rules (which may be
    because development calls changed the chain id, or reserved blocks), UnknownBlock, HistoryGone and
    StateGone.
    """
    recording = UpdateRecording(ledger, engine, codec, program, first, last)
    recording.work(None)
    return recording.witness(blobs)


def blobs_of(ledger: Ledger, sidecars: SidecarStore, first: int, last: int) -> list[bytes]:
    """The blobs of the transactions in the blocks `first` to `last`, in their order. Raises UnknownBlock and
    HistoryGone, and BadRequest where those of a transaction are not kept any more."""
    blobs: list[bytes] = []
    for number in range(first, last + 1):
        for transaction in ledger.get(number).block.transactions:
            if not transaction.blob_hashes:
                continue
            sidecar = sidecars.get(transaction.hash)
            if sidecar is None:
                name = f"0x{transaction.hash.hex()}"
                raise BadRequest(f"the blobs of {name} in block {number} are not kept any more")
            blobs.extend(sidecar.blobs)
    return blobs
