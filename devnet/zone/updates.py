"""An update of a zone as a proof needs it: the blocks as data, and the witness of executing them."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.chain.block import Header
from devnet.chain.codec import Codec
from devnet.execution import Engine
from devnet.proving.batch import BatchBlock
from devnet.proving.program import Program
from devnet.proving.recording import record
from devnet.proving.witness import Witness
from devnet.zone.errors import BadRequest
from devnet.zone.ledger import Ledger
from devnet.zone.sidecars import SidecarStore


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
    blocks = []
    for number in range(first, last + 1):
        found = ledger.get(number)
        blocks.append(BatchBlock.of(found.block, found.overrides, found.settlement))

    def header_at(number: int) -> Header:
        return ledger.get(number).block.header

    hashes = ledger.chain.recent_hashes(first)
    parent = header_at(first - 1)
    return record(program, parent, blocks, ledger.state, hashes, header_at, engine, codec, blobs=blobs)


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
