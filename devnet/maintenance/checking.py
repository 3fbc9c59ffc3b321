"""Reads everything of a data folder that counts, and computes every hash and root again.

What lies beyond the last commit was never reported and is not looked at: opening the folder removes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devnet.chain.block import Block
from devnet.chain.block_codec import header_hash
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import bloom_of, encode_receipt, join_blooms
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import decode_transaction
from devnet.chain.trie import ordered_root
from devnet.chain.types import Hash32
from devnet.keeper import CommitContent, content_of
from devnet.maintenance.looking import Look, LookedAt, looking, network_of
from devnet.network_journal import JOURNAL_KIND, NetworkJournal
from devnet.persistence.errors import Flaw, FolderError
from devnet.persistence.home import Home
from devnet.state.qmdb import Qmdb, QmdbConfig
from devnet.zone.block_record import BlockRecord
from devnet.zone.storing.store import ZoneStore

Progress = Callable[[str, int, int], None]
"""What is looked at, how much of it is done, and of how much (0: not known)."""


def no_progress(what: str, done: int, of: int) -> None:
    """For those who do not watch."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    flaw: Flaw
    path: Path
    offset: int | None
    detail: str
    zone: str | None
    """None: the network as a whole."""


@dataclass(slots=True)
class CheckedZone:
    """What was read of a zone."""

    name: str
    number: int
    """Of the newest block that the commit names."""
    hash: Hash32
    blocks: int = 0
    transactions: int = 0
    roots: int = 0
    """States whose root was computed again."""


