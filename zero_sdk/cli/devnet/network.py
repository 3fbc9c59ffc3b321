"""`Settings` as the configuration of a network and as its clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei
from devnet.clock import WallClock
from devnet.config import BadConfig, NetworkConfig
from devnet.zone.messages import GenesisAccount, Mining, Order
from zero_sdk.cli.devnet.genesis import Genesis, read_genesis
from zero_sdk.cli.devnet.kept import Kept, kept_config
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.errors import Problem, ZeroError

GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"),
    *("iota", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi"),
    *("rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)


def zone_names(zones: tuple[str, ...] | int) -> tuple[str, ...]:
    """The names as given, or the first so many Greek letters and numbered names after them."""
    if isinstance(zones, tuple):
        return zones
    return tuple(GREEK[index] if index < len(GREEK) else f"zone-{index + 1}" for index in range(zones))


def network_config(settings: Settings, mnemonic: str, now: float, kept: Kept | None = None) -> NetworkConfig:
    """What the settings describe. `now` is the time of day, in seconds since the epoch; `kept` is the network
    that the data folder or the dump already holds. Raises ZeroError."""
    genesis = Genesis() if settings.genesis is None else read_genesis(settings.genesis)
    asked = _asked(settings, genesis, mnemonic, now)
    return asked if kept is None else kept_config(asked, kept, settings, genesis)


def _asked(settings: Settings, genesis: Genesis, mnemonic: str, now: float) -> NetworkConfig:
    default = NetworkConfig()
    accounts: Mapping[Address, GenesisAccount] = genesis.accounts
    try:
        config = NetworkConfig(
            zones=zone_names(settings.zones),
            eids=dict(settings.eid),
            fork=Fork.from_name(settings.hardfork),
            genesis_time=_first(settings.timestamp, genesis.timestamp, int(now)),
            genesis_number=_first(genesis.number, default.genesis_number),
            genesis_accounts=accounts,
            mnemonic=mnemonic,
            accounts=settings.accounts,
            derivation_path=settings.derivation_path,
            balance=Wei(settings.balance),
            grants=tuple((Address(address), Wei(amount)) for address, amount in settings.fund),
            gas_limit=_first(settings.gas_limit, genesis.gas_limit, default.gas_limit),
            base_fee=Wei(_first(settings.base_fee, genesis.base_fee, default.base_fee)),
            min_priority_fee=Wei(settings.gas_price),
            coinbase=genesis.coinbase or default.coinbase,
            transaction_gas_cap=settings.transaction_gas_cap,
            code_size_limit=settings.code_size_limit,
            is_timestamp_strict=settings.strict_timestamps,
            mining=_mining(settings),
            auto_impersonate=settings.auto_impersonate,
            call_gas_cap=settings.rpc_gas_cap,
            call_time_limit=settings.rpc_timeout,
            history=settings.history,
            slot_time=settings.slot_time if settings.settlement == "on" else None,
            memory_limit=settings.memory_limit,
            archive_blocks=settings.archive,
            archive_bytes=_first(settings.archive_size, 1 << 60),
        )
        chain_id = _first(settings.chain_id, genesis.chain_id, default.chain_id)
        return replace(config, chain_id=chain_id)
    except BadConfig as error:
        raise ZeroError(Problem.REFUSED_NETWORK, str(error)) from None


def network_clock(config: NetworkConfig, now: float) -> WallClock:
    """The time of day, moved so that the network's time starts at its genesis."""
    # Without --timestamp both are the same moment.
    return WallClock(offset=config.genesis_time - int(now))


def _mining(settings: Settings) -> Mining:
    is_automine = not settings.no_mining and (settings.block_time is None or settings.mixed_mining)
    return Mining(is_automine, settings.block_time, Order(settings.order), settings.max_transactions)


def _first(*candidates: int | None) -> int:
    """The first one that is there; the last one always is."""
    return next(candidate for candidate in candidates if candidate is not None)
