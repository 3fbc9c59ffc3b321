"""Everything that a network can be told before it starts, and the hash that names its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from devnet.accounts.mnemonic import TEST_MNEMONIC
from devnet.chain import rlp
from devnet.chain.keccak import keccak256
from devnet.chain.rules import BLOCK_SIZE_LIMIT, CODE_SIZE_LIMIT, TRANSACTION_GAS_CAP, Fork, Rules
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import ZERO_ADDRESS, Address, Hash32, Wei, ZoneName
from devnet.config_fields import HASHED_FIELDS, LATER_FIELDS, SECRET_FIELDS
from devnet.contracts.addresses import TIPS
from devnet.eids import BASE_EID, default_eid, resolve_eids
from devnet.proving.program import EVM_DEV, Program
from devnet.settlement.parameters import BEFORE_STAKING, DEFAULT, DEFAULT_ARCHIVE, SettlementParameters
from devnet.state.config import DEVNET, QmdbConfig
from devnet.zone.messages import GenesisAccount, Mining, PoolLimits, ZoneConfig

SYSTEM_ZONE = ZoneName("system")
"""Zone 0: staking, governance and the zone registry."""

SYSTEM_CHAIN_ID = 7_700_000
"""Protocol section 1: chain ids are this plus the zone's index."""

DEFAULT_GENESIS_TIME = 1_767_225_600
"""2026-01-01T00:00:00Z: fixed, so that runs in a process are deterministic."""

_ZONE_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_RESERVED_NAMES = frozenset({"system", "health"})
_CHAIN_ID_LIMIT = 1 << 52
"""Wallets hold chain ids in floating point numbers."""

_WEI_PER_ZRO = 10**18


