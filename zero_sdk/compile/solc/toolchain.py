"""Lends the solc of a version, and keeps it running for the next who wants it."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zero_sdk.compile.node import find_node
from zero_sdk.compile.progress import Progress, Step, silent
from zero_sdk.compile.solc.installed import InstalledSolc, installed_solcs
from zero_sdk.compile.solc.obtain import obtain_solc
from zero_sdk.compile.solc.running import NativeSolc, NodeSolc, Solc
from zero_sdk.compile.versions import Version


class Toolchain:
    """The compilers that are running. Threads may share it; a compiler does one job at a time, so several of
    a version run where several threads want it."""

    def __init__(self) -> None:
        self._idle: dict[Path, list[Solc]] = {}
        self._installed: dict[tuple[Version, Path | None], InstalledSolc] = {}
        self._lock = threading.Lock()
        self._process_id = os.getpid()

    @contextmanager
    def solc(
        self,
        version: Version,
        *,
        project_root: Path | None = None,
        is_offline: bool = False,
        progress: Progress = silent,
    ) -> Iterator[Solc]:
        """A compiler of that version, for a while; got where it is not here. Raises ZeroError."""
        with self._lock:
            if os.getpid() != self._process_id:
                # After a fork the workers belong to the parent.
                self._idle.clear()
                self._process_id = os.getpid()
            installed = self._find(version, project_root, is_offline, progress)
            idle = self._idle.setdefault(installed.path, [])
            solc = idle.pop() if idle else start(installed)
        try:
            yield solc
        except BaseException:
            solc.close()
            raise
        with self._lock:
            idle.append(solc)

    def close(self) -> None:
        """Ends every compiler that runs."""
        with self._lock:
            for idle in self._idle.values():
                for solc in idle:
                    solc.close()
            self._idle.clear()

    def _find(
        self, version: Version, project_root: Path | None, is_offline: bool, progress: Progress
    ) -> InstalledSolc:
        key = version, project_root
        known = self._installed.get(key)
        if known is None or not known.path.exists():
            known = find_installed(version, project_root)
            if known is None:
                progress(Step(f"getting solc {version}"))
                known = obtain_solc(version, is_offline)
            self._installed[key] = known
        return known


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
