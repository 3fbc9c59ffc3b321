"""Accounts: an address, perhaps a name, perhaps a key. Keys are in no repr, message or log."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from zero_sdk.client.addresses import checksum, to_address
from zero_sdk.client.errors import BadAccount, PublicKey

if TYPE_CHECKING:
    from devnet.accounts.keyring import KeyRing
    from devnet.chain.transaction import Authorization
    from devnet.chain.transaction_codec import UnsignedTransaction

DEFAULT_PATH = "m/44'/60'/0'/0/"
"""BIP-44's path of Ethereum; the account's index is appended."""

_PUBLIC_MNEMONICS = (
    # What Anvil and Hardhat, Ganache's -d, Truffle's develop and BIP-39's examples start with.
    "test test test test test test test test test test test junk",
    "myth like bonus scare over problem client lizard pioneer submit female collect",
    "candy maple cake sugar pudding cream honey rich smooth crumble sweet treat",
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
)
_PUBLIC_ACCOUNTS = 20
"""Of each of these mnemonics."""
_PUBLIC_NUMBERS = 256
"""Private keys below are everybody's guess."""


class Signer(Protocol):
    """Holds a key, or reaches a device that does."""

    @property
    def address(self) -> str: ...

    def sign_transaction(self, unsigned: UnsignedTransaction) -> bytes:
        """The signed transaction as eth_sendRawTransaction takes it."""

    def sign_message(self, message: bytes) -> bytes:
        """65 bytes over EIP-191's personal message."""

    def sign_typed_data(self, document: Mapping[str, Any]) -> bytes:
        """65 bytes over EIP-712's typed data, as eth_signTypedData_v4 takes it."""


class LocalKey:
    """A private key in this process."""

    __slots__ = ("_address", "_ring")

    def __init__(self, key: bytes) -> None:
        """Raises BadAccount for what is no key."""
        from devnet.accounts.keyring import KeyRing

        try:
            if len(key) != 32:
                # What lost a byte would be padded, and be another key.
                raise ValueError
            self._ring: KeyRing = KeyRing.from_keys([key])
        except ValueError:
            # The cause would show the key.
            raise BadAccount("that is no private key", "it is 32 bytes: 0x and 64 hex digits") from None
        self._address = self._ring.addresses[0]

    @property
    def address(self) -> str:
        """Checksummed."""
        return checksum(self._address)

    def sign_transaction(self, unsigned: UnsignedTransaction) -> bytes:
        """As `Signer.sign_transaction`."""
        return self._ring.sign_transaction(unsigned, self._address).encoded

    def sign_message(self, message: bytes) -> bytes:
        """As `Signer.sign_message`."""
        return self._ring.sign_message(self._address, message)

    def sign_typed_data(self, document: Mapping[str, Any]) -> bytes:
        """As `Signer.sign_typed_data`."""
        return self._ring.sign_typed_data(self._address, document)

    def sign_authorization(self, chain_id: int, delegate: bytes, nonce: int) -> Authorization:
        """An EIP-7702 authorization: this account runs the code at `delegate`."""
        from devnet.chain.transaction_codec import sign_authorization
        from devnet.chain.types import Address

        return sign_authorization(chain_id, Address(delegate), nonce, self._ring.key(self._address))

    def __repr__(self) -> str:
        return f"<LocalKey of {self.address}>"

    def __reduce__(self) -> Any:
        raise TypeError("a key is not pickled")


class ForeignSigner:
    """An account of eth-account, or any object with `address` and `sign_transaction(dict)`."""

    __slots__ = ("_account",)

    def __init__(self, account: Any) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """Checksummed."""
        return to_address(self._account.address)

    def sign_transaction(self, unsigned: UnsignedTransaction) -> bytes:
        """As `Signer.sign_transaction`."""
        from zero_sdk.client.signing import to_eth_account

        signed = self._account.sign_transaction(to_eth_account(unsigned))
        return bytes(signed.raw_transaction)

    def sign_message(self, message: bytes) -> bytes:
        """As `Signer.sign_message`."""
        from eth_account.messages import encode_defunct

        return bytes(self._account.sign_message(encode_defunct(message)).signature)

    def sign_typed_data(self, document: Mapping[str, Any]) -> bytes:
        """As `Signer.sign_typed_data`."""
        from eth_account.messages import encode_typed_data

        return bytes(self._account.sign_message(encode_typed_data(full_message=dict(document))).signature)

    def __repr__(self) -> str:
        return f"<ForeignSigner of {self.address}>"


