"""Mempool entries as bytes. An entry's arrival number, which no other entry of the zone ever has, is its name
in all other records."""

from __future__ import annotations

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import NOTHING, members, text
from devnet.chain.transaction import BlobSidecar
from devnet.zone.mempool import waiting_entry
from devnet.zone.sender_queue import Waiting
from devnet.zone.storing.block_codec import encode_transaction, read_transaction


def encode_waiting(entry: Waiting) -> bytes:
    """[arrival, transaction, sidecar or []]."""
    sidecar = entry.sidecar
    return encode_list(
        (
            encode_int(entry.arrival),
            encode_transaction(entry.transaction),
            NOTHING if sidecar is None else encode_sidecar(sidecar),
        )
    )


def read_waiting(item: Decoded) -> Waiting:
    """The inverse of `encode_waiting`, out of decoded RLP. Raises ValueError."""
    arrival, transaction, sidecar = members(item, 3)
    parts = members(sidecar)
    return waiting_entry(
        read_transaction(transaction), read_sidecar(parts) if parts else None, decode_int(arrival)
    )


def encode_sidecar(sidecar: BlobSidecar) -> bytes:
    """[version, [blob, …], [commitment, …], [proof, …]]."""
    groups = (sidecar.blobs, sidecar.commitments, sidecar.proofs)
    encoded = [encode_list([encode_bytes(part) for part in group]) for group in groups]
    return encode_list((encode_int(sidecar.wrapper_version), *encoded))


def read_sidecar(item: Decoded) -> BlobSidecar:
    """The inverse of `encode_sidecar`, out of decoded RLP. Raises ValueError."""
    version, blobs, commitments, proofs = members(item, 4)
    return BlobSidecar(
        decode_int(version),
        tuple(map(text, members(blobs))),
        tuple(map(text, members(commitments))),
        tuple(map(text, members(proofs))),
    )
