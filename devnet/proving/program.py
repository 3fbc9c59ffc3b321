"""What a zone runs, exactly: everything that decides what its blocks give (protocol section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from devnet.chain.hash_tree import Rooted
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, decode, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import encode_optional_int, flag, hash32, members, optional, text
from devnet.chain.rules import BlobSchedule, Fork, Rules
from devnet.chain.types import Hash32
from devnet.state.config import QmdbConfig

EVM: Final = "evm"
EVM_DEV: Final = "evm-dev"
"""As `evm`, and its blocks may carry what development calls override and any gas limit."""

FIRST_FORK: Final = Fork.CANCUN
"""Headers name the settlement block from here on, and SELFDESTRUCT no longer deletes slots that nobody can
enumerate: what earlier forks give cannot be proven."""

LEAST_UPDATE_FRACTION: Final = 1 << 20
"""Of a blob schedule; Ethereum's are some three times as large and more."""


@dataclass(frozen=True, slots=True)
class Program(Rooted):
    """One program of one zone of one network. Its hash is a statement's `program_id`."""

    name: str
    """`evm` or `evm-dev`."""
    config_hash: Hash32
    zone: int
    rules: Rules
    genesis_number: int
    gas_limit: int
    """Of every block of `evm`."""
    is_base_fee_fixed: bool
    is_timestamp_strict: bool
    state: QmdbConfig
    has_messages: bool = False
    """Whether blocks end with the outbox step, and statements tell the outbox's roots."""

    @property
    def id(self) -> Hash32:
        """keccak of the encoding."""
        return self._root()

    def _compute_root(self) -> Hash32:
        return keccak256(self.encode())

    @property
    def is_development(self) -> bool:
        """Whether blocks may carry overrides."""
        return self.name == EVM_DEV

    def encode(self) -> bytes:
        """RLP of the fields in their order; `?` is a list of one member or none. Rules: [fork, chain id, [gas
        cap]?, [code limit]?, [block limit]?, [target, maximum, update fraction]?]. State: [threshold, ratio,
        divisor]. The last one, 1, is there only with messages."""
        rules, state = self.rules, self.state
        blobs = rules.blob_schedule
        schedule = () if blobs is None else (blobs.target, blobs.maximum, blobs.update_fraction)
        return encode_list(
            (
                encode_bytes(self.name.encode("ascii")),
                encode_bytes(self.config_hash),
                encode_int(self.zone),
                encode_list(
                    (
                        encode_int(rules.fork),
                        encode_int(rules.chain_id),
                        encode_optional_int(rules.transaction_gas_cap),
                        encode_optional_int(rules.code_size_limit),
                        encode_optional_int(rules.block_size_limit),
                        encode_list([encode_int(number) for number in schedule]),
                    )
                ),
                encode_int(self.genesis_number),
                encode_int(self.gas_limit),
                encode_int(self.is_base_fee_fixed),
                encode_int(self.is_timestamp_strict),
                encode_list(
                    [
                        encode_int(number)
                        for number in (
                            state.compaction_threshold,
                            state.compaction_ratio,
                            state.compaction_divisor,
                        )
                    ]
                ),
                *([encode_int(1)] if self.has_messages else []),
            )
        )

    @classmethod
    def decode(cls, encoded: bytes) -> Program:
        """The inverse of `encode`. Raises ValueError."""
        fields = members(decode(encoded))
        if len(fields) not in (9, 10):
            raise ValueError("a program has nine members, and a tenth with messages")
        name, config, zone, rules, genesis, gas_limit, is_fixed, is_strict, state = fields[:9]
        known = {kind.encode("ascii"): kind for kind in (EVM, EVM_DEV)}
        if text(name) not in known:
            raise ValueError("there is no such program")
        program = cls(
            known[text(name)],
            hash32(config),
            _small(zone),
            _read_rules(rules),
            _small(genesis),
            _small(gas_limit),
            flag(is_fixed),
            flag(is_strict),
            QmdbConfig(*(_small(number) for number in members(state, 3))),
            len(fields) == 10,
        )
        if program.encode() != encoded:
            raise ValueError("a program is not in its only form")
        return program


def _read_rules(item: Decoded) -> Rules:
    fork, chain_id, gas_cap, code_size, block_size, schedule = members(item, 6)
    numbers = [_small(number) for number in members(schedule)]
    if len(numbers) not in (0, 3) or (numbers and not 0 < numbers[0] <= numbers[1] < 1 << 16):
        raise ValueError("a blob schedule is a target, a maximum and an update fraction")
    if Fork(decode_int(fork)) < FIRST_FORK:
        raise ValueError("the headers of forks before Cancun do not name the settlement block that they know")
    if numbers and numbers[2] < LEAST_UPDATE_FRACTION:
        raise ValueError("the price of blobs would take too long to compute")
    return Rules(
        Fork(decode_int(fork)),
        _small(chain_id),
        optional(gas_cap, _small),
        optional(code_size, _small),
        optional(block_size, _small),
        BlobSchedule(*numbers) if numbers else None,
    )


def _small(item: Decoded) -> int:
    """A number below 2^63."""
    number = decode_int(item)
    if number >> 63:
        raise ValueError("a number is too large")
    return number