class Account:
    """An address that can be a sender. Equal to whatever has the same address, checksummed strings too."""

    __slots__ = ("_find_signer", "_signer", "address", "name")

    def __init__(
        self,
        address: Any,
        name: str | None = None,
        signer: Signer | Callable[[], Signer | None] | None = None,
    ) -> None:
        """`signer` may be a function that finds it when it is first needed."""
        self.address = to_address(address)
        self.name = name
        self._find_signer = signer if callable(signer) else None
        self._signer: Signer | None = None if callable(signer) else signer

    @classmethod
    def of(cls, source: Any, name: str | None = None) -> Account:
        """An Account as it is, an account of eth-account, or an address without a key."""
        if isinstance(source, Account):
            return source
        if hasattr(source, "sign_transaction") and hasattr(source, "address"):
            return cls(source.address, name, ForeignSigner(source))
        return cls(source, name)

    @classmethod
    def from_key(cls, key: str | bytes, name: str | None = None) -> Account:
        """Of a private key: 32 bytes, or their hex. Raises BadAccount."""
        if isinstance(key, str):
            try:
                key = bytes.fromhex(key.strip().removeprefix("0x"))
            except ValueError:
                key = b""
        signer = LocalKey(key)
        return cls(signer.address, name, signer)

    @classmethod
    def from_mnemonic(
        cls,
        mnemonic: str,
        index: int = 0,
        path: str = DEFAULT_PATH,
        passphrase: str = "",
        name: str | None = None,
    ) -> Account:
        """The account at `index` below `path` of a BIP-39 mnemonic. Raises BadAccount."""
        from devnet.accounts.derivation import BadPath, ExtendedKey
        from devnet.accounts.mnemonic import BadMnemonic, seed_of, validate_mnemonic

        try:
            validate_mnemonic(mnemonic)
            root = ExtendedKey.from_seed(seed_of(mnemonic, passphrase))
            return cls.from_key(root.descend(f"{path}{index}").key, name)
        except (BadMnemonic, BadPath) as error:
            raise BadAccount(str(error)) from None

    @classmethod
    def from_env(cls, variable: str, name: str | None = None) -> Account:
        """Of the private key in an environment variable. Raises BadAccount, which never shows the value."""
        try:
            return cls.from_key(_variable(variable), name)
        except BadAccount as error:
            raise BadAccount(f"{variable}: {error.message}", error.hint) from None

    @classmethod
    def from_mnemonic_env(cls, variable: str, index: int = 0, name: str | None = None) -> Account:
        """Of the mnemonic in an environment variable. Raises BadAccount."""
        try:
            return cls.from_mnemonic(_variable(variable), index, name=name)
        except BadAccount as error:
            raise BadAccount(f"{variable}: {error.message}", error.hint) from None

    @classmethod
    def from_keystore(
        cls, path: str | Path, password: str | bytes | Callable[[], str], name: str | None = None
    ) -> Account:
        """Of an encrypted key file (Web3 Secret Storage, as geth, Foundry and eth-account write it). A
        function is asked for the password when the key is needed. Raises BadAccount."""
        import json

        path = Path(path)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadAccount(f"the keystore {path} cannot be read: {error.strerror}") from None
        except ValueError:
            raise BadAccount(f"{path} is no keystore: it is not JSON") from None
        if not isinstance(document, dict) or not ("crypto" in document or "Crypto" in document):
            raise BadAccount(f"{path} is no keystore: it has no `crypto`")

        def unlock() -> LocalKey:
            from eth_account import Account as EthAccount

            secret: Any = password() if callable(password) else password
            try:
                return LocalKey(bytes(EthAccount.decrypt(document, secret)))
            except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError):
                raise BadAccount(f"the password does not open the keystore {path}") from None

        told = document.get("address")
        if isinstance(told, str) and told:
            address = told if told.startswith("0x") else f"0x{told}"
            return cls(address.lower(), name or path.stem, unlock)
        signer = unlock()
        return cls(signer.address, name or path.stem, signer)

    @classmethod
    def from_signer(cls, url: str, address: Any, name: str | None = None) -> Account:
        """One whose key a signer behind a URL holds, a device perhaps: see `remote_signer`."""
        from zero_sdk.client.remote_signer import RemoteSigner

        return cls(address, name, RemoteSigner(url, address))

    @classmethod
    def random(cls, name: str | None = None) -> Account:
        """A new account from the operating system's randomness."""
        import secrets

        return cls.from_key(secrets.token_bytes(32), name)

    @property
    def signer(self) -> Signer | None:
        """What signs for it here; None where nothing does. May ask for a password."""
        if self._signer is None and self._find_signer is not None:
            found = self._find_signer()
            self._find_signer = None
            if found is not None and found.address != self.address:
                raise BadAccount(f"the key of {self} belongs to {found.address}")
            self._signer = found
        return self._signer

    @property
    def can_sign(self) -> bool:
        """Whether it has a signer, or a way to find one."""
        return self._signer is not None or self._find_signer is not None

    def sign_message(self, message: str | bytes) -> bytes:
        """65 bytes over EIP-191's personal message. Raises BadAccount where there is no key."""
        octets = message.encode() if isinstance(message, str) else message
        return self._needed_signer().sign_message(octets)

    def sign_typed_data(self, document: Mapping[str, Any]) -> bytes:
        """65 bytes over typed data (domain, types, primaryType, message: EIP-712). Raises BadAccount."""
        return self._needed_signer().sign_typed_data(document)

    def sign_authorization(self, zone: Any, delegate: Any, nonce: int | None = None) -> Any:
        """An EIP-7702 authorization for a transaction's `authorizations=`: this account runs the code of
        `delegate` in a zone (a Zone, or a chain id; 0 is every chain). `nonce` is the account's in that
        zone."""
        from zero_sdk.client.addresses import to_bytes

        signer = self._needed_signer()
        if not isinstance(signer, LocalKey):
            raise BadAccount(f"the signer of {self} does not sign authorizations")
        if nonce is None:
            if isinstance(zone, int):
                raise BadAccount("an authorization for a chain id needs a nonce")
            nonce = zone.nonce(self, "pending")
        chain_id = zone if isinstance(zone, int) else zone.chain_id
        return signer.sign_authorization(chain_id, to_bytes(delegate), nonce)

    def _needed_signer(self) -> Signer:
        signer = self.signer
        if signer is None:
            raise BadAccount(
                f"there is no key for {self} here", "zone.rpc('personal_sign', ...) asks the node"
            )
        return signer

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.address == other
        address = getattr(other, "address", None)
        return self.address == address if isinstance(address, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.address)

    def __str__(self) -> str:
        return f"{self.name} ({self.address})" if self.name else self.address

    def __repr__(self) -> str:
        return f"<Account {self}>"


