"""Random blocks: bytecode that is mostly valid and reaches far, and transactions of every type."""

from __future__ import annotations

import random
from dataclasses import dataclass

from devnet.chain.rules import Fork
from devnet.chain.signature import address_of
from devnet.chain.transaction import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessListEntry,
    Authorization,
    Transaction,
)
from devnet.chain.transaction_codec import UnsignedTransaction, sign, sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts import bytecode
from devnet.execution import BlockEnv
from tests.execution.eels import BEACON_ROOTS, HISTORY
from tests.execution.memory_state import CHAIN_ID, ETHER, MemoryState, environment

KEYS = tuple(bytes([number]) * 32 for number in range(1, 6))
SENDERS = tuple(address_of(key) for key in KEYS)
CONTRACTS = tuple(Address(b"\xc0" * 19 + bytes([number])) for number in range(6))
STRANGER = Address(b"\x77" * 20)
MAX_WORD = 2**256 - 1

_PRECOMPILES = [*range(1, 0x12), 0x100]
_UNARY = (0x15, 0x19)
_BINARY = (*range(0x01, 0x08), 0x0A, 0x0B, *range(0x10, 0x15), 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1D)
_TERNARY = (0x08, 0x09)
_CONTEXT = (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x58,
            0x59, 0x5A)  # fmt: skip


@dataclass
class RandomBlock:
    """A pre-state, its environment, and transactions to run on it."""

    state: MemoryState
    env: BlockEnv
    transactions: list[Transaction]


