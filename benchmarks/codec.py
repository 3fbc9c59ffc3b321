"""Decoding transactions with their senders, and sealing them: the kernel's codec beside the reference.

    python -m benchmarks.codec [--transactions 10000] [--rounds 5] [--threads 1,2]

Before that, how fast the machine recovers signers when it does nothing else: no node takes signed
transactions faster than that.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from functools import partial

from devnet.chain.block import Log
from devnet.chain.codec import Codec, ReferenceCodec
from devnet.chain.keccak import keccak256
from devnet.chain.native_codec import NativeCodec
from devnet.chain.signature import SigningKey, recover
from devnet.chain.transaction import DYNAMIC_FEE, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import TransactionResult
from devnet.kernel import absence, load
from devnet.parts import available_threads

SENDERS = 50


def recoveries_per_second(threads: int | None = None, count: int = 2_000, rounds: int = 5) -> float:
    """Signatures a second whose signer the machine finds, the best of `rounds`, on so many threads (default:
    as many as there are cores for us). Without the kernel it is what Python does on one."""
    key = SigningKey(b"\7" * 32)
    digests = [keccak256(number.to_bytes(4, "big")) for number in range(count)]
    signed = [(digest, *key.sign_digest(digest)) for digest in digests]
    if absence() is not None:
        return count / best(lambda: [recover(*item) for item in signed], rounds)
    signatures = [
        r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((parity,)) for _, parity, r, s in signed
    ]
    codec = load().Codec(load().Pool(threads or available_threads()))
    return count / best(lambda: codec.recover_many(digests, signatures), rounds)


def best(action: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest run."""
    fastest = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest


def transfers(count: int) -> list[Transaction]:
    """Signed transfers from `SENDERS` senders."""
    keys = [SigningKey(bytes((index + 1,)) * 32) for index in range(SENDERS)]
    return [
        sign(
            UnsignedTransaction(
                type=DYNAMIC_FEE,
                chain_id=7_700_001,
                nonce=index // SENDERS,
                gas_limit=21_000,
                max_fee_per_gas=Wei(2 * 10**9),
                max_priority_fee_per_gas=Wei(10**9),
                to=Address(keccak256(index.to_bytes(4, "big"))[:20]),
                value=Wei(10**15 + index),
                data=b"",
            ),
            keys[index % SENDERS],
        )
        for index in range(count)
    ]


def results(count: int, logs: Sequence[Log]) -> list[TransactionResult]:
    """What they did, each with these logs."""
    price = Wei(10**9)
    return [
        TransactionResult(21_000, 0, 21_000, b"", tuple(logs), None, price, price, None, ())
        for _ in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="1,2")
    options = parser.parse_args()
    kernel = load()
    count, rounds = options.transactions, options.rounds
    threads = [int(item) for item in options.threads.split(",")]
    for number in threads:
        speed = recoveries_per_second(number)
        print(f"recovery alone, {number} threads: {speed:,.0f} signatures/s ({1e6 / speed:.1f} µs each)")
    transactions = transfers(count)
    raws = [item.encoded for item in transactions]
    topics = tuple(Hash32(bytes((index,)) * 32) for index in range(3))
    transfer_log = Log(Address(b"\3" * 20), topics, bytes(32))
    codecs: list[tuple[str, Codec]] = [
        ("reference", ReferenceCodec()),
        *((f"kernel, {number} threads", NativeCodec(kernel.Pool(number))) for number in threads),
    ]
    # Blocks are sealed and let go; the collector would look through all of them again and again.
    gc.disable()
    for name, codec in codecs:
        decoding = best(partial(codec.decode_many, raws), rounds)
        print(f"{name}: {decoding * 1e6 / count:.1f} µs to decode a transfer")
        for kind, logs in (("plain transfers", ()), ("ERC-20 transfers", (transfer_log,))):
            outcomes = results(count, logs)
            sealing = best(partial(codec.seal_content, transactions, outcomes), rounds)
            print(f"{name}: {sealing * 1e3:.1f} ms to seal {count:,} {kind}")


if __name__ == "__main__":
    main()
