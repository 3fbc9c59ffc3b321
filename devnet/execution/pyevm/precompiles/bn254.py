"""The pairing check over bn254 (EIP-197, priced by EIP-1108)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth.precompiles.ecpairing import ecpairing

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

_ecpairing: Any = ecpairing(gas_cost_base=45_000, gas_cost_per_point=34_000)


def pairing_check(frame: Frame) -> None:
    _ecpairing(frame)
