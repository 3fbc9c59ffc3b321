"""What is sent in the benchmarks: signed transfers and ERC-20 transfers; and how fast their signers can be
found at best."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from benchmarks.token import transfer_data
from devnet.accounts.keyring import KeyRing
from devnet.chain.codec import ReferenceCodec
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import encode_bytes, encode_int, encode_list
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import Address, Wei
from devnet.parts import EngineAbsent, EngineChoice, choose_parts

RECIPIENTS = 1_000


def created_by(sender: Address, nonce: int) -> Address:
    """The address of the contract that the sender's transaction with that nonce creates."""
    return Address(keccak256(encode_list([encode_bytes(sender), encode_int(nonce)]))[12:])


def signed(
    chain_id: int, count: int, keys: KeyRing, senders: int, token: Address | None = None
) -> list[list[str]]:
    """`count` transfers as hex, a list for each sender in nonce order, to a thousand addresses; of the token
    where there is one."""
    lanes: list[list[str]] = [[] for _ in range(senders)]
    for number in range(count):
        sender = keys.addresses[number % senders]
        to = Address((0x10000 + number % RECIPIENTS).to_bytes(20, "big"))
        unsigned = UnsignedTransaction(
            type=2,
            chain_id=chain_id,
            nonce=number // senders,
            gas_limit=21_000 if token is None else 80_000,
            max_fee_per_gas=Wei(10**10),
            max_priority_fee_per_gas=Wei(10**9),
            to=to if token is None else token,
            value=Wei(1 if token is None else 0),
            data=b"" if token is None else transfer_data(to, 1),
        )
        lanes[number % senders].append("0x" + sign(unsigned, keys.key(sender)).encoded.hex())
    return lanes


def recovery_ceiling(raws: Sequence[bytes]) -> float:
    """Transactions a second that all cores together decode and recover when they do nothing else: with
    libsecp256k1 in a process a core, or with the kernel's threads, whichever is faster."""
    return max(_in_processes(raws), _in_the_kernel(raws))


def _in_processes(raws: Sequence[bytes]) -> float:
    cores = os.cpu_count() or 1
    share = len(raws) // cores
    with ProcessPoolExecutor(cores) as pool:
        parts = [raws[index * share : (index + 1) * share] for index in range(cores)]
        # Each process starts, and has imported everything, before the clock does.
        list(pool.map(_decode, [part[:10] for part in parts]))
        started = time.perf_counter()
        list(pool.map(_decode, parts))
        return share * cores / (time.perf_counter() - started)


def _decode(raws: Sequence[bytes]) -> int:
    return len(ReferenceCodec().decode_many(raws))


def _in_the_kernel(raws: Sequence[bytes]) -> float:
    try:
        codec = choose_parts(EngineChoice.NATIVE).codec()
    except EngineAbsent:
        return 0.0
    codec.decode_many(raws[:1_000])
    started = time.perf_counter()
    codec.decode_many(raws)
    return len(raws) / (time.perf_counter() - started)
