"""The precompiled contracts of each fork.

A precompile takes the frame that called it: it charges `frame.consume_gas`, reads `frame.input`, sets
`frame.output`, and raises `PrecompileFailure` where the input is wrong. py-evm gives SHA-256
and the identity; the others are here, the heavy ones on native libraries where there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from devnet.chain.rules import Fork
from devnet.chain.types import Address

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

Precompile: TypeAlias = "Callable[[Frame], object]"


class PrecompileFailure(Exception):
    """The input is wrong: the call fails and its gas is gone."""


@lru_cache(maxsize=8)
def precompiles(fork: Fork) -> Mapping[Address, Precompile]:
    """The precompiles of `fork` by address."""
    from eth.precompiles.identity import identity
    from eth.precompiles.sha256 import sha256

    from devnet.execution.pyevm.precompiles import bls12_381 as bls
    from devnet.execution.pyevm.precompiles import bn254
    from devnet.execution.pyevm.precompiles.blake2 import blake2_compress
    from devnet.execution.pyevm.precompiles.kzg import point_evaluation
    from devnet.execution.pyevm.precompiles.modexp import modexp_berlin, modexp_osaka
    from devnet.execution.pyevm.precompiles.signatures import ecrecover, p256_verify, ripemd160

    # py-evm's take its ComputationAPI, whose face a frame has.
    found: dict[int, Any] = {
        0x01: ecrecover,
        0x02: sha256,
        0x03: ripemd160,
        0x04: identity,
        0x05: modexp_berlin,
        0x06: bn254.add,
        0x07: bn254.multiply,
        0x08: bn254.pairing_check,
        0x09: blake2_compress,
    }
    if fork >= Fork.CANCUN:
        found[0x0A] = point_evaluation
    if fork >= Fork.PRAGUE:
        found[0x0B] = bls.g1_add
        found[0x0C] = bls.g1_multi_multiply
        found[0x0D] = bls.g2_add
        found[0x0E] = bls.g2_multi_multiply
        found[0x0F] = bls.pairing_check
        found[0x10] = bls.map_to_g1
        found[0x11] = bls.map_to_g2
    if fork >= Fork.OSAKA:
        found[0x05] = modexp_osaka
        found[0x100] = p256_verify
    return MappingProxyType(
        {Address(number.to_bytes(20, "big")): precompile for number, precompile in found.items()}
    )
