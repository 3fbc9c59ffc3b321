"""Gives the solc of a version, and keeps it running for the next request."""

from __future__ import annotations

import functools
import os
import threading
from pathlib import Path

from zero_sdk.compile.node import find_node
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.solc.installed import InstalledSolc, installed_solcs
from zero_sdk.compile.solc.obtain import obtain_solc
from zero_sdk.compile.solc.running import NativeSolc, NodeSolc, Solc
from zero_sdk.compile.versions import Version


class Toolchain:
    """The compilers that are running. Threads may share it."""

    def __init__(self) -> None:
        self._running: dict[Path, Solc] = {}
        self._lock = threading.Lock()
        self._process_id = os.getpid()

    def solc(
        self,
        version: Version,
        *,
        project_root: Path | None = None,
        is_offline: bool = False,
        progress: Progress = silent,
    ) -> Solc:
        """The compiler of that version; got where it is not here. Raises ZeroError."""
        with self._lock:
            if os.getpid() != self._process_id:
                # After a fork the workers belong to the parent.
                self._running.clear()
                self._process_id = os.getpid()
            installed = find_installed(version, project_root)
            if installed is None:
                progress(Step(f"getting solc {version}"))
                installed = obtain_solc(version, is_offline)
            if installed.path not in self._running:
                self._running[installed.path] = start(installed)
            return self._running[installed.path]

    def close(self) -> None:
        """Ends every compiler that runs."""
        with self._lock:
            for solc in self._running.values():
                solc.close()
            self._running.clear()


def find_installed(version: Version, project_root: Path | None) -> InstalledSolc | None:
    """The installed compiler of that version that is preferred."""
    return next((solc for solc in installed_solcs(project_root) if solc.version == version), None)


def start(installed: InstalledSolc) -> Solc:
    """The compiler behind its face; a process starts with the first request."""
    return NativeSolc(installed.path) if installed.is_native else NodeSolc(find_node(), installed.path)


@functools.cache
def shared_toolchain() -> Toolchain:
    """The one of this process, so that a compiler is loaded once; workers end by themselves when idle."""
    return Toolchain()
