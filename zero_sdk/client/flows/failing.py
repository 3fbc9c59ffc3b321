"""From a node's words to Reverted: every node says it a little differently."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devnet.artifacts.abi import AbiError, decode, parse_type
from devnet.artifacts.reverts import ERROR_SELECTOR, PANIC_SELECTOR
from zero_sdk.client.errors import DecodedError, OutOfGas, Refused, Reverted
from zero_sdk.client.facts import ZoneFacts

if TYPE_CHECKING:
    from zero_sdk.client.interface import Interface
    from zero_sdk.client.transaction import Transaction

_EXECUTION_REVERTED = 3
_OUT_OF_GAS_CODE = 801
_HALTS = re.compile(
    r"invalid opcode|opcode .* not defined|InvalidFEOpcode|stack (under|over)flow|invalid jump|"
    r"InvalidJump|write protection|StateChangeDuringStaticCall|code size|contract address collision|"
    r"max initcode|return ?data out of bounds|OpcodeNotFound|NotActivated|CreateCollision|"
    r"starting with the 0xEF",
    re.IGNORECASE,
)
_OUT_OF_GAS = re.compile(r"out of gas|OutOfGas|gas required exceeds|ran out of gas", re.IGNORECASE)
_REVERTED = re.compile(r"revert", re.IGNORECASE)
_HEX = re.compile(r"0x[0-9a-fA-F]*")


def reverted_from(
    refused: Refused,
    facts: ZoneFacts,
    request: Mapping[str, Any],
    action: str = "",
    interface: Interface | None = None,
) -> Reverted | None:
    """The Reverted that the node's error stands for; None where the node refused for another reason."""
    data = _data_of(refused.data)
    text = refused.reply
    if refused.code == _OUT_OF_GAS_CODE or (not data and _OUT_OF_GAS.search(text)):
        return build(b"", facts, request, action, interface, halt="out of gas")
    if data is None and not _REVERTED.search(text) and refused.code != _EXECUTION_REVERTED:
        if _HALTS.search(text):
            return build(b"", facts, request, action, interface, halt=_tidy(text))
        return None
    error = build(data or b"", facts, request, action, interface)
    if not data and error.reason is None:
        # Some nodes give the reason in words only.
        _, _, words = text.partition("execution reverted: ")
        if words:
            return Reverted(reason=words, request=request, zone=facts.name, action=action, data=b"")
    return error


def build(
    data: bytes,
    facts: ZoneFacts,
    request: Mapping[str, Any],
    action: str = "",
    interface: Interface | None = None,
    halt: str | None = None,
    transaction: Transaction | None = None,
) -> Reverted:
    """A Reverted of revert data, or of an EVM that halted."""
    reason: str | None = None
    panic: int | None = None
    error: DecodedError | None = None
    if halt is None:
        try:
            if data[:4] == ERROR_SELECTOR:
                reason = str(decode([parse_type("string")], data[4:])[0])
            elif data[:4] == PANIC_SELECTOR:
                panic = decode([parse_type("uint256")], data[4:])[0]
        except AbiError:
            pass
        if reason is None and panic is None and len(data) >= 4:
            error = _custom_error(data, facts, interface)
    kind = OutOfGas if halt is not None and _OUT_OF_GAS.search(halt) else Reverted
    return kind(
        data=data,
        reason=reason,
        error=error,
        panic=panic,
        halt=halt,
        transaction=transaction,
        request=request,
        zone=facts.name,
        action=action,
    )


def _custom_error(data: bytes, facts: ZoneFacts, own: Interface | None) -> DecodedError | None:
    """By the contract's own ABI; errors pass through contracts, so then by those of others."""
    for interface in (own, *facts.interfaces.values()):
        kind = None if interface is None else interface.errors.get(data[:4])
        error = None if kind is None else kind.decode(data)
        if error is not None:
            return error
    return facts.network.artifacts.error(data)


def _data_of(data: Any) -> bytes | None:
    """The revert data in an error's `data`: hex (geth, Anvil), an object with `data` (Hardhat), or hex
    after a word (Nethermind)."""
    if isinstance(data, Mapping):
        return _data_of(data.get("data") or data.get("result") or data.get("return"))
    if not isinstance(data, str):
        return None
    found = _HEX.search(data)
    if found is None or len(found[0]) % 2:
        return None
    return bytes.fromhex(found[0][2:])


def _tidy(text: str) -> str:
    return text.removeprefix("execution reverted: ").removeprefix("EVM error ")
