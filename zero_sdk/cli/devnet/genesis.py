"""Reads a geth-style genesis file: its alloc, and the fields of the genesis block that a zone takes over."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devnet.chain.types import Address, Wei
from devnet.zone.messages import GenesisAccount
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import reason_of

UINT64, UINT256 = (1 << 64) - 1, (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class Genesis:
    """What the file says; None is what it does not say."""

    accounts: Mapping[Address, GenesisAccount] = field(default_factory=dict)
    chain_id: int | None = None
    timestamp: int | None = None
    gas_limit: int | None = None
    base_fee: Wei | None = None
    coinbase: Address | None = None
    number: int | None = None


def read_genesis(path: Path) -> Genesis:
    """Raises ZeroError with the place in the file that is wrong."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"--genesis {path}: {reason_of(error)}") from error
    except ValueError as error:
        raise ZeroError(Problem.BAD_GENESIS, f"{path}: {error}", "it must be JSON") from error
    try:
        return _genesis(_object("the file", document))
    except ValueError as error:
        hint = 'it looks like {"alloc": {"0x...": {"balance": "0x...", "code": "0x...", "storage": {}}}}'
        raise ZeroError(Problem.BAD_GENESIS, f"{path}: {error}", hint) from None


def _genesis(document: Mapping[str, Any]) -> Genesis:
    config = _object("config", document.get("config", {}))
    base_fee = _optional(document, "baseFeePerGas", _number(UINT256))
    return Genesis(
        accounts={
            Address(_octets(f"alloc.{key}", key, 20)): _account(f"alloc.{key}", value)
            for key, value in _object("alloc", document.get("alloc", {})).items()
        },
        chain_id=_optional(config, "chainId", _number(UINT64), "config."),
        timestamp=_optional(document, "timestamp", _number(UINT64)),
        gas_limit=_optional(document, "gasLimit", _number(UINT64)),
        base_fee=None if base_fee is None else Wei(base_fee),
        coinbase=_optional(document, "coinbase", lambda where, value: Address(_octets(where, value, 20))),
        number=_optional(document, "number", _number(UINT64)),
    )


def _account(where: str, value: Any) -> GenesisAccount:
    fields = _object(where, value)
    storage = _object(f"{where}.storage", fields.get("storage", {}))
    read_slot = _number(UINT256)
    return GenesisAccount(
        balance=Wei(_optional(fields, "balance", _number(UINT256), f"{where}.") or 0),
        nonce=_optional(fields, "nonce", _number(UINT64 - 1), f"{where}.") or 0,
        code=_optional(fields, "code", _octets, f"{where}.") or b"",
        storage={
            read_slot(f"{where}.storage", slot): read_slot(f"{where}.storage.{slot}", word)
            for slot, word in storage.items()
        },
    )


def _object(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a JSON object")
    return value


def _optional(fields: Mapping[str, Any], key: str, read: Callable[[str, Any], Any], prefix: str = "") -> Any:
    value = fields.get(key)
    return None if value is None else read(f"{prefix}{key}", value)


def _number(highest: int) -> Callable[[str, Any], int]:
    """Reads a number that is written as one, or as a hexadecimal or decimal string."""

    def read(where: str, value: Any) -> int:
        number = -1
        if isinstance(value, int) and not isinstance(value, bool):
            number = value
        elif isinstance(value, str) and len(value) <= 80:
            text = value.strip().lower()
            try:
                # Old files pad storage to 32 bytes and leave out 0x only for decimals.
                number = int(text, 16) if text.startswith("0x") else int(text)
            except ValueError:
                number = 0 if text == "0x" else -1
        if not 0 <= number <= highest:
            raise ValueError(f"{where}: {value!r} is not a number from 0 to {highest:#x}")
        return number

    return read


def _octets(where: str, value: Any, size: int | None = None) -> bytes:
    if isinstance(value, str):
        digits = value[2:] if value[:2] in ("0x", "0X") else value
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            data = None
        if data is not None and (size is None or len(data) == size):
            return data
    expected = "hex" if size is None else f"{size} bytes of hex"
    raise ValueError(f"{where}: {value!r} is not {expected}")
