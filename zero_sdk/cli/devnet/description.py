"""What a running network is, as data: for the banner, --json and --config-out."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devnet.zone.messages import Mining
from zero_sdk.cli.devnet.keys import Keys
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import reason_of


@dataclass(frozen=True, slots=True)
class ShownZone:
    """One zone and where it answers."""

    name: str
    index: int
    chain_id: int
    url: str
    own_url: str | None
    """On a port of its own, with --ports."""
    number: int
    """Of its newest block at the start."""
    hash: str
    """Of that block, in hex without 0x."""
    genesis: int
    """Number of the zone's first block, which is always kept."""
    oldest: int
    """Number of the oldest block that is kept above it; `genesis` where all are."""
    mining: Mining


@dataclass(frozen=True, slots=True)
class ShownFolder:
    """What keeps the network."""

    path: Path
    fsync: str
    is_restored: bool
    """Whether the network was there before."""
    killed: str
    """The process that was killed in it before; "" where the folder was closed."""


@dataclass(frozen=True, slots=True)
class ShownEngine:
    """What executes the zones' transactions."""

    name: str
    threads: int
    absence: str | None
    """Why the native engine is not there; None where it is."""


@dataclass(frozen=True, slots=True)
class Description:
    """A running network."""

    zones: tuple[ShownZone, ...]
    default_zone: str
    default_url: str
    keys: Keys
    balance: int
    """Of each account in every zone, in wei."""
    engine: ShownEngine
    hardfork: str
    version: str
    history: int | None
    """Blocks that are kept below the newest; None: all."""
    memory_limit: int | None
    """Bytes that the past of all zones may take; None: as many as there are."""
    slot_time: float | None
    """Seconds between settlement blocks, 0 after every block; None: only when told to."""
    loaded: Path | None
    """The dump or state file that the network began with."""
    data: ShownFolder | None
    """None where the network lives in memory."""

    @property
    def urls(self) -> dict[str, str]:
        """By zone."""
        return {zone.name: zone.url for zone in self.zones}

    def as_json(self) -> dict[str, Any]:
        """With the names that JSON-RPC's users are used to."""
        return {
            "version": self.version,
            "engine": self.engine.name,
            "threads": self.engine.threads,
            "nativeAbsent": self.engine.absence,
            "hardfork": self.hardfork,
            "url": self.default_url,
            "defaultZone": self.default_zone,
            "zones": [_zone_as_json(zone) for zone in self.zones],
            "mnemonic": self.keys.mnemonic,
            "derivationPath": self.keys.derivation_path,
            "balance": str(self.balance),
            "accounts": [
                {"address": account.address, "privateKey": account.private_key}
                for account in self.keys.accounts
            ],
            "slotTime": self.slot_time,
            "history": "all" if self.history is None else self.history,
            "loaded": None if self.loaded is None else str(self.loaded),
            "data": None if self.data is None else self._data_as_json(self.data),
        }

    def _data_as_json(self, data: ShownFolder) -> dict[str, Any]:
        heads = {zone.name: {"number": zone.number, "hash": f"0x{zone.hash}"} for zone in self.zones}
        return {
            "folder": str(data.path),
            "fsync": data.fsync,
            "restored": data.is_restored,
            "recovered": {"killed": int(data.killed)} if data.killed else None,
            "heads": heads,
        }


def _zone_as_json(zone: ShownZone) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": zone.name,
        "index": zone.index,
        "chainId": zone.chain_id,
        "url": zone.url,
        "webSocketUrl": web_socket(zone.url),
    }
    return fields if zone.own_url is None else {**fields, "ownUrl": zone.own_url}


def web_socket(url: str) -> str:
    """The same endpoint for WebSocket clients."""
    return "ws" + url.removeprefix("http")


def write_whole(path: Path, description: Description) -> None:
    """Writes the file so that it appears all at once. Raises ZeroError."""
    text = json.dumps(description.as_json(), indent=2) + "\n"
    try:
        # Beside the target, because a rename is atomic only within a file system.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"--config-out {path}: {reason_of(error)}") from error
