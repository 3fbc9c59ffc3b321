"""Requests and transfers a second over JSON-RPC, beside Anvil in the same run.

    python -m benchmarks.rpc [--rounds 3] [--transfers 10000] [--peers zero,anvil]

Ratios are the first peer's figure over the second's: above 1 is better where something is counted a second,
below 1 where milliseconds or MiB are.

Counted: replies for requests; transfers that a block holds for transfers (the clock stops when the last reply
is there and the last transfer is mined; "replies alone" stops it at the last reply). Under automine Zero
answers a transaction once its block is sealed, Anvil as soon as it is in its mempool: with several
connections it may leave some there for good, which shows as "did not finish".

Every figure of a row comes from the same run: the peers take turns, the first one changes from round to
round, each measurement has a fresh process that was called once and then left alone for a moment. The client
runs on the same cores, one process, bodies encoded before; so it is part of every figure, and figures above
some 8,000 requests one at a time say more about it than about the peer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.load import LoadResult, http_request, run_load
from benchmarks.peers import AUTOMINE, INTERVAL, Peer, Setting, start
from devnet.accounts.keyring import KeyRing
from devnet.accounts.mnemonic import TEST_MNEMONIC
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import Address, Wei

LIMIT = 60.0
"""Seconds a peer may take for one measurement before it counts as "did not finish"."""

STALL = 10.0
"""Seconds without a further transfer mined after which a peer counts as "did not finish"."""

SENDERS = 10
# Returns 32 bytes from storage slot 0: PUSH1 0 SLOAD PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN, behind a
# constructor that copies it.
READER_INIT = "0x600b600c600039600b6000f3" + "60005460005260206000f3"


@dataclass(slots=True)
class Column:
    """The figures of one peer for one row, a value a round; None where it did not finish."""

    values: list[float | None] = field(default_factory=list)

    def median(self) -> float | None:
        finished = [value for value in self.values if value is not None]
        return statistics.median(finished) if finished else None

    def text(self, unit: str) -> str:
        median = self.median()
        if median is None:
            return "did not finish"
        finished = [value for value in self.values if value is not None]
        missed = len(self.values) - len(finished)
        note = f", {missed} did not finish" if missed else ""
        low, middle, high = (
            f"{value:,.{_digits(median)}f}" for value in (min(finished), median, max(finished))
        )
        return f"{middle}{unit} ({low}–{high}{note})"


def _digits(value: float) -> int:
    return 0 if value >= 100 else 2


def _body(method: str, *params: object, request_id: int = 1) -> bytes:
    return json.dumps(
        {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}, separators=(",", ":")
    ).encode()


def _signed_transfers(chain_id: int, count: int, keys: KeyRing) -> list[list[str]]:
    """`count` transfers as hex, a list for each sender in nonce order, to addresses not used before."""
    lanes: list[list[str]] = [[] for _ in range(SENDERS)]
    for number in range(count):
        sender = keys.addresses[number % SENDERS]
        unsigned = UnsignedTransaction(
            type=2,
            chain_id=chain_id,
            nonce=number // SENDERS,
            gas_limit=21_000,
            max_fee_per_gas=Wei(10**10),
            max_priority_fee_per_gas=Wei(10**9),
            to=Address((0x10000 + number % 1000).to_bytes(20, "big")),
            value=Wei(1),
            data=b"",
        )
        lanes[number % SENDERS].append("0x" + sign(unsigned, keys.key(sender)).encoded.hex())
    return lanes


def _rate(result: LoadResult) -> float | None:
    return result.rate if result.finished and not result.errors else None


def _one_at_a_time(peer: Peer, body: bytes, count: int) -> float | None:
    request = http_request(peer.port, body)
    return _rate(run_load(peer.port, [[request] * count], LIMIT))


def _deploy_reader(peer: Peer, sender: object) -> object:
    """The address of a contract whose call reads one slot."""
    sent = peer.ask("eth_sendTransaction", {"from": sender, "data": READER_INIT, "gas": "0x30d40"})
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        receipt = peer.ask("eth_getTransactionReceipt", sent)
        if isinstance(receipt, dict):
            return receipt["contractAddress"]
        time.sleep(0.01)
    raise RuntimeError(f"{peer.name} did not mine the contract of the benchmark")


def _mined_transfers(peer: Peer, senders: Sequence[str]) -> int:
    return sum(int(str(peer.ask("eth_getTransactionCount", sender, "latest")), 16) for sender in senders)


@dataclass(frozen=True, slots=True)
class TransferRates:
    """Transfers a second up to the last reply, and up to the last one mined; None: did not finish."""

    replied: float | None
    mined: float | None


def _transfers(peer: Peer, lanes: list[list[str]], batch: int, keys: KeyRing) -> TransferRates:
    count = sum(map(len, lanes))
    requests: list[list[bytes]] = []
    for lane in lanes:
        bodies = [_body("eth_sendRawTransaction", raw, request_id=i) for i, raw in enumerate(lane)]
        if batch > 1:
            bodies = [b"[" + b",".join(bodies[i : i + batch]) + b"]" for i in range(0, len(bodies), batch)]
        requests.append([http_request(peer.port, body) for body in bodies])
    senders = ["0x" + address.hex() for address in keys.addresses]
    started = time.perf_counter()
    result = run_load(peer.port, requests, LIMIT)
    if not result.finished or result.errors:
        return TransferRates(None, None)
    replied = count / result.seconds
    known, moved = 0, time.perf_counter()
    while (mined := _mined_transfers(peer, senders)) < count:
        now = time.perf_counter()
        if mined > known:
            known, moved = mined, now
        if now - started > LIMIT or now - moved > STALL:
            print(f"{peer.name} leaves {count - mined:,} of {count:,} transfers unmined", file=sys.stderr)
            return TransferRates(replied, None)
        time.sleep(0.01)
    return TransferRates(replied, count / (time.perf_counter() - started))


Measure = Callable[[Peer], dict[str, float | None]]


def _measure_requests(count: int) -> Measure:
    def measure(peer: Peer) -> dict[str, float | None]:
        figures: dict[str, float | None] = {
            "start to first reply": peer.seconds_to_first_reply * 1000,
            "memory, idle": peer.memory() / 2**20,
        }
        accounts = peer.ask("eth_accounts")
        assert isinstance(accounts, list)
        reader = _deploy_reader(peer, accounts[0])
        figures["eth_blockNumber, one at a time"] = _one_at_a_time(peer, _body("eth_blockNumber"), count)
        figures["eth_getBalance, one at a time"] = _one_at_a_time(
            peer, _body("eth_getBalance", accounts[0], "latest"), count
        )
        figures["eth_call, one at a time"] = _one_at_a_time(
            peer, _body("eth_call", {"to": reader}, "latest"), count
        )
        transfer = {"from": accounts[0], "to": accounts[1], "value": "0x1"}
        figures["eth_sendTransaction, one at a time, automine"] = _one_at_a_time(
            peer, _body("eth_sendTransaction", transfer), count // 4
        )
        return figures

    return measure


def _measure_transfers(row: str, lanes: list[list[str]], batch: int, keys: KeyRing) -> Measure:
    def measure(peer: Peer) -> dict[str, float | None]:
        rates = _transfers(peer, lanes, batch, keys)
        figures = {row: rates.mined, f"{row}: replies alone": rates.replied}
        if batch == 1 and "automine" in row:
            figures[f"memory after {sum(map(len, lanes)):,} transfers"] = peer.memory() / 2**20
        return figures

    return measure


def _load() -> str:
    """How busy the machine is; the benchmark itself is in the figure after it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


