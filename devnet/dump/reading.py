"""A dump into a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, BinaryIO, get_type_hints

import orjson

from devnet.chain.types import ZoneName
from devnet.config import BadConfig, NetworkConfig
from devnet.config_fields import HASHED_FIELDS, LATER_FIELDS
from devnet.dump.container import DumpReader, SectionName, validate_digest
from devnet.dump.errors import damaged
from devnet.dump.plain import from_plain
from devnet.dump.writing import CONFIGURATION, NETWORK_RECORDS, STATE, ZONE


class Dump:
    """A dump in a seekable file, read through and found whole; the file stays the caller's. Its records
    come in the order of a `NetworkContent`, once."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises DumpError."""
        self.size = validate_digest(file)
        """Bytes."""
        self._reader = DumpReader(file)
        (encoded,) = self._records(SectionName(CONFIGURATION), 1)
        self.config = decode_config(encoded)
        """Of the network that was dumped."""

    def network(self) -> Iterator[bytes]:
        """As `NetworkContent.network`. Raises DumpError."""
        return self._records(SectionName(NETWORK_RECORDS))

    def state(self, zone: ZoneName) -> Iterator[bytes]:
        """As `NetworkContent.state`. Raises DumpError."""
        return self._records(SectionName(STATE, self.config.zone_names.index(zone)))

    def zone(self, zone: ZoneName) -> Iterator[bytes]:
        """As `NetworkContent.zone`; after the last zone's the dump has to be over. Raises DumpError."""
        index = self.config.zone_names.index(zone)
        records = self._records(SectionName(ZONE, index))
        return self._last(records) if index == len(self.config.zones) else records

    def _last(self, records: Iterator[bytes]) -> Iterator[bytes]:
        yield from records
        if (left := self._reader.next_section()) is not None:
            raise damaged(f"it has a section that was not expected: {left.name} of zone {left.zone}")

    def _records(self, wanted: SectionName, count: int | None = None) -> Iterator[bytes]:
        found = self._reader.next_section()
        if found != wanted:
            raise damaged(f"the section {wanted.name} of zone {wanted.zone:#x} should come here")
        records = self._reader.records()
        if count is None:
            return records
        taken = list(records)
        if len(taken) != count:
            raise damaged(f"the section {wanted.name} has {len(taken)} records, not {count}")
        return iter(taken)


def decode_config(encoded: bytes) -> NetworkConfig:
    """The inverse of `writing.encode_config`. Fields that the dump does not have are as in a default
    configuration. Raises DumpError."""
    try:
        document = orjson.loads(encoded)
        hashed, local = document["config"], document["local"]
        values = _local_values(local)
        known = {**NetworkConfig().to_document(), **hashed}
        for name in LATER_FIELDS.keys() - hashed.keys():
            del known[name]
        config = NetworkConfig.from_document(known)
        config = replace(config, **values)
        told = document["config_hash"]
    except (BadConfig, ValueError, KeyError, TypeError) as error:
        raise damaged(f"its configuration makes no sense: {error}") from None
    if told != "0x" + config.hash.hex():
        raise damaged("its configuration does not have the hash that it says")
    return config


def _local_values(local: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(NetworkConfig)
    known = {field.name for field in fields(NetworkConfig)} - HASHED_FIELDS.keys()
    values = {}
    for name, source in local.items():
        if name not in known:
            raise ValueError(f"{name} is not known to this version")
        values[name] = from_plain(hints[name], source)
    return values