def devnet_accounts(addresses: Sequence[str]) -> tuple[Account, ...]:
    """The accounts that a devnet signs for, with their keys where these are everybody's."""
    return tuple(
        Account(address, f"account {index}", _public_signer(to_address(address)))
        for index, address in enumerate(addresses)
    )


def ring_accounts(ring: KeyRing) -> tuple[Account, ...]:
    """The accounts of a network in this process."""
    return tuple(
        Account(address, f"account {index}", partial(LocalKey, ring.key(address)))
        for index, address in enumerate(ring.addresses)
    )


def is_public(account: Any) -> bool:
    """Whether everybody has the account's key: of a test mnemonic, or a small number."""
    return to_address(account) in _public_keys()


def refuse_public_key(zone: Any, account: Any) -> None:
    """Raises PublicKey where the account's key is well known and the zone (or network) is no devnet."""
    if not zone.is_devnet and is_public(account):
        raise PublicKey(
            f"{Account.of(account)} is a well-known test account, and {zone.name} is not a devnet",
            "everybody has its key: use an account of your own",
        )


def _public_signer(address: str) -> Callable[[], Signer | None]:
    def find() -> Signer | None:
        key = _public_keys().get(address)
        return None if key is None else LocalKey(key)

    return find


@cache
def _public_keys() -> Mapping[str, bytes]:
    """Of well-known accounts, by address."""
    from devnet.accounts.derivation import ExtendedKey
    from devnet.accounts.mnemonic import seed_of
    from devnet.chain.signature import address_of

    keys = [number.to_bytes(32) for number in range(1, _PUBLIC_NUMBERS)]
    for mnemonic in _PUBLIC_MNEMONICS:
        parent = ExtendedKey.from_seed(seed_of(mnemonic)).descend(DEFAULT_PATH)
        keys += [parent.child(index).key for index in range(_PUBLIC_ACCOUNTS)]
    return {checksum(address_of(key)): key for key in keys}


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise BadAccount("the environment variable is not set")
    return value
