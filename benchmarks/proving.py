"""Proofs of kind `witness`: bytes and seconds for blocks of 100 transfers, beside the blocks themselves.

    python -m benchmarks.proving [--transactions 100] [--blocks 10] [--holders 10000] [--rounds 3] [--cpu]

The first block is recorded and verified as an update of its own, then all of them as one. "tokens" are
transfers of an ERC-20 token (compiled with solc from npm), left out with --no-tokens. Milliseconds are
medians over rounds.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from devnet.blocks.environment import environment_of
from devnet.blocks.overrides import block_mode
from devnet.chain.codec import Codec
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import ZERO_HASH, Address, Wei
from devnet.execution import Engine
from devnet.kernel import absence
from devnet.network import Network, NetworkConfig
from devnet.parts import Parts, native_parts, reference_parts
from devnet.proving.batch import decode_batch
from devnet.proving.program import Program
from devnet.proving.prover import WitnessProver
from devnet.proving.stateless import WitnessVerifier
from devnet.proving.statement import build_statement
from devnet.proving.witness import Witness
from devnet.state import OpenState
from devnet.zone.messages import Mining
from devnet.zone.updates import record_update
from devnet.zone.zone import Zone

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Part:
    """An engine with its codec, and a network on them."""

    name: str
    engine: Engine
    codec: Codec
    open_state: OpenState
    network: Network
    zone: Zone
    program: Program


def make_part(name: str, parts: Parts, config: NetworkConfig) -> Part:
    """A network with nothing done yet."""
    network = Network(config, parts)
    zone = network.default_zone
    assert isinstance(zone, Zone)
    return Part(name, parts.engine(), parts.codec(), parts.open_state, network, zone, config.program(1))


def send(part: Part, sender: int, to: Address | None, data: bytes, value: int, gas: int) -> None:
    """Puts a signed transaction into the mempool."""
    address = part.network.keys.addresses[sender]
    unsigned = UnsignedTransaction(
        type=2,
        chain_id=part.network.config.chain_id,
        nonce=part.zone.nonce(address, "pending"),
        gas_limit=gas,
        max_fee_per_gas=Wei(20 * GWEI),
        max_priority_fee_per_gas=Wei(GWEI),
        to=to,
        value=Wei(value),
        data=data,
    )
    part.zone.submit(part.network.keys.sign_transaction(unsigned, address))


def stranger(number: int, holders: int) -> Address:
    """One of so many accounts that are not the senders'."""
    return Address(b"\x77" * 12 + (number % max(1, holders)).to_bytes(8, "big"))


def fill_with_transfers(part: Part, count: int, holders: int, block: int) -> None:
    """Sends as many transfers, each block to other accounts of the holders."""
    for sender in range(count):
        send(part, sender, stranger(sender + 37 * block, holders), b"", 1, 21_000)


def fill_with_tokens(part: Part, count: int, token: Address, block: int) -> None:
    """Sends as many transfers of a token, to another one of the senders in each block."""
    from benchmarks.token import transfer_data

    senders = part.network.keys.addresses
    for sender in range(count):
        send(part, sender, token, transfer_data(senders[(sender + 1 + block) % count], 1), 0, 100_000)


def run(part: Part, blocks: int, fill: Callable[[int], object]) -> int:
    """Makes the blocks; the number of the first."""
    first = part.zone.number() + 1
    for block in range(blocks):
        fill(block)
        part.network.mine(part.zone)
    return first


@dataclass(frozen=True, slots=True)
class Timing:
    """How actions are timed."""

    rounds: int
    clock: Callable[[], float]

    def of(self, action: Callable[[], object]) -> float:
        """Median seconds."""
        seconds = []
        for _ in range(self.rounds):
            start = self.clock()
            action()
            seconds.append(self.clock() - start)
        return statistics.median(seconds)


def record(part: Part, first: int, last: int) -> Witness:
    """The update of these blocks."""
    return record_update(part.zone._ledger, part.engine, part.codec, part.program, first, last)


