"""A Zero network in one process: its zones, their clock and its keys. The one place that wires parts
together.

    from devnet.network import Network
    network = Network()
    alpha = network.default_zone
    network.send(alpha, CallRequest(sender=network.keys.addresses[0], to=..., value=Wei(1)))

    with Network(config, folder=DataFolder.open(Path("data"), config)) as network: ...

A network is synchronous, has one owner and starts nothing: no thread, socket or server. Two networks share
nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Protocol

from devnet.accounts.keyring import KeyRing
from devnet.chain.block import Block
from devnet.chain.codec import DecodedTransaction, Decoding, Undecodable
from devnet.chain.transaction import BLOB, DYNAMIC_FEE, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, impersonate
from devnet.chain.types import Hash32, Wei, ZoneName
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.clock import Clock, LogicalClock
from devnet.config import SYSTEM_ZONE, BadConfig, NetworkConfig
from devnet.contracts.addresses import NAMES
from devnet.contracts.forced_inbox import InboxParameters
from devnet.genesis import genesis_of
from devnet.messages.accounts import courier_keys
from devnet.messages.courier import Courier
from devnet.messages.messages import Messages
from devnet.parts import Parts, choose_parts
from devnet.persistence.errors import WriteFailed
from devnet.proving.program import EVM
from devnet.retention import Retention
from devnet.settlement.archive import Archive
from devnet.settlement.chain import Settled, SettlementChain
from devnet.settlement.column_service import ColumnService
from devnet.settlement.evidence import EvidenceBook
from devnet.settlement.faults.plan import FaultPlan
from devnet.settlement.genesis_keys import genesis_keys
from devnet.settlement.inclusion import Inclusion
from devnet.settlement.parameters import ArchiveLimits
from devnet.settlement.settlement import Retreat, Settlement
from devnet.slots import Slots
from devnet.snapshot_book import SnapshotBook
from devnet.snapshots import Reach, Snapshots
from devnet.zone.errors import BadRequest, HistoryGone, NotUnlocked
from devnet.zone.messages import CallRequest, Positions
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.artifacts.registry import ArtifactRegistry
    from devnet.dump.container import Sink
    from devnet.folder import DataFolder
    from devnet.keeper import CommitContent, Keeper, KeptHead
    from devnet.network_journal import KeptNetwork, NetworkJournal
    from devnet.settlement.remote.hub import Hub
    from devnet.settlement.settler import Settler
    from devnet.settlement.signatures import SignatureScheme

_LOG = logging.getLogger(__name__)

__all__ = ["BadConfig", "Network", "NetworkConfig", "Parts", "UnknownZone"]


class UnknownZone(LookupError):
    """The network has no such zone."""


class NetworkContent(Protocol):
    """What a network is made of again, apart from a folder. It is asked in this order: `network`, then
    `state` and `zone` of each zone by its index, each once and read to its end."""

    def network(self) -> Iterator[bytes]:
        """As `devnet.network_journal.KeptNetwork.records` gave it."""

    def state(self, zone: ZoneName) -> Iterator[bytes]:
        """As the state's `export` gave it."""

    def zone(self, zone: ZoneName) -> Iterator[bytes]:
        """As the zone's `export` gave it."""


