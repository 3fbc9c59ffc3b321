"""Both implementations of BLS signatures, for the contract that holds for either."""

from __future__ import annotations

from devnet.kernel import absence
from devnet.settlement.bls import BlsSignatures
from devnet.settlement.native_bls import NativeBlsSignatures
from devnet.settlement.signatures import SignatureScheme

REFERENCE = BlsSignatures()
BLS_SCHEMES: dict[str, SignatureScheme] = {"reference": REFERENCE} | (
    {} if absence() is not None else {"native": NativeBlsSignatures()}
)
