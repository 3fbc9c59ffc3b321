"""A network on a real port, as its users start it: `zero devnet` in a process of its own.

ZERO_CLIENTS_AGAINST=anvil runs the same suites against Anvil instead. That checks the suites: what fails
there as well is rather a fault of the test, or a difference that docs/clients.md should explain.
ZERO_CLIENTS_KEPT=1 gives each network a data folder: the suites must not notice.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.clients import tools

AGAINST_ANVIL = os.environ.get("ZERO_CLIENTS_AGAINST") == "anvil"

IS_KEPT = os.environ.get("ZERO_CLIENTS_KEPT", "") not in ("", "0")

START_SECONDS = 60.0
"""How long a server may take until it answers; generous, because test machines are busy."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a zone answers."""

    http: str
    websocket: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the zone shall be."""

    chain_id: int | None = None
    block_time: float | None = None
    """Seconds between blocks; None mines at once."""
    client_version: str | None = None
    """What web3_clientVersion says."""
    slot_time: float | None = None
    """Seconds between settlement blocks; None is the default."""


class ServerDied(Exception):
    """The server ended before it answered; the message holds what it printed."""


@contextlib.contextmanager
def serve(wanted: Wanted = Wanted()) -> Iterator[Endpoint]:
    """Starts a server, gives its first application zone, and stops it in the end."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        config = Path(folder) / "network.json"
        port = _free_port()
        command = _anvil(wanted, port) if AGAINST_ANVIL else _zero(wanted, port, config)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        try:
            endpoint = _endpoint(port)
            _wait(process, endpoint, log)
            yield endpoint
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _zero(wanted: Wanted, port: int, config: Path) -> list[str | Path]:
    command: list[str | Path] = [sys.executable, "-m", "zero_sdk", "devnet", "--port", str(port)]
    command += ["--config-out", config]
    if IS_KEPT:
        command += ["--data-dir", config.with_name("data")]
    if wanted.chain_id is not None:
        command += ["--chain-id", str(wanted.chain_id)]
    if wanted.block_time is not None:
        command += ["--block-time", str(wanted.block_time)]
    if wanted.client_version is not None:
        command += ["--client-version", wanted.client_version]
    if wanted.slot_time is not None:
        command += ["--slot-time", str(wanted.slot_time)]
    return command


def _anvil(wanted: Wanted, port: int) -> list[str | Path]:
    command: list[str | Path] = [tools.anvil(), "--port", str(port), "--hardfork", "osaka"]
    if wanted.chain_id is not None:
        command += ["--chain-id", str(wanted.chain_id)]
    if wanted.block_time is not None:
        command += ["--block-time", str(wanted.block_time)]
    return command


def _endpoint(port: int) -> Endpoint:
    path = "" if AGAINST_ANVIL else "/alpha"
    return Endpoint(http=f"http://127.0.0.1:{port}{path}", websocket=f"ws://127.0.0.1:{port}{path}")


def _wait(process: subprocess.Popen[bytes], endpoint: Endpoint, log: Path) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()
    request = urllib.request.Request(endpoint.http, body, {"Content-Type": "application/json"})
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5) as reply:
            if "result" in json.load(reply):
                return
        time.sleep(0.05)
    raise ServerDied(
        f"{process.args!r} does not answer:\n{log.read_text(encoding='utf-8', errors='replace')}"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
