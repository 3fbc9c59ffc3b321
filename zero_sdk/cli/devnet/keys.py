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
    return keys_of(mnemonic_of(settings), settings.accounts, settings.derivation_path)


def mnemonic_of(settings: Settings) -> str:
    """The words; with --mnemonic-random new ones at every call."""
    from devnet.accounts.mnemonic import random_mnemonic

    return random_mnemonic() if settings.mnemonic_random else settings.mnemonic


def keys_of(mnemonic: str, count: int, derivation_path: str) -> Keys:
    """The first `count` accounts of these words."""
    from devnet.accounts.keyring import KeyRing
    from devnet.artifacts.display import checksum

    ring = KeyRing.from_mnemonic(mnemonic, count, derivation_path)
    accounts = tuple(
        ShownAccount(checksum(address), f"0x{ring.key(address).hex()}") for address in ring.addresses
    )
    return Keys(mnemonic, derivation_path, accounts)