class BadConfig(ValueError):
    """The configuration contradicts itself or a rule; the message says which value."""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What a network is made of. Equal configurations give equal genesis blocks in every zone."""

    zones: tuple[str, ...] = ("alpha", "beta")
    """The application zones; the first is the default one."""
    chain_id: int = SYSTEM_CHAIN_ID + 1
    """Of the first application zone; the following zones have the following ids."""
    system_chain_id: int = SYSTEM_CHAIN_ID
    fork: Fork = Fork.OSAKA
    genesis_time: int = DEFAULT_GENESIS_TIME
    """Seconds since the epoch."""
    genesis_number: int = 0
    genesis_accounts: Mapping[Address, GenesisAccount] = field(default_factory=dict)
    """In every zone, beside the accounts below and the system contracts."""

    mnemonic: str = TEST_MNEMONIC
    accounts: int = 10
    """How many accounts of the mnemonic the network holds and funds."""
    derivation_path: str = "m/44'/60'/0'/0/"
    balance: Wei = Wei(10_000 * _WEI_PER_ZRO)
    """Of each account in every zone."""
    grants: tuple[tuple[Address, Wei], ...] = ()
    """Balances for further addresses in every zone."""

    gas_limit: int = 1_000_000_000
    base_fee: Wei = Wei(1_000_000_000)
    """Of the genesis block; 0 stays 0."""
    is_base_fee_fixed: bool = False
    coinbase: Address = TIPS
    """Receives the tips of blocks. The default hands them in to the stakers (docs/settlement.md); where zones
    have no contracts for messages it is not there either, and the default is the zero address."""
    min_priority_fee: Wei = Wei(0)
    transaction_gas_cap: int | None = TRANSACTION_GAS_CAP
    code_size_limit: int | None = CODE_SIZE_LIMIT
    block_size_limit: int | None = BLOCK_SIZE_LIMIT
    is_timestamp_strict: bool = False

    mining: Mining = field(default_factory=Mining)
    pool: PoolLimits = field(default_factory=PoolLimits)
    auto_impersonate: bool = False
    call_gas_cap: int = 50_000_000
    call_time_limit: float | None = 5.0
    max_log_results: int = 10_000
    filter_lifetime: float = 300.0

    history: int | None = None
    """How many blocks below the newest each zone keeps; None keeps all."""
    memory_limit: int | None = None
    """Bytes that the history of all zones together may take in memory; beyond it the oldest blocks go."""
    slot_time: float | None = None
    """Seconds between settlement blocks, as far as there is something to settle; 0 settles after every block,
    None only when told to."""
    archive_blocks: int = DEFAULT_ARCHIVE.blocks
    """Of how many of the newest settlement blocks the dispersed data and the proofs are kept."""
    archive_bytes: int = DEFAULT_ARCHIVE.size
    """How many bytes that may be together."""
    settlement: SettlementParameters = DEFAULT
    """Validators and producers, and what their updates hold."""
    eids: Mapping[str, int] | None = field(default_factory=dict)
    """Endpoint ids by the names of zones, the system zone's too; one that is not named has its default. None:
    the zones have no contracts for messages, as in networks that were made before there were any."""
    compaction_threshold: int = DEVNET.compaction_threshold
    compaction_ratio: int = DEVNET.compaction_ratio
    compaction_divisor: int = DEVNET.compaction_divisor
    """When a zone's state moves old entries to its end: see `devnet.state.config.QmdbConfig`."""

    def __post_init__(self) -> None:
        self._check_zones()
        if not 0 <= self.genesis_time < 1 << 64 or not 0 <= self.genesis_number < 1 << 63:
            raise BadConfig("the genesis block's time and number must fit into its header")
        if self.gas_limit < 21_000:
            raise BadConfig(f"a block of {self.gas_limit} gas cannot hold a transaction, which takes 21000")
        if self.accounts < 0 or self.balance < 0 or self.base_fee < 0 or self.min_priority_fee < 0:
            raise BadConfig("numbers of accounts, balances and fees are not negative")
        if self.mining.interval is not None and self.mining.interval <= 0:
            raise BadConfig(f"blocks cannot be {self.mining.interval} s apart")
        if self.slot_time is not None and not 0 <= self.slot_time < 1e9:
            raise BadConfig(f"settlement blocks cannot be {self.slot_time} s apart")
        if self.history is not None and self.history < 0:
            raise BadConfig(f"a history of {self.history} blocks cannot be kept")
        if self.memory_limit is not None and self.memory_limit < 0:
            raise BadConfig(f"history cannot be held in {self.memory_limit} bytes of memory")
        if self.archive_blocks < 0 or self.archive_bytes < 0:
            raise BadConfig("the data of fewer than no settlement blocks cannot be kept")
        try:
            _ = self.qmdb
            eids = self.zone_eids
        except ValueError as error:
            raise BadConfig(str(error)) from None
        if self.eids is None and self.coinbase == TIPS:
            object.__setattr__(self, "coinbase", ZERO_ADDRESS)
        if self.eids is not None and eids is not None:
            # What is as without it goes, so that equal networks have equal configurations.
            names = self.zone_names
            told = {
                name: eid
                for index, (name, eid) in enumerate(zip(names, eids, strict=True))
                if eid != default_eid(names, index)
            }
            object.__setattr__(self, "eids", told)

    def _check_zones(self) -> None:
        if not self.zones:
            raise BadConfig("a network has at least one application zone")
        for name in self.zones:
            if not _ZONE_NAME.match(name) or name in _RESERVED_NAMES:
                raise BadConfig(
                    f"{name!r} cannot name a zone: a-z, 0-9 and -, a letter first, at most 32; "
                    "system and health are reserved"
                )
        if len(set(self.zones)) != len(self.zones):
            raise BadConfig(f"two zones have the same name: {', '.join(self.zones)}")
        chain_ids = range(self.chain_id, self.chain_id + len(self.zones))
        if (
            self.chain_id < 1
            or chain_ids[-1] >= _CHAIN_ID_LIMIT
            or not 0 < self.system_chain_id < _CHAIN_ID_LIMIT
        ):
            raise BadConfig("chain ids lie between 1 and 2^52, beyond which wallets do not follow")
        if self.system_chain_id in chain_ids:
            raise BadConfig(
                f"the system zone and an application zone both have chain id {self.system_chain_id}"
            )

    @property
    def zone_names(self) -> tuple[ZoneName, ...]:
        """Every zone by its index, the system zone first."""
        return (SYSTEM_ZONE, *(ZoneName(name) for name in self.zones))

    def chain_id_of(self, index: int) -> int:
        """The chain id of the zone with that index."""
        return self.system_chain_id if index == 0 else self.chain_id + index - 1

    @property
    def zone_eids(self) -> tuple[int, ...] | None:
        """The endpoint id of every zone by its index; None where zones have no contracts for messages."""
        return None if self.eids is None else resolve_eids(self.zone_names, self.eids)

    def zone_eid(self, name: str) -> int:
        """The endpoint id of the zone with that name. Raises LookupError where there is no such zone, or none
        has one."""
        eids = self.zone_eids
        if eids is None:
            raise LookupError("the zones of this network have no endpoint ids: it is from before messages")
        if name not in self.zone_names:
            raise LookupError(f"no zone {name!r}; there are {', '.join(self.zone_names)}")
        return eids[self.zone_names.index(ZoneName(name))]

    def zone_of_eid(self, eid: int) -> ZoneName | None:
        """The zone of genesis that has that endpoint id; None where none has it."""
        eids = self.zone_eids or ()
        return self.zone_names[eids.index(eid)] if eid in eids else None

    @property
    def genesis_settlement(self) -> SettlementHead:
        """Settlement block 0, which every zone knows from its genesis on. Its root names the
        configuration."""
        return SettlementHead(0, self.hash, 0, len(self.zones) + 1)

    @property
    def hash(self) -> Hash32:
        """keccak of what fixes genesis and rules: zones, chain ids, fork, limits, accounts. What only this
        process does (mining, mempool, calls) is not in it."""
        accounts = sorted({**self.genesis_accounts}.items())
        eids = self.zone_eids
        return keccak256(
            rlp.encode(
                [
                    b"zero network 2",
                    [name.encode() for name in self.zones],
                    _number(self.system_chain_id),
                    _number(self.chain_id),
                    _number(self.fork),
                    _number(self.genesis_time),
                    _number(self.genesis_number),
                    [_account_item(address, account) for address, account in accounts],
                    [self.mnemonic.encode(), self.derivation_path.encode()],
                    _number(self.accounts),
                    _number(self.balance),
                    [[bytes(address), _number(amount)] for address, amount in self.grants],
                    _number(self.gas_limit),
                    _number(self.base_fee),
                    _number(self.is_base_fee_fixed),
                    bytes(self.coinbase),
                    _optional(self.transaction_gas_cap),
                    _optional(self.code_size_limit),
                    _optional(self.block_size_limit),
                    _number(self.is_timestamp_strict),
                    _number(self.compaction_threshold),
                    _number(self.compaction_ratio),
                    _number(self.compaction_divisor),
                    # Nothing is added for what there was first: those networks keep their hash.
                    *([] if self.settlement == BEFORE_STAKING else [_settlement_item(self.settlement)]),
                    *([] if eids is None else [_eids_item(eids)]),
                ]
            )
        )

    @property
    def qmdb(self) -> QmdbConfig:
        """Of the state of every zone."""
        return QmdbConfig(self.compaction_threshold, self.compaction_ratio, self.compaction_divisor)

    def program(self, index: int) -> Program:
        """What the zone with that index runs (docs/proving.md)."""
        return Program(
            name=EVM_DEV,
            config_hash=self.hash,
            zone=index,
            rules=Rules.at(
                self.fork,
                self.chain_id_of(index),
                transaction_gas_cap=self.transaction_gas_cap,
                code_size_limit=self.code_size_limit,
                block_size_limit=self.block_size_limit,
            ),
            genesis_number=self.genesis_number,
            gas_limit=self.gas_limit,
            is_base_fee_fixed=self.is_base_fee_fixed or self.base_fee == 0,
            is_timestamp_strict=self.is_timestamp_strict,
            state=self.qmdb,
            has_messages=self.eids is not None,
        )

    def to_document(self) -> dict[str, Any]:
        """What the hash covers, as data that JSON can hold. It contains the mnemonic."""
        return {
            name: codec.write(getattr(self, name))
            for name, codec in HASHED_FIELDS.items()
            if name not in LATER_FIELDS or getattr(self, name) != LATER_FIELDS[name]
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], local: NetworkConfig | None = None) -> NetworkConfig:
        """The configuration with what `to_document` gave, and everything else as in `local` (default: the
        defaults). Raises BadConfig."""
        known = document.keys() | LATER_FIELDS.keys()
        if known != HASHED_FIELDS.keys():
            odd = ", ".join(sorted(known ^ HASHED_FIELDS.keys()))
            raise BadConfig(f"missing or unknown in the configuration: {odd}")
        values: dict[str, Any] = dict(LATER_FIELDS)
        for name, codec in HASHED_FIELDS.items():
            if name in LATER_FIELDS and name not in document:
                continue
            try:
                values[name] = codec.read(document[name])
            except (ValueError, KeyError, TypeError) as error:
                raise BadConfig(f"{name}: {error}") from None
        return replace(local or cls(), **values)

    def differences(self, other: NetworkConfig) -> dict[str, tuple[Any, Any] | None]:
        """Which of the fields that the hash covers differ: this one's value and the other's as in
        `to_document`; None in place of the values of a secret one."""
        return {
            name: None
            if name in SECRET_FIELDS
            else (codec.write(getattr(self, name)), codec.write(getattr(other, name)))
            for name, codec in HASHED_FIELDS.items()
            if codec.write(getattr(self, name)) != codec.write(getattr(other, name))
        }

    def zone_config(
        self, index: int, accounts: Mapping[Address, GenesisAccount], unlocked: tuple[Address, ...]
    ) -> ZoneConfig:
        """The configuration of the zone with that index, with these genesis accounts."""
        return ZoneConfig(
            name=self.zone_names[index],
            index=index,
            chain_id=self.chain_id_of(index),
            fork=self.fork,
            genesis_time=self.genesis_time,
            genesis_number=self.genesis_number,
            genesis_accounts=accounts,
            settlement=self.genesis_settlement,
            gas_limit=self.gas_limit,
            base_fee=self.base_fee,
            is_base_fee_fixed=self.is_base_fee_fixed or self.base_fee == 0,
            coinbase=self.coinbase,
            min_priority_fee=self.min_priority_fee,
            transaction_gas_cap=self.transaction_gas_cap,
            code_size_limit=self.code_size_limit,
            block_size_limit=self.block_size_limit,
            is_timestamp_strict=self.is_timestamp_strict,
            mining=self.mining,
            pool=self.pool,
            call_gas_cap=self.call_gas_cap,
            call_time_limit=self.call_time_limit,
            max_log_results=self.max_log_results,
            filter_lifetime=self.filter_lifetime,
            auto_impersonate=self.auto_impersonate,
            unlocked=unlocked,
            history=self.history,
            has_messages=self.eids is not None,
        )


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _settlement_item(settlement: SettlementParameters) -> rlp.Item:
    numbers = [settlement.validators, settlement.stake, settlement.producers, settlement.blocks]
    if settlement.epoch is not None:
        numbers.append(settlement.epoch)
    return [b"settlement", *(_number(number) for number in numbers)]


def _eids_item(eids: tuple[int, ...]) -> rlp.Item:
    return [b"eids", _number(BASE_EID), [_number(eid) for eid in eids]]


def _optional(value: int | None) -> list[rlp.Item]:
    return [] if value is None else [_number(value)]


def _account_item(address: Address, account: GenesisAccount) -> rlp.Item:
    slots = [[_number(slot), _number(value)] for slot, value in sorted(account.storage.items())]
    return [bytes(address), _number(account.balance), _number(account.nonce), account.code, slots]