@dataclass(slots=True)
class Report:
    """What was found."""

    folder: Path
    sequence: int | None
    """Of the commit that was looked at; None where there is none that is whole."""
    zones: list[CheckedZone] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Nothing is wrong."""
        return not self.findings

    def add(self, error: FolderError, zone: str | None = None) -> None:
        """Takes a finding in, once."""
        finding = Finding(error.flaw, error.path, error.offset, error.detail, zone)
        if finding not in self.findings:
            self.findings.append(finding)


def check(path: Path, progress: Progress = no_progress) -> Report:
    """Looks at the newest commit of the folder. Writes nothing. Raises NothingThere; FolderError where the
    folder as a whole cannot be looked at (in use, of a newer version, something else); OSError."""
    with looking(path) as look:
        return check_commit(look, progress)


def check_commit(look: Look, progress: Progress = no_progress) -> Report:
    """As `check`, of the commit that `look.folder.commits.newest` is."""
    newest = look.folder.commits.newest
    report = Report(look.folder.path, None if newest is None else newest.sequence)
    if look.commit_flaw is not None:
        report.add(look.commit_flaw)
    if newest is None:
        return report
    try:
        content = content_of(newest, look.folder)
        _check_journal(look.folder, content)
    except FolderError as error:
        report.add(error)
        return report
    for index, head in enumerate(content.heads):
        zone = CheckedZone(look.manifest.config.zone_names[index], head.number, head.hash)
        report.zones.append(zone)
        try:
            roots = _check_state(look, content, index, zone, progress)
            _check_blocks(look.folder, content, index, zone, roots, progress)
        except FolderError as error:
            report.add(error, zone.name)
    _check_archive(look.folder, report, progress)
    if report.is_whole:
        _check_together(look, content, report, progress)
    return report


def _check_journal(folder: LookedAt, content: CommitContent) -> None:
    log = folder.network_home.log("", JOURNAL_KIND, content.journal)
    try:
        NetworkJournal(log).read()
    finally:
        log.close()


# ---------------------------------------------------------------- states


def _check_state(
    look: Look, content: CommitContent, index: int, zone: CheckedZone, progress: Progress
) -> dict[int, Hash32]:
    """The root of every kept height, computed from the entries. Raises FolderError."""
    what = f"{zone.name}: states"
    home = look.folder.state_home(index, content.positions[index].state)
    config: QmdbConfig = look.manifest.config.qmdb
    roots = Qmdb.check(config, home, lambda done, of: progress(what, done, of))
    zone.roots = len(roots)
    return roots


# ---------------------------------------------------------------- blocks


def _check_blocks(
    folder: LookedAt,
    content: CommitContent,
    index: int,
    zone: CheckedZone,
    roots: dict[int, Hash32],
    progress: Progress,
) -> None:
    """Every block that is kept: its hash, what its header says of its content, its parent, its state."""
    home = folder.zone_home(index, content.positions[index].zone)
    store = ZoneStore(home)
    try:
        genesis = store.read_journal().genesis
        if genesis is None:
            raise store.damage("the genesis block is missing")
        if flaw := _flaw_of(genesis.block, None) or _flaw_of_state(genesis, roots):
            raise _block_damage(home, genesis.number, flaw)
        total = zone.number - genesis.number
        before: Hash32 | None = None
        newest = genesis
        for part in store.read_blocks(genesis):
            if isinstance(part, BlockRecord):
                flaw = _flaw_of(part.block, before) or _flaw_of_state(part, roots)
                if flaw:
                    raise _block_damage(home, part.number, flaw)
                zone.transactions += len(part.block.transactions)
                zone.blocks += 1
                before, newest = part.block.hash, part
                number = part.number
            else:
                if before not in (None, part.parent.block.hash):
                    raise _block_damage(home, part.first, "its parent is another block")
                before, number = part.hash_of(part.last), part.last
                newest = part.record(part.last)
                zone.blocks += part.count
            progress(f"{zone.name}: blocks", number - genesis.number, total)
        if (newest.number, newest.block.hash) != (zone.number, zone.hash):
            raise _block_damage(home, zone.number, f"the chain ends with block {newest.number}")
    finally:
        store.close()


def _flaw_of(block: Block, parent: Hash32 | None) -> str:
    """What is wrong with a block, "" where nothing is."""
    header = block.header
    if header_hash(header) != block.hash:
        return "its hash is not that of its header"
    if parent is not None and header.parent_hash != parent:
        return "its parent is another block"
    if header.transactions_root != ordered_root([item.encoded for item in block.transactions]):
        return "its transactions are not those of its header"
    if header.receipts_root != ordered_root([encode_receipt(receipt) for receipt in block.receipts]):
        return "its receipts are not those of its header"
    if header.bloom != join_blooms([bloom_of(receipt.logs) for receipt in block.receipts]):
        return "its logs are not those of its header"
    for transaction in block.transactions:
        if _hash_and_sender(transaction) != (transaction.hash, transaction.sender):
            return f"transaction 0x{transaction.hash.hex()} has another hash or sender"
    return ""


def _hash_and_sender(transaction: Transaction) -> tuple[Hash32, bytes]:
    """Computed from what was signed; of an impersonated one, r is the sender."""
    if transaction.is_impersonated:
        return keccak256(transaction.encoded), transaction.r.to_bytes(20, "big")
    again = decode_transaction(transaction.encoded)[0]
    return again.hash, again.sender


def _flaw_of_state(record: BlockRecord, roots: dict[int, Hash32]) -> str:
    root = roots.get(record.state_height)
    if root is not None and root != record.block.header.state_root:
        return "the state after it has another root than its header says"
    return ""


def _block_damage(home: Home, number: int, detail: str) -> FolderError:
    return FolderError(Flaw.DAMAGED, home.folder / "blocks", f"block {number}: {detail}")


# ---------------------------------------------------------------- what was dispersed


def _check_archive(folder: LookedAt, report: Report, progress: Progress) -> None:
    files = folder.archive_files()
    listing = list(files.listing())
    for done, (height, found, _) in enumerate(listing):
        progress("dispersed data", done, len(listing))
        if isinstance(found, FolderError):
            report.add(found)
            continue
        try:
            files.read(height)
        except FolderError as error:
            report.add(error)


# ---------------------------------------------------------------- together


def _check_together(look: Look, content: CommitContent, report: Report, progress: Progress) -> None:
    """The network as a start would find it: mempools, snapshots, settings."""
    progress("the network", 0, 0)
    try:
        network = network_of(look)
    except FolderError as error:
        report.add(error)
        return
    for index, (name, zone) in enumerate(network.zones.items()):
        newest = zone.block("latest")
        assert newest is not None
        if (newest.header.number, newest.hash) != (content.heads[index].number, content.heads[index].hash):
            detail = f"a start would find block {newest.header.number} as the newest"
            report.add(FolderError(Flaw.DAMAGED, look.folder.path, detail), name)
