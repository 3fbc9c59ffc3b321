"""One long-lived Vyper: importing it takes longer than compiling most contracts."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import orjson

from zero_sdk.compile.vyper.output import solc_output
from zero_sdk.errors import Problem, ZeroError

WORKER = Path(__file__).with_name("worker.py")


class VyperCompiler:
    """A Vyper in a process of its own, started when it is asked for something. Threads may share it."""

    name = "vyper"

    def __init__(self, python: Path) -> None:
        """`python` is an interpreter that has Vyper."""
        self.python = python
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def version(self) -> str:
        """With the build: `0.4.3+commit.bff19ea2`. Raises ZeroError where it does not start."""
        with self._lock:
            return self._running().version

    def compile(self, standard_input: bytes) -> bytes:
        """Standard JSON, the output in solc's shape (`output.py`): what is wrong with the sources is in its
        `errors`. Raises ZeroError where the compiler itself breaks down."""
        document = orjson.loads(standard_input)
        request = orjson.dumps(document) + b"\n"
        with self._lock:
            answer = self._running().ask(request)
            if answer is None:
                # It ends itself when it is idle for long, which may be just now.
                self._worker = None
                answer = self._running().ask(request)
            if answer is None:
                worker, self._worker = self._running(), None
                raise worker.broken()
        return orjson.dumps(solc_output(document, answer))

    def close(self) -> None:
        """Ends the process; the compiler may be asked again all the same."""
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None

    def _running(self) -> _Worker:
        if self._worker is None:
            self._worker = _Worker(self.python)
        return self._worker


class _Worker:
    """The process."""

    def __init__(self, python: Path) -> None:
        self._python = python
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            self._process = subprocess.Popen(
                # Isolated: neither the project's folder nor variables may shadow the compiler's modules.
                [str(python), "-I", str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
            )
        except OSError as error:
            raise ZeroError(
                Problem.COMPILER_BROKEN, f"{python} cannot be started: {error.strerror or error}"
            ) from error
        hello = self._read()
        if hello is None:
            raise self.broken()
        self.version = str(hello["version"])

    def ask(self, request: bytes) -> dict[str, Any] | None:
        """The answer; None where the process has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except OSError:
            return None
        return self._read()

    def broken(self) -> ZeroError:
        """Why there is no answer."""
        self._process.kill()
        code = self._process.wait()
        self._log.seek(0)
        words = self._log.read().decode(errors="replace").strip().splitlines()
        self.close()
        reason = words[-1] if words else f"it ended with exit code {code}"
        return ZeroError(
            Problem.COMPILER_BROKEN,
            f"Vyper of {self._python} does not work: {reason}",
            f"`{self._python} -m pip install --force-reinstall vyper` repairs it",
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                with suppress(OSError):  # what was still to be written has no reader
                    stream.close()

    def __del__(self) -> None:
        if hasattr(self, "_process"):
            self.close()

    def _read(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer: dict[str, Any] | None = orjson.loads(line) if line else None
        return answer
