"""--exec: one command against the network, whose end is the network's end."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping

from zero_sdk.errors import Problem, ZeroError

PATIENCE = 5.0
"""Seconds that a command has to end after it was asked to."""


def variable_of(zone: str) -> str:
    """`ZERO_RPC_URL_ALPHA` for alpha; what a variable's name cannot hold becomes an underscore."""
    return f"ZERO_RPC_URL_{re.sub('[^A-Za-z0-9]', '_', zone).upper()}"


def endpoints_as_variables(urls: Mapping[str, str], default_url: str) -> dict[str, str]:
    """The variables that a command finds: one for each zone, and ZERO_RPC_URL for the default zone."""
    return {**{variable_of(zone): url for zone, url in urls.items()}, "ZERO_RPC_URL": default_url}


class Command:
    """A running command."""

    def __init__(self, line: str, variables: Mapping[str, str]) -> None:
        """Starts it in the user's shell. Raises ZeroError."""
        # What configured this network must not configure one that the command starts.
        kept = {name: value for name, value in os.environ.items() if name not in ("ZERO_EXEC", "ZERO_PORT")}
        try:
            self._process = subprocess.Popen(line, shell=True, env={**kept, **variables})
        except OSError as error:
            raise ZeroError(Problem.EXEC_FAILED, f"--exec {line!r}: {error.strerror}") from error

    def poll(self) -> int | None:
        """The exit code as a shell gives it, None while it runs."""
        code = self._process.poll()
        return None if code is None else _as_shells_do(code)

    def wait(self, timeout: float) -> int | None:
        """As `poll`, but waits up to `timeout` seconds for the end."""
        try:
            return _as_shells_do(self._process.wait(timeout))
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int:
        """Asks it to end, and ends it when it does not listen."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return _as_shells_do(self._process.wait())


def _as_shells_do(code: int) -> int:
    """A command that a signal ended has a negative code in Python and 128 + the signal's number in shells."""
    return code if code >= 0 else 128 - code
