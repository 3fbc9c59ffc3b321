"""A network that a folder or a dump already holds: what the options leave open is that network's; what they
contradict is told."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devnet.config import NetworkConfig
from devnet.config_fields import HASHED_FIELDS
from devnet.network import Network
from zero_sdk.cli.devnet.genesis import Genesis
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.errors import Problem, ZeroError


@dataclass(frozen=True, slots=True)
class Kept:
    """A network that is there already, and how to speak of it."""

    config: NetworkConfig
    place: str
    """`the network in DIR`."""
    problem: Problem
    """When an option contradicts it."""
    advice: str
    has_choices: bool = False
    """Whether what its genesis does not fix is to be as there, too."""


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A field of the configuration that a network has from its genesis on."""

    field: str
    option: str | None
    """Field of `Settings`; None where only a genesis file can say it."""
    genesis: str | None = None
    """Field of `Genesis`."""
    in_words: Callable[[Any], str] = str

    @property
    def title(self) -> str:
        """What the field is called in a sentence."""
        return "hard fork" if self.field == "fork" else self.field.replace("_", " ").removeprefix("is ")


def _number_or_none(value: int | None) -> str:
    return "none" if value is None else str(value)


def _moment(seconds: int) -> str:
    return f"{seconds} ({datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%SZ})"


def _zro(wei: int) -> str:
    from zero_sdk.cli.devnet.banner import zro

    return zro(wei)


def _grants(grants: tuple[tuple[bytes, int], ...]) -> str:
    return ", ".join(f"0x{address.hex()}:{_zro(wei)}" for address, wei in grants) or "nobody else"


def _eids(eids: Mapping[str, int] | None) -> str:
    if eids is None:
        return "none, it is from before messages"
    return ", ".join(f"{name}={eid}" for name, eid in sorted(eids.items())) or "the usual ones"


_FIXED = (
    _Fixed("zones", "zones", in_words=",".join),
    _Fixed("chain_id", "chain_id", "chain_id"),
    _Fixed("eids", "eid", in_words=_eids),
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


_CHOICES = {
    "mining": ("block_time", "no_mining", "mixed_mining", "order", "max_transactions"),
    "min_priority_fee": ("gas_price",),
    "auto_impersonate": ("auto_impersonate",),
    "call_gas_cap": ("rpc_gas_cap",),
    "call_time_limit": ("rpc_timeout",),
    "history": ("history",),
    "memory_limit": ("memory_limit",),
    "slot_time": ("slot_time", "settlement"),
    "archive_blocks": ("archive",),
    "archive_bytes": ("archive_size",),
}
"""Fields of the configuration that may be something else at every start, and the options that say so."""


def kept_in_folder(config: NetworkConfig, folder: Path) -> Kept:
    """What a data folder holds."""
    return Kept(
        config,
        f"the network in {folder}",
        Problem.FOLDER_OTHER_NETWORK,
        "leave the option out to go on with the folder's network, or choose another --data-dir",
    )


def kept_in_dump(config: NetworkConfig, file: Path) -> Kept:
    """What a dump holds."""
    return Kept(
        config,
        f"the network in {file}",
        Problem.DUMP_OTHER_NETWORK,
        "leave the option out: what was fixed at genesis comes from the dump",
        has_choices=True,
    )


def kept_config(asked: NetworkConfig, kept: Kept, settings: Settings, genesis: Genesis) -> NetworkConfig:
    """`asked` with what the kept network has from its genesis on. Raises ZeroError (`kept.problem`) where an
    option was given that says something else."""
    if settings.mnemonic_random:
        raise _contradiction(
            kept, settings.given["mnemonic_random"], "the mnemonic", "its own words", "new ones"
        )
    for fixed in _FIXED:
        place = _place(fixed, settings, genesis)
        wanted, found = getattr(asked, fixed.field), getattr(kept.config, fixed.field)
        if place is not None and wanted != found:
            given = "others" if fixed.field == "mnemonic" else fixed.in_words(wanted)
            what = fixed.title
            raise _contradiction(kept, place, what, fixed.in_words(found), given)
    names = set(HASHED_FIELDS)
    if kept.has_choices:
        names |= {name for name, options in _CHOICES.items() if settings.given.keys().isdisjoint(options)}
    return replace(asked, **{name: getattr(kept.config, name) for name in names})


def apply_choices(network: Network, settings: Settings) -> None:
    """What was given holds, whatever development calls had set when the network was kept."""
    given = settings.given.keys()
    for zone in network.zones.values():
        if not given.isdisjoint(_CHOICES["mining"]):
            zone.set_mining(network.config.mining)
        if "auto_impersonate" in given:
            zone.set_auto_impersonate(network.config.auto_impersonate)


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


def _contradiction(kept: Kept, place: str, what: str, found: str, given: str) -> ZeroError:
    return ZeroError(kept.problem, f"{place}: {kept.place} has {what}: {found}; given: {given}", kept.advice)
