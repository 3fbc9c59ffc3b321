"""A `zero devnet --data-dir` in a process of its own that can be killed and started again."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.cli.process import PATIENCE, Ended, environment
from tests.crash.interference import Interference

ROOT = Path(__file__).resolve().parents[2]


class Zygote:
    """See `tests.crash.zygote`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @property
    def pid(self) -> int:
        """The process id of the zygote itself."""
        return self._process.pid

    def order(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the process that starts the others ended"
        return json.loads(answer)

    def run(
        self, arguments: Sequence[str], folder: Path, data_dir: Path, interference: Interference | None = None
    ) -> int:
        """Starts a command; gives its process id. It writes into `out` and `error` of `folder`."""
        return int(
            self.order(
                {
                    "run": list(arguments),
                    "out": str(folder / "out"),
                    "error": str(folder / "error"),
                    "interference": None if interference is None else dataclasses.asdict(interference),
                    "data_dir": str(data_dir),
                }
            )
        )

    def wait(self, pid: int, patience: float = PATIENCE) -> int | None:
        """The exit code (negative: the signal) once it ended, None if it does not."""
        status = self.order({"wait": pid, "patience": patience})
        return None if status is None else os.waitstatus_to_exitcode(status)

    def zero(self, *arguments: str, folder: Path) -> Ended:
        """Runs a command to its end."""
        for name in ("out", "error"):
            (folder / name).unlink(missing_ok=True)
        code = self.wait(self.run(arguments, folder, folder))
        assert code is not None, f"zero {' '.join(arguments)} does not end"
        return Ended(code, *((folder / name).read_text("utf-8") for name in ("out", "error")))

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


class Node:
    """One process. `urls` are those of its zones, empty where it ended before it was ready."""

    def __init__(
        self,
        zygote: Zygote,
        folder: Path,
        data_dir: Path,
        options: Sequence[str] = (),
        interference: Interference | None = None,
    ) -> None:
        self._zygote = zygote
        self._folder = folder
        ready = folder / "network.json"
        ready.unlink(missing_ok=True)
        for name in ("out", "error"):
            (folder / name).unlink(missing_ok=True)
        arguments = ["devnet", "--port", "0", "--quiet", "--data-dir", str(data_dir)]
        arguments += ["--config-out", str(ready), *options]
        self.pid = zygote.run(arguments, folder, data_dir, interference)
        self.code: int | None = None
        self.urls: dict[str, str] = {}
        self.description: dict[str, Any] = {}
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            self.code = zygote.wait(self.pid, 0.01)
            if self.code is not None:
                return
            assert time.monotonic() < deadline, f"the devnet neither starts nor ends: {self.errors}"
        self.description = json.loads(ready.read_text("utf-8"))
        self.urls = {zone["name"]: zone["url"] for zone in self.description["zones"]}

    @property
    def is_ready(self) -> bool:
        """Whether it came up."""
        return bool(self.urls)

    @property
    def errors(self) -> str:
        """Its stderr so far."""
        path = self._folder / "error"
        return path.read_text("utf-8") if path.exists() else ""

    def ended(self, patience: float = PATIENCE) -> int | None:
        """The exit code once it ended, None if it runs on."""
        if self.code is None:
            self.code = self._zygote.wait(self.pid, patience)
        return self.code

    def kill(self) -> None:
        """kill -9, now, if it still runs."""
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM) -> int | None:
        """Sends a signal and waits for the end."""
        if self.ended(0) is None:
            os.kill(self.pid, number)
        return self.ended()
