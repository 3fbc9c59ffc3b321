"""Asking a zone in process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devnet.network import Network
from devnet.rpc import dispatch


class Refused(Exception):
    """The zone answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: Any = error.get("data")


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks one zone of a network."""

    network: Network
    zone: str = "alpha"

    @property
    def accounts(self) -> list[str]:
        return ["0x" + address.hex() for address in self.network.keys.addresses]

    def __call__(self, method: str, *params: Any) -> Any:
        """The result. Raises `Refused`."""
        answer = dispatch(self.network, self.zone, request(method, *params))
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def place(self, address: str, code: bytes) -> str:
        """Puts code at an address; gives the address."""
        self("anvil_setCode", address, "0x" + code.hex())
        return address


def request(method: str, *params: Any, identifier: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}
