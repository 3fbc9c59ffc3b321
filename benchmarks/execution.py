"""Execution alone: blocks of transfers and ERC-20 transfers, one after the other and in parallel.

    python -m benchmarks.execution [--transactions 10000] [--rounds 7] [--threads 2]

Every block runs over the native state, by the kernel itself, without anything of Python's being made:
serially, with the given order in parallel ("given"; "scheduled": with the schedule that it does not need),
and in the framer's order, in turns. "Whole" is what the node calls (`NativeEngine.execute`,
`.execute_block`), with the transactions read from Python's objects and the results made into them.

"At once" is the machine's own ceiling: as many serial runs of the block as there are threads, started
together over the same view. They share nothing but the view, the memory and the cores, so the time of one
alone against theirs is what parallel execution could give here if it cost nothing. A given order can take
more than all of it: threads that each run a part of a block keep that part in their own caches.

"Simulated" is what `zero profile` foresees on as many cores: the schedule alone with gas as time, without
what predicting, scheduling and putting results together cost, and for a given order with frames that it is
then not run by.

Wall times need as many free cores as threads. CPU time is that of all threads together and is what a busy
machine can tell: "by CPU time" is the speed-up if the threads' work were spread evenly over free cores.
Scheduling is framing and finding which runs stand; keys are hashed where the transactions run. A given order
without conflicts needs no schedule.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from benchmarks.token import deployment, transfer_data
from devnet.chain.account import Account, ChangeSet
from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import DYNAMIC_FEE, Transaction
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.execution import BlockEnv, Mode
from devnet.execution.native import NativeEngine
from devnet.kernel import load
from devnet.scheduling import BlockOrder
from devnet.scheduling.profile import speed_up
from devnet.state import StateView
from devnet.state.native import NativeQmdb

CHAIN_ID = 7_700_001
ETHER = 10**18
BLOCK = Mode(system_calls=True, credit_fees=True)
AT_ONCE = "at once"
"""As many serial runs as there are threads."""
HOT_SHARE = 10
"""One in so many transactions of the mix goes to one hot recipient."""


def _address(kind: int, number: int) -> Address:
    return Address(bytes([kind]) + bytes(11) + number.to_bytes(8, "big"))


def _environment(gas_limit: int) -> BlockEnv:
    return BlockEnv(
        number=1,
        timestamp=1_700_000_000,
        coinbase=_address(0xCB, 0),
        gas_limit=gas_limit,
        base_fee=Wei(10**9),
        prev_randao=Hash32(bytes(32)),
        excess_blob_gas=0,
        parent_hash=Hash32(bytes(32)),
        parent_beacon_block_root=Hash32(bytes(32)),
        recent_hashes=(),
    )


def _transaction(
    sender: Address, to: Address | None, nonce: int, value: int, data: bytes, gas: int
) -> Transaction:
    return Transaction(
        type=DYNAMIC_FEE,
        chain_id=CHAIN_ID,
        nonce=nonce,
        gas_limit=gas,
        max_fee_per_gas=Wei(10**10),
        max_priority_fee_per_gas=Wei(10**9),
        to=to,
        value=Wei(value),
        data=data,
        v=0,
        r=1,
        s=1,
        sender=sender,
        hash=Hash32(bytes(32)),
        encoded=b"",
    )


def _state(
    engine: NativeEngine, rules: Rules, threads: int, senders: Sequence[Address]
) -> tuple[StateView, Address]:
    """A native state in which the senders have ether and tokens, and the token."""
    state = NativeQmdb(pool=load().Pool(threads))
    rich = {sender: Account(0, Wei(ETHER), Hash32(EMPTY_CODE_HASH)) for sender in senders}
    creator = _address(0xC0, 0)
    rich[creator] = Account(0, Wei(10**30), Hash32(EMPTY_CODE_HASH))
    state.commit(0, ChangeSet(rich, {}, {}))
    unlimited = replace(rules, transaction_gas_cap=None, code_size_limit=None)
    create = _transaction(creator, None, 0, 0, deployment(senders, 10**9), 10**13)
    made = engine.execute(unlimited, _environment(10**13), (create,), state.view(), Mode())
    result = made.results[0]
    if (
        isinstance(result, InvalidTransaction)
        or result.failure is not None
        or result.contract_address is None
    ):
        raise RuntimeError(f"the token was not made: {result}")
    state.commit(1, made.changes)
    return state.view(), result.contract_address


def _blocks(count: int, token: Address, senders: Sequence[Address]) -> dict[str, list[Transaction]]:
    people = [_address(2, number) for number in range(count)]
    hot = _address(3, 0)
    lanes = max(1, count // 1_000)
    return {
        "transfers": [
            _transaction(sender, to, 0, 1, b"", 21_000) for sender, to in zip(senders, people, strict=True)
        ],
        "ERC-20 transfers": [
            _transaction(sender, token, 0, 0, transfer_data(to, 1), 80_000)
            for sender, to in zip(senders, people, strict=True)
        ],
        "ERC-20, one in ten to one account": [
            _transaction(sender, token, 0, 0, transfer_data(to if number % HOT_SHARE else hot, 1), 80_000)
            for number, (sender, to) in enumerate(zip(senders, people, strict=True))
        ],
        f"ERC-20, {lanes} senders": [
            _transaction(senders[number % lanes], token, number // lanes, 0, transfer_data(to, 1), 80_000)
            for number, to in enumerate(people)
        ],
    }


_BlockToRun = tuple[Rules, BlockEnv, Sequence[Transaction], StateView, Mode]
"""What every way to run a block takes."""


class _Series:
    """Wall and CPU seconds of one way to run a block."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.scheduling: list[float] = []

    def add(self, action: Callable[[], tuple[float, float]]) -> None:
        gc.collect()
        cpu = time.process_time()
        wall, scheduling = action()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(wall)
        self.scheduling.append(scheduling)


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.1f} ms ({min(seconds) * 1e3:.1f}–{max(seconds) * 1e3:.1f})"


