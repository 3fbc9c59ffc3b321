"""Starts the networks that are measured, each as its users start it, and reads their memory."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
NODE_BIN = ROOT / "tests" / "clients" / "node" / "node_modules" / ".bin"
START_LIMIT = 30.0
"""Seconds a peer may take to its first reply."""

SETTLING = 2.0
"""Seconds of idling before anything is measured: what a peer loads after its start is no part of a row."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_anvil() -> str | None:
    """Anvil's own binary (npm's launcher would add Node's start), None where there is none."""
    packaged = NODE_BIN.parent / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
    return str(packaged) if packaged.exists() else shutil.which("anvil")


WITHOUT_SLOTS = "zero-off"
"""The name of a Zero network that settles nothing."""

GAS_LIMIT = 1_000_000_000
"""Of a block, the same for all: with interval mining a peer's default limit would be what is measured."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How blocks are made in a round."""

    name: str
    zero: tuple[str, ...]
    anvil: tuple[str, ...]

    def with_slots(self, slot_time: str) -> Setting:
        """The same; Zero settles every so many seconds ("0": after every block), not at all ("off"), or as it
        does by itself ("default")."""
        match slot_time:
            case "default":
                return self
            case "off":
                return replace(self, zero=(*self.zero, "--settlement", "off"))
            case _:
                return replace(self, zero=(*self.zero, "--slot-time", slot_time))


AUTOMINE = Setting("automine", (), ())
INTERVAL = Setting("interval 1 s", ("--block-time", "1"), ("--block-time", "1"))


class Peer:
    """One running network; a context manager that ends it."""

    def __init__(
        self, name: str, command: Sequence[str], port: int, start_limit: float = START_LIMIT
    ) -> None:
        self.name = name
        self.port = port
        self._start_limit = start_limit
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            env={**os.environ, "NO_COLOR": "1"},
        )
        try:
            self._await_reply()
        except RuntimeError:
            self._end()
            raise
        self.seconds_to_first_reply = time.perf_counter() - started

    def _await_reply(self) -> None:
        deadline = time.monotonic() + self._start_limit
        while time.monotonic() < deadline:
            try:
                self.ask("eth_chainId")
                return
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(
                        f"{self.name} ended with exit code {self._process.returncode}:\n{self._said()}"
                    ) from None
                time.sleep(0.005)
        raise RuntimeError(f"{self.name} gave no reply within {self._start_limit:.0f} s")

    def _said(self) -> str:
        """The end of what the process printed."""
        self._output.seek(0)
        return self._output.read().decode("utf-8", "replace")[-2000:]

    def settle(self) -> None:
        """Lets the peer come to rest after its start, with everything loaded that a call needs."""
        self.ask("eth_call", {"to": "0x" + "11" * 20}, "latest")
        time.sleep(SETTLING)

    def chain_id(self, zone: str = "") -> int:
        """Of a zone, the default one's without a name."""
        return int(str(self.ask("eth_chainId", zone=zone)), 16)

    def ask(self, method: str, *params: object, zone: str = "") -> object:
        """The result of one JSON-RPC request, to a zone where it is named."""
        return self.ask_many([(method, *params)], zone)[0]

    def ask_many(self, calls: Sequence[tuple[object, ...]], zone: str = "") -> list[object]:
        """The same of several in one batch: each a method and its parameters."""
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, *params) in enumerate(calls)
        ]
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{zone}",
            json.dumps(body if len(body) > 1 else body[0]).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            said = json.load(reply)
        answers = sorted(said, key=lambda answer: answer["id"]) if isinstance(said, list) else [said]
        for answer, (method, *_) in zip(answers, calls, strict=True):
            if "error" in answer:
                raise RuntimeError(f"{self.name}: {method}: {answer['error']}")
        return [answer["result"] for answer in answers]

    def memory(self) -> int:
        """Resident bytes of the process now (Linux)."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """Processor time that the process took so far (Linux)."""
        # After the name, which may hold anything: field 3 and on; user and system time are fields 14 and 15.
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def on_one_core(self) -> Iterator[None]:
        """Inside, the peer and this thread run on the same core: neither waits for the other's to wake."""
        allowed = os.sched_getaffinity(0)
        try:
            self._keep_on({min(allowed)})
            yield
        finally:
            self._keep_on(allowed)

    def _keep_on(self, cores: Iterable[int]) -> None:
        os.sched_setaffinity(0, cores)
        for thread in Path(f"/proc/{self._process.pid}/task").iterdir():
            # A thread that has ended meanwhile needs no core.
            with suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), cores)

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()


def start(name: str, setting: Setting = AUTOMINE, senders: int = 10) -> Peer:
    """Starts "zero", "zero-off" (it settles nothing) or "anvil" with `senders` funded accounts of the test
    mnemonic."""
    port = free_port()
    shared = ["--port", str(port), "--accounts", str(senders), "--balance", "1000000"]
    shared += ["--gas-limit", str(GAS_LIMIT)]
    if name == WITHOUT_SLOTS:
        setting = setting.with_slots("off")
    if name in ("zero", WITHOUT_SLOTS):
        command = [sys.executable, "-m", "zero_sdk", "devnet", "--quiet", *shared, *setting.zero]
        return Peer(name, command, port)
    anvil = find_anvil()
    if anvil is None:
        raise RuntimeError("anvil is missing: scripts/test installs it with the other Node packages")
    return Peer(name, [anvil, "--silent", *shared, *setting.anvil], port)
