"""The accounts that the settings describe, as text for people and programs."""

from __future__ import annotations

from dataclasses import dataclass

from zero_sdk.cli.devnet.settings import Settings


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """One account as it is printed."""

    address: str
    """With EIP-55's checksum."""
    private_key: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the accounts come from, and the accounts."""

    mnemonic: str
    derivation_path: str
    accounts: tuple[ShownAccount, ...]


def keys_from(settings: Settings) -> Keys:
    """Derives the accounts. With --mnemonic-random every call gives others."""
    from devnet.accounts.keyring import KeyRing
    from devnet.accounts.mnemonic import random_mnemonic
    from devnet.artifacts.display import checksum

    mnemonic = random_mnemonic() if settings.mnemonic_random else settings.mnemonic
    ring = KeyRing.from_mnemonic(mnemonic, settings.accounts, settings.derivation_path)
    accounts = tuple(
        ShownAccount(checksum(address), f"0x{ring.key(address).hex()}") for address in ring.addresses
    )
    return Keys(mnemonic, settings.derivation_path, accounts)
