"""A place to run calls: a state in dicts, small contracts, the reference engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import eth  # noqa: F401 - its first import raises the recursion limit, which hypothesis wants to see early

from devnet.chain.account import Account
from devnet.chain.block import Header
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import EMPTY_BLOOM
from devnet.chain.rules import Fork, Rules
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.trie import EMPTY_TRIE_ROOT
from devnet.chain.types import EMPTY_CODE_HASH, ZERO_HASH, Address, Hash32, Wei, ZoneName
from devnet.execution import BlockEnv
from devnet.zone.calling.site import CallSite, SimulationSite
from devnet.zone.messages import ZoneConfig
from tests.parts import engine_under_test

CHAIN_ID = 7_700_001
RICH = Address(b"\xaa" * 20)
POOR = Address(b"\xbb" * 20)
CONTRACT = Address(b"\xcc" * 20)
OTHER = Address(b"\xdd" * 20)
COINBASE = Address(b"\xc0" * 20)
ONE = Wei(10**18)

_OPCODES = {
    "STOP": 0x00, "ADD": 0x01, "MUL": 0x02, "SUB": 0x03, "LT": 0x10, "GT": 0x11, "ISZERO": 0x15,
    "ADDRESS": 0x30, "BALANCE": 0x31, "CALLER": 0x33, "CALLVALUE": 0x34, "CALLDATALOAD": 0x35,
    "GASPRICE": 0x3A, "EXTCODESIZE": 0x3B, "RETURNDATASIZE": 0x3D, "BLOCKHASH": 0x40, "COINBASE": 0x41,
    "TIMESTAMP": 0x42, "NUMBER": 0x43, "PREVRANDAO": 0x44, "GASLIMIT": 0x45, "SELFBALANCE": 0x47,
    "BASEFEE": 0x48, "BLOBHASH": 0x49, "BLOBBASEFEE": 0x4A, "POP": 0x50, "MLOAD": 0x51, "MSTORE": 0x52,
    "SLOAD": 0x54, "SSTORE": 0x55, "JUMP": 0x56, "JUMPI": 0x57, "GAS": 0x5A, "JUMPDEST": 0x5B, "PUSH0": 0x5F,
    "PUSH1": 0x60, "PUSH2": 0x61, "PUSH4": 0x63, "PUSH20": 0x73, "PUSH32": 0x7F, "DUP1": 0x80, "DUP2": 0x81,
    "SWAP1": 0x90, "LOG0": 0xA0, "CREATE": 0xF0, "CALL": 0xF1, "RETURN": 0xF3, "STATICCALL": 0xFA,
    "REVERT": 0xFD, "INVALID": 0xFE, "SELFDESTRUCT": 0xFF,
}  # fmt: skip


def assemble(text: str) -> bytes:
    """Bytecode from mnemonics and hex operands."""
    return b"".join(
        bytes([_OPCODES[word]]) if word in _OPCODES else bytes.fromhex(word) for word in text.split()
    )


RETURN_TOP = "PUSH0 MSTORE PUSH1 20 PUSH0 RETURN"


def returning(*words: str) -> bytes:
    """Code that returns what each of the snippets leaves on the stack, a word each."""
    stores = " ".join(f"{word} PUSH2 {32 * index:04x} MSTORE" for index, word in enumerate(words))
    return assemble(f"{stores} PUSH2 {32 * len(words):04x} PUSH0 RETURN")


def deploying(code: bytes) -> bytes:
    """Init code that deploys at most 32 bytes of code."""
    size = f"{len(code):02x}"
    word = code.ljust(32, b"\0").hex()
    return assemble(f"PUSH32 {word} PUSH0 MSTORE PUSH1 {size} PUSH0 RETURN")


def calling(address: Address, gas: str = "GAS", value: str = "PUSH0") -> str:
    """A CALL without data; leaves whether it succeeded."""
    return f"PUSH0 PUSH0 PUSH0 PUSH0 {value} PUSH20 {address.hex()} {gas} CALL"


class DictView:
    """A StateView of plain dicts."""

    height = 0

    def __init__(
        self,
        balances: Mapping[Address, int] | None = None,
        codes: Mapping[Address, bytes] | None = None,
        storage: Mapping[tuple[Address, int], int] | None = None,
        nonces: Mapping[Address, int] | None = None,
    ) -> None:
        balances, codes, nonces = balances or {}, codes or {}, nonces or {}
        self._codes = {keccak256(code): code for code in codes.values()}
        self._storage = dict(storage or {})
        self._accounts = {
            address: Account(
                nonces.get(address, 1 if address in codes else 0),
                Wei(balances.get(address, 0)),
                keccak256(codes[address]) if address in codes else EMPTY_CODE_HASH,
            )
            for address in {*balances, *codes, *nonces}
        }

    def account(self, address: Address) -> Account | None:
        return self._accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        return self._storage.get((address, slot), 0)

    def code(self, code_hash: Hash32) -> bytes:
        return b"" if code_hash == EMPTY_CODE_HASH else self._codes[code_hash]

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        return iter(
            sorted((slot, value) for (owner, slot), value in self._storage.items() if owner == address)
        )

    def addresses(self) -> Iterator[Address]:
        return iter(sorted(self._accounts))


CONFIG = ZoneConfig(
    name=ZoneName("alpha"),
    index=1,
    chain_id=CHAIN_ID,
    fork=Fork.OSAKA,
    genesis_time=1_700_000_000,
    genesis_number=0,
    genesis_accounts={},
    settlement=SettlementHead(0, Hash32(b"\x05" * 32), 0, 3),
    call_time_limit=20.0,
)

ENV = BlockEnv(
    number=300,
    timestamp=1_700_000_300,
    coinbase=COINBASE,
    gas_limit=1_000_000_000,
    base_fee=Wei(7),
    prev_randao=Hash32(b"\x09" * 32),
    excess_blob_gas=0,
    parent_hash=Hash32((299).to_bytes(32, "big")),
    parent_beacon_block_root=Hash32(b"\x05" * 32),
    recent_hashes=tuple(Hash32(number.to_bytes(32, "big")) for number in range(44, 300)),
)

BASE = Header(
    parent_hash=Hash32((298).to_bytes(32, "big")),
    coinbase=COINBASE,
    state_root=Hash32(b"\x01" * 32),
    transactions_root=EMPTY_TRIE_ROOT,
    receipts_root=EMPTY_TRIE_ROOT,
    bloom=EMPTY_BLOOM,
    number=299,
    gas_limit=30_000_000,
    gas_used=15_000_000,
    timestamp=1_700_000_299,
    extra_data=b"",
    prev_randao=ZERO_HASH,
    base_fee_per_gas=Wei(1_000),
    withdrawals_root=EMPTY_TRIE_ROOT,
    blob_gas_used=0,
    excess_blob_gas=0,
    parent_beacon_block_root=Hash32(b"\x05" * 32),
    requests_hash=ZERO_HASH,
)


def rules_at(fork: Fork = Fork.OSAKA) -> Rules:
    return Rules.at(fork, CHAIN_ID)


def site(
    codes: Mapping[Address, bytes] | None = None,
    storage: Mapping[tuple[Address, int], int] | None = None,
    fork: Fork = Fork.OSAKA,
    **config: Any,
) -> CallSite:
    """A site whose state has RICH with a thousand ether and the given contracts."""
    view = DictView({RICH: 1000 * ONE}, codes, storage)
    return CallSite(engine_under_test(), rules_at(fork), ENV, view, replace(CONFIG, **config))


def simulation_site(codes: Mapping[Address, bytes] | None = None, **config: Any) -> SimulationSite:
    """A place for simulations on top of BASE."""
    view = DictView({RICH: 1000 * ONE}, codes)
    base_hash = Hash32((299).to_bytes(32, "big"))
    hashes = tuple(Hash32(number.to_bytes(32, "big")) for number in range(44, 300))
    return SimulationSite(
        engine_under_test(), rules_at(), BASE, base_hash, hashes, view, replace(CONFIG, **config)
    )
