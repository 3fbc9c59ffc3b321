"""The point evaluation precompile (EIP-4844)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from devnet.chain.blobs import trusted_setup, versioned_hash
from devnet.execution.pyevm.precompiles import PrecompileFailure

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

POINT_EVALUATION_GAS: Final = 50_000
FIELD_ELEMENTS_PER_BLOB: Final = 4_096
BLS_MODULUS: Final = 0x73EDA753_299D7D48_3339D808_09A1D805_53BDA402_FFFE5BFE_FFFFFFFF_00000001

_OUTPUT: Final = FIELD_ELEMENTS_PER_BLOB.to_bytes(32, "big") + BLS_MODULUS.to_bytes(32, "big")


def point_evaluation(frame: Frame) -> None:
    """Input: versioned hash ‖ z ‖ y ‖ commitment ‖ proof."""
    import ckzg

    frame.consume_gas(POINT_EVALUATION_GAS, "point evaluation")
    data = frame.input
    if len(data) != 192:
        raise PrecompileFailure("invalid input length")
    commitment = data[96:144]
    if versioned_hash(commitment) != data[:32]:
        raise PrecompileFailure("mismatched versioned hash")
    try:
        is_valid = ckzg.verify_kzg_proof(commitment, data[32:64], data[64:96], data[144:], trusted_setup())
    except (ValueError, RuntimeError):
        # ckzg's way of saying that a field element or a point is not canonical.
        is_valid = False
    if not is_valid:
        raise PrecompileFailure("error verifying kzg proof")
    frame.output = _OUTPUT
