"""The part of a network's configuration that its hash covers, as data that JSON can hold.

Numbers that may exceed 2^53 are decimal strings, bytes are 0x-prefixed hex. `docs/formats.md` names every
field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei
from devnet.settlement.parameters import BEFORE_STAKING, SettlementParameters
from devnet.zone.messages import GenesisAccount


@dataclass(frozen=True, slots=True)
class FieldCodec:
    """How one field is written and read. `read` raises ValueError for what cannot be its value."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _int(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _optional_int(value: Any) -> int | None:
    return None if value is None else _int(value)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"{value!r} is not a text")
    return value


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError(f"{value!r} is not a list")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError(f"{value!r} is not a mapping")
    return value


def _amount(value: Any) -> Wei:
    return Wei(int(_text(value)))


def _bytes(value: Any) -> bytes:
    text = _text(value)
    if not text.startswith("0x"):
        raise ValueError(f"{text!r} does not begin with 0x")
    return bytes.fromhex(text[2:])


def _address(value: Any) -> Address:
    address = _bytes(value)
    if len(address) != 20:
        raise ValueError(f"{value!r} is not an address")
    return Address(address)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _write_account(account: GenesisAccount) -> dict[str, Any]:
    return {
        "balance": str(account.balance),
        "nonce": account.nonce,
        "code": _hex(account.code),
        "storage": {hex(slot): hex(value) for slot, value in sorted(account.storage.items())},
    }


def _read_account(value: Any) -> GenesisAccount:
    fields = _mapping(value)
    storage = {int(slot, 16): int(_text(word), 16) for slot, word in _mapping(fields["storage"]).items()}
    return GenesisAccount(_amount(fields["balance"]), _int(fields["nonce"]), _bytes(fields["code"]), storage)


def _write_accounts(accounts: Mapping[Address, GenesisAccount]) -> dict[str, Any]:
    return {_hex(address): _write_account(account) for address, account in sorted(accounts.items())}


def _read_accounts(value: Any) -> dict[Address, GenesisAccount]:
    return {_address(address): _read_account(account) for address, account in _mapping(value).items()}


def _write_grants(grants: tuple[tuple[Address, Wei], ...]) -> list[Any]:
    return [[_hex(address), str(amount)] for address, amount in grants]


def _read_grants(value: Any) -> tuple[tuple[Address, Wei], ...]:
    return tuple((_address(address), _amount(amount)) for address, amount in map(_list, _list(value)))


def _read_zones(value: Any) -> tuple[str, ...]:
    return tuple(_text(name) for name in _list(value))


def _write_fork(fork: Fork) -> str:
    return fork.name.lower()


def _read_fork(value: Any) -> Fork:
    return Fork.from_name(_text(value))


def _write_settlement(settlement: SettlementParameters) -> list[Any]:
    numbers = [settlement.validators, str(settlement.stake), settlement.producers, settlement.blocks]
    return numbers if settlement.epoch is None else [*numbers, settlement.epoch]


def _read_settlement(value: Any) -> SettlementParameters:
    validators, stake, producers, blocks, *epoch = _list(value)
    if len(epoch) > 1:
        raise ValueError(f"{len(epoch)} numbers too many")
    return SettlementParameters(
        _int(validators), _amount(stake), _int(producers), _int(blocks), _int(epoch[0]) if epoch else None
    )


def _write_eids(eids: Mapping[str, int] | None) -> dict[str, int] | None:
    return None if eids is None else dict(sorted(eids.items()))


def _read_eids(value: Any) -> dict[str, int]:
    return {_text(name): _int(eid) for name, eid in _mapping(value).items()}


_SAME = FieldCodec(lambda value: value, _int)
_OPTIONAL = FieldCodec(lambda value: value, _optional_int)
_AMOUNT = FieldCodec(str, _amount)
_FLAG = FieldCodec(lambda value: value, _bool)
_STRING = FieldCodec(lambda value: value, _text)

SECRET_FIELDS = frozenset({"mnemonic"})
"""Never shown."""

HASHED_FIELDS: Mapping[str, FieldCodec] = {
    "zones": FieldCodec(list, _read_zones),
    "system_chain_id": _SAME,
    "chain_id": _SAME,
    "fork": FieldCodec(_write_fork, _read_fork),
    "genesis_time": _SAME,
    "genesis_number": _SAME,
    "genesis_accounts": FieldCodec(_write_accounts, _read_accounts),
    "mnemonic": _STRING,
    "derivation_path": _STRING,
    "accounts": _SAME,
    "balance": _AMOUNT,
    "grants": FieldCodec(_write_grants, _read_grants),
    "gas_limit": _SAME,
    "base_fee": _AMOUNT,
    "is_base_fee_fixed": _FLAG,
    "coinbase": FieldCodec(_hex, _address),
    "transaction_gas_cap": _OPTIONAL,
    "code_size_limit": _OPTIONAL,
    "block_size_limit": _OPTIONAL,
    "is_timestamp_strict": _FLAG,
    "compaction_threshold": _SAME,
    "compaction_ratio": _SAME,
    "compaction_divisor": _SAME,
    "settlement": FieldCodec(_write_settlement, _read_settlement),
    "eids": FieldCodec(_write_eids, _read_eids),
}
"""In the order of the hash."""

LATER_FIELDS: Mapping[str, Any] = {"settlement": BEFORE_STAKING, "eids": None}
"""Fields that came after the first folders and dumps, and what there was before: neither the hash nor a
document has them where they are that."""
