"""A key that another program or a device holds, which signs over JSON-RPC: Clef (with a Ledger, a Trezor or a
keystore behind it), Web3Signer, or a node with `eth_signTransaction`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import checksum, to_address
from zero_sdk.client.errors import BadAccount, Refused
from zero_sdk.client.transports.messages import METHOD_NOT_FOUND

if TYPE_CHECKING:
    from devnet.chain.transaction import Transaction
    from devnet.chain.transaction_codec import UnsignedTransaction

PATIENCE = 300.0
"""Seconds: somebody may have to read what a device shows, and press its buttons."""

_SIGN_TRANSACTION = ("eth_signTransaction", "account_signTransaction")
_SIGN_TYPED_DATA = ("eth_signTypedData_v4", "eth_signTypedData", "account_signTypedData")


class RemoteSigner:
    """An account of a signer behind a URL. What comes back is checked: it is signed by the account, and it is
    what was asked for."""

    __slots__ = ("_address", "_transport")

    def __init__(self, url: str, address: Any, timeout: float = PATIENCE) -> None:
        """Asks nothing yet. Raises WrongArguments for what is no URL."""
        from zero_sdk.client.transports.http import HttpTransport

        self._address = to_address(address)
        self._transport = HttpTransport(url, timeout)

    @property
    def address(self) -> str:
        """Checksummed."""
        return self._address

    def sign_transaction(self, unsigned: UnsignedTransaction) -> bytes:
        """As `Signer.sign_transaction`. Raises BadAccount where the signer refuses, or gives another one."""
        from devnet.chain.errors import InvalidTransaction, MalformedTransaction
        from devnet.chain.transaction_codec import decode_transaction

        answer = self._ask(_SIGN_TRANSACTION, request_of(unsigned, self._address))
        # Clef and geth give the fields beside it, others the bytes alone.
        text = answer.get("raw") if isinstance(answer, Mapping) else answer
        try:
            raw = bytes.fromhex(str(text).removeprefix("0x"))
            signed, _ = decode_transaction(raw)
        except (ValueError, MalformedTransaction, InvalidTransaction) as error:
            raise BadAccount(f"the signer of {self._address} gave no signed transaction: {error}") from None
        if checksum(signed.sender) != self._address:
            raise BadAccount(f"the signer of {self._address} signed as {checksum(signed.sender)}")
        if changed := _differences(unsigned, signed):
            raise BadAccount(
                f"the signer of {self._address} signed another transaction: {', '.join(changed)} changed",
                "sign what is asked for, without editing it there",
            )
        return raw

    def sign_message(self, message: bytes) -> bytes:
        """As `Signer.sign_message`. Raises BadAccount where the signer refuses."""
        data = f"0x{message.hex()}"
        try:
            return self._signature(self._ask(("personal_sign",), data, self._address))
        except _NoSuchMethod:
            return self._signature(self._ask(("eth_sign",), self._address, data))

    def sign_typed_data(self, document: Mapping[str, Any]) -> bytes:
        """As `Signer.sign_typed_data`. Raises BadAccount where the signer refuses."""
        return self._signature(self._ask(_SIGN_TYPED_DATA, self._address, dict(document)))

    def _ask(self, methods: tuple[str, ...], *parameters: Any) -> Any:
        """The answer of the first method that the signer has. Raises BadAccount."""
        for method in methods:
            try:
                return self._transport.request(method, list(parameters))
            except Refused as refused:
                if refused.code != METHOD_NOT_FOUND:
                    raise BadAccount(f"the signer of {self._address} refused: {refused.reply}") from None
        raise _NoSuchMethod(f"the signer of {self._address} has no {' or '.join(methods)}")

    def _signature(self, answer: Any) -> bytes:
        try:
            signature = bytes.fromhex(str(answer).removeprefix("0x"))
        except ValueError:
            signature = b""
        if len(signature) != 65:
            raise BadAccount(f"the signer of {self._address} gave no signature of 65 bytes")
        return signature

    def __repr__(self) -> str:
        return f"<RemoteSigner of {self._address}>"


class _NoSuchMethod(BadAccount):
    """The signer has none of the methods."""


def request_of(unsigned: UnsignedTransaction, sender: str) -> dict[str, Any]:
    """The transaction as eth_signTransaction takes it."""
    from devnet.chain.transaction import ACCESS_LIST, LEGACY, SET_CODE
    from zero_sdk.client.signing import access_list_json, authorization_json

    request: dict[str, Any] = {
        "from": sender,
        "nonce": hex(unsigned.nonce),
        "gas": hex(unsigned.gas_limit),
        "value": hex(unsigned.value),
        "data": f"0x{unsigned.data.hex()}",
        "chainId": None if unsigned.chain_id is None else hex(unsigned.chain_id),
    }
    if unsigned.to is not None:
        request["to"] = checksum(unsigned.to)
    if unsigned.type in (LEGACY, ACCESS_LIST):
        request["gasPrice"] = hex(unsigned.max_fee_per_gas)
    else:
        request["maxFeePerGas"] = hex(unsigned.max_fee_per_gas)
        request["maxPriorityFeePerGas"] = hex(unsigned.max_priority_fee_per_gas)
    if unsigned.type != LEGACY:
        request["accessList"] = access_list_json(unsigned.access_list)
    if unsigned.type == SET_CODE:
        request["authorizationList"] = [authorization_json(entry) for entry in unsigned.authorizations]
    return request


def _differences(unsigned: UnsignedTransaction, signed: Transaction) -> list[str]:
    """The names of what is not as it was asked for."""
    from zero_sdk.client.signing import authorization_json

    changed = [
        field.name
        for field in fields(unsigned)
        if field.name != "authorizations" and getattr(unsigned, field.name) != getattr(signed, field.name)
    ]
    wanted, given = (
        [authorization_json(entry) for entry in one.authorizations] for one in (unsigned, signed)
    )
    return changed if wanted == given else [*changed, "authorizations"]
