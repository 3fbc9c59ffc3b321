"""Snapshots: what taking one and going back costs, in process and over a port beside Anvil, by size of state.

    python -m benchmarks.snapshots [--accounts 1000 100000 1000000] [--loops 200] [--rounds 5] [--no-rpc]

A loop is what a fixture does: a snapshot, a block with one transfer, back. Over a port each of the three is
one request on one connection that stays open, and the peers take turns, round by round, with the same
accounts in their genesis.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.peers import Peer, find_anvil, free_port
from devnet.chain.types import Address, Wei
from devnet.network import Network, NetworkConfig
from devnet.zone.messages import CallRequest, GenesisAccount

START_LIMIT = 900.0
"""Seconds that a peer may take to read a million accounts."""

WARM_UP = 20
"""Loops before those that count."""


class Rows:
    """Figures by row: the median of each round, over all rounds."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, name: str, seconds: Sequence[float]) -> None:
        self._values.setdefault(name, []).append(statistics.median(seconds) * 1e6)

    def text(self) -> str:
        lines = []
        for name, values in self._values.items():
            middle = statistics.median(values)
            lines.append(f"{name:<54} {middle:>10,.1f} us  ({min(values):,.1f}–{max(values):,.1f})")
        return "\n".join(lines)


def addresses(count: int) -> list[Address]:
    random_ = random.Random(1)
    return [Address(random_.randbytes(20)) for _ in range(count)]


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


# ---------------------------------------------------------------- in process


def in_process(rows: Rows, accounts: int, loops: int, rounds: int) -> None:
    """A network of one application zone (and the system zone) in this process."""
    holders = {address: GenesisAccount(Wei(1)) for address in addresses(accounts)}
    network = Network(NetworkConfig(zones=("alpha",), genesis_accounts=holders))
    zone = network.default_zone
    sender, receiver = network.keys.addresses[:2]
    request = CallRequest(sender=sender, to=receiver, value=Wei(1), gas=21_000)
    network.send(zone, request)
    for number in range(rounds + 1):
        taking, reverting, whole = [], [], []
        gc.collect()
        for _ in range(loops if number else WARM_UP):
            started = time.perf_counter()
            taken = network.snapshot()
            taking.append(time.perf_counter() - started)
            network.send(zone, request)
            reverting.append(_seconds(lambda taken=taken: network.revert(taken)))  # type: ignore[misc]
            whole.append(time.perf_counter() - started)
        if number:
            size = f"{accounts:>9,} accounts"
            rows.add(f"{size}  in process: snapshot", taking)
            rows.add(f"{size}  in process: revert of a block", reverting)
            rows.add(f"{size}  in process: snapshot + block + revert", whole)


# ---------------------------------------------------------------- over a port


class Client:
    """Requests on one connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def close(self) -> None:
        """The next request opens it again: a server ends one that idles during the others' turns."""
        self._connection.close()

    def __call__(self, method: str, *params: object) -> object:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]


def _loop(ask: Client, sender: str, receiver: str) -> tuple[float, float, float]:
    """Seconds of the snapshot, of going back, and of the whole loop."""
    started = time.perf_counter()
    taken = ask("evm_snapshot")
    took = time.perf_counter() - started
    ask("eth_sendTransaction", {"from": sender, "to": receiver, "value": "0x1", "gas": "0x5208"})
    reverting = time.perf_counter()
    assert ask("evm_revert", taken) is True
    ended = time.perf_counter()
    return took, ended - reverting, ended - started


@contextmanager
def _genesis_file(accounts: int) -> Iterator[Path]:
    alloc = {f"0x{address.hex()}": {"balance": "0x1"} for address in addresses(accounts)}
    document = {
        "config": {"chainId": 31337},
        "nonce": "0x0",
        "timestamp": "0x0",
        "extraData": "0x",
        "gasLimit": "0x3b9aca00",
        "difficulty": "0x0",
        "mixHash": "0x" + "00" * 32,
        "coinbase": "0x" + "00" * 20,
        "alloc": alloc,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "genesis.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        yield path


def _start(name: str, genesis: Path) -> Peer:
    port = free_port()
    if name == "zero":
        command = [sys.executable, "-m", "zero_sdk", "devnet", "--quiet", "--zones", "alpha"]
        command += ["--genesis", str(genesis)]
    else:
        command = [find_anvil() or "anvil", "--silent", "--init", str(genesis)]
    return Peer(name, [*command, "--port", str(port)], port, START_LIMIT)


def over_a_port(rows: Rows, accounts: int, loops: int, rounds: int) -> None:
    """`zero devnet`, and Anvil where it is there."""
    names = ["zero", "anvil"] if find_anvil() else ["zero"]
    with _genesis_file(accounts) as genesis, ExitStack() as stack:
        peers = [stack.enter_context(_start(name, genesis)) for name in names]
        clients = {}
        for peer in peers:
            peer.settle()
            client = Client(peer.port)
            known = client("eth_accounts")
            assert isinstance(known, list)
            clients[peer.name] = (client, *known[:2])
        for number in range(rounds + 1):
            for name, (client, sender, receiver) in clients.items():
                client.close()
                taken = [_loop(client, sender, receiver) for _ in range(loops if number else WARM_UP)]
                if number:
                    size = f"{accounts:>9,} accounts"
                    for part, values in zip(
                        ("snapshot", "revert of a block", "snapshot + block + revert"),
                        zip(*taken, strict=True),
                        strict=True,
                    ):
                        rows.add(f"{size}  {name}: {part}", values)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--loops", type=int, default=200, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-rpc", action="store_true", help="in process only")
    options = parser.parse_args(arguments)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{options.rounds} rounds of {options.loops} loops; median of a round's median (lowest–highest)\n")
    for accounts in options.accounts:
        rows = Rows()
        in_process(rows, accounts, options.loops, options.rounds)
        gc.collect()
        if not options.no_rpc:
            over_a_port(rows, accounts, options.loops, options.rounds)
        print(rows.text(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