def _timed(action: Callable[[], object]) -> tuple[float, float]:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began, 0.0


def _at_once(pool: ThreadPoolExecutor, threads: int, run: Callable[[], object]) -> tuple[float, float]:
    """Seconds until as many runs as threads are done. They let go of the interpreter lock."""
    began = time.perf_counter()
    for ran in [pool.submit(run) for _ in range(threads)]:
        ran.result()
    return time.perf_counter() - began, 0.0


def _simulated(engine: NativeEngine, block: _BlockToRun, threads: int) -> str:
    """The speed-up that the profile's simulation of both orders gives."""
    found = []
    for order in BlockOrder:
        ran = engine.execute_block(*block, order)
        used = {
            index: 0 if isinstance(result, InvalidTransaction) else result.gas_used
            for index, result in zip(ran.order, ran.execution.results, strict=True)
        }
        schedule = engine.schedule_block(*block, order)
        weights = [used.get(index, 0) for index in range(len(block[2]))]
        found.append(f"{order.value} order {speed_up(schedule, weights, threads):.2f}")
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--transactions", type=int, default=10_000, help="in a block")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each kind, in turns")
    parser.add_argument("--threads", type=int, default=2, help="of the parallel runs")
    arguments = parser.parse_args()
    threads = arguments.threads
    load_now = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {load_now:.1f}, "
        f"Python {platform.python_version()}; "
        f"blocks of {arguments.transactions}, {threads} threads, {arguments.rounds} rounds: "
        "median (least–most)"
    )
    kernel = load()
    pool = kernel.Pool(threads)
    engine, parallel = NativeEngine(kernel.Pool(1)), NativeEngine(pool)
    rules = Rules.at(Fork.OSAKA, CHAIN_ID)
    senders = [_address(1, number) for number in range(arguments.transactions)]
    view, token = _state(engine, rules, threads, senders)
    env = _environment(10**10)
    together = ThreadPoolExecutor(threads)
    for name, block in _blocks(arguments.transactions, token, senders).items():
        prepared = kernel.Engine(pool).prepare_block(rules, env, block, view, BLOCK)
        arguments_of: _BlockToRun = (rules, env, block, view, BLOCK)
        ways: dict[str, Callable[[], tuple[float, float]]] = {
            **{way: partial(prepared.run, way) for way in ("serial", "given", "scheduled", "framed")},
            AT_ONCE: partial(_at_once, together, threads, partial(prepared.run, "serial")),
            "whole serial": partial(_timed, partial(engine.execute, *arguments_of)),
            "whole given": partial(_timed, partial(parallel.execute_block, *arguments_of, BlockOrder.GIVEN)),
        }
        series = {way: _Series() for way in ways}
        for _ in range(arguments.rounds):
            for way, run in ways.items():
                series[way].add(run)
        _print(name, series, threads, len(block))
        print(f"  simulated: {_simulated(parallel, arguments_of, threads)}")


def _print(name: str, series: dict[str, _Series], threads: int, count: int) -> None:
    wall = {way: statistics.median(found.wall) for way, found in series.items()}
    cpu = {way: statistics.median(found.cpu) for way, found in series.items()}
    print(f"\n{name}")
    for way, found in series.items():
        base = "whole serial" if way.startswith("whole") else "serial"
        line = f"  {way:<13} {_spread(found.wall):<28} CPU {_spread(found.cpu):<28}"
        if way == AT_ONCE:
            print(f"{line} {threads} serial runs")
            continue
        line += f" {count / wall[way]:>9,.0f} /s"
        if way != base:
            line += (
                f"  speed-up {wall[base] / wall[way]:.2f}, by CPU time {cpu[base] / cpu[way] * threads:.2f}"
            )
        print(line)
    ceiling = threads * wall["serial"] / wall[AT_ONCE]
    taken = wall[AT_ONCE] / threads / wall["given"]
    print(f"  ceiling: {ceiling:.2f}, of which a given order takes {taken:.0%}")
    for way in ("scheduled", "framed"):
        scheduling = statistics.median(series[way].scheduling)
        share = scheduling / wall["serial"]
        print(f"  scheduling, {way}: {scheduling * 1e3:.2f} ms, {share:.1%} of serial execution")


if __name__ == "__main__":
    main()
