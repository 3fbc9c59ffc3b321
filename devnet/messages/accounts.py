"""The courier's own accounts: keys of the network's mnemonic on a path that users' accounts are not on."""

from __future__ import annotations

from devnet.accounts.keyring import KeyRing
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Wei
from devnet.packets.packet import Path

COURIER_PATH = "m/44'/60'/7'/0/"
"""BIP-32. Users' accounts are on `NetworkConfig.derivation_path`, m/44'/60'/0'/0/ by default."""

COURIER_ACCOUNTS = 8
"""Paths are spread over them, so that a transaction which waits holds up few of them."""

COURIER_FLOAT = Wei(1_000_000 * 10**18)
"""What genesis gives to each in every zone: gas, and the values that options send along."""


def courier_keys(mnemonic: str) -> KeyRing:
    """The keys that the courier of a network signs with, the same in every process."""
    return KeyRing.from_mnemonic(mnemonic, COURIER_ACCOUNTS, COURIER_PATH)


def account_for(keys: KeyRing, path: Path) -> Address:
    """Which of them carries the messages of a path: always the same one, so that they keep their order."""
    digest = keccak256(
        path.src_eid.to_bytes(4, "big") + path.sender + path.dst_eid.to_bytes(4, "big") + path.receiver
    )
    return keys.addresses[int.from_bytes(digest[:8], "big") % len(keys)]
