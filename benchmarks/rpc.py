"""Requests and transfers a second over JSON-RPC, beside Anvil in the same run.

    python -m benchmarks.rpc [--rounds 3] [--transfers 10000] [--peers zero,anvil] [--only transfers]
                             [--slot-time off]

First what the goals are about, then every figure. Ratios are the first peer's figure over the second's: above
1 is better where something is counted a second, below 1 where milliseconds or MiB are.

Counted: replies for requests; for transfers those that a block holds (the clock stops when the last reply is
there and the last transfer is mined; "replies alone" stops it at the last reply). Under automine Zero answers
a transaction once its block is sealed, Anvil as soon as it is in its mempool: with several connections it may
leave some there for good, which shows as "did not finish". A run of Anvil that does not finish is tried
again, at most `--tries` times; its "best finished run" of a workload is the best of all rounds, batch sizes
and settings. The recovery ceiling is what all cores together decode and recover when they do nothing else,
measured before and after each round: where others use the machine too, its median is what compares with the
medians of the other figures, and its highest with none of them.

Under interval mining more transfers are sent than under automine: with blocks every second the clock stops
at one of them, and 10,000 fit into the first for whoever takes them fast enough. Requests one at a time are
measured twice: where the operating system puts client and peer, and with both on one core. On two cores that
have nothing else to do each request waits until the other one wakes up, which takes a virtual machine longer
than the request does.

Zero settles as it does by itself, each second; `--slot-time SECONDS` says otherwise (0: after every block,
off: never). "Settled by then" is how much of its blocks was settled when the clock stopped. `--peers
zero,zero-off` measures it beside a network that settles nothing, in turns: what settlement costs a load.

Every figure of a row comes from the same run: the peers take turns, the first one changes from round to
round, each measurement has a fresh process that was called once and then left alone for a moment. The client
runs on the same cores, one process, bodies encoded before; so it is part of every figure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.load import LoadResult, http_request, run_load
from benchmarks.peers import AUTOMINE, INTERVAL, WITHOUT_SLOTS, Peer, Setting, start
from benchmarks.signing import created_by, recovery_ceiling, signed
from benchmarks.token import deployment
from devnet.accounts.keyring import KeyRing
from devnet.accounts.mnemonic import TEST_MNEMONIC
from devnet.chain.types import Address

LIMIT = 30.0
"""Seconds a peer may take for one measurement before it counts as "did not finish"."""

STALL = 5.0
"""Seconds without a further transfer mined after which a peer counts as "did not finish"."""

SENDERS = 10
DEPLOYER = SENDERS
"""Index of the account that makes the token: its nonces are in nobody's way."""

HOLDING = 10**24
BATCH = 100
ZONES = (1, 2, 4)
"""How many zones are driven at once, one after the other."""

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


def _rate(result: LoadResult) -> float | None:
    return result.rate if result.finished and not result.errors else None


def _one_at_a_time(peer: Peer, body: bytes, count: int) -> float | None:
    request = http_request(peer.port, body)
    return _rate(run_load(peer.port, [[request] * count], LIMIT))


def _deploy(peer: Peer, sender: str, data: str) -> str:
    """The address of the contract that the data makes."""
    sent = peer.ask("eth_sendTransaction", {"from": sender, "data": data, "gas": "0x989680"})
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        receipt = peer.ask("eth_getTransactionReceipt", sent)
        if isinstance(receipt, dict):
            return str(receipt["contractAddress"])
        time.sleep(0.01)
    raise RuntimeError(f"{peer.name} did not mine the contract of the benchmark")


def _mined_transfers(peer: Peer, senders: Sequence[str], zone: str = "") -> int:
    return sum(
        int(str(peer.ask("eth_getTransactionCount", sender, "latest", zone=zone)), 16) for sender in senders
    )


@dataclass(frozen=True, slots=True)
class Workload:
    """Signed transactions, and what has to be there before they are sent."""

    name: str
    lanes: Mapping[int, list[list[str]]]
    """By chain id: for each sender its transactions in nonce order."""
    automined: int
    """How many of each sender's are sent under automine."""
    token: Address | None = None

    def prepare(self, peer: Peer, keys: KeyRing) -> None:
        if self.token is None:
            return
        deployer = "0x" + keys.addresses[DEPLOYER].hex()
        data = deployment(keys.addresses[:SENDERS], HOLDING)
        made = _deploy(peer, deployer, "0x" + data.hex())
        if made.lower() != "0x" + self.token.hex():
            raise RuntimeError(f"{peer.name} put the token at {made}")


