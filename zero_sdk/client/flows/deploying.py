"""What is sent to deploy a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zero_sdk.client.addresses import checksum
from zero_sdk.client.deployable import Deployable
from zero_sdk.client.errors import WrongArguments

DEPLOYMENT_PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The deterministic deployment proxy, which most chains have: CREATE2 of salt and code."""


def request_of(
    known: Deployable,
    arguments: Sequence[Any],
    libraries: Mapping[str, Any] | None = None,
    salt: int | bytes | None = None,
) -> tuple[dict[str, Any], str | None]:
    """`to` and `data` of the transaction, and the address where salt and code fix it. Raises
    WrongArguments."""
    code = known.creation_code(libraries) + known.interface.constructor.encode(arguments)
    if salt is None:
        return {"data": code}, None
    word = to_salt(salt)
    return {"to": DEPLOYMENT_PROXY, "data": word + code}, create2_address(word, code)


def to_salt(salt: int | bytes) -> bytes:
    """32 bytes. Raises WrongArguments."""
    if isinstance(salt, int) and not isinstance(salt, bool) and 0 <= salt < 1 << 256:
        return salt.to_bytes(32)
    if isinstance(salt, bytes) and len(salt) == 32:
        return salt
    raise WrongArguments(f"{salt!r} is no salt", "it is 32 bytes, or a number below 2^256")


def create2_address(salt: bytes, code: bytes) -> str:
    """Where the deployment proxy puts what the creation code makes (EIP-1014)."""
    from devnet.chain.keccak import keccak256

    proxy = bytes.fromhex(DEPLOYMENT_PROXY[2:])
    return checksum(keccak256(b"\xff" + proxy + salt + keccak256(code))[12:])
