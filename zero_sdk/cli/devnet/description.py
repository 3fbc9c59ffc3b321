"""What a running network is, as data: for the banner, --json and --config-out."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Description:
    """A running network."""

    zones: tuple[ShownZone, ...]
    default_zone: str
    default_url: str
    keys: Keys
    balance: int
    """Of each account in every zone, in wei."""
    engine: str
    hardfork: str
    version: str

    @property
    def urls(self) -> dict[str, str]:
        """By zone."""
        return {zone.name: zone.url for zone in self.zones}

    def as_json(self) -> dict[str, Any]:
        """With the names that JSON-RPC's users are used to."""
        return {
            "version": self.version,
            "engine": self.engine,
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
