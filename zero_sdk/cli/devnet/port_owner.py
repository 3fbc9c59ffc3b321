"""Finds out who listens on a port, to say so when it is taken. Every way may fail, and then says nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from zero_sdk.command_output import output_of

PLATFORM: str = sys.platform
LISTENING = "0A"
"""The state of a listening socket in the kernel's tables."""


def owner_of(port: int) -> str | None:
    """`python (process 4711)`, None where it cannot be told."""
    process_id = _on_linux(port) if PLATFORM == "linux" else _from_tools(port)
    if process_id is None:
        return None
    name = _name_of(process_id)
    return f"{name} (process {process_id})" if name else f"process {process_id}"


def _on_linux(port: int) -> int | None:
    """From the kernel's tables: the socket's inode first, then the process that has it open."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not wanted:
        return None
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            for descriptor in (process / "fd").iterdir():
                if str(descriptor.readlink()) in wanted:
                    return int(process.name)
        except OSError:
            continue  # another user's, or gone
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _from_tools(port: int) -> int | None:
    if PLATFORM == "win32":
        for row in _output(["netstat", "-ano", "-p", "TCP"]).splitlines():
            fields = row.split()
            if len(fields) == 5 and fields[3] == "LISTENING" and fields[1].endswith(f":{port}"):
                return int(fields[4])
        return None
    first = _output(["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-t"]).split()
    return int(first[0]) if first and first[0].isdigit() else None


def _name_of(process_id: int) -> str:
    if PLATFORM == "linux":
        try:
            words = Path(f"/proc/{process_id}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            return ""
        return " ".join(words).strip()[:100]
    if PLATFORM == "win32":
        row = _output(["tasklist", "/FI", f"PID eq {process_id}", "/FO", "CSV", "/NH"])
        return row.split(",")[0].strip('"\r\n ')
    return _output(["ps", "-o", "command=", "-p", str(process_id)]).strip()[:100]


def _output(command: list[str]) -> str:
    return output_of(command, seconds=5)
