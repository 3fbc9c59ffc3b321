"""Two ways of running solc behind one face."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any, Protocol

from zero_sdk.compile.node import Node
from zero_sdk.errors import Problem, ZeroError

WORKER = Path(__file__).with_name("worker.mjs")
IDLE_SECONDS = 60
"""After so long without work a worker ends itself: it holds some 250 MB."""


class Solc(Protocol):
    """One compiler of one version."""

    def version(self) -> str:
        """With the build: `0.8.28+commit.7893614a`."""

    def compile(self, standard_input: bytes) -> bytes:
        """solc's standard JSON. Raises ZeroError where the compiler itself fails."""

    def close(self) -> None:
        """Ends what runs; the compiler may be asked again all the same."""


class NativeSolc:
    """A program that speaks `--standard-json`; a process for each request."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self._version = ""

    def version(self) -> str:
        if not self._version:
            self._version = native_version(self.program) or ""
        if not self._version:
            raise _broken(str(self.program), "it does not answer --version")
        return self._version

    def compile(self, standard_input: bytes) -> bytes:
        try:
            done = subprocess.run(
                [self.program, "--standard-json"], input=standard_input, capture_output=True, check=False
            )
        except OSError as error:
            raise _broken(str(self.program), error.strerror or str(error)) from error
        if done.returncode != 0 or not done.stdout:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise _broken(str(self.program), f"exit code {done.returncode}: {words[-500:]}")
        return done.stdout

    def close(self) -> None:
        pass


class NodeSolc:
    """solc from npm in a Node process that stays. One thread at a time."""

    def __init__(self, node: Node, package: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        """`package` is the folder of the package `solc`."""
        self._node = node
        self.package = package
        self._idle_seconds = idle_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._version = ""

    def version(self) -> str:
        if not self._version:
            self._start()
        return self._version

    def compile(self, standard_input: bytes) -> bytes:
        request = json.dumps({"input": standard_input.decode()}).encode() + b"\n"
        reply = self._exchange(request) if self._process else None
        if reply is None:
            # Not started yet, or ended by itself because nobody had asked for a while.
            self._start()
            reply = self._exchange(request)
        if reply is None or "output" not in reply:
            words = reply["failure"] if reply else self._last_words()
            self._stop()
            raise _broken(f"solc {self._version} from npm", words)
        output: str = reply["output"]
        return output.encode()

    def close(self) -> None:
        self._stop()

    def __del__(self) -> None:
        self._stop()

    # ---------------------------------------------------------------- inside

    def _start(self) -> None:
        self._stop()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _stop
        try:
            self._process = subprocess.Popen(
                [self._node.program, WORKER, self.package, str(self._idle_seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        except OSError as error:
            raise _broken(str(self._node.program), error.strerror or str(error)) from error
        greeting = self._receive()
        if greeting is None or "version" not in greeting:
            words = greeting["failure"] if greeting else self._last_words()
            self._stop()
            raise _broken(f"solc in {self.package}", words)
        self._version = str(greeting["version"]).partition(".Emscripten")[0]

    def _exchange(self, request: bytes) -> dict[str, Any] | None:
        """The reply, None where the process has ended."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
        except OSError:
            return None
        return self._receive()

    def _receive(self) -> dict[str, Any] | None:
        import orjson

        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        reply: dict[str, Any] = orjson.loads(line)
        return reply

    def _last_words(self) -> str:
        """The end of what the process wrote to stderr."""
        if self._errors is None:
            return "the process has ended"
        self._errors.seek(0)
        text = self._errors.read().decode("utf-8", "replace").strip()
        return text[-500:] or "the process has ended"

    def _stop(self) -> None:
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                assert stream is not None
                with contextlib.suppress(OSError):
                    stream.close()
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None


def native_version(program: Path) -> str | None:
    """What a program's `--version` says, None where it is no solc."""
    import re

    from zero_sdk.command_output import output_of

    found = re.search(r"Version: (\d+\.\d+\.\d+\S*)", output_of([str(program), "--version"], 20))
    if found is None:
        return None
    # 0.8.28+commit.7893614a.Linux.g++
    build = re.match(r"\d+\.\d+\.\d+(?:-[\w.]+)?(?:\+commit\.[0-9a-f]+)?", found[1])
    return build[0] if build else None


def _broken(what: str, words: str) -> ZeroError:
    return ZeroError(
        Problem.COMPILER_BROKEN,
        f"{what} failed: {words}",
        "`zero install solc@VERSION --force` gets it anew; a compiler may also run out of memory",
    )
