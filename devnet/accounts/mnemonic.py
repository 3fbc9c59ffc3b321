"""BIP-39 mnemonics: their check, their seed, and new ones."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import secrets
import unicodedata
from pathlib import Path

TEST_MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic that every Ethereum devnet starts with. Its keys are public: never fund them elsewhere."""

_SEED_ROUNDS = 2048
_WORDS_PER_MNEMONIC = (12, 15, 18, 21, 24)
_WORD_BITS = 11


class BadMnemonic(ValueError):
    """The words are no BIP-39 mnemonic."""


@functools.cache
def english_words() -> tuple[str, ...]:
    """BIP-39's 2048 English words in order, read once from the list that eth-account carries.

    The package is located, not imported: importing it takes most of a second.
    """
    spec = importlib.util.find_spec("eth_account")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("eth_account is not installed, which carries the BIP-39 word list")
    path = Path(spec.origin).parent / "hdaccount" / "wordlist" / "english.txt"
    return tuple(path.read_text(encoding="utf-8").split())


def random_mnemonic(words: int = 12) -> str:
    """A new mnemonic from the operating system's randomness. Raises BadMnemonic for an impossible length."""
    _validate_length(words)
    entropy_bits = words * _WORD_BITS * 32 // 33
    return mnemonic_of(secrets.token_bytes(entropy_bits // 8))


def mnemonic_of(entropy: bytes) -> str:
    """The mnemonic of 16, 20, 24, 28 or 32 bytes."""
    checksum_bits = len(entropy) * 8 // 32
    words = (len(entropy) * 8 + checksum_bits) // _WORD_BITS
    _validate_length(words if len(entropy) % 4 == 0 else 0)
    number = int.from_bytes(entropy, "big") << checksum_bits | _checksum(entropy)
    listed = english_words()
    indices = (number >> _WORD_BITS * position & 2047 for position in reversed(range(words)))
    return " ".join(listed[index] for index in indices)


def validate_mnemonic(mnemonic: str) -> None:
    """Raises BadMnemonic where the count, a word or the checksum is wrong."""
    words = _normalize(mnemonic).split(" ")
    _validate_length(len(words))
    listed = {word: index for index, word in enumerate(english_words())}
    number = 0
    for position, word in enumerate(words, 1):
        if word not in listed:
            raise BadMnemonic(f"word {position} of the mnemonic is not in BIP-39's English list")
        number = number << _WORD_BITS | listed[word]
    checksum_bits = len(words) * _WORD_BITS // 33
    entropy = (number >> checksum_bits).to_bytes(checksum_bits * 4, "big")
    if number & (1 << checksum_bits) - 1 != _checksum(entropy):
        raise BadMnemonic("the checksum of the mnemonic is wrong: a word is missing, wrong or misplaced")


def seed_of(mnemonic: str, passphrase: str = "") -> bytes:
    """The 64-byte seed of a mnemonic (not checked here)."""
    salt = "mnemonic" + unicodedata.normalize("NFKD", passphrase)
    return hashlib.pbkdf2_hmac(
        "sha512", _normalize(mnemonic).encode("utf-8"), salt.encode("utf-8"), _SEED_ROUNDS
    )


def _normalize(mnemonic: str) -> str:
    return " ".join(unicodedata.normalize("NFKD", mnemonic).split())


def _checksum(entropy: bytes) -> int:
    """The first bits of the entropy's hash, one for 32 of the entropy."""
    return hashlib.sha256(entropy).digest()[0] >> 8 - len(entropy) * 8 // 32


def _validate_length(words: int) -> None:
    if words not in _WORDS_PER_MNEMONIC:
        raise BadMnemonic("a mnemonic has 12, 15, 18, 21 or 24 words")
