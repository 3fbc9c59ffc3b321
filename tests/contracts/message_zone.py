"""A zone with the contracts of messages, and another zone's messages as settlement would show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from devnet.chain.hash_tree import sparse_branch, sparse_root
from devnet.chain.settlement_head import SettlementHead, record_call
from devnet.chain.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32
from devnet.contracts import artifacts
from devnet.contracts.addresses import (
    BLOCKED_LIBRARY,
    BRIDGE,
    ENDPOINT,
    EXECUTOR,
    OUTBOX,
    PRICE_FEED,
    RECEIVE_LIBRARY,
    RESERVE,
    SEND_LIBRARY,
    SETTLEMENT_ROOTS,
    SYSTEM_ADDRESS,
)
from devnet.contracts.outbox import DEPTH, append_call, leaf_of
from devnet.packets.packet import Packet
from devnet.proving.statement import Statement
from devnet.settlement.block import SettlementBlock, ZoneUpdate, zones_root
from devnet.settlement.settled_tree import Branch, settled_branch
from tests.clients.solc import compile_standard_json
from zero_sdk import local
from zero_sdk.client.contract import Contract
from zero_sdk.client.network import Network
from zero_sdk.client.zone import Zone

SYSTEM_EID, ALPHA_EID, BETA_EID, BASE_EID = 50_900, 50_121, 50_102, 50_900
OWNER = Address(bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"))
"""The first account of the test mnemonic."""
CONTRACTS = {
    "Endpoint": ENDPOINT,
    "Outbox": OUTBOX,
    "ZeroSendLib": SEND_LIBRARY,
    "ZeroReceiveLib": RECEIVE_LIBRARY,
    "BlockedLibrary": BLOCKED_LIBRARY,
    "Executor": EXECUTOR,
    "PriceFeed": PRICE_FEED,
    "Reserve": RESERVE,
    "Bridge": BRIDGE,
}
SOURCES = Path(artifacts.__file__).parent / "solidity"
MAILBOX = Path(__file__).parent / "solidity" / "Mailbox.sol"


def compiled(source: Path, name: str, *beside: str) -> dict[str, Any]:
    """The artifact of a contract of the tests, which may import contracts of ours that stand `beside` it."""
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {
                path.name: {"content": path.read_text(encoding="utf-8")}
                for path in (source, *(SOURCES / name for name in beside))
            },
            "settings": {"outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}}},
        }
    )["contracts"][source.name][name]
    return {
        "contractName": name,
        "abi": output["abi"],
        "bytecode": "0x" + output["evm"]["bytecode"]["object"],
    }


@dataclass(frozen=True, slots=True)
class MessageZone:
    """Zone alpha, as messages see it."""

    network: Network

    @property
    def zone(self) -> Zone:
        return self.network["alpha"]

    def contract(self, name: str) -> Contract:
        return self.zone.contract(
            "0x" + CONTRACTS[name].hex(), {"contractName": name, "abi": list(artifacts.load(name).abi)}
        )

    def as_system(self, to: Address, data: bytes) -> None:
        """A system call."""
        system = "0x" + SYSTEM_ADDRESS.hex()
        with self.zone.impersonate(system):
            sent = self.zone.send("0x" + to.hex(), data=data, sender=system, gas=2_000_000, gas_price=0)
            assert sent.status == 1

    def append(self, leaves: Sequence[Hash32]) -> None:
        """What the outbox step does at a block's end."""
        self.as_system(OUTBOX, append_call(leaves))

    def settle(self, block: SettlementBlock, zone_count: int = 3) -> None:
        """Makes the zone know a settlement block."""
        head = SettlementHead(block.height, block.root, block.slot, zone_count)
        self.as_system(SETTLEMENT_ROOTS, record_call(head))


def message_zone(engine: str = "auto") -> MessageZone:
    """A new network."""
    return MessageZone(local(("alpha", "beta"), engine=engine, base_fee=0))


@dataclass(frozen=True, slots=True)
class SettledOutbox:
    """Messages that left zone `zone`, under a settlement block of that height."""

    height: int
    zone: int
    packets: tuple[Packet, ...]

    @property
    def leaves(self) -> list[Hash32]:
        return [leaf_of(packet.header.encoded, packet.payload_hash) for packet in self.packets]

    @property
    def update(self) -> ZoneUpdate:
        values: dict[str, Any] = {
            field.name: 7 if field.type == "int" else Hash32(b"\x77" * 32) for field in fields(Statement)
        }
        values |= {"zone": self.zone, "post_outbox_root": sparse_root(DEPTH, dict(enumerate(self.leaves)))}
        return ZoneUpdate(
            Statement(**values), 5, ZERO_HASH, "witness", Hash32(b"\x55" * 32), ZERO_ADDRESS, b""
        )

    @property
    def newest(self) -> dict[int, Hash32]:
        return {0: Hash32(b"\x01" * 32), self.zone: self.update.signed_hash}

    @property
    def block(self) -> SettlementBlock:
        return SettlementBlock(
            self.height,
            Hash32(b"\x22" * 32),
            self.height + 3,
            0,
            1,
            zones_root(self.newest),
            Hash32(b"\x33" * 32),
        )

    def branch(self, number: int) -> Branch:
        peers = sparse_branch(DEPTH, dict(enumerate(self.leaves)), number)
        return settled_branch(self.block, self.newest, self.update, "post_outbox_root", peers)

    def proof(self, number: int) -> tuple[int, int, tuple[int, tuple[Hash32, ...]]]:
        """A `MessageProof`."""
        branch = self.branch(number)
        return self.height, number, (branch.zeros, branch.peers)
