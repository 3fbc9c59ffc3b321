"""A real `zero validator` in a process of its own, and what it says with --json."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.cli.process import PATIENCE, start_zero


class Validator:
    """Runs from `with` to its end."""

    def __init__(
        self, url: str, *arguments: str, folder: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        self._process = start_zero(
            "validator", "--network", url, "--json", *arguments, folder=folder, variables=variables
        )
        self.events: list[dict[str, Any]] = []
        self._errors: list[str] = []
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._complain)]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _complain(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors.append(line)

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """The first event that is wanted, also one that has come already."""
        until = time.monotonic() + PATIENCE
        seen = 0
        with self._changed:
            while True:
                for event in self.events[seen:]:
                    if wanted(event):
                        return event
                seen = len(self.events)
                assert self._process.poll() is None, f"it ended before {what}: {''.join(self._errors)}"
                assert time.monotonic() < until, f"no {what}; there were {self.events[-5:]}"
                self._changed.wait(0.5)

    def attached(self, times: int = 1) -> dict[str, Any]:
        """What it said when the network took it in, that many times."""
        events: list[dict[str, Any]] = []

        def is_next(event: dict[str, Any]) -> bool:
            if event["event"] == "attached":
                events.append(event)
            return len(events) == times

        return self.wait_for(is_next, f"{times} attachments")

    def final(self, height: int) -> dict[str, Any]:
        """What it said when that height, or a later one, was final."""
        return self.wait_for(
            lambda event: event["event"] == "final" and event["height"] >= height, f"final height {height}"
        )

    def final_of(self, height: int, incarnation: int) -> dict[str, Any]:
        """What it said when that height was final in that life of the chain."""
        place = {"event": "final", "height": height, "incarnation": incarnation}
        return self.wait_for(lambda event: place.items() <= event.items(), f"final {place}")

    def votes(self) -> dict[tuple[Any, ...], set[str | None]]:
        """What it voted for, by height, round and kind."""
        found: dict[tuple[Any, ...], set[str | None]] = {}
        for event in self.events:
            if event["event"] == "voted":
                place = event["height"], event["round"], event["kind"]
                found.setdefault(place, set()).add(event["root"])
        return found

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """As kill -9."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def end(self) -> tuple[int, str]:
        """The exit code and what was on stderr, of a process that ends by itself."""
        self._process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        return self._process.returncode, "".join(self._errors)

    def __enter__(self) -> Validator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
