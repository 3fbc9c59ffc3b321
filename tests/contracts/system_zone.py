"""A network whose system zone starts with validators, and what tests do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devnet.chain.settlement_head import SettlementHead, record_call
from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts import artifacts
from devnet.contracts.addresses import (
    FORCED_INBOX,
    LIGHT_CLIENT,
    SETTLEMENT_ROOTS,
    STAKING,
    SYSTEM_ADDRESS,
    ZONE_REGISTRY,
)
from devnet.contracts.genesis import SettlementGenesis, settlement_accounts
from devnet.contracts.layout import Load
from devnet.contracts.staking import GenesisValidator, StakingParameters
from devnet.contracts.zone_registry import RegisteredZone, RegistryParameters
from devnet.settlement.bls import uncompressed_key, uncompressed_signature
from tests.parts import parts_under_test
from zero_sdk import local
from zero_sdk.client.contract import Contract
from zero_sdk.client.network import Network
from zero_sdk.client.zone import Zone

SCHEME = parts_under_test().signatures()
ETHER = 10**18
NETWORK = Hash32(b"\x11" * 32)
NAMES = ("system", "alpha", "beta")
EVM = Hash32(b"\xee" * 32)
"""The id of what the zones of genesis run."""
OWNER = Address(bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"))
"""The first account of the test mnemonic."""
ADDRESSES = {
    "Staking": STAKING,
    "ZoneRegistry": ZONE_REGISTRY,
    "ForcedInbox": FORCED_INBOX,
    "LightClient": LIGHT_CLIENT,
    "SettlementRoots": SETTLEMENT_ROOTS,
}
PARAMETERS = StakingParameters(unbonding_slots=10, seat_limit=4, issuance=Wei(7), reserve=Wei(10**6))


def secret(number: int) -> bytes:
    return SCHEME.make_secret(number.to_bytes(32, "big"))


def key_of(number: int) -> bytes:
    """48 bytes."""
    return SCHEME.public_key(secret(number))


def key_point(number: int) -> bytes:
    """128 bytes."""
    return uncompressed_key(key_of(number))


def possession(number: int) -> bytes:
    """256 bytes."""
    return uncompressed_signature(SCHEME.prove_possession(secret(number)))


def genesis(
    stakes: tuple[int, ...] = (), parameters: StakingParameters = PARAMETERS, **rest: Any
) -> SettlementGenesis:
    """Validators with these stakes, numbered from 1 on; each is operated by an address of its own."""
    validators = tuple(
        GenesisValidator(key_of(number), Wei(stake), operator(number))
        for number, stake in enumerate(stakes, 1)
    )
    zones = tuple(RegisteredZone(name, 7_700_000 + index, EVM) for index, name in enumerate(NAMES))
    return SettlementGenesis(
        NETWORK, zones, validators, parameters, **{"registry": RegistryParameters(OWNER), **rest}
    )


def no_possession() -> bytes:
    """The point at infinity of G2: a signature of nobody's."""
    return bytes(256)


def operator(number: int) -> Address:
    """Who operates a validator of genesis."""
    return Address(bytes([0xA0 + number]) * 20)


@dataclass(frozen=True, slots=True)
class SystemZone:
    """The system zone of a network, and its contracts."""

    network: Network

    @property
    def zone(self) -> Zone:
        return self.network["system"]

    def contract(self, name: str) -> Contract:
        return self.zone.contract(
            "0x" + ADDRESSES[name].hex(), {"contractName": name, "abi": list(artifacts.load(name).abi)}
        )

    def load(self, name: str) -> Load:
        """Reads a contract's storage."""
        address = "0x" + ADDRESSES[name].hex()
        return lambda slot: int(self.zone.rpc("eth_getStorageAt", address, hex(slot), "latest"), 16)

    def settle(self, height: int, slot: int | None = None) -> None:
        """Makes the zone know a settlement block, as the system call does."""
        head = SettlementHead(
            height, Hash32(height.to_bytes(32, "big")[::-1]), height if slot is None else slot, 3
        )
        system = "0x" + SYSTEM_ADDRESS.hex()
        with self.zone.impersonate(system):
            sent = self.zone.send(
                "0x" + SETTLEMENT_ROOTS.hex(), data=record_call(head), sender=system, gas=200_000, gas_price=0
            )
            assert sent.status == 1


def system_zone(given: SettlementGenesis, engine: str = "auto") -> SystemZone:
    """A new network with these contracts in its system zone."""
    return SystemZone(
        local(("alpha", "beta"), engine=engine, base_fee=0, genesis_accounts=settlement_accounts(given))
    )