UNITS = {"start": " ms", "memory": " MiB"}


def _unit(row: str) -> str:
    return next((unit for start_of_row, unit in UNITS.items() if row.startswith(start_of_row)), "/s")


def _ratio(row: str, ours: Column, theirs: Column) -> str:
    mine, other = ours.median(), theirs.median()
    if mine is None or other is None:
        return "–"
    return f"{mine / other:.2f} ×"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--transfers", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--peers", default="zero,anvil")
    options = parser.parse_args()
    peers = options.peers.split(",")
    keys = KeyRing.from_mnemonic(TEST_MNEMONIC, SENDERS)
    chain_ids: dict[str, int] = {}
    for name in peers:
        with start(name) as peer:
            chain_ids[name] = int(str(peer.ask("eth_chainId")), 16)
    lanes = {name: _signed_transfers(chain_ids[name], options.transfers, keys) for name in peers}
    load_before = _load()
    table: dict[str, dict[str, Column]] = {}
    requests = _measure_requests(options.requests)
    plan: list[tuple[Setting, dict[str, Measure]]] = [(AUTOMINE, dict.fromkeys(peers, requests))]
    for setting in (AUTOMINE, INTERVAL):
        for batch, words in ((1, "single requests"), (100, "batches of 100")):
            row = f"transfers, {words}, {setting.name}"
            plan.append(
                (setting, {name: _measure_transfers(row, lanes[name], batch, keys) for name in peers})
            )
    for round_number in range(options.rounds):
        for setting, measures in plan:
            for name in peers if round_number % 2 == 0 else reversed(peers):
                with start(name, setting) as peer:
                    peer.settle()
                    for row, value in measures[name](peer).items():
                        table.setdefault(row, {}).setdefault(name, Column()).values.append(value)
                print(f"round {round_number + 1}: {setting.name}: {name} done", file=sys.stderr)
    cores = os.cpu_count()
    print(
        f"{cores} cores, {platform.machine()}, Python {platform.python_version()}; {options.rounds} rounds; "
        f"median (least–most); {SENDERS} connections for transfers, one for requests; "
        f"load {load_before} before, {_load()} after\n"
    )
    print("| | " + ("ratio | " if len(peers) == 2 else "") + " | ".join(peers) + " |")
    print("| --- |" + " --- |" * (len(peers) + (len(peers) == 2)))
    for row, columns in table.items():
        cells = [columns[name].text(_unit(row)) for name in peers]
        if len(peers) == 2:
            cells.insert(0, _ratio(row, columns[peers[0]], columns[peers[1]]))
        print(f"| {row} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
