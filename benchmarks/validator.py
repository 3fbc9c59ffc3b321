"""What a validator of its own costs: bytes and seconds a slot, and its memory, beside a node with the state.

    python -m benchmarks.validator [--slots 6] [--blocks 1,10] [--size 100] [--accounts 0]

Starts a real `zero devnet` and a real `zero validator`; each slot settles so many blocks of so many transfers
to new accounts. What re-execution would need is what a node has: the devnet's memory, which grows with the
state, and the batches alone; it would not need proofs, columns and combination. Memory is the peak of what
was resident (Linux only).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Devnet:
    """A running devnet that settles only when it is told to."""

    def __init__(self, process: subprocess.Popen[str], description: dict[str, Any]) -> None:
        self.process = process
        self.url: str = description["url"]
        self.senders = [account["address"] for account in description["accounts"]]
        self._sent = 0

    def ask(self, method: str, *parameters: Any) -> Any:
        return self._post({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})["result"]

    def seal(self, size: int) -> None:
        """One block of so many transfers, each to an account that is not there yet."""
        batch = []
        for _ in range(size):
            self._sent += 1
            payment = {
                "from": self.senders[self._sent % len(self.senders)],
                "to": f"0x{self._sent + (1 << 100):040x}",
                "value": "0x1",
                "gas": "0xc350",
            }
            batch.append({"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [payment]})
        for answer in self._post(batch):
            assert "result" in answer, answer

    def _post(self, body: Any) -> Any:
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with _OPENER.open(request, timeout=600) as reply:
            return json.load(reply)


@contextmanager
def _process(*arguments: str, folder: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "zero_sdk", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def _next(process: subprocess.Popen[str], event: str) -> dict[str, Any]:
    while (told := _line(process))["event"] != event:
        pass
    return told


def _memory(process: subprocess.Popen[str], field: str) -> str:
    """MiB, of VmHWM (peak) or VmRSS (now)."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return "not known here"
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return f"{int(line.split()[1]) / 1024:.0f} MiB"
    return "not known"


_SEAT = 1
_COUNTERS = ("fetchedBytes", "fetchingSeconds", "judgingSeconds", "heardBytes", "saidBytes")


def _dispersed(devnet: Devnet) -> tuple[int, int]:
    """Bytes of the newest update of the first zone: of its batch, and of the validator's share of it (columns
    with paths, combination, header), which is all that it would fetch beside a succinct proof."""
    newest = devnet.ask("eth_blockNumber")
    told = devnet.ask("zero_getDataHeader", devnet.ask("zero_getZoneUpdate", newest)["hash"])
    depth = (told["columns"] - 1).bit_length()
    columns = told["holders"][_SEAT]["count"] * (2 + 32 * depth + told["columnSize"])
    other = len(told["combination"]) // 2 - 1 + len(told["header"]) // 2 - 1
    return int(told["batchSize"], 16), columns + other


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, default=6)
    parser.add_argument("--blocks", default="1,10", help="of a slot, several after each other")
    parser.add_argument("--size", type=int, default=100, help="transfers of a block")
    parser.add_argument("--accounts", type=int, default=0, help="that are there before")
    parser.add_argument("--engine", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _run(options, folder)


def _run(options: argparse.Namespace, folder: str) -> None:
    own = ("--port", "0", "--json", "--slot-time", "100000", "--engine", options.engine)
    with _process("devnet", *own, folder=folder) as serving:
        devnet = Devnet(serving, _line(serving))
        for _ in range(options.accounts // 500):
            devnet.seal(500)
        if options.accounts:
            devnet.ask("zero_settle")
        arguments = ("--network", devnet.url, "--seat", str(_SEAT), "--data-dir", "votes", "--json")
        with _process("validator", *arguments, "--engine", options.engine, folder=folder) as validator:
            told = _next(validator, "attached")
            print(f"attached at height {told['height']}: {_memory(validator, 'VmHWM')}")
            print("a slot, mean of", options.slots)
            print("blocks |   batch |  share | fetched | WebSocket | fetching s | judging s")
            before = dict.fromkeys(_COUNTERS, 0.0)
            for blocks in map(int, options.blocks.split(",")):
                total, batch, share = dict.fromkeys(_COUNTERS, 0.0), 0, 0
                for _ in range(options.slots):
                    for _ in range(blocks):
                        devnet.seal(options.size)
                    devnet.ask("zero_settle")
                    final = _next(validator, "final")
                    sizes = _dispersed(devnet)
                    batch, share = batch + sizes[0], share + sizes[1]
                    for name in _COUNTERS:
                        total[name] += final[name] - before[name]
                        before[name] = final[name]
                mean = {name: value / options.slots for name, value in total.items()}
                websocket = mean["heardBytes"] + mean["saidBytes"]
                print(
                    f"{blocks:6} | {batch / options.slots:7,.0f} | {share / options.slots:6,.0f} |"
                    f" {mean['fetchedBytes']:7,.0f} | {websocket:9,.0f} | {mean['fetchingSeconds']:10.3f} |"
                    f" {mean['judgingSeconds']:9.3f}"
                )
            for name, process in (("validator", validator), ("devnet", serving)):
                peak, now = _memory(process, "VmHWM"), _memory(process, "VmRSS")
                print(f"memory of the {name}: {peak} at most, {now} now")


if __name__ == "__main__":
    main()