class ProgramWriter:
    """Writes one random program."""

    def __init__(self, rng: random.Random, fork: Fork, depth: int = 0) -> None:
        self._rng = rng
        self._fork = fork
        self._depth = depth
        self._code = bytearray()
        self._height = 0
        self._targets: list[int] = []

    def write(self) -> bytes:
        rng = self._rng
        for _ in range(rng.randint(1, 18)):
            self._statement()
        ending = rng.choice(("", "stop", "return", "return", "revert", "destroy", "invalid"))
        if ending == "stop":
            self._code.append(0x00)
        elif ending in ("return", "revert"):
            self._push(rng.choice((0, 1, 31, 32, 70)))
            self._push(rng.choice((0, 1, 64)))
            self._code.append(0xF3 if ending == "return" else 0xFD)
        elif ending == "destroy":
            self._push_address()
            self._code.append(0xFF)
        elif ending == "invalid":
            self._code.append(rng.choice((0xFE, 0x0C, 0x21)))
        code = bytes(self._code)
        if rng.random() < 0.05 and code:
            broken = bytearray(code)
            broken[rng.randrange(len(broken))] = self._any_byte()
            code = bytes(broken)
        return code

    def _any_byte(self) -> int:
        # The coinbase must not be read: its balance differs until the end of the block.
        return self._rng.choice([value for value in range(256) if value != 0x41])

    def _statement(self) -> None:
        rng = self._rng
        rng.choices(
            (
                self._arithmetic,
                self._context,
                self._memory,
                self._storage,
                self._transient,
                self._copy,
                self._account,
                self._log,
                self._call,
                self._precompile,
                self._create,
                self._shuffle,
                self._loop,
                self._jump,
                self._raw,
                self._return_data,
            ),
            (6, 4, 4, 8, 2, 3, 4, 3, 8, 4, 4, 3, 1, 1, 0.3, 1),
        )[0]()

    # Operands

    def _push(self, value: int) -> None:
        if value == 0 and self._fork >= Fork.SHANGHAI and self._rng.random() < 0.5:
            self._code.append(0x5F)
        else:
            size = max(1, (value.bit_length() + 7) // 8)
            self._code += bytes([0x5F + size]) + value.to_bytes(size, "big")
        self._height += 1

    def _push_word(self) -> None:
        rng = self._rng
        if self._height and rng.random() < 0.2:
            self._code.append(0x80 + rng.randrange(min(self._height, 16)))
            self._height += 1
            return
        self._push(
            rng.choice(
                (0, 1, 2, 3, 31, 32, 255, 256, 2**64, 2**255, MAX_WORD, MAX_WORD - 1, rng.getrandbits(256))
            )
        )

    def _push_offset(self) -> None:
        self._push(self._rng.choice((0, 0, 1, 31, 32, 33, 64, 100, 1000, 2**32, 2**64, MAX_WORD))
                   if self._rng.random() < 0.08 else self._rng.choice((0, 32, 64)))  # fmt: skip

    def _push_size(self) -> None:
        self._push(self._rng.choice((0, 1, 31, 32, 33, 64, 200)) if self._rng.random() < 0.98
                   else self._rng.choice((2**16, 2**40, MAX_WORD)))  # fmt: skip

    def _push_address(self) -> None:
        rng = self._rng
        kind = rng.random()
        if kind < 0.5:
            self._push(int.from_bytes(rng.choice(CONTRACTS), "big"))
        elif kind < 0.65:
            self._push(int.from_bytes(rng.choice(SENDERS), "big"))
        elif kind < 0.75:
            self._push(rng.choice(_PRECOMPILES))
        elif kind < 0.85:
            self._code.append(0x30)
            self._height += 1
        elif kind < 0.9:
            self._code.append(0x33)
            self._height += 1
        elif kind < 0.95:
            self._push(int.from_bytes(STRANGER, "big") | (1 << 200))
        else:
            self._push(int.from_bytes(rng.choice((STRANGER, BEACON_ROOTS, HISTORY)), "big"))

    def _push_gas(self) -> None:
        if self._rng.random() < 0.5:
            self._code.append(0x5A)
            self._height += 1
        else:
            self._push(self._rng.choice((0, 100, 2_300, 5_000, 30_000, 100_000, MAX_WORD)))

    # Statements

    def _op(self, opcode: int, takes: int, gives: int) -> None:
        self._code.append(opcode)
        self._height = max(0, self._height - takes) + gives

    def _arithmetic(self) -> None:
        rng = self._rng
        takes = rng.choice((1, 2, 2, 2, 2, 3))
        for _ in range(takes):
            self._push_word()
        unary = (*_UNARY, 0x1E) if self._fork >= Fork.OSAKA else _UNARY
        self._op(rng.choice({1: unary, 2: _BINARY, 3: _TERNARY}[takes]), takes, 1)
        self._keep()

    def _keep(self) -> None:
        """Puts a result where the comparison sees it."""
        if self._rng.random() < 0.3:
            self._push(self._rng.randrange(5))
            self._op(0x55, 2, 0)

    def _context(self) -> None:
        rng = self._rng
        later = (0x4A,) if self._fork >= Fork.CANCUN else ()
        choice = rng.random()
        if choice < 0.7:
            self._op(rng.choice((*_CONTEXT, *later)), 0, 1)
        elif choice < 0.8:
            self._push(rng.choice((0, 700, 743, 744, 999, 1000, MAX_WORD)))
            self._op(0x40, 1, 1)
        elif choice < 0.9 and self._fork >= Fork.CANCUN:
            self._push(rng.choice((0, 1, 7, MAX_WORD)))
            self._op(0x49, 1, 1)
        else:
            self._push(rng.choice((0, 1, 31, 40, MAX_WORD)))
            self._op(0x35, 1, 1)
        self._keep()

    def _memory(self) -> None:
        rng = self._rng
        kind = rng.randrange(5)
        if kind == 0:
            self._push_offset()
            self._op(0x51, 1, 1)
        elif kind in (1, 2):
            self._push_word()
            self._push_offset()
            self._op(0x52 if kind == 1 else 0x53, 2, 0)
        elif kind == 3 and self._fork >= Fork.CANCUN:
            self._push_size()
            self._push_offset()
            self._push_offset()
            self._op(0x5E, 3, 0)
        else:
            self._push_size()
            self._push_offset()
            self._op(0x20, 2, 1)
            self._keep()

    def _storage(self) -> None:
        rng = self._rng
        if rng.random() < 0.3:
            self._push(rng.randrange(5))
            self._op(0x54, 1, 1)
        else:
            self._push(rng.choice((0, 0, 1, 2, MAX_WORD)))
            self._push(rng.randrange(5))
            self._op(0x55, 2, 0)

    def _transient(self) -> None:
        if self._fork < Fork.CANCUN:
            return self._storage()
        self._push(self._rng.randrange(3))
        if self._rng.random() < 0.5:
            self._op(0x5C, 1, 1)
            return self._keep()
        self._push(self._rng.randrange(3))
        return self._op(0x5D, 2, 0)

    def _copy(self) -> None:
        opcode = self._rng.choice((0x37, 0x39, 0x3C))
        self._push_size()
        self._push_offset()
        self._push_offset()
        if opcode == 0x3C:
            self._push_address()
        self._op(opcode, 4 if opcode == 0x3C else 3, 0)

    def _return_data(self) -> None:
        self._push(self._rng.choice((0,) * 12 + (1, 32)))
        self._push(self._rng.choice((0,) * 12 + (1,)))
        self._push_offset()
        self._op(0x3E, 3, 0)

    def _account(self) -> None:
        self._push_address()
        self._op(self._rng.choice((0x31, 0x3B, 0x3F)), 1, 1)
        self._keep()

    def _log(self) -> None:
        topics = self._rng.randrange(5)
        for _ in range(topics):
            self._push_word()
        self._push_size()
        self._push_offset()
        self._op(0xA0 + topics, 2 + topics, 0)

    def _call(self) -> None:
        rng = self._rng
        opcode = rng.choice((0xF1, 0xF1, 0xF1, 0xF2, 0xF4, 0xFA))
        self._push_size()
        self._push_offset()
        self._push_size()
        self._push_offset()
        if opcode in (0xF1, 0xF2):
            self._push(rng.choice((0, 0, 1, 5, 2**200)))
        self._push_address()
        self._push_gas()
        self._op(opcode, 7 if opcode in (0xF1, 0xF2) else 6, 1)
        self._keep()

    def _precompile(self) -> None:
        rng = self._rng
        number = rng.choice(_PRECOMPILES)
        for offset, word in enumerate(_precompile_words(rng, number)):
            self._push(word)
            self._push(32 * offset)
            self._op(0x52, 2, 0)
        self._push(rng.choice((0, 32, 64)))
        self._push(rng.choice((0, 32)))
        self._push(rng.choice(_precompile_sizes(number)))
        self._push(0)
        if rng.random() < 0.5:
            self._push(rng.choice((0, 1)))
            takes, opcode = 7, 0xF1
        else:
            takes, opcode = 6, 0xFA
        self._push(number)
        self._push(rng.choice((1_000, 40_000, 100_000)))
        self._op(opcode, takes, 1)
        self._keep()

    def _create(self) -> None:
        rng = self._rng
        init = self._init_code()
        padded = init.ljust((len(init) + 31) // 32 * 32, b"\0")
        for offset in range(0, len(padded), 32):
            self._push(int.from_bytes(padded[offset : offset + 32], "big"))
            self._push(offset)
            self._op(0x52, 2, 0)
        opcode = rng.choice((0xF0, 0xF5, 0xF5))
        if opcode == 0xF5:
            self._push(rng.randrange(2))
        self._push(rng.choice((49_152, 49_153)) if rng.random() < 0.03 else len(init))
        self._push(0)
        self._push(rng.choice((0, 0, 1, 2**200)))
        self._op(opcode, 4 if opcode == 0xF5 else 3, 1)
        if rng.random() < 0.6:
            # Calls what was created; its address stays below.
            for _ in range(4):
                self._push(0)
            self._push(rng.choice((0, 1)))
            self._op(0x85, 0, 1)
            self._push_gas()
            self._op(0xF1, 7, 1)
        self._keep()

    def _init_code(self) -> bytes:
        rng = self._rng
        choice = rng.random()
        if choice < 0.35 and self._depth < 2:
            return ProgramWriter(rng, self._fork, self._depth + 1).write()[:400]
        if choice < 0.5:
            return _deploying(b"\x33\xff")
        if choice < 0.65:
            return b"\x60\x01\x60\x00\x55" + _deploying(b"\x60\x00\x54\x60\x01\x01\x60\x00\x55\x30\xff")
        if choice < 0.7:
            return _deploying(b"\xef\x00")
        if choice < 0.75:
            return b"\x61\x60\x01\x60\x00\xf3"  # returns 24,577 bytes
        if choice < 0.8:
            return b"\x33\xff"
        if choice < 0.85:
            return b""
        return _deploying(bytes(self._any_byte() for _ in range(rng.randrange(12))))

    def _shuffle(self) -> None:
        if not self._height:
            return self._push_word()
        kind = self._rng.randrange(3)
        if kind == 0:
            self._op(0x80 + self._rng.randrange(min(self._height, 16)), 0, 1)
        elif kind == 1 and self._height > 1:
            self._op(0x90 + self._rng.randrange(min(self._height - 1, 16)), 0, 0)
        else:
            self._op(0x50, 1, 0)
        return None

    def _loop(self) -> None:
        """Counts down from a small number, with a statement inside."""
        self._push(self._rng.randrange(1, 6))
        start = len(self._code)
        height = self._height
        self._code.append(0x5B)
        self._arithmetic()
        while self._height > height:
            self._op(0x50, 1, 0)
        self._push(1)
        self._op(0x90, 0, 0)
        self._op(0x03, 2, 1)
        self._op(0x80, 0, 1)
        self._push(start)
        self._op(0x57, 2, 0)
        self._op(0x50, 1, 0)

    def _jump(self) -> None:
        rng = self._rng
        if rng.random() < 0.7:
            # Forward over a few bytes.
            skipped = bytes(self._any_byte() for _ in range(rng.randrange(3)))
            target = len(self._code) + 4 + len(skipped)
            self._code += b"\x61" + target.to_bytes(2, "big") + b"\x56" + skipped + b"\x5b"
        else:
            self._push_word()
            self._push(rng.choice((0, 1, 2, MAX_WORD)))
            self._op(0x57, 2, 0)

    def _raw(self) -> None:
        self._code.append(self._any_byte())


def _deploying(code: bytes) -> bytes:
    """Init code that returns `code` (at most 32 bytes)."""
    size = len(code)
    if not size:
        return b"\x60\x00\x60\x00\xf3"
    return bytes([0x5F + size]) + code + b"\x60\x00\x52" + bytes([0x60, size, 0x60, 32 - size, 0xF3])


def _precompile_words(rng: random.Random, number: int) -> list[int]:
    if number == 5:
        lengths = [rng.choice((0, 1, 2, 32, 33, 1024, 1025)) if rng.random() < 0.3 else 1 for _ in range(3)]
        return [*lengths, rng.getrandbits(256)]
    if number in (6, 7, 8):
        return rng.choice(([1, 2, 1, 2], [0, 0, 1, 2], [1, 3, 0, 0], [1, 2, MAX_WORD, 0], [0] * 6))
    if number == 9:
        return [rng.choice((0, 1, 12)) << 224, rng.getrandbits(256)]
    return [
        rng.getrandbits(256) if rng.random() < 0.5 else rng.randrange(30) for _ in range(rng.randrange(4))
    ]


def _precompile_sizes(number: int) -> tuple[int, ...]:
    exact = {1: 128, 5: 128, 6: 128, 7: 96, 8: 192, 9: 213, 10: 192, 11: 256, 12: 160, 13: 512, 14: 288,
             15: 384, 16: 64, 17: 128, 0x100: 160}.get(number, 64)  # fmt: skip
    return (exact, exact, exact, 0, 32, exact - 1)


def random_block(seed: int, fork: Fork) -> RandomBlock:
    """A pre-state, an environment and up to five transactions; the same seed gives the same block."""
    rng = random.Random(seed)
    state = _random_state(rng, fork)
    env = environment(
        base_fee=Wei(rng.choice((1, 7, 10**9))),
        gas_limit=rng.choice((1_200_000, 30_000_000, 30_000_000, 30_000_000)),
        excess_blob_gas=rng.choice((0, 0, 10_000_000, 50_000_000)) if fork >= Fork.CANCUN else 0,
    )
    nonces = {sender: state.accounts[sender].nonce for sender in SENDERS}
    transactions = []
    for _ in range(rng.randint(1, 5)):
        transaction = _random_transaction(rng, fork, env, nonces)
        if transaction.nonce == nonces[transaction.sender] and 30_000 < transaction.gas_limit < 2**24:
            # A guess: an invalid one leaves a gap, which is a case as well.
            nonces[transaction.sender] += 1
        transactions.append(transaction)
    return RandomBlock(state, env, transactions)


def _random_state(rng: random.Random, fork: Fork) -> MemoryState:
    state = MemoryState()
    for index, sender in enumerate(SENDERS):
        code = b""
        if fork >= Fork.PRAGUE and rng.random() < 0.2:
            code = b"\xef\x01\x00" + rng.choice((*CONTRACTS, SENDERS[0], Address(bytes(19) + b"\x04")))
        balance = rng.choice((0, 10**6, 100 * ETHER)) if index == 4 else 100 * ETHER
        nonce = rng.choice((0, 0, 1, 5)) or int(bool(code))
        if balance or nonce or code:
            state.put(sender, balance=balance, nonce=nonce, code=code)
        else:
            state.put(sender, balance=1)
    for contract in CONTRACTS:
        storage = {slot: rng.choice((1, 2, MAX_WORD)) for slot in range(5) if rng.random() < 0.4}
        state.put(
            contract,
            balance=rng.choice((0, 0, 1, 1000)),
            nonce=1,
            code=ProgramWriter(rng, fork).write() or b"\x00",
            storage=storage,
        )
    state.put(BEACON_ROOTS, nonce=1, code=bytecode.BEACON_ROOTS)
    state.put(HISTORY, nonce=1, code=bytecode.HISTORY_STORAGE)
    return state


def _random_transaction(
    rng: random.Random, fork: Fork, env: BlockEnv, nonces: dict[Address, int]
) -> Transaction:
    kinds = [LEGACY, ACCESS_LIST, DYNAMIC_FEE, DYNAMIC_FEE]
    if fork >= Fork.CANCUN:
        kinds.append(BLOB)
    if fork >= Fork.PRAGUE:
        kinds += [SET_CODE, SET_CODE]
    kind = rng.choice(kinds)
    key = rng.choice(KEYS)
    sender = address_of(key)
    price = env.base_fee + rng.choice((0, 1, 5)) - (rng.random() < 0.03)
    tip = price if kind in (LEGACY, ACCESS_LIST) else min(price, rng.choice((0, 1, 3)))
    can_create = kind not in (BLOB, SET_CODE)
    to = rng.choice((*CONTRACTS, *CONTRACTS, STRANGER, rng.choice(SENDERS), _precompile_address(rng)))
    data = rng.randbytes(rng.choice((0, 0, 4, 36, 100, 3000)))
    if can_create and rng.random() < 0.25:
        to, data = None, ProgramWriter(rng, fork)._init_code()
    access_list = ()
    if kind != LEGACY and rng.random() < 0.4:
        access_list = tuple(
            AccessListEntry(rng.choice((*CONTRACTS, STRANGER)), tuple(rng.sample(range(5), rng.randrange(3))))
            for _ in range(rng.randrange(1, 3))
        )
    return sign(
        UnsignedTransaction(
            kind,
            None if kind == LEGACY and rng.random() < 0.2 else CHAIN_ID,
            max(0, nonces[sender] + rng.choice((0,) * 40 + (-1, 1))),
            rng.choice(
                (60_000, 100_000, 400_000, 400_000, 400_000, 1_000_000, rng.choice((21_000, 17_000_000)))
            ),
            Wei(price),
            Wei(tip),
            to,
            Wei(
                rng.choice((0, 0, 0, 1, 10**6, 10**6, rng.choice((0, 200 * ETHER))))
                if rng.random() < 0.9
                else 3
            ),
            data,
            access_list,
            Wei(rng.choice((1, 10**12, 10**12)) if kind == BLOB else 0),
            tuple(Hash32(b"\x01" + rng.randbytes(31)) for _ in range(rng.choice((1, 1, 2, 6))))
            if kind == BLOB
            else (),
            _random_authorizations(rng, nonces) if kind == SET_CODE else (),
        ),
        key,
    )


def _precompile_address(rng: random.Random) -> Address:
    return Address(rng.choice(_PRECOMPILES).to_bytes(20, "big"))


def _random_authorizations(rng: random.Random, nonces: dict[Address, int]) -> tuple[Authorization, ...]:
    made = []
    for _ in range(rng.randint(1, 3)):
        key = rng.choice((*KEYS, b"\x0a" * 32))
        nonce = nonces.get(address_of(key), 0) + rng.choice((0, 0, 0, 1, 1, 2))
        target = rng.choice((*CONTRACTS, *SENDERS, Address(bytes(20)), _precompile_address(rng)))
        chain_id = rng.choice((0, CHAIN_ID, CHAIN_ID, CHAIN_ID, 1))
        made.append(sign_authorization(chain_id, target, nonce, key))
    return tuple(made)