@dataclass(frozen=True, slots=True)
class TransferRates:
    """Transfers a second up to the last reply, and up to the last one mined; None: did not finish."""

    replied: float | None
    mined: float | None
    cpu: float | None = None
    """Microseconds of the peer's processor time for each."""


def _requests(port: int, lanes: list[list[str]], batch: int, path: str = "/") -> list[list[bytes]]:
    requests: list[list[bytes]] = []
    for lane in lanes:
        bodies = [_body("eth_sendRawTransaction", raw, request_id=i) for i, raw in enumerate(lane)]
        if batch > 1:
            bodies = [b"[" + b",".join(bodies[i : i + batch]) + b"]" for i in range(0, len(bodies), batch)]
        requests.append([http_request(port, body, path) for body in bodies])
    return requests


def _transfers(peer: Peer, lanes: Mapping[str, list[list[str]]], batch: int, keys: KeyRing) -> TransferRates:
    """Sends the lanes of each zone ("" is the default one) at once."""
    count = sum(len(lane) for of_zone in lanes.values() for lane in of_zone)
    requests = [
        lane for zone, of_zone in lanes.items() for lane in _requests(peer.port, of_zone, batch, f"/{zone}")
    ]
    senders = ["0x" + address.hex() for address in keys.addresses[:SENDERS]]
    cpu = peer.cpu_seconds()
    started = time.perf_counter()
    result = run_load(peer.port, requests, LIMIT)
    if not result.finished or result.errors:
        return TransferRates(None, None)
    replied = count / result.seconds
    known, moved = 0, time.perf_counter()
    while (mined := sum(_mined_transfers(peer, senders, zone) for zone in lanes)) < count:
        now = time.perf_counter()
        if mined > known:
            known, moved = mined, now
        if now - started > LIMIT or now - moved > STALL:
            print(f"{peer.name} leaves {count - mined:,} of {count:,} transfers unmined", file=sys.stderr)
            return TransferRates(replied, None)
        time.sleep(0.01)
    seconds = time.perf_counter() - started
    return TransferRates(replied, count / seconds, (peer.cpu_seconds() - cpu) / count * 1e6)


Measure = Callable[[Peer], dict[str, float | None]]


