"""--exec: one command against the network, whose end is the network's end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Mapping

from zero_sdk.cli.devnet.descendants import descendants_of
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.variables import RPC_URL, variable_of

NOT_INHERITED = ("ZERO_EXEC", "ZERO_PORT", "ZERO_CONFIG_OUT", "ZERO_JSON")
"""Variables that were meant for this network and would be wrong for one that the command starts."""

PATIENCE = 5.0
"""Seconds that a command has to end after it was asked to."""


def endpoints_as_variables(urls: Mapping[str, str], default_url: str) -> dict[str, str]:
    """The variables that a command finds: one for each zone, and ZERO_RPC_URL for the default zone."""
    return {**{variable_of(zone): url for zone, url in urls.items()}, RPC_URL: default_url}


def path_with_zero(path: str) -> str:
    """PATH with the folder of this installation's `zero` behind all else, so that a command finds `zero` in a
    virtual environment that is not activated, and every other program where it found it before."""
    folder = sysconfig.get_path("scripts")
    known = path.split(os.pathsep) if path else []
    return path if folder in known else os.pathsep.join([*known, folder])


class Command:
    """A running command."""

    def __init__(self, line: str, variables: Mapping[str, str]) -> None:
        """Starts it in the user's shell. Raises ZeroError."""
        kept = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        try:
            self._process = subprocess.Popen(
                line, shell=True, env={**kept, "PATH": path_with_zero(kept.get("PATH", "")), **variables}
            )
        except OSError as error:
            raise ZeroError(Problem.EXEC_FAILED, f"--exec {line!r}: {error.strerror}") from error

    def on_end(self, call: Callable[[], object]) -> None:
        """Calls `call`, from another thread, when the command has ended."""

        def wait() -> None:
            self._process.wait()
            call()

        threading.Thread(target=wait, name="command", daemon=True).start()

    def stop(self, *, was_told: bool) -> int:
        """Its exit code, as a shell gives it. A command that still runs is asked to end, then made to;
        `was_told` says that it was asked already, by the Ctrl-C that a terminal sends to both."""
        if not (was_told and self._ends_soon()):
            self._ask_to_end()
            if not self._ends_soon():
                self._process.kill()
        code = self._process.wait()
        # A command that a signal ended has a negative code in Python and 128 + the signal's number in shells.
        return code if code >= 0 else 128 - code

    def _ask_to_end(self) -> None:
        """A shell that is told to end does not tell its children, so they are told as well."""
        may_have_begun = os.name == "posix" and self._process.poll() is None
        begun = descendants_of(self._process.pid) if may_have_begun else []
        self._process.terminate()
        for process_id in begun:
            with contextlib.suppress(OSError):
                os.kill(process_id, signal.SIGTERM)

    def _ends_soon(self) -> bool:
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return False
        return True
