"""A chain without eth_simulateV1: what is sent goes nowhere, and all that is known of it is what the node
says of it alone, at the newest block. What would depend on something sent before is not answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devnet.chain.keccak import keccak256
from zero_sdk.client.addresses import checksum, to_bytes
from zero_sdk.client.errors import Refused
from zero_sdk.client.flows.transacting import DEPLOYMENT_PROXY, create2_address
from zero_sdk.client.transports import Call, Transport
from zero_sdk.deploy.made_up import answer_each, made_up_receipt
from zero_sdk.deploy.recorder import create_address
from zero_sdk.errors import Problem, ZeroError

_SOME_CODE = "0xfe"
"""Stands for code that is not known: INVALID."""
_READS_AT = {"eth_call": 1, "eth_estimateGas": 1, "eth_getBalance": 1, "eth_getStorageAt": 2}
"""Where these have their block; without one it is the newest."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of a transaction beforehand."""

    gas: int | None
    """None where nothing can be said."""
    doubt: str | None
    """Why the figure may be another, or is not there."""


class EstimatedTransport:
    """A zone's node, of which nothing is asked that would change it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._senders: list[str] = []
        self._created: dict[bytes, str] = {}
        """Code by address."""
        self._touched: set[bytes] = set()
        self._results: dict[str, Mapping[str, Any]] = {}
        self._doubts: dict[str, str | None] = {}

    @property
    def url(self) -> str | None:
        return self._inner.url

    @property
    def is_remote(self) -> bool:
        return self._inner.is_remote

    def estimate(self, request: Mapping[str, Any]) -> Estimate:
        """Of a transaction that would come next. Raises Refused where it would fail and nothing before it
        could change that."""
        to = request.get("to")
        if to is not None and to_bytes(to) in self._created:
            return Estimate(None, f"it goes to {to}, where nothing is yet")
        try:
            gas = int(self._inner.request("eth_estimateGas", [_bare(request)]), 16)
        except Refused as refused:
            if not self._senders:
                raise
            return Estimate(None, f"it fails without the steps before it: {refused.reply}")
        return Estimate(gas, "the steps before it are not counted in" if self._senders else None)

    def doubt(self, transaction_hash: str | None) -> str | None:
        """Why the gas of what was "sent" here may be another, or is not known."""
        return self._doubts.get(transaction_hash or "")

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `Transport.request`. Raises ZeroError for a question about what is not there yet."""
        match method:
            case "eth_sendTransaction":
                return self._send(parameters[0])
            case "eth_sendRawTransaction":
                raise Refused(method, -32601, "a signed transaction is not simulated")
            case "eth_getTransactionReceipt" | "eth_getTransactionByHash" if parameters[0] in self._results:
                return self._results[parameters[0]]
            case "eth_getTransactionCount" if parameters[1] in ("latest", "pending"):
                more = self._senders.count(parameters[0].lower())
                return hex(int(self._inner.request(method, parameters), 16) + more)
            case "eth_getCode" if to_bytes(parameters[0]) in self._created:
                return self._created[to_bytes(parameters[0])]
        self._check_is_there(method, parameters)
        return self._inner.request(method, parameters)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `Transport.batch`."""
        return answer_each(self.request, calls)

    def close(self) -> None:
        """As `Transport.close`."""
        self._inner.close()

    def _check_is_there(self, method: str, parameters: Sequence[Any]) -> None:
        at = _READS_AT.get(method)
        if at is None or (len(parameters) > at and parameters[at] not in ("latest", "pending")):
            return
        asked = parameters[0]
        address = asked.get("to") if isinstance(asked, Mapping) else asked
        if address is not None and to_bytes(address) in {*self._created, *self._touched}:
            raise ZeroError(
                Problem.NO_SIMULATION,
                f"the script reads {checksum(to_bytes(address))}, which a step before it would change",
                "the node has no eth_simulateV1, without which that is not known; try another provider",
            )

    def _send(self, request: Mapping[str, Any]) -> str:
        estimate = self.estimate(request)
        self._note_code(request)
        sender = str(request["from"]).lower()
        self._senders.append(sender)
        number = int(self._inner.request("eth_blockNumber", []), 16) + len(self._senders)
        made_up = f"0x{keccak256(f'estimated {number}'.encode()).hex()}"
        self._doubts[made_up] = estimate.doubt
        self._results[made_up] = made_up_receipt(made_up, number, hex(estimate.gas or 0), [])
        return made_up

    def _note_code(self, request: Mapping[str, Any]) -> None:
        """The code that the transaction would leave, where it creates a contract."""
        to, data = request.get("to"), request.get("data") or "0x"
        if to is None:
            address = create_address(request["from"], int(request["nonce"], 16))
            self._created[to_bytes(address)] = self._code_of(request, data)
        elif to_bytes(to) == to_bytes(DEPLOYMENT_PROXY):
            octets = bytes.fromhex(data[2:])
            address = create2_address(octets[:32], octets[32:])
            self._created[to_bytes(address)] = self._code_of(request, f"0x{octets[32:].hex()}")
        else:
            self._touched.add(to_bytes(to))

    def _code_of(self, request: Mapping[str, Any], code: str) -> str:
        creation = {"from": request["from"], "data": code, "value": request.get("value") or "0x0"}
        try:
            left: str = self._inner.request("eth_call", [creation, "latest"])
        except Refused:
            return _SOME_CODE
        return left if len(left) > 2 else _SOME_CODE


def _bare(request: Mapping[str, Any]) -> dict[str, Any]:
    names = ("from", "to", "data", "input", "value")
    return {name: request[name] for name in names if request.get(name) is not None}
