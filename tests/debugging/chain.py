"""A zone in process, and contracts on it."""

from __future__ import annotations

from typing import Any

from devnet.network import Network
from devnet.rpc import dispatch
from tests.debugging.compiling import Compiled

FUNDS = 1_000


class LocalZone:
    """The default zone of a network of its own."""

    def __init__(self) -> None:
        self.network = Network()
        self.name: str = self.network.default_zone.config.name
        self._zone = self.name
        self.sender: str = self.rpc("eth_accounts")[0]

    def rpc(self, method: str, *params: Any) -> Any:
        """The result; an error is an AssertionError."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = dispatch(self.network, self._zone, request)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def send(self, to: str | None, data: str, value: int = 0, gas: int = 3_000_000) -> str:
        """The hash of a mined transaction, whether it failed or not."""
        request = {"from": self.sender, "data": data, "value": hex(value), "gas": hex(gas)}
        if to is not None:
            request["to"] = to
        return str(self.rpc("eth_sendTransaction", request))

    def receipt(self, hash_: str) -> dict[str, Any]:
        receipt: dict[str, Any] = self.rpc("eth_getTransactionReceipt", hash_)
        return receipt


class Deployments:
    """The contracts of a compilation, each deployed at most once with the same arguments."""

    def __init__(self, zone: LocalZone, compiled: Compiled) -> None:
        self.zone = zone
        self.compiled = compiled
        self._addresses: dict[tuple[str, str], str] = {}

    def creation(self, name: str) -> str:
        """Init code with its libraries linked."""
        bytecode = self.compiled.contract(name)["evm"]["bytecode"]
        code = str(bytecode["object"])
        for libraries in bytecode["linkReferences"].values():
            for library, places in libraries.items():
                address = self.address(library)[2:]
                for place in places:
                    start = 2 * place["start"]
                    code = code[:start] + address + code[start + 40 :]
        return "0x" + code

    def address(self, name: str, arguments: str = "", value: int = 0) -> str:
        """Where the contract is; `arguments` are the constructor's, encoded."""
        key = (name, arguments)
        if key not in self._addresses:
            hash_ = self.zone.send(None, self.creation(name) + arguments, value, gas=16_000_000)
            receipt = self.zone.receipt(hash_)
            assert receipt["status"] == "0x1", (name, receipt)
            self._addresses[key] = receipt["contractAddress"]
        return self._addresses[key]
