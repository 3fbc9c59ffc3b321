"""Mnemonics, derivation and signatures against BIP-39's and BIP-32's vectors and eth_account."""

from __future__ import annotations

import subprocess
import sys

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.accounts.derivation import BadPath, ExtendedKey, parse_path
from devnet.accounts.keyring import KeyRing, UnknownKey
from devnet.accounts.mnemonic import (
    TEST_MNEMONIC,
    BadMnemonic,
    mnemonic_of,
    random_mnemonic,
    seed_of,
    validate_mnemonic,
)
from devnet.chain.transaction_codec import decode_transaction
from devnet.chain.types import Address
from tests.chain.transactions import transfer

RING = KeyRing.from_mnemonic(TEST_MNEMONIC, 3)


def test_the_test_mnemonic_gives_the_accounts_that_every_devnet_has() -> None:
    ring = KeyRing.from_mnemonic(TEST_MNEMONIC, 10)
    assert ring.addresses[0].hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert ring.addresses[9].hex() == "a0ee7a142d267c1f36714e4a8f75612f20a79720"
    assert (
        ring.key(ring.addresses[0]).hex()
        == "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    )
    assert len(ring) == 10


@pytest.mark.parametrize(
    ("entropy", "mnemonic", "seed"),
    [
        (
            "00000000000000000000000000000000",
            "abandon " * 11 + "about",
            (
                "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"
                "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04"
            ),
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "zoo " * 23 + "vote",
            (
                "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e16"
                "13912f0a5b694407be899ffd31ed3992c456cdf60f5d4564b8ba3f05a69890ad"
            ),
        ),
    ],
)
def test_entropy_mnemonic_and_seed_are_those_of_the_vectors(entropy: str, mnemonic: str, seed: str) -> None:
    assert mnemonic_of(bytes.fromhex(entropy)) == mnemonic
    validate_mnemonic(mnemonic)
    assert seed_of(mnemonic, "TREZOR").hex() == seed


def test_keys_below_a_seed_are_those_of_the_vectors() -> None:
    root = ExtendedKey.from_seed(bytes.fromhex("000102030405060708090a0b0c0d0e0f"))
    assert root.key.hex() == "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35"
    deep = root.descend("m/0'/1/2'/2/1000000000")
    assert deep.key.hex() == "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8"
    assert deep.chain_code.hex() == "c783e67b921d2beb8f6b389cc646d7263b4145701dadd2161548a8b078e65e9e"


@settings(max_examples=10)
@given(st.sampled_from([12, 15, 18, 21, 24]), st.text(max_size=10), st.integers(0, 2**31 - 1))
def test_derivation_equals_that_of_eth_account(words: int, passphrase: str, index: int) -> None:
    Account.enable_unaudited_hdwallet_features()
    mnemonic = random_mnemonic(words)
    ring = KeyRing.from_mnemonic(mnemonic, 1, f"m/44'/60'/{index}'/0", passphrase)
    expected = Account.from_mnemonic(mnemonic, passphrase, f"m/44'/60'/{index}'/0/0")
    assert "0x" + ring.addresses[0].hex() == expected.address.lower()


def test_random_mnemonics_are_valid_and_differ() -> None:
    first, second = random_mnemonic(24), random_mnemonic(24)
    validate_mnemonic(first)
    assert first != second


@pytest.mark.parametrize(
    ("mnemonic", "words"),
    [
        ("test " * 12, "checksum"),
        ("test " * 11 + "junkk", "word 12"),
        ("test", "12, 15, 18"),
        ("", "12, 15, 18"),
    ],
)
def test_wrong_mnemonics_are_refused_without_repeating_them(mnemonic: str, words: str) -> None:
    with pytest.raises(BadMnemonic, match=words) as refused:
        KeyRing.from_mnemonic(mnemonic, 1)
    assert "junkk" not in str(refused.value)


def test_spaces_around_the_words_do_not_matter() -> None:
    spaced = "  " + TEST_MNEMONIC.replace(" ", "\n ")
    assert KeyRing.from_mnemonic(spaced, 1).addresses == RING.addresses[:1]


@pytest.mark.parametrize("path", ["", "44'/60'", "m/x", "m/-1", "m/2147483648", "m//1", "m/1''", "m/²"])
def test_wrong_paths_are_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse_path(path)


def test_paths_mark_hardened_indices() -> None:
    assert parse_path("m/44'/60h/0") == (2**31 + 44, 2**31 + 60, 0)
    assert parse_path("m/") == parse_path("m") == ()


@settings(max_examples=20)
@given(st.binary(max_size=200))
def test_messages_are_signed_as_eth_account_does(message: bytes) -> None:
    address = RING.addresses[1]
    expected = Account.sign_message(encode_defunct(message), RING.key(address))
    assert RING.sign_message(address, message) == bytes(expected.signature)


def test_transactions_are_signed_by_the_named_account() -> None:
    signed = RING.sign_transaction(transfer(), RING.addresses[2])
    assert decode_transaction(signed.encoded)[0].sender == RING.addresses[2]


def test_an_unknown_account_has_no_key() -> None:
    stranger = Address(bytes(20))
    assert stranger not in RING
    for use in (RING.key, lambda address: RING.sign_message(address, b"")):
        with pytest.raises(UnknownKey, match="no key for 0x0000"):
            use(stranger)


def test_keys_do_not_show_in_the_representation() -> None:
    assert "ac0974" not in repr(RING)


def test_deriving_accounts_imports_none_of_the_slow_packages() -> None:
    program = (
        "import sys\nfrom devnet.accounts.keyring import KeyRing\n"
        "from devnet.accounts.mnemonic import TEST_MNEMONIC\n"
        "KeyRing.from_mnemonic(TEST_MNEMONIC, 10)\n"
        "slow = {'eth_account', 'eth_utils', 'eth_abi', 'web3', 'eth', 'rich'} & set(sys.modules)\n"
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
