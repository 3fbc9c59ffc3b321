"""The library: from import to the first network, and what calls and sends cost beside the bare devnet.

    python -m benchmarks.client [--repeats 7] [--no-http]

Figures are of processor time where nothing waits (a busy machine does not change it much), of wall time over
HTTP; the least of the repeats is shown.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from typing import Any

STARTS = {
    "import zero_sdk": "import zero_sdk",
    "first network (local(), its default zone's block number)": (
        "import zero_sdk; zero_sdk.local().default_zone.block_number"
    ),
    "the same of the devnet alone": "from devnet.network import Network; import devnet.rpc; Network()",
}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--no-http", action="store_true")
    options = parser.parse_args()
    print("| | |\n| --- | --- |")
    for name, code in STARTS.items():
        print(f"| {name} | {_start(code, options.repeats) * 1000:.0f} ms |")
    for name, seconds in _in_process(options.repeats).items():
        print(f"| {name} | {seconds * 1e6:.0f} us |")
    if not options.no_http:
        for name, seconds in _over_http(options.repeats).items():
            print(f"| {name} | {seconds * 1e6:.0f} us |")


def _start(code: str, repeats: int) -> float:
    """Processor seconds of a fresh interpreter, less those of one that does nothing."""
    script = f"import time\nbegun = time.process_time()\n{code}\nprint(time.process_time() - begun)"
    taken = []
    for _ in range(repeats):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        taken.append(float(done.stdout))
    return min(taken)


def _least(action: Callable[[], Any], repeats: int, number: int, timer: Callable[[], float]) -> float:
    action()
    return min(timeit.repeat(action, number=number, repeat=repeats, timer=timer)) / number


def _in_process(repeats: int) -> dict[str, float]:
    import zero_sdk
    from devnet.rpc import dispatch
    from tests.client.contracts import document

    network = zero_sdk.local()
    zone, alice = network.default_zone, network.accounts[0]
    kitchen = zone.deploy(document("Kitchen"), 5)
    kitchen.store(1, (alice, [(1, 2), (3, 4)], b"abcd", "note"))
    call: dict[str, Any] = {"to": kitchen.address, "data": "0x3fa4f245", "from": alice.address}
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}
    rows: dict[str, tuple[Callable[[], Any], int]] = {
        "in process: eth_call by dispatch": (lambda: dispatch(network.devnet, "alpha", request), 500),  # type: ignore[arg-type]
        "in process: contract.value()": (lambda: kitchen.value(), 500),
        "in process: a struct with an array": (lambda: kitchen.load(1), 500),
        "in process: a transaction, gas estimated, receipt": (lambda: kitchen.set(5), 50),
        "in process: the same with a gas limit": (lambda: kitchen.set(5, gas=100_000), 50),
        "in process: snapshot and revert": (lambda: network.revert(network.snapshot()), 100),
        "encoding a struct": (lambda: kitchen.store.encode(1, (alice, [], b"abcd", "")), 500),
    }
    return {
        name: _least(action, repeats, number, time.process_time) for name, (action, number) in rows.items()
    }


def _over_http(repeats: int) -> dict[str, float]:
    import zero_sdk
    from devnet.network import Network
    from devnet.rpc.server import RpcServer, ServerOptions
    from tests.client.contracts import document

    with (
        RpcServer(Network(), ServerOptions(port=0)) as server,
        zero_sdk.connect(server.url("alpha")) as network,
    ):
        kitchen = network.default_zone.deploy(document("Kitchen"), 5)
        calls: list[tuple[str, list[object]]] = [("eth_blockNumber", [])] * 100
        return {
            "HTTP: eth_blockNumber": _least(
                lambda: network.default_zone.block_number, repeats, 200, time.perf_counter
            ),
            "HTTP: one of a batch of 100": _least(
                lambda: network.default_zone.batch(calls), repeats, 5, time.perf_counter
            )
            / 100,
            "HTTP: contract.value()": _least(lambda: kitchen.value(), repeats, 200, time.perf_counter),
            "HTTP: a transaction with receipt": _least(
                lambda: kitchen.set(5), repeats, 30, time.perf_counter
            ),
        }


if __name__ == "__main__":
    main()
