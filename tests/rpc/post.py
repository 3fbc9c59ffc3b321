"""Two zones with a mailbox each, and messages between them, over JSON-RPC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from devnet.artifacts.registry import ArtifactRegistry
from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32
from devnet.contracts.calldata import joined, members, octets
from devnet.packets.options import Options, Receive
from tests.contracts.message_zone import MAILBOX, compiled

GAS = 200_000
OPTIONS = Options((Receive(GAS),))
EIDS = {"system": 50_900, "alpha": 50_121, "beta": 50_102}
FEE = 10**18
"""What is sent along: more than any fee, the rest comes back."""

Ask = Callable[..., Any]
"""`ask(zone, method, *params)` gives the result."""


@cache
def mailbox() -> dict[str, Any]:
    """The artifact of Mailbox.sol."""
    return compiled(MAILBOX, "Mailbox")


def call_of(signature: str, *arguments: int) -> str:
    return "0x" + (keccak256(signature.encode())[:4] + joined(*arguments)).hex()


@dataclass(frozen=True, slots=True)
class Post:
    """A mailbox in alpha and one in beta."""

    ask: Ask
    account: str
    boxes: dict[str, str]
    """Addresses by zone."""

    @classmethod
    def build(cls, ask: Ask, application: dict[str, Any] | None = None) -> Post:
        """With another application in the mailboxes' place, perhaps: one with Mailbox's `send`."""
        code = (application or mailbox())["bytecode"]
        account = ask("alpha", "eth_accounts")[0]
        boxes = {}
        for zone in ("alpha", "beta"):
            sent = ask(zone, "eth_sendTransaction", {"from": account, "data": code})
            boxes[zone] = ask(zone, "eth_getTransactionReceipt", sent)["contractAddress"]
        return cls(ask, account, boxes)

    def transact(self, zone: str, data: str, value: int = 0) -> str:
        """A call of the zone's mailbox; gives the transaction."""
        transaction = {"from": self.account, "to": self.boxes[zone], "data": data, "value": hex(value)}
        sent: str = self.ask(zone, "eth_sendTransaction", {**transaction, "gas": hex(3_000_000)})
        assert self.ask(zone, "eth_getTransactionReceipt", sent)["status"] == "0x1"
        return sent

    def tell(self, zone: str, function: str, argument: int) -> None:
        """`close(bool)`, `refuse(bool)` or `compose(uint16)`."""
        self.transact(zone, call_of(function, argument))

    def send(
        self,
        message: bytes = b"hello",
        source: str = "alpha",
        destination: str = "beta",
        options: Options = OPTIONS,
    ) -> str:
        """Sends from mailbox to mailbox; gives the transaction."""
        receiver = Hash32(bytes(12) + bytes.fromhex(self.boxes[destination][2:]))
        parameters = members(EIDS[destination], receiver, octets(message), octets(options.encoded), 0)
        signature = b"send((uint32,bytes32,bytes,bytes,bool))"
        return self.transact(source, "0x" + (keccak256(signature)[:4] + joined(parameters)).hex(), FEE)

    def sent(self, *arguments: Any, **named: Any) -> str:
        """As `send`; gives the GUID."""
        transaction = self.send(*arguments, **named)
        page = self.ask("alpha", "zero_getMessages", {"transactionHash": transaction})
        return str(page["messages"][0]["guid"])

    def settle(self) -> None:
        self.ask("alpha", "zero_settle")

    def message(self, guid: str, **beside: bool) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("alpha", "zero_getMessage", guid, beside)
        return found

    def deliver(self, guid: str, turns: int = 12) -> dict[str, Any]:
        """Settles and lets the courier work until the message is through, or failed."""
        for _ in range(turns):
            found = self.message(guid)
            if found["status"] in ("delivered", "failed"):
                return found
            self.settle()
            self.ask("alpha", "zero_courierStep")
        return self.message(guid)


def teach(registry: ArtifactRegistry) -> None:
    """Gives a network the mailbox's ABI."""
    registry.add_document(mailbox(), "Mailbox")