class Network:
    """Zones under one clock. Methods take a zone as the `ZonePort` that `zones` holds."""

    def __init__(
        self,
        config: NetworkConfig | None = None,
        parts: Parts | None = None,
        clock: Clock | None = None,
        folder: DataFolder | None = None,
        content: NetworkContent | None = None,
    ) -> None:
        """Builds the genesis of every zone; or the network that `folder` or `content` (a dump) holds, which
        must be of this configuration. `clock` defaults to a logical one from the genesis time on.

        The folder then belongs to the network. Raises FolderError and WriteFailed, having closed the folder.
        """
        self.config = config or NetworkConfig()
        self._parts = parts = parts or choose_parts()
        self.clock: Clock = clock or LogicalClock(self.config.genesis_time)
        self.codec = parts.codec()
        self.keys = KeyRing.from_mnemonic(
            self.config.mnemonic, self.config.accounts, self.config.derivation_path
        )
        self.eids = self.config.zone_eids
        """Endpoint ids of the zones, by index; None for networks from before messages."""
        couriers = KeyRing() if self.eids is None else courier_keys(self.config.mnemonic)
        self.messages = Messages(self)
        """What became of messages between the zones."""
        self.courier = Courier(self, self.messages, couriers)
        """Who carries them."""
        self.instance_id = secrets.token_bytes(32) if folder is None else folder.instance_id
        """New for every network, so that clients notice a restart; a folder keeps it."""
        self._artifacts: dict[str, ArtifactRegistry] = {}
        self._hubs: dict[str, Hub] = {}
        self._keeper: Keeper | None = None
        limit = self.config.memory_limit
        self._retention = None if limit is None else Retention(limit)
        zones: dict[ZoneName, ZonePort] = {}
        settlement = self.config.settlement
        self._signatures = parts.signatures()
        keys = genesis_keys(self._signatures, self.config.hash, settlement.validators)
        validators = ValidatorSet(tuple(Validator(key, settlement.stake) for key in keys))
        chain = SettlementChain(self.config.genesis_settlement, self.config.genesis_number, validators)
        was_kept = folder is not None and not folder.is_new
        try:
            book = self._restore(parts, zones, folder, content, chain)
        except BaseException:
            for zone in zones.values():
                zone.close()
            if folder is not None:
                folder.close()
            raise
        self.zones: Mapping[ZoneName, ZonePort] = MappingProxyType(zones)
        self._due: dict[ZoneName, tuple[float, float]] = {}
        """Of zones that mine by interval: (interval, when the next block is due)."""
        self.snapshots = Snapshots(self.zones, self.clock, book)
        """Moments of the whole network that can be gone back to."""
        self.faults = FaultPlan()
        """What producers, validators and the network between them do wrong, on purpose (docs/faults.md)."""
        self.settlement = self._settlement(chain, folder, was_kept)
        """The settlement chain."""
        self.settlement.tell()
        self.slots = Slots(self.config.slot_time, self.settle)
        """When it settles by itself."""

    def _restore(
        self,
        parts: Parts,
        zones: dict[ZoneName, ZonePort],
        folder: DataFolder | None,
        content: NetworkContent | None,
        chain: SettlementChain,
    ) -> SnapshotBook:
        """Fills `zones` and `chain`, sets the clock, and gives the list of snapshots that was kept."""
        if folder is not None and folder.config_hash != self.config.hash:
            raise BadConfig("the data folder was opened for another configuration")
        if folder is not None and content is not None and not folder.is_new:
            raise BadConfig(f"{folder.path} holds a network already; a dump goes into a new folder")
        kept: CommitContent | None = None
        journal: NetworkJournal | None = None
        book: SnapshotBook | None = None
        if folder is not None:
            # What only folders need takes some time to import.
            from devnet.keeper import content_of, open_journal

            newest = folder.commits.newest
            kept = None if newest is None else content_of(newest, folder)
            journal = open_journal(folder, None if kept is None else kept.journal)
        if content is not None:
            from devnet.network_journal import read_records

            book = self._resume(read_records(content.network()), chain)
        elif journal is not None and kept is not None:
            book = self._resume(journal.read(), chain)
        self._engine = engine = parts.engine()
        self.engine_name = engine.name
        """Which engine executes: "native" or "pyevm"."""
        for index, name in enumerate(self.config.zone_names):
            positions = Positions() if kept is None else kept.positions[index]
            state_home = zone_home = None
            if folder is not None:
                state_home = folder.state_home(index, None if kept is None else positions.state)
                zone_home = folder.zone_home(index, None if kept is None else positions.zone)
            if content is not None:
                state = parts.load_state(self.config.qmdb, content.state(name), state_home)
            else:
                state = parts.state(self.config.qmdb, state_home)
            zones[name] = parts.zone(
                self.config.zone_config(
                    index,
                    genesis_of(self.config, self.keys, self.courier.addresses, index, chain.signers_of(1)),
                    self.keys.addresses,
                ),
                engine,
                state,
                zone_home,
                None if content is None else content.zone(name),
                self.codec,
            )
        book = SnapshotBook() if book is None else book
        if folder is not None and journal is not None and not folder.is_read_only:
            from devnet.keeper import Keeper

            self._keeper = Keeper(folder, journal, zones, self.clock, book, chain)
            self._keeper.commit()
        return book

    def _resume(self, kept: KeptNetwork, chain: SettlementChain) -> SnapshotBook:
        self.clock.resume(kept.clock)
        for change in kept.settlement:
            chain.apply(change)
        return kept.book

    # ------------------------------------------------------------ keeping it in its folder

    def commit(self) -> None:
        """Writes what changed since the last commit into the data folder; when it returns, a killed process
        loses nothing of it. Without a folder, or without a change, it does nothing. A server calls it before
        it answers; in process it is the caller's (or `close`'s).

        Raises WriteFailed; then nothing is lost either, and the next call tries again.
        """
        if self._keeper is not None:
            self._keeper.commit()

    @property
    def is_kept(self) -> bool:
        """Whether the network is in a data folder."""
        return self._keeper is not None

    def zones_ahead(self) -> frozenset[ZoneName]:
        """The zones that show something which `commit` has not begun to write; all of them where the network
        itself does."""
        keeper = self._keeper
        if keeper is not None and keeper.is_ahead:
            return frozenset(self.zones)
        return frozenset(name for name, zone in self.zones.items() if zone.is_ahead)

    def is_ahead(self, zone: ZoneName) -> bool:
        """Whether `zones_ahead` has the zone. Any thread may ask."""
        keeper = self._keeper
        return self.zones[zone].is_ahead or (keeper is not None and keeper.is_ahead)

    @property
    def write_fault(self) -> WriteFailed | None:
        """Why the last `commit` could not write; None where it could. Any thread may ask."""
        keeper = self._keeper
        return None if keeper is None else keeper.fault

    @property
    def syncs_in_background(self) -> bool:
        """Whether somebody should call `sync` every second (`Fsync.SLOT`)."""
        keeper = self._keeper
        return keeper is not None and keeper.syncs_in_background

    @property
    def has_unsynced(self) -> bool:
        """Whether something was committed that is not known to survive a power cut. Any thread may ask."""
        keeper = self._keeper
        return keeper is not None and keeper.has_unsynced

    def sync(self) -> None:
        """Makes what was committed survive a power cut. May be called from any thread. Raises WriteFailed."""
        # Taken once: another thread may close the network meanwhile, or put another in its place.
        keeper = self._keeper
        if keeper is not None:
            keeper.sync()

    def durable_heights(self) -> Mapping[ZoneName, KeptHead | None]:
        """Of each zone the newest block that survives a power cut; None where none does, as in memory. Any
        thread may ask."""
        keeper = self._keeper
        return dict.fromkeys(self.zones) if keeper is None else keeper.durable_heads()

    def close(self) -> None:
        """Commits, makes everything survive a power cut, and lets the folder go; more than once does no harm.
        Nothing to do without a folder. Raises WriteFailed, having let the folder go nevertheless."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.close()

    # ------------------------------------------------------------ dumps (`devnet.dump`)

    def dump(self, sink: Sink, level: int | None = None) -> int:
        """Writes everything that the network is, but for its instance id, filters and subscriptions; gives
        the bytes written. `level` is zlib's, 0 stores without compression."""
        from devnet.dump.container import DEFAULT_LEVEL
        from devnet.dump.writing import write_dump

        return write_dump(self, sink, DEFAULT_LEVEL if level is None else level)

    def load(self, file: BinaryIO) -> None:
        """Becomes the network in a dump (a seekable file), all at once; who watches a zone sees its blocks go
        and others come. The dump must be of the same configuration but for the genesis time, which becomes
        the dump's. Raises DumpError and WriteFailed, with nothing changed."""
        from devnet.dump.loading import load_dump

        load_dump(self, file)

    def replace(self, content: NetworkContent, config: NetworkConfig | None = None) -> None:
        """As `load`, with content that is not in a dump. `config` is the content's, where that is another
        one. Raises what the making of a network raises."""
        from devnet.dump.succession import succeed

        config = config or self.config
        keeper = self._keeper
        folder = None if keeper is None else keeper.folder.begin_anew(config)
        fresh: Network | None = None
        try:
            fresh = Network(config, self._parts, copy(self.clock), folder, content)
            fresh.settlement.archive.adopt(self.settlement.archive, fresh.settlement.chain.root_at)
            fresh.settlement.columns.faults = fresh.settlement.faults = fresh.faults = self.faults
            if fresh.config_hash == self.config_hash:
                fresh.settlement.replace(self.settlement)
                fresh.commit()
            fresh._hubs = self._hubs
            if keeper is not None and folder is not None:
                fresh.sync()
                keeper.folder.replace_by(folder)
        except BaseException:
            if fresh is not None and fresh._keeper is not None:
                fresh._keeper.close(commit=False)
            if folder is not None:
                folder.remove_content()
            raise
        # What is recorded or decided there is of no use any more.
        self.settlement.cancel()
        for name, zone in self.zones.items():
            succeed(fresh.zones[name], zone)
        self.config, self.clock, self.instance_id = config, fresh.clock, fresh.instance_id
        self.zones, self.snapshots, self._keeper = fresh.zones, fresh.snapshots, fresh._keeper
        self.settlement, self.eids = fresh.settlement, fresh.eids
        self._due.clear()
        if keeper is not None:
            keeper.close(commit=False)
            keeper.folder.remove_content()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ zones

    @property
    def artifacts(self) -> ArtifactRegistry:
        """ABIs, sources and labels that callers gave the network. Made at first use, by any thread."""
        if not self._artifacts:
            from devnet.artifacts.registry import ArtifactRegistry

            registry = ArtifactRegistry()
            for address, name in NAMES.items() if self.eids is not None else ():
                registry.set_label(address, name)
            for index, courier in enumerate(self.courier.addresses):
                registry.set_label(courier, f"courier {index}")
            # One step under the interpreter's lock, so that all threads get the same one.
            return self._artifacts.setdefault("registry", registry)
        return self._artifacts["registry"]

    @property
    def slot_seconds(self) -> float:
        """How long a slot counts where somebody waits for slots."""
        return self.config.slot_time or 1.0

    @property
    def signatures(self) -> SignatureScheme:
        """What validators sign with."""
        return self._signatures

    @property
    def hub(self) -> Hub:
        """Where validators that live elsewhere come together. Made at first use, by any thread."""
        if not self._hubs:
            from devnet.settlement.remote.hub import Hub

            # As above.
            return self._hubs.setdefault("hub", Hub())
        return self._hubs["hub"]

    @property
    def config_hash(self) -> Hash32:
        """Names the network's rules and genesis."""
        return self.config.hash

    @property
    def default_zone(self) -> ZonePort:
        """The first application zone."""
        return self.zones[ZoneName(self.config.zones[0])]

    def zone(self, name: str | int) -> ZonePort:
        """The zone with that name or chain id. Raises `UnknownZone`."""
        if isinstance(name, str) and name in self.zones:
            return self.zones[ZoneName(name)]
        for zone in self.zones.values():
            if zone.config.chain_id == name:
                return zone
        known = ", ".join(f"{zone} ({port.config.chain_id})" for zone, port in self.zones.items())
        raise UnknownZone(f"no zone {name!r}; there are {known}")

    # ------------------------------------------------------------ transactions

    def submit(self, zone: ZonePort, raw: bytes) -> Hash32:
        """Adds a signed transaction (blob transactions with their sidecar) to the zone's mempool; seals
        nothing.

        Raises MalformedTransaction and InvalidTransaction.
        """
        transaction, sidecar = self.codec.decode(raw)
        return zone.submit(transaction, sidecar)

    def decode(self, raws: Sequence[bytes]) -> list[DecodedTransaction | Undecodable]:
        """What `submit_many` takes of signed transactions: decoded, with their senders. Any thread may ask,
        also while another one changes the network."""
        return self.codec.decode_many(raws)

    def begin_decoding(self, raws: Sequence[bytes]) -> Decoding:
        """Begins `decode`."""
        return self.codec.begin(raws)

    def submit_many(
        self, zone: ZonePort, decoded: Sequence[DecodedTransaction | Undecodable]
    ) -> list[Hash32 | Undecodable]:
        """As `submit` of each in order, with what it would raise in its place."""
        accepted = zone.submit_many([entry for entry in decoded if type(entry) is tuple])
        if len(accepted) == len(decoded):
            return list(accepted)
        outcomes = iter(accepted)
        return [entry if isinstance(entry, Exception) else next(outcomes) for entry in decoded]

    def send(self, zone: ZonePort, request: CallRequest, *, automine: bool = True) -> Hash32:
        """Completes the request as a wallet would, signs it or impersonates its sender, adds it to the
        mempool, and seals if the zone automines. Raises InvalidTransaction, NotUnlocked and BadRequest."""
        filled = zone.complete(request, self.clock.reading())
        transaction_hash = zone.submit(self._signed(zone, filled), filled.sidecar)
        if automine:
            self.automine(zone)
        return transaction_hash

    def sign(self, zone: ZonePort, request: CallRequest) -> Transaction:
        """The request completed and signed, or impersonated, and not sent."""
        return self._signed(zone, zone.complete(request, self.clock.reading()))

    def unsigned(self, filled: CallRequest) -> UnsignedTransaction:
        """A completed request as what a signature covers."""
        return unsigned_from(filled)

    def _signed(self, zone: ZonePort, filled: CallRequest) -> Transaction:
        sender = filled.sender
        if sender is None:
            raise BadRequest("a transaction needs a sender")
        unsigned = unsigned_from(filled)
        try:
            if sender in self.keys:
                return self.keys.sign_transaction(unsigned, sender)
            if zone.may_impersonate(sender):
                return impersonate(unsigned, sender)
        except ValueError as error:
            # The type that was asked for has no place for one of the fields.
            raise BadRequest(str(error)) from error
        raise NotUnlocked(
            f"the network holds no key for 0x{sender.hex()} and does not impersonate it; "
            "sign the transaction yourself or call anvil_impersonateAccount first"
        )

    # ------------------------------------------------------------ blocks

    def automine(self, zone: ZonePort) -> tuple[Block, ...]:
        """Seals what waits, if the zone automines. Called once after a run of submissions."""
        blocks = zone.automine(self.clock.reading())
        if blocks:
            self.clock.advance(len(blocks))
            self.slots.block_sealed(self.settlement)
            self._limit_memory()
            self.courier.work()
        return blocks

    def mine(
        self, zone: ZonePort, count: int = 1, interval: int | None = None, timestamp: int | None = None
    ) -> tuple[Block, ...]:
        """Seals `count` blocks; see `ZonePort.mine`."""
        blocks = zone.mine(self.clock.reading(), count, interval, timestamp)
        self.clock.advance(count)
        self.slots.block_sealed(self.settlement)
        self._limit_memory()
        self.courier.work()
        return blocks

    def settle(self) -> tuple[Settled, ...]:
        """Settles what every zone has that is not settled (protocol section 7), with this process's own
        producers and validators; gives the new settlement blocks. The zones know them from their next blocks
        on, and "safe" and "finalized" move. Raises Undecided."""
        self.begin_settling()
        try:
            return self.settlement.settle(self.clock.mark())
        finally:
            self.seal_epoch()
            self.courier.work()

    def seal_epoch(self) -> None:
        """Called by whoever settled: has the system zone seal an empty block where an epoch is over, other
        stakes wait to become the set of validators, and the zone seals when transactions come."""
        from devnet.settlement.epoch_end import is_block_due

        system = self.zones[SYSTEM_ZONE]
        if is_block_due(system):
            system.mine(self.clock.reading())
            self.clock.advance(1)

    def fulfil(self) -> None:
        """Has zones make the blocks that rules ask of them whatever their users do: with what is due of their
        inboxes, or because they lag."""
        zones = list(self.zones.values())
        for index in self.settlement.wanting():
            zone = zones[index]
            self.settlement.tell_zone(index, zone)
            while self.settlement.inclusion.wants_block(index):
                blocks = zone.fulfil(self.clock.reading())
                if not blocks:
                    break
                self.clock.advance(len(blocks))
                self.settlement.tell_zone(index, zone)

    def begin_settling(self, writing: Callable[[], None] | None = None) -> None:
        """Called by whoever settles, before validators vote: see `Settlement.begin_incarnation`. `writing` is
        called before anything is written, and after blocks were made. Raises WriteFailed."""
        self.fulfil()
        settlement = self.settlement
        if not settlement.has_begun and settlement.standing():
            settlement.begin_incarnation()
            if writing is not None:
                writing()
            # Known before the first vote, whatever happens then.
            self.commit()
            self.sync()

    def _settlement(self, chain: SettlementChain, folder: DataFolder | None, was_kept: bool) -> Settlement:
        files = None if folder is None else folder.archive_files()
        inclusion = Inclusion(chain, list(self.zones.values()), self._inbox_parameters)
        archive = Archive(ArchiveLimits(self.config.archive_blocks, self.config.archive_bytes), files)
        archive.retain(chain.root_at)
        columns = ColumnService(archive, self._parts.coder, self.faults)

        def build() -> Settler:
            return self._build_settler(chain, archive, inclusion)

        evidence = EvidenceBook(file=None if folder is None else folder.evidence_file())
        return Settlement(
            chain, self.zones, build, archive, columns, self.faults, evidence, inclusion, was_kept
        )

    @property
    def _inbox_parameters(self) -> InboxParameters | None:
        """What is fixed of forced inclusion; None for networks from before there was any."""
        return None if self.config.settlement.epoch is None else InboxParameters()

    def _build_settler(self, chain: SettlementChain, archive: Archive, inclusion: Inclusion) -> Settler:
        # All of this takes some time to import, and who settles nothing does not need it.
        from devnet.proving.prover import WitnessProver
        from devnet.proving.stateless import WitnessVerifier
        from devnet.settlement.programs import Programs
        from devnet.settlement.remembering_codec import RememberingCodec
        from devnet.settlement.settler import Machinery, Settler

        config = self.config
        first = {index: config.program(index) for index in range(len(config.zone_names))}
        others = {index: (replace(program, name=EVM),) for index, program in first.items()}
        programs = Programs(first, others)
        codec = RememberingCodec(self.codec)
        machinery = Machinery(
            self._signatures,
            WitnessProver(),
            WitnessVerifier(self._engine, codec, open_state=self._parts.open_state),
            self._parts.coder(),
            codec,
        )
        return Settler(
            config.hash,
            config.settlement,
            programs,
            self.zones,
            chain,
            machinery,
            archive,
            self.faults,
            self.settlement.evidence,
            inclusion,
            self.hub,
        )

    def _limit_memory(self) -> None:
        if self._retention is not None:
            self._retention.apply(self.zones.values())

    def tick(self, now: float, is_idle: bool = True) -> float | None:
        """Seals a block in every zone whose interval is over and settles where a slot is; gives when the next
        one is due, None where nothing happens by itself. `now` is in seconds of any clock that only rises.
        Slots wait, for a while, where the caller is not idle."""
        for name, zone in self.zones.items():
            interval = zone.next_due()
            known, due = self._due.get(name, (None, 0.0))
            if interval is None:
                self._due.pop(name, None)
            elif interval != known:
                self._due[name] = (interval, now + interval)
            elif now >= due:
                # A late tick makes no burst of blocks.
                self._due[name] = (interval, max(due + interval, now))
                self.mine(zone)
        slot = self.slots.tick(now, is_idle, self.settlement)
        dues = [due for _, due in self._due.values()]
        return min(dues if slot is None else [*dues, slot], default=None)

    # ------------------------------------------------------------ going back

    def snapshot(self, name: str | None = None) -> int:
        """Remembers every zone and the clock; gives the snapshot's id. See `devnet.snapshots`."""
        return self.snapshots.take(name)

    def revert(self, snapshot: int | str) -> None:
        """Takes every zone, settlement and the clock back to a snapshot, which stays usable; newer ones do
        not. Raises UnknownSnapshot where a zone went back behind it on its own; then nothing is changed.
        """
        self.snapshots.revert(snapshot)
        self.settlement.follow()

    def revert_zone(self, zone: ZonePort, snapshot: int | str) -> Reach:
        """Takes the zone back to a snapshot, and with it the whole network where blocks go that were proposed
        for settlement; gives how much went back. Raises UnknownSnapshot."""
        reach = self.snapshots.revert_zone(zone, snapshot, self.settlement.proposed())
        if reach is Reach.NETWORK:
            self.settlement.follow()
            self.settlement.note(zone, f"going back to snapshot {snapshot}")
        else:
            self.settlement.followed_alone(zone, zone.number())
        return reach

    def rollback(self, zone: ZonePort, depth: int) -> Reach:
        """Removes the zone's newest `depth` blocks. Where some of them were settled, the other zones,
        settlement and the clock go back to the moment before that; where they were proposed and not decided
        yet, the proposal goes. Raises BadRequest and HistoryGone, with nothing changed."""
        retreat = self._retreat_of(zone, depth)
        zone.rollback(depth)
        return self._retreat(zone, zone.number(), retreat, f"rolled back {depth} blocks")

    def reorg(
        self, zone: ZonePort, depth: int, transactions: Sequence[tuple[Transaction, int]]
    ) -> tuple[Block, ...]:
        """Replaces the zone's newest `depth` blocks (`ZonePort.reorg`). Others go back as in `rollback`."""
        retreat = self._retreat_of(zone, depth)
        known = zone.settlement()
        if retreat is not None and retreat.first is not None:
            # The new blocks must not know what is about to go.
            before = self.settlement.chain.head_at(retreat.first.block.height - 1)
            assert before is not None
            zone.unlearn(before)
            zone.owe(self.settlement.inclusion.owed(zone.config.index, before.height))
        try:
            blocks = zone.reorg(depth, transactions, self.clock.reading())
        except BaseException:
            zone.learn(known)
            # Who recorded its blocks meanwhile may have found none.
            self.settlement.followed_alone(zone, zone.number() - depth)
            raise
        self._retreat(zone, zone.number() - depth, retreat, f"replaced {depth} blocks")
        return blocks

    def reset(self, zone: ZonePort) -> Reach:
        """Takes the zone back to genesis; the whole network where one of its blocks was proposed. Raises
        HistoryGone, with nothing changed."""
        if self.settlement.proposed().get(zone.config.name, 0) <= zone.config.genesis_number:
            zone.reset()
            self.settlement.followed_alone(zone, zone.number())
            return Reach.ZONE
        for name, each in self.zones.items():
            oldest = each.history().oldest
            if oldest > each.config.genesis_number:
                detail = f"zone {name} cannot go back to genesis: it keeps no block below {oldest}"
                raise HistoryGone(detail, oldest)
        for each in self.zones.values():
            each.reset()
        self.settlement.reset()
        self.clock.go_back(self.config.genesis_time)
        self.settlement.tell()
        self.settlement.note(zone, "a reset")
        _LOG.warning("zone %s was reset: the whole network is back at genesis with it", zone.config.name)
        return Reach.NETWORK

    def _retreat_of(self, zone: ZonePort, depth: int) -> Retreat | None:
        number, genesis = zone.number(), zone.config.genesis_number
        # What cannot be, the zone says itself.
        return self.settlement.retreat_of(zone, number - depth) if 0 <= depth <= number - genesis else None

    def _retreat(self, zone: ZonePort, number: int, retreat: Retreat | None, what: str) -> Reach:
        """What else goes back after the zone went back to its block `number`."""
        if retreat is None:
            self.settlement.followed_alone(zone, number)
            return Reach.ZONE
        self.settlement.retreat(retreat)
        if retreat.first is None:
            # It was not decided: no other zone knows of it, so none has to go back.
            _LOG.info(
                "zone %s %s that were proposed for settlement: the proposal goes", zone.config.name, what
            )
        else:
            self.clock.go_back(retreat.first.clock)
            self.settlement.note(zone, f"{what} that were settled")
            _LOG.warning(
                "zone %s %s, below what was proposed for settlement: the whole network went back with it",
                zone.config.name,
                what,
            )
        self.settlement.tell()
        return Reach.ZONE if retreat.first is None else Reach.NETWORK


def unsigned_from(filled: CallRequest) -> UnsignedTransaction:
    """A completed request as what a signature covers. Raises BadRequest where something is missing."""
    if filled.nonce is None or filled.gas is None:
        raise BadRequest("a transaction needs a nonce and a gas limit before it can be signed")
    kind = DYNAMIC_FEE if filled.type is None else filled.type
    if kind >= DYNAMIC_FEE:
        max_fee, priority_fee = filled.max_fee_per_gas, filled.max_priority_fee_per_gas
    else:
        max_fee = priority_fee = filled.gas_price
    return UnsignedTransaction(
        type=kind,
        chain_id=filled.chain_id,
        nonce=filled.nonce,
        gas_limit=filled.gas,
        max_fee_per_gas=max_fee or Wei(0),
        max_priority_fee_per_gas=priority_fee or Wei(0),
        to=filled.to,
        value=filled.value or Wei(0),
        data=filled.data,
        access_list=filled.access_list or (),
        max_fee_per_blob_gas=(filled.max_fee_per_blob_gas if kind == BLOB else None) or Wei(0),
        blob_hashes=filled.blob_hashes or (),
        authorizations=filled.authorizations or (),
    )