def execute(part: Part, first: int, last: int) -> None:
    """What who has the whole state does instead: runs the blocks (and hashes nothing)."""
    ledger = part.zone._ledger
    for number in range(first, last + 1):
        record = ledger.get(number)
        env = environment_of(record.block.header, ledger.chain.recent_hashes(number))
        view, mode = ledger.state_before(record), block_mode(record.overrides, ledger.config.has_messages)
        part.engine.execute(record.rules, env, record.block.transactions, view, mode)


def report(what: str, parts: list[Part], first: int, last: int, timing: Timing) -> None:
    """Prints a line for the update."""
    blocks = last - first + 1
    witness = record(parts[0], first, last)
    found = [parts[0].zone.block(number) for number in range(first, last + 1)]
    block_bytes = sum(block.size for block in found if block is not None)
    batch, _ = decode_batch(witness.batch)
    statement = build_statement(witness.program, witness.parent, batch, ZERO_HASH, 0, witness.outbox)
    proof = WitnessProver().prove(statement, witness)
    columns = [
        f"{what:<9} {blocks:>6} {block_bytes / blocks:>12,.0f} {len(proof.data) / blocks:>12,.0f}",
        f"{len(proof.data) / block_bytes:>7.2f} {len(witness.state) / blocks:>12,.0f}",
        f"{sum(map(len, witness.codes)) / blocks:>9,.0f}",
    ]
    for part in parts:
        verifier = WitnessVerifier(part.engine, part.codec, open_state=part.open_state)
        recording = timing.of(partial(record, part, first, last))
        verifying = timing.of(partial(verifier.verify, statement, proof))
        executing = timing.of(partial(execute, part, first, last))
        columns += [f"{1e3 * seconds / blocks:>11,.1f}" for seconds in (executing, recording, verifying)]
    print(" ".join(columns), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transactions", type=int, default=100)
    parser.add_argument("--blocks", type=int, default=10)
    parser.add_argument("--holders", type=int, default=10_000, help="accounts beside the senders")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-tokens", action="store_true")
    parser.add_argument(
        "--cpu", action="store_true", help="processor time of all threads, which other load changes less"
    )
    arguments = parser.parse_args()
    timing = Timing(arguments.rounds, time.process_time if arguments.cpu else time.perf_counter)
    count = arguments.transactions

    config = NetworkConfig(
        zones=("alpha",),
        accounts=count,
        grants=tuple((stranger(number, arguments.holders), Wei(1)) for number in range(arguments.holders)),
        mining=Mining(automine=False),
    )
    choices = {"reference": reference_parts()} | ({} if absence() is not None else {"native": native_parts()})
    parts = [make_part(name, choice, config) for name, choice in choices.items()]
    senders = parts[0].network.keys.addresses
    print(f"{platform.platform()}, Python {platform.python_version()}, py-evm {version('py-evm')}")
    print(f"blocks of {count} transactions, {arguments.holders + count:,} accounts; per block:")
    names = [f"{part.name[:3]} {what}" for part in parts for what in ("run", "record", "verify")]
    engines = "".join(f"{name:>12}" for name in names)
    sizes = f"{'block bytes':>12} {'proof bytes':>12} {'ratio':>7} {'state':>12} {'code':>9}"
    print(f"{'':<9} {'blocks':>6} {sizes}{engines} ms")

    for part in parts:
        first = run(part, arguments.blocks, partial(fill_with_transfers, part, count, arguments.holders))
    report("transfers", parts, first, first, timing)
    report("transfers", parts, first, first + arguments.blocks - 1, timing)
    if arguments.no_tokens:
        return

    from benchmarks.token import deployment

    for part in parts:
        send(part, 0, None, deployment(senders, 10**18), 0, 16_000_000)
        block = part.network.mine(part.zone)[0]
        token = block.receipts[0].contract_address
        assert token is not None
        assert block.receipts[0].status
        first = run(part, arguments.blocks, partial(fill_with_tokens, part, count, token))
    report("tokens", parts, first, first, timing)
    report("tokens", parts, first, first + arguments.blocks - 1, timing)


if __name__ == "__main__":
    main()
