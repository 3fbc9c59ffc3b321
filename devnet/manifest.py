"""`manifest.json`: which network a data folder holds.

It is written once, with everything that the network's identity covers in readable form, and is exactly the
text that `write_manifest` makes: every other byte sequence is refused as damaged.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devnet.config import BadConfig, NetworkConfig
from devnet.persistence.errors import Flaw, FolderError, WriteFailed
from devnet.persistence.platform import OPEN_FLAGS, sync_file, sync_folder, write_fully
from devnet.persistence.records import crc32c

MANIFEST_NAME = "manifest.json"
FORMAT = 3
"""2 came with settlement, 3 with forced transactions and sets of validators that change; a folder of an
earlier format becomes one of this when it is opened to be written to."""
CONTENT_NAME = re.compile(r"content-[1-9][0-9]{0,8}")
_KIND = "zero network"
_BY_HAND = "the file is not meant to be changed; take it from a copy of the folder"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the file says."""

    config: NetworkConfig
    instance_id: bytes
    """32 random bytes that clients see as the network's run; kept over restarts."""
    content: str = ""
    """The folder in the folder that holds everything else; "" means the folder itself. A dump that is loaded
    into a running network goes into a new one."""
    format: int = FORMAT
    """Of the folder, as the file says it; written is always the newest."""

    def text(self) -> str:
        """The file's text."""
        return _with_checksum(
            {
                "kind": _KIND,
                "format": FORMAT,
                "config_hash": "0x" + self.config.hash.hex(),
                "instance_id": "0x" + self.instance_id.hex(),
                **({"content": self.content} if self.content else {}),
                "config": self.config.to_document(),
            }
        )

    def validate(self, asked: NetworkConfig, folder: Path) -> None:
        """Raises FolderError (OTHER_NETWORK) where the folder is of another configuration; it names every
        field that differs."""
        differences = self.config.differences(asked)
        if not differences and self.config.hash == asked.hash:
            return
        words = [
            f"{name} differs"
            if values is None
            else f"{name} is {_shown(values[0])} there, {_shown(values[1])} asked"
            for name, values in differences.items()
        ]
        raise FolderError(
            Flaw.OTHER_NETWORK,
            folder,
            "; ".join(words),
            advice="leave these options out to go on with the network that is there, or choose another "
            "folder",
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes the file, whole or not at all, readable for its owner only: it holds the mnemonic. Raises
    WriteFailed."""
    path = folder / MANIFEST_NAME
    unfinished = folder / f"{MANIFEST_NAME}.new"
    try:
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | OPEN_FLAGS, 0o600)
        try:
            write_fully(file, manifest.text().encode(), 0)
            sync_file(file)
        finally:
            os.close(file)
        unfinished.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise WriteFailed(path, error) from error


def read_manifest(folder: Path) -> Manifest:
    """Raises FolderError (NOT_OURS, NEWER_FORMAT, DAMAGED) and OSError."""
    path = folder / MANIFEST_NAME
    content = path.read_bytes()
    try:
        text = content.decode()
        document = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        offset = error.start if isinstance(error, UnicodeDecodeError) else error.pos
        raise FolderError(Flaw.DAMAGED, path, "it is no JSON", offset=offset, advice=_BY_HAND) from None
    if type(document) is not dict or not document.keys() & {"config_hash", "checksum"}:
        raise FolderError(
            Flaw.NOT_OURS, path, "it is not a network's manifest", advice="choose another folder"
        )
    if _with_checksum({key: value for key, value in document.items() if key != "checksum"}) != text:
        raise FolderError(Flaw.DAMAGED, path, "it does not match its checksum", advice=_BY_HAND)
    version = document.get("format")
    if type(version) is int and version > FORMAT:
        raise FolderError(
            Flaw.NEWER_FORMAT,
            path,
            f"format {version}, this version reads up to {FORMAT}",
            advice="upgrade zero-zones, or choose another folder",
        )
    try:
        config = NetworkConfig.from_document(document["config"])
        instance_id = bytes.fromhex(document["instance_id"][2:])
        is_consistent = document["config_hash"] == "0x" + config.hash.hex() and len(instance_id) == 32
    except (BadConfig, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FolderError(Flaw.DAMAGED, path, f"it makes no sense: {error}", advice=_BY_HAND) from None
    if not is_consistent:
        raise FolderError(Flaw.DAMAGED, path, "its hash is not its configuration's", advice=_BY_HAND)
    inner = document.get("content", "")
    if inner and not (type(inner) is str and CONTENT_NAME.fullmatch(inner)):
        raise FolderError(Flaw.DAMAGED, path, "it names a content that cannot be", advice=_BY_HAND)
    return Manifest(config, instance_id, inner, version if type(version) is int else FORMAT)


def _with_checksum(document: dict[str, Any]) -> str:
    """The text of the file. How the checksum is made is the same in every format: CRC-32C of the text without
    it."""
    checksum = crc32c(_text(document).encode())
    return _text({**document, "checksum": f"0x{checksum:08x}"})


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _in_words(name: str, values: tuple[Any, Any] | None) -> str:
    if values is None:
        return f"{name} differs"
    return f"{name} is {_shown(values[0])} there, {_shown(values[1])} asked"


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
