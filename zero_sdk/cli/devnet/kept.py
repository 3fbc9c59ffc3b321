"""A network that a folder already holds: what the options leave open is the folder's; what they contradict is
told."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devnet.config import NetworkConfig
from devnet.config_fields import HASHED_FIELDS
from zero_sdk.cli.devnet.genesis import Genesis
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.errors import Problem, ZeroError


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A field of the configuration that a network has from its genesis on."""

    field: str
    option: str | None
    """Field of `Settings`; None where only a genesis file can say it."""
    genesis: str | None = None
    """Field of `Genesis`."""
    in_words: Callable[[Any], str] = str


def _number_or_none(value: int | None) -> str:
    return "none" if value is None else str(value)


def _moment(seconds: int) -> str:
    return f"{seconds} ({datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%SZ})"


def _zro(wei: int) -> str:
    from zero_sdk.cli.devnet.banner import zro

    return zro(wei)


def _grants(grants: tuple[tuple[bytes, int], ...]) -> str:
    return ", ".join(f"0x{address.hex()}:{_zro(wei)}" for address, wei in grants) or "nobody else"


_FIXED = (
    _Fixed("zones", "zones", in_words=",".join),
    _Fixed("chain_id", "chain_id", "chain_id"),
    _Fixed("fork", "hardfork", in_words=lambda fork: str(fork.name.lower())),
    _Fixed("genesis_time", "timestamp", "timestamp", _moment),
    _Fixed("genesis_number", None, "number"),
    _Fixed("genesis_accounts", None, "accounts", lambda accounts: f"{len(accounts)} accounts"),
    _Fixed("mnemonic", "mnemonic", in_words=lambda _: "its own words"),
    _Fixed("accounts", "accounts"),
    _Fixed("derivation_path", "derivation_path"),
    _Fixed("balance", "balance", in_words=_zro),
    _Fixed("grants", "fund", in_words=_grants),
    _Fixed("gas_limit", "gas_limit", "gas_limit"),
    _Fixed("base_fee", "base_fee", "base_fee"),
    _Fixed("coinbase", None, "coinbase", lambda address: f"0x{address.hex()}"),
    _Fixed("transaction_gas_cap", "transaction_gas_cap", in_words=_number_or_none),
    _Fixed("code_size_limit", "code_size_limit", in_words=_number_or_none),
    _Fixed("is_timestamp_strict", "strict_timestamps"),
)


def kept_config(
    asked: NetworkConfig, kept: NetworkConfig, settings: Settings, genesis: Genesis, folder: Path
) -> NetworkConfig:
    """`asked` with what the folder's network has from its genesis on. Raises ZeroError (FOLDER_OTHER_NETWORK)
    where an option was given that says something else."""
    if settings.mnemonic_random:
        raise _contradiction(
            folder, settings.given["mnemonic_random"], "the mnemonic", "its own words", "new ones"
        )
    for fixed in _FIXED:
        place = _place(fixed, settings, genesis)
        wanted, found = getattr(asked, fixed.field), getattr(kept, fixed.field)
        if place is not None and wanted != found:
            given = "others" if fixed.field == "mnemonic" else fixed.in_words(wanted)
            what = fixed.field.replace("_", " ").removeprefix("is ")
            raise _contradiction(folder, place, what, fixed.in_words(found), given)
    return replace(asked, **{name: getattr(kept, name) for name in HASHED_FIELDS})


def _place(fixed: _Fixed, settings: Settings, genesis: Genesis) -> str | None:
    """Where the value was given; None where it is a default."""
    if fixed.option is not None and fixed.option in settings.given:
        return settings.given[fixed.option]
    if fixed.genesis is not None and settings.genesis is not None:
        value = getattr(genesis, fixed.genesis)
        # An allocation that is empty is one that was given, too.
        if value is not None:
            return settings.given.get("genesis", "--genesis")
    return None


def _contradiction(folder: Path, place: str, what: str, found: str, given: str) -> ZeroError:
    return ZeroError(
        Problem.FOLDER_OTHER_NETWORK,
        f"{place}: the network in {folder} has {what}: {found}; given: {given}",
        "leave the option out to go on with the folder's network, or choose another --data-dir",
    )
