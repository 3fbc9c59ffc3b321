"""What `tests/test_fork.py` runs in an interpreter of its own: a network that goes on in forked processes.

Prints a line of JSON: by process, the state roots of the blocks that it executed after the fork.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Wei
from devnet.network import Network, NetworkConfig
from devnet.parts import EngineChoice, choose_parts
from devnet.zone.messages import Mining

TRANSACTIONS = 400
"""Of a block: enough for every part of the kernel to ask its threads."""

Work = Callable[[], Any]


def raw_transfers(network: Network, block: int) -> list[bytes]:
    """Transfers to fresh addresses by ten senders."""
    zone = network.default_zone
    raws = []
    for index in range(TRANSACTIONS):
        unsigned = UnsignedTransaction(
            type=2,
            chain_id=zone.config.chain_id,
            nonce=block * TRANSACTIONS // 10 + index // 10,
            gas_limit=21_000,
            max_fee_per_gas=Wei(10**10),
            max_priority_fee_per_gas=Wei(1),
            to=Address((block * TRANSACTIONS + index + 1).to_bytes(20, "big")),
            value=Wei(1),
            data=b"",
        )
        sender = network.keys.addresses[index % 10]
        raws.append(network.keys.sign_transaction(unsigned, sender).encoded)
    return raws


def seal(network: Network, blocks: list[list[bytes]]) -> list[str]:
    """Seals a block of each list; gives the state roots."""
    zone = network.default_zone
    roots = []
    for raws in blocks:
        network.submit_many(zone, network.decode(raws))
        block = network.mine(zone)[0]
        assert len(block.transactions) == TRANSACTIONS
        roots.append(block.header.state_root.hex())
    return roots


def fork(work: Work) -> tuple[int, int]:
    """Runs the work in a forked process, which ends as every Python program does; (process id, what to read
    its result from)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        json.dump(work(), out)
    sys.exit(0)


def joined(child: int, reading: int) -> Any:
    """What the work of a forked process gave."""
    with os.fdopen(reading) as source:
        result = source.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"
    return json.loads(result)


def report(connection: Connection, network: Network, blocks: list[list[bytes]]) -> None:
    connection.send(seal(network, blocks))


def main(engine: str) -> None:
    config = NetworkConfig(mining=Mining(automine=False))
    network = Network(config, choose_parts(EngineChoice(engine), threads=2))
    first, *blocks = [raw_transfers(network, block) for block in range(3)]
    # The threads have worked before the fork, and are on their way to sleep.
    seal(network, [first])

    def grandchild() -> Any:
        roots = seal(network, blocks[:1])
        return [roots + joined(*fork(lambda: seal(network, blocks[1:]))), roots + seal(network, blocks[1:])]

    child, reading = fork(lambda: seal(network, blocks))
    other, other_reading = fork(grandchild)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=report, args=(there, network, blocks))
    process.start()
    # A child that never asks for threads ends as well.
    idle = fork(lambda: network.default_zone.number())
    result = {"parent": seal(network, blocks), "child": joined(child, reading)}
    result["grandchild"], result["its parent"] = joined(other, other_reading)
    result["multiprocessing"] = here.recv()
    process.join()
    assert process.exitcode == 0
    assert joined(*idle) == 1
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
