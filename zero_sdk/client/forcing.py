"""Posting a transaction to a zone's inbox in the system zone, so that its producers must include it."""

from __future__ import annotations

from typing import Any

from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.octets import octets

INBOX = "0x5a45524f00000000000000000000000000000004"
"""The contract ForcedInbox, in the system zone (docs/contracts.md)."""

PARAMETERS_SLOT = 0
LEAST_GAS = 21_000
"""What is posted at least for something that is no transaction."""


def posting(zone: int, transaction: bytes | str, gas: int | None, parameters: bytes) -> dict[str, Any]:
    """What is sent in the system zone to post a signed transaction for the zone with that number: `to`,
    `data` and `value`. `gas` is what is paid for, by default the transaction's own gas limit; `parameters` is
    what the inbox stores under `PARAMETERS_SLOT`. Raises WrongArguments."""
    from devnet.contracts.forced_inbox import parameters_of, post_call

    try:
        raw = octets(transaction)
    except ValueError:
        raise WrongArguments("what is posted is no hex: a signed transaction is 0x and hex digits") from None
    if gas is not None and not 0 <= gas < 1 << 64:
        raise WrongArguments(f"{gas} gas cannot be paid for: it is a number from 0 to 2^64 - 1")
    paid = _gas_of(raw) if gas is None else gas
    price = parameters_of(lambda _: int.from_bytes(parameters, "big")).fee_per_gas
    return {"to": INBOX, "data": post_call(zone, raw, paid), "value": paid * price}


def _gas_of(raw: bytes) -> int:
    """The gas limit of a transaction; the least that can be posted where it is none."""
    from devnet.chain.codec import REFERENCE
    from devnet.chain.errors import InvalidTransaction, MalformedTransaction

    try:
        return max(LEAST_GAS, REFERENCE.decode(raw)[0].gas_limit)
    except (InvalidTransaction, MalformedTransaction):
        return LEAST_GAS
