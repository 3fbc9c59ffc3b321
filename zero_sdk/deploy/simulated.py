"""A chain that goes on in eth_simulateV1 only: every request that depends on what was sent is answered by
simulating everything that was sent so far, and itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devnet.chain.keccak import keccak256
from zero_sdk.client.addresses import to_bytes
from zero_sdk.client.errors import Refused
from zero_sdk.client.transports import Call, Transport
from zero_sdk.deploy.made_up import answer_each, made_up_receipt

_READ_BALANCE = "73{address}315f5260205ff3"
"""PUSH20 address, BALANCE, and the word is returned."""
_READ_CODE = "73{address}803b805f5f84943c5ff3"
"""PUSH20 address, EXTCODESIZE, EXTCODECOPY to memory 0, and all of it is returned."""
_READ_STORAGE = "0x5f35545f5260205ff3"
"""CALLDATALOAD, SLOAD, and the word is returned."""
_FIELDS = ("from", "to", "data", "input", "value", "gas")


class SimulatedTransport:
    """A zone's node, of which nothing is asked that would change it."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._sent: list[dict[str, Any]] = []
        self._results: dict[str, Mapping[str, Any]] = {}

    @property
    def url(self) -> str | None:
        return self._inner.url

    @property
    def is_remote(self) -> bool:
        return self._inner.is_remote

    def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `Transport.request`."""
        match method:
            case "eth_sendTransaction":
                return self._send(parameters[0])
            case "eth_sendRawTransaction":
                raise Refused(method, -32601, "a signed transaction is not simulated")
            case "eth_getTransactionReceipt" if parameters[0] in self._results:
                return self._results[parameters[0]]
            case "eth_getTransactionByHash" if parameters[0] in self._results:
                return self._results[parameters[0]]
            case "eth_getTransactionCount" if parameters[1] in ("latest", "pending"):
                sender = parameters[0].lower()
                more = sum(call["from"].lower() == sender for call in self._sent)
                return hex(int(self._inner.request(method, parameters), 16) + more)
            case "eth_call" if self._sent and len(parameters) < 3:
                return self._simulate(method, parameters[0])["returnData"]
            case "eth_estimateGas" if self._sent:
                return self._simulate(method, parameters[0])["gasUsed"]
            case "eth_getCode" if self._sent and parameters[1] == "latest":
                return self._read(method, _READ_CODE, parameters[0])
            case "eth_getStorageAt" if self._sent and parameters[2] == "latest":
                return self._storage(parameters[0], parameters[1])
            case "eth_getBalance" if self._sent and parameters[1] == "latest":
                return hex(int(self._read(method, _READ_BALANCE, parameters[0]), 16))
        return self._inner.request(method, parameters)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `Transport.batch`."""
        return answer_each(self.request, calls)

    def close(self) -> None:
        """As `Transport.close`."""
        self._inner.close()

    def _send(self, request: Mapping[str, Any]) -> str:
        result = self._simulate("eth_sendTransaction", request)
        self._sent.append(_call_of(request))
        number = int(self._inner.request("eth_blockNumber", []), 16) + len(self._sent)
        made_up = f"0x{keccak256(f'simulated {number}'.encode()).hex()}"
        self._results[made_up] = made_up_receipt(made_up, number, result["gasUsed"], result.get("logs", []))
        return made_up

    def _read(self, method: str, program: str, address: str) -> str:
        code = "0x" + program.replace("{address}", to_bytes(address).hex())
        return str(self._simulate(method, {"data": code})["returnData"])

    def _storage(self, address: str, slot: str) -> str:
        """By other code at the address, which reads the slot that it is asked for."""
        request = {"to": address, "data": f"0x{int(slot, 16):064x}"}
        overrides = {address: {"code": _READ_STORAGE}}
        return str(self._simulate("eth_getStorageAt", request, overrides)["returnData"])

    def _simulate(
        self, method: str, request: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The result of a call after all that was sent. Raises Refused as a node does where it reverts."""
        blocks: list[dict[str, Any]] = [{"calls": [call]} for call in (*self._sent, _call_of(request))]
        if overrides is not None:
            blocks[-1]["stateOverrides"] = overrides
        document = {"blockStateCalls": blocks}
        result: Mapping[str, Any] = self._inner.request("eth_simulateV1", [document, "latest"])[-1]["calls"][
            0
        ]
        if int(result["status"], 16) == 0:
            error = result.get("error") or {}
            data = error.get("data") or result.get("returnData") or "0x"
            raise Refused(method, 3, error.get("message", "execution reverted"), data)
        return result


def _call_of(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in _FIELDS if request.get(name) is not None}
