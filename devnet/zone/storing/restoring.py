"""Makes a zone again out of records, from its files or from a dump."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NoReturn

from devnet.chain.block_codec import header_hash
from devnet.chain.codec import REFERENCE, Codec
from devnet.state import State
from devnet.zone.block_archive import BlockArchive
from devnet.zone.block_record import BlockRecord
from devnet.zone.chain_store import LIVE_BLOCKS
from devnet.zone.ledger import Ledger, genesis_record, initial_rules
from devnet.zone.messages import ZoneConfig
from devnet.zone.old_blocks import PlacedBlock
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.snapshot_losses import SnapshotLosses
from devnet.zone.storing.block_codec import decode_block, encode_block
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.links import Links
from devnet.zone.storing.parts import ZoneParts
from devnet.zone.storing.remembered import Remembered
from devnet.zone.storing.reserved_codec import decode_reserved, encode_reserved
from devnet.zone.storing.store import ZoneStore, image_of

Part = BlockRecord | ReservedRange


def restored_from_files(config: ZoneConfig, state: State, store: ZoneStore) -> tuple[Ledger, Remembered]:
    """The ledger as the zone's files have it, and what else they say (`fill`). Raises FolderError."""

    def refuse(detail: str) -> NoReturn:
        raise store.blocks.damage(detail)

    remembered = store.read_journal()
    if remembered.genesis is None:
        raise store.damage("it has no genesis block")
    parts = store.blocks.restore(remembered.genesis, LIVE_BLOCKS)
    return _restored(config, state, remembered, parts, store.blocks, refuse), remembered


def restored_from_records(
    config: ZoneConfig,
    state: State,
    records: Iterable[bytes],
    store: ZoneStore | None,
    codec: Codec = REFERENCE,
) -> tuple[Ledger, Remembered]:
    """The same from what `export_zone` gave; the blocks go to `store`, where there is one. Raises
    ValueError."""
    remembered = Remembered()
    stream = iter(records)
    first: bytes | None = None
    for record in stream:
        if record[:1] < bytes((RecordKind.GENESIS,)):
            first = record
            break
        remembered.read(record)
    genesis = remembered.genesis
    if genesis is None:
        raise ValueError("the records of a zone begin with its genesis block")
    parts = _parts(first, stream, genesis, None if store is None else store.blocks, codec)
    archive = None if store is None else store.blocks
    return _restored(config, state, remembered, parts, archive, _refuse, codec), remembered


def _refuse(detail: str) -> NoReturn:
    raise ValueError(detail)


def _parts(
    first: bytes | None,
    stream: Iterator[bytes],
    genesis: BlockRecord,
    archive: BlockArchive | None,
    codec: Codec,
) -> Iterator[Part]:
    before = genesis
    links = Links(genesis)
    record = first
    while record is not None:
        if record[:1] == bytes((RecordKind.RESERVED,)):
            blocks = decode_reserved(record, before)
            links.add(blocks)
            if archive is not None:
                archive.reserved(blocks)
            yield blocks
        else:
            before = decode_block(record, codec)
            links.add(before)
            if archive is not None:
                archive.added(before)
            yield before
        record = next(stream, None)


def _restored(
    config: ZoneConfig,
    state: State,
    remembered: Remembered,
    parts: Iterable[Part | PlacedBlock],
    archive: BlockArchive | None,
    refuse: Callable[[str], NoReturn],
    codec: Codec = REFERENCE,
) -> Ledger:
    genesis = remembered.genesis
    assert genesis is not None
    rules = initial_rules(config)
    if genesis != genesis_record(config, rules, genesis.block.header.state_root):
        refuse("the genesis block is not that of the configuration")
    if state.oldest_height <= 0 and state.root_at(0) != genesis.block.header.state_root:
        refuse("the genesis block has another state root than the state")
    ledger = Ledger(config, state, archive, genesis, codec)
    if remembered.chain_id is not None:
        rules = replace(rules, chain_id=remembered.chain_id)
    overlay = DevelopmentOverlay(remembered.overlay)
    oldest = genesis.number if remembered.oldest is None else remembered.oldest
    ledger.restore(parts, oldest, rules, overlay, remembered.hashes_below, remembered.headers_below)
    head = ledger.tip.record
    if not ledger.chain.is_reserved(head.block.hash) and header_hash(head.block.header) != head.block.hash:
        refuse(f"the header of block {head.number} does not have its hash")
    if head.state_height != state.height or head.block.header.state_root != state.root:
        refuse(
            f"block {head.number} has the state of height {head.state_height}, root "
            f"0x{head.block.header.state_root.hex()}; the state is at height {state.height}, root "
            f"0x{state.root.hex()}"
        )
    return ledger


def fill(parts: ZoneParts, remembered: Remembered) -> None:
    """Puts back what is not in blocks. The ledger is restored already: the mempool looks at its state."""
    if remembered.time is not None:
        parts.time.settings = remembered.time
    if remembered.settings is not None:
        parts.producer.settings = remembered.settings
    if remembered.mining is not None:
        parts.producer.mining = remembered.mining
    if remembered.impersonation is not None:
        parts.impersonation.restore(*remembered.impersonation)
    parts.pool.resume(remembered.arrivals)
    parts.pool.restore(tuple([remembered.pool[arrival] for arrival in sorted(remembered.pool)]))
    parts.sidecars.restore(remembered.sidecars)
    losses = SnapshotLosses(remembered.losses, remembered.losses_forgotten)
    parts.marks.restore(remembered.marks, losses, remembered.last_snapshot)
    parts.filters.resume(remembered.last_filter)


def export_zone(parts: ZoneParts) -> Iterator[bytes]:
    """The zone as records, for `restored_from_records`: what its files would hold. The zone must not change
    while they are taken."""
    yield from image_of(parts)
    chain = parts.ledger.chain
    genesis = chain.genesis.number
    number = max(genesis + 1, chain.oldest)
    for blocks in chain.reserved(number):
        if genesis < blocks.parent.number < number:
            # A range needs the block before it to be read again.
            yield encode_block(blocks.parent)
        for record in chain.whole_blocks(number, blocks.first - 1):
            if record.number != genesis:
                yield encode_block(record)
        yield encode_reserved(blocks)
        number = blocks.last + 1
    for record in chain.whole_blocks(number, chain.head.number):
        if record.number != genesis:
            yield encode_block(record)
