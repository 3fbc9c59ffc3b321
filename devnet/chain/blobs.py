"""Blob sidecars: do the blobs have the commitments that the transaction names, and are the proofs right?

EIP-4844's form has one KZG proof a blob; EIP-7594's, from Osaka, has a proof for each of a blob's 128 cells.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BlobSidecar, Transaction
from devnet.chain.types import Hash32
from devnet.chain.validation import VERSIONED_HASH_VERSION

BLOB_SIZE = 131_072
"""Bytes of a blob: 4096 field elements of 32."""

CELLS_PER_BLOB = 128
"""EIP-7594: cells of a blob after its extension."""

_SETUP_PACKAGE = "eth_account"
_SETUP_FILE = Path("typed_transactions", "blob_transactions", "kzg_trusted_setup.txt")


@functools.cache
def trusted_setup() -> Any:
    """The KZG ceremony's result as ckzg's handle, read once from the copy that eth-account carries.

    The package is located, not imported: importing it takes most of a second.
    """
    import ckzg

    spec = importlib.util.find_spec(_SETUP_PACKAGE)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{_SETUP_PACKAGE} is not installed, which carries the KZG trusted setup")
    return ckzg.load_trusted_setup(str(Path(spec.origin).parent / _SETUP_FILE), 0)


def versioned_hash(commitment: bytes) -> Hash32:
    """What a transaction names a blob by: the version and the commitment's SHA-256 (EIP-4844)."""
    return Hash32(bytes((VERSIONED_HASH_VERSION,)) + hashlib.sha256(commitment).digest()[1:])


def blob_hash(blob: bytes) -> Hash32:
    """What a transaction names a blob by, computed from the blob. Raises ValueError where it is none."""
    import ckzg

    try:
        return versioned_hash(ckzg.blob_to_kzg_commitment(blob, trusted_setup()))
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"not a blob: {error}") from error


def build_sidecar(blobs: tuple[bytes, ...], rules: Rules) -> BlobSidecar:
    """The sidecar of these blobs in the form that the fork takes. Raises ValueError where a blob is not 4096
    field elements."""
    import ckzg

    setup = trusted_setup()
    commitments = []
    proofs: list[bytes] = []
    is_cell_form = rules.fork >= Fork.OSAKA
    try:
        for blob in blobs:
            commitment = ckzg.blob_to_kzg_commitment(blob, setup)
            commitments.append(commitment)
            if is_cell_form:
                proofs += ckzg.compute_cells_and_kzg_proofs(blob, setup)[1]
            else:
                proofs.append(ckzg.compute_blob_kzg_proof(blob, commitment, setup))
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"not a blob: {error}") from error
    return BlobSidecar(int(is_cell_form), blobs, tuple(commitments), tuple(proofs))


def validate_sidecar(transaction: Transaction, sidecar: BlobSidecar, rules: Rules) -> None:
    """Checks form, counts, versioned hashes and KZG proofs. Raises InvalidTransaction (BLOB_TRANSACTION)."""
    _validate_form(transaction, sidecar, rules)
    for index, (commitment, expected) in enumerate(
        zip(sidecar.commitments, transaction.blob_hashes, strict=True)
    ):
        computed = versioned_hash(commitment)
        if computed != expected:
            raise _invalid(
                f"blob {index}: computed hash 0x{computed.hex()}, the transaction names 0x{expected.hex()}"
            )
    if not _has_valid_proofs(sidecar):
        raise _invalid("the KZG proofs do not belong to the blobs")


def _validate_form(transaction: Transaction, sidecar: BlobSidecar, rules: Rules) -> None:
    fork = rules.fork.name.lower()
    if rules.fork >= Fork.OSAKA and sidecar.wrapper_version != 1:
        raise _invalid(f"{fork} takes blobs with cell proofs (wrapper version 1, EIP-7594), not blob proofs")
    if rules.fork < Fork.OSAKA and sidecar.wrapper_version != 0:
        raise _invalid(f"{fork} takes blobs with blob proofs (EIP-4844), cell proofs belong to osaka")
    count = len(transaction.blob_hashes)
    proofs = count * (CELLS_PER_BLOB if sidecar.wrapper_version else 1)
    for name, items, wanted in (
        ("blobs", sidecar.blobs, count),
        ("commitments", sidecar.commitments, count),
        ("proofs", sidecar.proofs, proofs),
    ):
        if len(items) != wanted:
            raise _invalid(f"invalid number of {len(items)} {name} for {count} blob hashes: {wanted} needed")
    if any(len(blob) != BLOB_SIZE for blob in sidecar.blobs):
        raise _invalid(f"a blob must be {BLOB_SIZE} bytes")
    if any(len(item) != 48 for item in (*sidecar.commitments, *sidecar.proofs)):
        raise _invalid("commitments and proofs must be 48 bytes")


def _has_valid_proofs(sidecar: BlobSidecar) -> bool:
    import ckzg

    setup = trusted_setup()
    try:
        if not sidecar.wrapper_version:
            return bool(
                ckzg.verify_blob_kzg_proof_batch(
                    b"".join(sidecar.blobs), b"".join(sidecar.commitments), b"".join(sidecar.proofs), setup
                )
            )
        cells = [cell for blob in sidecar.blobs for cell in ckzg.compute_cells(blob, setup)]
        commitments = [item for item in sidecar.commitments for _ in range(CELLS_PER_BLOB)]
        indices = list(range(CELLS_PER_BLOB)) * len(sidecar.blobs)
        return bool(
            ckzg.verify_cell_kzg_proof_batch(commitments, indices, cells, list(sidecar.proofs), setup)
        )
    # ckzg raises RuntimeError for points off the curve and elements beyond the field.
    except (RuntimeError, ValueError) as error:
        raise _invalid(f"malformed KZG data: {error}") from error


def _invalid(detail: str) -> InvalidTransaction:
    return InvalidTransaction(Invalid.BLOB_TRANSACTION, detail)
