"""A validator's key in a file: a keystore as EIP-2335 has it, encrypted with a password."""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import reason_of

PASSWORD = "ZERO_VALIDATOR_PASSWORD"
"""The environment variable that holds the password where nobody can be asked for it."""

_VERSION = 4
_HINT = f"`zero validator key new FILE` makes one; {PASSWORD} holds its password"


def make_key(path: Path) -> bytes:
    """Makes a new key and its keystore, which only the owner may read; gives the public key. Raises
    ZeroError."""
    import secrets

    from eth_keyfile.keyfile import create_keyfile_json

    from devnet.parts import choose_parts

    if path.exists():
        raise _is_there(path)
    scheme = choose_parts().signatures()
    secret = scheme.make_secret(secrets.token_bytes(32))
    password = _password(path, is_new=True)
    keystore = create_keyfile_json(secret, password.encode(), _VERSION, "scrypt")
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{path}: {reason_of(error)}") from error
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(json.dumps(keystore, indent=2) + "\n")
    return scheme.public_key(secret)


def public_key_in(path: Path) -> bytes:
    """The public key that the keystore names, without its password. Raises ZeroError."""
    named = _read(path).get("pubkey", "")
    try:
        key = bytes.fromhex(named)
    except (TypeError, ValueError):
        key = b""
    if len(key) != 48:
        raise ZeroError(Problem.BAD_ACCOUNT, f"{path} names no public key of 48 bytes", _HINT)
    return key


def secret_in(path: Path) -> bytes:
    """The secret key in the keystore; asks for its password. Raises ZeroError."""
    from eth_keyfile.keyfile import decode_keyfile_json

    keystore = _read(path)
    try:
        return bytes(decode_keyfile_json(keystore, _password(path).encode()))
    except ZeroError:
        raise
    except Exception as error:
        # The library says ValueError for a wrong password, and what it likes for a broken file.
        raise ZeroError(Problem.BAD_ACCOUNT, f"{path} cannot be opened: {error}", _HINT) from error


def _is_there(path: Path) -> ZeroError:
    hint = "name another file: a key that is overwritten is lost"
    return ZeroError(Problem.WOULD_OVERWRITE, f"{path} is there already", hint)


def _read(path: Path) -> dict[str, Any]:
    try:
        keystore = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: {reason_of(error)}", _HINT) from error
    except ValueError:
        raise ZeroError(Problem.BAD_ACCOUNT, f"{path} is no keystore: it is not JSON", _HINT) from None
    if not isinstance(keystore, dict) or keystore.get("version") != _VERSION:
        raise ZeroError(Problem.BAD_ACCOUNT, f"{path} is no keystore of version {_VERSION} (EIP-2335)", _HINT)
    return keystore


def _password(path: Path, *, is_new: bool = False) -> str:
    told = os.environ.get(PASSWORD)
    if told is not None:
        return told
    if not sys.stdin.isatty():
        raise ZeroError(
            Problem.BAD_ACCOUNT, f"the keystore {path} has a password, and nobody can be asked for it", _HINT
        )
    password = getpass.getpass(f"password of {path}: ")
    if is_new and getpass.getpass("once more: ") != password:
        raise ZeroError(Problem.BAD_VALUE, "the two passwords differ")
    return password
