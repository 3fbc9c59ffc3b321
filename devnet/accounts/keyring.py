"""The keys that the network holds, and what it signs with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from devnet.accounts.derivation import ExtendedKey
from devnet.accounts.mnemonic import seed_of, validate_mnemonic
from devnet.accounts.typed_data import typed_data_digest
from devnet.chain.keccak import keccak256
from devnet.chain.signature import SigningKey
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import Address, Hash32

DEFAULT_PATH = "m/44'/60'/0'/0/"
"""BIP-44's path of Ethereum; the account's index is appended."""


class UnknownKey(KeyError):
    """The key ring holds no key for the address."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        return f"no key for 0x{self.address.hex()}"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Private keys by address, in order. Signatures are 65 bytes: r, s, and v as 27 or 28."""

    signers: Mapping[Address, SigningKey] = field(default_factory=dict)

    @classmethod
    def from_mnemonic(
        cls, mnemonic: str, count: int, path: str = DEFAULT_PATH, passphrase: str = ""
    ) -> KeyRing:
        """The first `count` accounts of a BIP-39 mnemonic below `path`. Raises BadMnemonic and BadPath."""
        validate_mnemonic(mnemonic)
        parent = ExtendedKey.from_seed(seed_of(mnemonic, passphrase)).descend(path)
        return cls.from_keys(parent.child(index).key for index in range(count))

    @classmethod
    def from_keys(cls, keys: Iterable[bytes]) -> KeyRing:
        """A ring of these 32-byte private keys. Raises ValueError for what is none."""
        signers = [SigningKey(key) for key in keys]
        return cls(MappingProxyType({signer.address: signer for signer in signers}))

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(self.signers)

    def __contains__(self, address: object) -> bool:
        return address in self.signers

    def __len__(self) -> int:
        return len(self.signers)

    def key(self, address: Address) -> bytes:
        """The private key of an address. Raises UnknownKey."""
        return self._signer(address).secret

    def sign_transaction(self, unsigned: UnsignedTransaction, address: Address) -> Transaction:
        """The transaction signed by the address. Raises UnknownKey."""
        return sign(unsigned, self._signer(address))

    def sign_message(self, address: Address, message: bytes) -> bytes:
        """EIP-191's personal message: what eth_sign and personal_sign give. Raises UnknownKey."""
        return _join(*self._signer(address).sign_digest(personal_digest(message)))

    def sign_typed_data(self, address: Address, typed_data: Mapping[str, Any]) -> bytes:
        """EIP-712's typed data as eth_signTypedData_v4 takes it (domain, types, primaryType, message).

        Raises UnknownKey, and BadTypedData where the data does not fit its types.
        """
        signer = self._signer(address)
        return _join(*signer.sign_digest(typed_data_digest(typed_data)))

    def _signer(self, address: Address) -> SigningKey:
        try:
            return self.signers[address]
        except KeyError:
            raise UnknownKey(address) from None


def personal_digest(message: bytes) -> Hash32:
    """What a personal signature of `message` covers (EIP-191, version 0x45)."""
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def _join(y_parity: int, r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))
