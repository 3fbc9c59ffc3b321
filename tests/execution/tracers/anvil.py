"""Anvil as a second opinion: the same transactions, run and traced by it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.clients import tools


class Anvil:
    """A running Anvil that mines each transaction at once."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, *params: Any) -> Any:
        """The result of a JSON-RPC call; an error is an AssertionError."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer = json.load(reply)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]


@contextlib.contextmanager
def start_anvil() -> Iterator[Anvil]:
    """Anvil on a free port, following Osaka, with block fees that leave no tip."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [tools.anvil(), "--port", str(port), "--hardfork", "osaka", "--silent", "--steps-tracing"]
    command += ["--base-fee", "1000000000"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        anvil = Anvil(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + 60
        while True:
            try:
                anvil.ask("eth_chainId")
                break
            except OSError:
                assert process.poll() is None, "anvil ended"
                assert time.monotonic() < deadline, "anvil did not answer"
                time.sleep(0.05)
        yield anvil
    finally:
        process.terminate()
        process.wait(20)