def _measure_requests(count: int) -> Measure:
    def measure(peer: Peer) -> dict[str, float | None]:
        figures: dict[str, float | None] = {
            "start to first reply": peer.seconds_to_first_reply * 1000,
            "memory, idle": peer.memory() / 2**20,
        }
        accounts = peer.ask("eth_accounts")
        assert isinstance(accounts, list)
        reader = _deploy(peer, accounts[0], READER_INIT)
        transfer = {"from": accounts[0], "to": accounts[1], "value": "0x1"}
        asked = {
            "eth_blockNumber": (_body("eth_blockNumber"), count),
            "eth_getBalance": (_body("eth_getBalance", accounts[0], "latest"), count),
            "eth_call": (_body("eth_call", {"to": reader}, "latest"), count),
            "eth_sendTransaction": (_body("eth_sendTransaction", transfer), count // 4),
        }
        for name, (body, times) in asked.items():
            with peer.on_one_core():
                figures[f"{name}, one at a time, one core"] = _one_at_a_time(peer, body, times)
            figures[f"{name}, one at a time"] = _one_at_a_time(peer, body, times)
        return figures

    return measure


def _measure_transfers(row: str, workload: Workload, batch: int, keys: KeyRing) -> Measure:
    def measure(peer: Peer) -> dict[str, float | None]:
        workload.prepare(peer, keys)
        lanes = workload.lanes[peer.chain_id()]
        if "automine" in row:
            lanes = [lane[: workload.automined] for lane in lanes]
        rates = _transfers(peer, {"": lanes}, batch, keys)
        figures = {
            row: rates.mined,
            f"{row}: replies alone": rates.replied,
            f"{row}: processor time each": rates.cpu,
        }
        if peer.name == "zero" and (settled := _settled_share(peer)) is not None:
            figures[f"{row}: {SETTLED}"] = settled * 100
        if batch == 1 and "automine" in row and workload.token is None:
            figures[f"memory after {sum(map(len, lanes)):,} transfers"] = peer.memory() / 2**20
        return figures

    return measure


def _settled_share(peer: Peer) -> float | None:
    """How much of the default zone's blocks is settled; None where nothing settles by itself."""
    status = peer.ask("zero_settlementStatus")
    assert isinstance(status, dict)
    if status["slotTime"] is None:
        return None
    zone = status["zones"][1]
    return int(zone["settled"], 16) / max(1, int(zone["newest"], 16))


def _zone_rates(
    counts: Sequence[int], transfers: int, keys: KeyRing, slot_time: str
) -> dict[int, float | None]:
    """Transfers a second of so many zones together, in batches, under automine."""
    names = [f"z{number}" for number in range(max(counts))]
    setting = Setting("several zones", ("--zones", ",".join(names)), ()).with_slots(slot_time)
    rates: dict[int, float | None] = {}
    lanes: dict[str, list[list[str]]] = {}
    for count in counts:
        with start("zero", setting, SENDERS + 1) as peer:
            for name in names[:count]:
                if name not in lanes:
                    chain_id = peer.chain_id(name)
                    lanes[name] = signed(
                        chain_id, transfers // max(counts) // SENDERS * SENDERS, keys, SENDERS
                    )
            peer.settle()
            driven = {name: lanes[name] for name in names[:count]}
            rates[count] = _transfers(peer, driven, BATCH, keys).mined
    return rates


def _load() -> str:
    """How busy the machine is; the benchmark itself is in the figure after it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


UNITS = {"start": " ms", "memory": " MiB"}
SETTLED = "settled by then"


def _unit(row: str) -> str:
    if row.endswith("processor time each"):
        return " µs"
    if row.endswith(SETTLED):
        return " %"
    return next((unit for start_of_row, unit in UNITS.items() if row.startswith(start_of_row)), "/s")


def _ratio(row: str, ours: Column, theirs: Column) -> str:
    mine, other = ours.median(), theirs.median()
    if mine is None or other is None:
        return "–"
    return f"{mine / other:.2f} ×"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: how the peers are started for it, and what is measured."""

    name: str
    setting: Setting
    measure: Measure
    is_retried: bool
    """Whether Anvil gets more tries where it does not finish."""


def _plan(requests: int, workloads: Sequence[Workload], keys: KeyRing, slot_time: str) -> list[Row]:
    first = AUTOMINE.with_slots(slot_time)
    plan = [Row("requests", first, _measure_requests(requests), False)] if requests else []
    for workload in workloads:
        for setting in (AUTOMINE, INTERVAL):
            for batch, words in ((1, "single requests"), (BATCH, f"batches of {BATCH}")):
                row = f"{workload.name}, {words}, {setting.name}"
                plan.append(
                    Row(
                        row,
                        setting.with_slots(slot_time),
                        _measure_transfers(row, workload, batch, keys),
                        True,
                    )
                )
    return plan


def _measured(name: str, row: Row, tries: int) -> dict[str, float | None]:
    """What a fresh process gives; where it did not finish, what another one gives."""
    figures: dict[str, float | None] = {}
    for _ in range(tries if row.is_retried and name == "anvil" else 1):
        with start(name, row.setting, SENDERS + 1) as peer:
            peer.settle()
            figures = row.measure(peer)
        if all(value is not None for value in figures.values()):
            break
    return figures


def _best(table: Mapping[str, Mapping[str, Column]], workload: str, peer: str) -> float | None:
    """The best finished run of a workload, whatever its batches and setting."""
    values = [
        value
        for row, columns in table.items()
        if row.startswith(workload + ",") and ":" not in row and peer in columns
        for value in columns[peer].values
        if value is not None
    ]
    return max(values, default=None)


def _goals(
    table: Mapping[str, Mapping[str, Column]], workloads: Sequence[str], ceilings: Column
) -> list[str]:
    """The ratios that the goals name, a line each."""
    lines = []
    ceiling = ceilings.median()
    for workload in workloads:
        row = table.get(f"{workload}, batches of {BATCH}, automine")
        ours = None if row is None or "zero" not in row else row["zero"].median()
        if row is None or ours is None or ceiling is None:
            continue
        parts = []
        if "anvil" in row:
            theirs = _best(table, workload, "anvil")
            parts.append(
                "Anvil did not finish"
                if theirs is None
                else f"{ours / theirs:.2f} × Anvil's best, {theirs:,.0f}/s"
            )
        parts.append(f"{ours / ceiling:.0%} of the recovery ceiling, {ceilings.text('/s')}")
        if WITHOUT_SLOTS in row and (off := row[WITHOUT_SLOTS].median()) is not None:
            parts.append(f"without settlement {off:,.0f}/s, {off / ceiling:.0%}")
        lines.append(f"{workload} in batches of {BATCH}, automine: {ours:,.0f}/s: {'; '.join(parts)}")
    return lines


def _print_table(table: Mapping[str, Mapping[str, Column]], peers: Sequence[str]) -> None:
    print("| | " + ("ratio | " if len(peers) == 2 else "") + " | ".join(peers) + " |")
    print("| --- |" + " --- |" * (len(peers) + (len(peers) == 2)))
    for row, columns in table.items():
        cells = [columns[name].text(_unit(row)) if name in columns else "" for name in peers]
        if len(peers) == 2:
            both = all(name in columns for name in peers)
            cells.insert(0, _ratio(row, columns[peers[0]], columns[peers[1]]) if both else "")
        print(f"| {row} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--transfers", type=int, default=10_000)
    parser.add_argument(
        "--interval-transfers", type=int, default=40_000, help="transfers where blocks come every second"
    )
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--tries", type=int, default=3, help="runs of Anvil until one finishes")
    parser.add_argument("--peers", default="zero,anvil")
    parser.add_argument("--only", choices=("requests", "transfers", "erc20", "zones"), help="only these rows")
    parser.add_argument("--slot-time", default="default", metavar="SECONDS", help="of Zero; or off")
    options = parser.parse_args()
    peers = options.peers.split(",")
    only = options.only
    keys = KeyRing.from_mnemonic(TEST_MNEMONIC, SENDERS + 1)
    chain_ids: dict[str, int] = {}
    for name in peers:
        with start(name) as peer:
            chain_ids[name] = peer.chain_id()
    workloads: list[Workload] = []
    for name, token in (("transfers", None), ("ERC-20 transfers", created_by(keys.addresses[DEPLOYER], 0))):
        if only in (None, "transfers" if token is None else "erc20"):
            lanes = {
                chain: signed(chain, max(options.transfers, options.interval_transfers), keys, SENDERS, token)
                for chain in chain_ids.values()
            }
            workloads.append(Workload(name, lanes, options.transfers // SENDERS, token))
    load_before = _load()
    table: dict[str, dict[str, Column]] = {}
    plan = _plan(options.requests if only in (None, "requests") else 0, workloads, keys, options.slot_time)
    raws = [
        bytes.fromhex(raw[2:])
        for work in workloads[:1]
        for lane in work.lanes[chain_ids[peers[0]]]
        for raw in lane[: work.automined]
    ]
    ceilings = Column([recovery_ceiling(raws)] if raws else [])
    zones: dict[int, Column] = {}
    for round_number in range(options.rounds):
        for row in plan:
            for name in peers if round_number % 2 == 0 else reversed(peers):
                for figure, value in _measured(name, row, options.tries).items():
                    table.setdefault(figure, {}).setdefault(name, Column()).values.append(value)
                print(f"round {round_number + 1}: {row.name}: {name} done", file=sys.stderr)
        if only in (None, "zones"):
            for count, rate in _zone_rates(ZONES, 2 * options.transfers, keys, options.slot_time).items():
                zones.setdefault(count, Column()).values.append(rate)
        if raws:
            ceilings.values.append(recovery_ceiling(raws))
    cores = os.cpu_count()
    print(
        f"{cores} cores, {platform.machine()}, Python {platform.python_version()}; {options.rounds} rounds; "
        f"median (least–most); {SENDERS} connections for transfers, one for requests; "
        f"load {load_before} before, {_load()} after\n"
    )
    for line in _goals(table, [workload.name for workload in workloads], ceilings):
        print(f"- {line}")
    for count, column in zones.items():
        print(f"- {count} zone{'s' * (count > 1)} at once, batches of {BATCH}: {column.text('/s')} in all")
    if table:
        print()
        _print_table(table, peers)


if __name__ == "__main__":
    main()
