"""A network into a dump."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from devnet.config_fields import HASHED_FIELDS
from devnet.dump.container import DEFAULT_LEVEL, DumpWriter, SectionName, Sink
from devnet.dump.plain import to_plain
from devnet.network_journal import KeptNetwork

if TYPE_CHECKING:
    from devnet.config import NetworkConfig
    from devnet.network import Network

CONFIGURATION, NETWORK_RECORDS, STATE, ZONE = "configuration", "network", "state", "zone"
"""Names of sections, in their order: the first two once, then the others for each zone by its index."""


def write_dump(network: Network, sink: Sink, level: int = DEFAULT_LEVEL) -> int:
    """Writes everything that the network is at this moment, but for its instance id, filters and
    subscriptions; gives the bytes written. `level` is zlib's, 0 stores without compression. Called by the
    network's owner, who does nothing else meanwhile."""
    writer = DumpWriter(sink, level)
    writer.section(SectionName(CONFIGURATION), [encode_config(network.config)])
    kept = KeptNetwork(network.clock.kept(), network.snapshots.book, network.settlement.chain.history())
    writer.section(SectionName(NETWORK_RECORDS), kept.records())
    for index, zone in enumerate(network.zones.values()):
        writer.section(SectionName(STATE, index), zone.export_state())
        writer.section(SectionName(ZONE, index), zone.export())
    writer.finish()
    return writer.size


def encode_config(config: NetworkConfig) -> bytes:
    """JSON: what the configuration's hash covers, the hash, and the rest of it."""
    local = {name: value for name, value in to_plain(config).items() if name not in HASHED_FIELDS}
    document = {"config": config.to_document(), "config_hash": "0x" + config.hash.hex(), "local": local}
    return orjson.dumps(document)
