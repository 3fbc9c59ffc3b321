"""A real `zero devnet` in a process of its own, and a client that speaks to it over its port."""

from __future__ import annotations

import json
import signal
import threading
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.cli.process import PATIENCE, start_zero

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(url: str, method: str, *parameters: Any, headers: Mapping[str, str] | None = None) -> Any:
    """The result of a call; raises ValueError with the error where there is one."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **(headers or {})})
    with _OPENER.open(request, timeout=PATIENCE) as reply:
        answer = json.load(reply)
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["result"]


class Devnet:
    """Runs from `with` to its end; `description` is what --json printed when it was ready."""

    def __init__(
        self, *arguments: str, folder: Path, variables: Mapping[str, str] | None = None, port: str = "0"
    ) -> None:
        self._process = start_zero(
            "devnet", "--port", port, "--json", *arguments, folder=folder, variables=variables
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._errors: list[str] = []
        self._reader = threading.Thread(target=self._read, args=[self._process.stderr], daemon=True)
        self._reader.start()
        first = self._process.stdout.readline()
        if not first:
            self._process.wait(PATIENCE)
            self._reader.join(PATIENCE)
            raise AssertionError(f"the devnet did not start: {''.join(self._errors)}")
        self.description: dict[str, Any] = json.loads(first)

    def _read(self, stream: Any) -> None:
        for line in stream:
            self._errors.append(line)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def log(self) -> list[str]:
        """The lines of stderr so far; all of them after the end."""
        return [line.rstrip("\n") for line in self._errors]

    def zone(self, name: str) -> dict[str, Any]:
        """The zone's description."""
        return next(zone for zone in self.description["zones"] if zone["name"] == name)

    def call(self, method: str, *parameters: Any, zone: str = "alpha") -> Any:
        """Calls a method of a zone."""
        return post(self.zone(zone)["url"], method, *parameters)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Sends the signal and waits; gives the exit code and what more was on stdout."""
        self._process.send_signal(number)
        out, _ = self._ended()
        return self._process.returncode, out

    def _ended(self) -> tuple[str, str]:
        assert self._process.stdout is not None
        out = self._process.stdout.read()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return out, "".join(self._errors)

    def __enter__(self) -> Devnet:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._ended()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
