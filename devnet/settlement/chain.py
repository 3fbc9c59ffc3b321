"""The settlement chain: what was decided, from which everything else about settlement follows.

Whatever happens to it is a `Settled` or a `WentBack`, and applying the same ones again gives the same chain:
that is how a network that is kept in a folder writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import ZERO_HASH, Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.settlement.block import SettlementBlock, ZoneUpdate, zones_root
from devnet.settlement.settled import Settled, SettledBlocks, UpdateIndex


@dataclass(frozen=True, slots=True)
class WentBack:
    """Development took settled history back: what is above `height` is gone, and signatures of earlier
    incarnations count no more."""

    height: int
    incarnation: int


@dataclass(frozen=True, slots=True)
class ChainBase:
    """What a chain begins with whose oldest blocks were let go: all that later blocks follow from."""

    height: int
    """Of the newest block that went."""
    root: Hash32
    slot: int
    incarnation: int
    """Of that block."""
    updates: tuple[tuple[int, ZoneUpdate], ...]
    """(height, update): the newest one of each zone up to there, by zone."""
    validators: ValidatorSet
    """The set that signs the next height."""


ChainChange: TypeAlias = Settled | WentBack | ChainBase

SYSTEM_HEIGHTS = 16
"""How far below the newest settlement block the system zone's state decides what is due in a zone: a zone may
lag 8 heights, and what was posted is due 8 heights after."""


@dataclass(frozen=True, slots=True)
class ChainView:
    """The settlement chain as it was at one moment: it never changes, whatever happens to the chain, and any
    thread may ask it. What is settled next is judged by it."""

    head: SettlementHead
    """The newest settlement block."""
    newest: Settled | None
    """The same, None at genesis."""
    incarnation: int
    """Of the block to come."""
    genesis: SettlementHead
    genesis_number: int
    """Of every zone's first block."""
    updates: Mapping[int, ZoneUpdate]
    """By zone its newest one; zones without any have none."""
    blocks: SettledBlocks
    """Those above `head` are none of this view's."""
    validators: ValidatorSet
    """The set that signs the block to come."""
    validators_root: Hash32
    """Of that set, as `head` names it."""
    heights: Mapping[int, int]
    """By zone, of the settlement block that its newest update is in."""
    system: Sequence[tuple[int, ZoneUpdate]]
    """(height, update) of the system zone, oldest first: those above `SYSTEM_HEIGHTS` below `head`, and the
    one before."""

    def head_at(self, height: int) -> SettlementHead | None:
        """The settlement block of that height as zones know it, None where there is none."""
        if height == 0:
            return self.genesis
        settled = self.at(height)
        return None if settled is None else head_of(settled.block, self.genesis.zone_count)

    def at(self, height: int) -> Settled | None:
        """The settlement block of that height; None at genesis, where there is none, and where it was let
        go."""
        return self.blocks.at(height) if height <= self.head.height else None

    def height_of(self, root: Hash32) -> int | None:
        """The height of the settlement block with that root, None where there is none."""
        if root == self.genesis.root:
            return 0
        for height in range(self.head.height, self.blocks.first - 1, -1):
            settled = self.blocks.at(height)
            if settled is not None and settled.block.root == root:
                return height
        return None

    def update_of(self, zone: int) -> ZoneUpdate | None:
        """The zone's newest update, None before its first."""
        return self.updates.get(zone)

    def settled_number(self, zone: int) -> int:
        """Of the zone's newest settled block; genesis counts as settled."""
        update = self.update_of(zone)
        return self.genesis_number if update is None else update.statement.last_height

    def settled_in(self, zone: int) -> int | None:
        """The height of the settlement block with the zone's newest update, None before its first."""
        return self.heights.get(zone)

    def system_at(self, height: int) -> ZoneUpdate | None:
        """The system zone's newest update at that height, at most `SYSTEM_HEIGHTS` below `head`; None where
        there was none."""
        for settled_in, update in reversed(self.system):
            if settled_in <= height:
                return update
        return None

    def inbox_index(self, zone: int) -> int:
        """How much of the zone's inbox its updates consumed."""
        update = self.update_of(zone)
        return 0 if update is None else update.statement.post_inbox_index

    def previous_of(self, zone: int) -> Hash32:
        """What the zone's next update names as the one before it."""
        update = self.update_of(zone)
        return ZERO_HASH if update is None else update.signed_hash

    def zones_root_with(self, updates: Sequence[ZoneUpdate]) -> Hash32:
        """`zones_root` of a block that settles these."""
        leaves = {zone: update.signed_hash for zone, update in self.updates.items()}
        leaves.update((update.statement.zone, update.signed_hash) for update in updates)
        return zones_root(leaves)


def head_of(block: SettlementBlock, zone_count: int) -> SettlementHead:
    """A settlement block as zones know it."""
    return SettlementHead(block.height, block.root, block.slot, zone_count)


class SettlementChain:
    """Settlement blocks above genesis, oldest first. Its owner changes it, any thread asks. Whoever asks for
    more than one thing that must fit together takes a `view`."""

    __slots__ = (
        "_base",
        "_blocks",
        "_changes",
        "_genesis",
        "_genesis_number",
        "_heights",
        "_newest",
        "_sets",
        "_updates",
        "incarnation",
    )

    def __init__(self, genesis: SettlementHead, genesis_number: int, validators: ValidatorSet) -> None:
        """`genesis` is settlement block 0; `genesis_number` is the number of every zone's first block;
        `validators` sign block 1."""
        self._genesis = genesis
        self._genesis_number = genesis_number
        self._base: ChainBase | None = None
        """What went, where something did."""
        self._blocks = SettledBlocks()
        self._heights: dict[Hash32, int] = {genesis.root: 0}
        self._updates: dict[int, UpdateIndex] = {}
        """By zone."""
        self._newest: dict[int, tuple[int, ZoneUpdate]] = {}
        """By zone: (height, update)."""
        self._sets: list[tuple[int, ValidatorSet, Hash32]] = [(0, validators, validators.root)]
        """By the height of the block that names them first: sets with their roots, oldest first."""
        self._changes: list[ChainChange] | None = None
        self.incarnation = 0
        """Of blocks to come."""

    # ------------------------------------------------------------ questions

    @property
    def height(self) -> int:
        """Of the newest settlement block; 0 is genesis."""
        return self._blocks.height

    @property
    def oldest(self) -> int:
        """The height of the oldest settlement block above genesis that is kept; one above `height` where none
        is."""
        return self._blocks.first

    @property
    def head(self) -> SettlementHead:
        """The newest settlement block as zones know it."""
        newest, base = self.newest, self._base
        if newest is not None:
            return self._head_of(newest)
        if base is not None:
            return SettlementHead(base.height, base.root, base.slot, self._genesis.zone_count)
        return self._genesis

    @property
    def newest(self) -> Settled | None:
        """The newest settlement block above genesis."""
        blocks = self._blocks
        return blocks.at(blocks.height)

    def head_at(self, height: int) -> SettlementHead | None:
        """The settlement block of that height as zones know it, None where there is none."""
        if height == 0:
            return self._genesis
        settled = self.at(height)
        return None if settled is None else self._head_of(settled)

    def _head_of(self, settled: Settled) -> SettlementHead:
        return head_of(settled.block, self._genesis.zone_count)

    def view(self) -> ChainView:
        """The chain as it is now. The owner's."""
        return ChainView(
            self.head,
            self.newest,
            self.incarnation,
            self._genesis,
            self._genesis_number,
            {zone: update for zone, (_, update) in self._newest.items()},
            self._blocks,
            *self._sets[-1][1:],
            {zone: height for zone, (height, _) in self._newest.items()},
            self._updates_since(0, self.height - SYSTEM_HEIGHTS),
        )

    @property
    def validators(self) -> ValidatorSet:
        """The set that signs the block to come."""
        return self._sets[-1][1]

    def signers_of(self, height: int) -> ValidatorSet:
        """The set that signs, or signed, the settlement block of that height (at least 1)."""
        return next(each for named, each, _ in reversed(tuple(self._sets)) if named < height)

    def _updates_since(self, zone: int, height: int) -> tuple[tuple[int, ZoneUpdate], ...]:
        """The zone's updates above that height, and the one before."""
        index = self._updates.get(zone)
        if index is None:
            return ()
        first = max(index.after(height) - 1, 0)
        found = (self._update_in(zone, place) for place in range(first, len(index)))
        return tuple(entry for entry in found if entry is not None)

    def _update_in(self, zone: int, place: int) -> tuple[int, ZoneUpdate] | None:
        """(height, update) of that place in the zone's index, None where there is none any more."""
        index = self._updates.get(zone)
        located = None if index is None else index.at(place)
        if located is None:
            return None
        height, last = located
        newest = self._newest.get(zone)
        if newest is not None and newest[1].statement.last_height == last:
            return newest
        settled, base = self.at(height), self._base
        for update in () if settled is None else settled.updates_of(zone):
            if update.statement.last_height == last:
                return height, update
        for entry in () if base is None else base.updates:
            if entry[1].statement.zone == zone and entry[1].statement.last_height == last:
                return entry
        return None

    def update_at(self, zone: int, height: int) -> tuple[int, ZoneUpdate] | None:
        """The zone's newest update at or below that height and the height it is in, None where there was
        none."""
        index = self._updates.get(zone)
        return None if index is None else self._update_in(zone, index.after(height) - 1)

    def at(self, height: int) -> Settled | None:
        """The settlement block of that height; None at genesis, where there is none, and where it was let
        go."""
        return self._blocks.at(height)

    def root_at(self, height: int) -> Hash32 | None:
        """The root of the settlement block of that height, None where there is none."""
        head = self.head_at(height)
        return None if head is None else head.root

    def height_of(self, root: Hash32) -> int | None:
        """The height of the settlement block with that root, None where there is none."""
        return self._heights.get(root)

    def update_of(self, zone: int) -> ZoneUpdate | None:
        """The zone's newest update, None before its first."""
        newest = self._newest.get(zone)
        return None if newest is None else newest[1]

    def settled_number(self, zone: int) -> int:
        """Of the zone's newest settled block; genesis counts as settled."""
        update = self.update_of(zone)
        return self._genesis_number if update is None else update.statement.last_height

    def update_for(self, zone: int, number: int) -> tuple[int, ZoneUpdate] | None:
        """The update that settled the zone's block with that number and the height it is in; None where
        nothing settled it yet, and for genesis."""
        index = self._updates.get(zone)
        found = None if index is None else self._update_in(zone, index.containing(number))
        return None if found is None or found[1].statement.first_height > number else found

    def update_settled_at(self, zone: int, height: int) -> ZoneUpdate | None:
        """The zone's newest update in the settlement blocks up to that height, None before its first."""
        found = self.update_at(zone, height)
        return None if found is None else found[1]

    def newest_updates(self) -> dict[int, Hash32]:
        """The leaves of the zones tree: the hash of each zone's newest update."""
        return {zone: update.signed_hash for zone, (_, update) in self._newest.items()}

    def newest_updates_at(self, height: int) -> dict[int, Hash32]:
        """The leaves of the zones tree under the settlement block of that height, which is kept."""
        found = ((zone, self.update_at(zone, height)) for zone in tuple(self._updates))
        return {zone: entry[1].signed_hash for zone, entry in found if entry is not None}

    def zones_root_with(self, updates: Sequence[ZoneUpdate]) -> Hash32:
        """`zones_root` of a block that settles these."""
        leaves = self.newest_updates()
        leaves.update((update.statement.zone, update.signed_hash) for update in updates)
        return zones_root(leaves)

    def previous_of(self, zone: int) -> Hash32:
        """What the zone's next update names as the one before it."""
        update = self.update_of(zone)
        return ZERO_HASH if update is None else update.signed_hash

    def __iter__(self) -> Iterator[Settled]:
        return iter(self._blocks)

    # ------------------------------------------------------------ changes

    def apply(self, change: ChainChange) -> None:
        """Makes a change, and keeps it for `take_changes` where they are recorded. Raises ValueError for one
        that cannot follow."""
        if isinstance(change, Settled):
            self._check(change)
        elif isinstance(change, ChainBase):
            if self.height or change.height < 1:
                raise ValueError("only an empty settlement chain can begin with later blocks")
        elif not (
            # What is below the oldest block can be the newest of a chain that begins after it.
            (change.height in (0, self.height) or self.oldest <= change.height <= self.height)
            and change.incarnation > self.incarnation
        ):
            raise ValueError(
                f"settlement cannot go back to height {change.height}, incarnation {change.incarnation}"
            )
        if self._changes is not None:
            # Noted before anybody sees it.
            self._changes.append(change)
        match change:
            case Settled():
                self._append(change)
            case ChainBase():
                self._begin_at(change)
            case _:
                self._go_back(change)

    def _check(self, settled: Settled) -> None:
        block = settled.block
        head = self.head
        if block.height != head.height + 1 or block.parent_root != head.root or block.slot <= head.slot:
            raise ValueError(f"settlement block {block.height} does not follow {head.height}")
        if block.incarnation != self.incarnation:
            raise ValueError(f"settlement block {block.height} is of incarnation {block.incarnation}")
        if block.zones_root != self.zones_root_with(settled.updates):
            raise ValueError(f"settlement block {block.height} commits to other updates")
        named = self._sets[-1][2] if settled.elected is None else settled.elected.root
        if block.validators_root != named:
            raise ValueError(f"settlement block {block.height} names another set of validators")

    def _append(self, settled: Settled) -> None:
        height = settled.block.height
        if settled.elected is not None:
            self._sets.append((height, settled.elected, settled.block.validators_root))
        self._blocks.append(settled)
        # Whoever finds an update finds its block.
        for update in settled.updates:
            zone = update.statement.zone
            self._newest[zone] = (height, update)
            self._updates.setdefault(zone, UpdateIndex()).append(height, update.statement.last_height)
        self._heights[settled.block.root] = height

    def _begin_at(self, base: ChainBase) -> None:
        self._base = base
        self._blocks = SettledBlocks(base.height + 1)
        self._heights[base.root] = base.height
        self._sets.append((base.height, base.validators, base.validators.root))
        for height, update in base.updates:
            zone = update.statement.zone
            self._newest[zone] = (height, update)
            self._updates.setdefault(zone, UpdateIndex()).append(height, update.statement.last_height)
        self.incarnation = base.incarnation

    def _go_back(self, change: WentBack) -> None:
        for settled in self._blocks.since(change.height + 1):
            self._heights.pop(settled.block.root, None)
        self._sets = [entry for entry in self._sets if entry[0] <= change.height]
        # Other objects: views and readers go on with those that they have.
        blocks = self._blocks.up_to(change.height)
        if change.height == 0:
            self._base, blocks = None, SettledBlocks()
        self._blocks, before, self._newest = blocks, self._newest, {}
        for zone, index in self._updates.items():
            index.cut(change.height)
            newest = before.get(zone)
            if newest is not None and newest[0] > change.height:
                newest = self._update_in(zone, len(index) - 1)
            if newest is not None:
                self._newest[zone] = newest
        self.incarnation = change.incarnation

    def forget_below(self, height: int) -> None:
        """Lets the settlement blocks below that height go, but for genesis and the newest; whoever has a view
        keeps it. What they settled is known to be settled (`settled_number`), and by which update no more.
        Nothing goes back below them, except to genesis."""
        height = min(height, self.height)
        if height <= self.oldest:
            return
        last = self.at(height - 1)
        assert last is not None
        found = [self.update_at(zone, height - 1) for zone in sorted(self._updates)]
        base = ChainBase(
            last.block.height,
            last.block.root,
            last.block.slot,
            last.block.incarnation,
            tuple(entry for entry in found if entry is not None),
            self.signers_of(height),
        )
        for settled in self._blocks.up_to(height - 1):
            self._heights.pop(settled.block.root, None)
        genesis, *named = self._sets
        older = [entry for entry in named if entry[0] < height]
        self._sets = [genesis, *older[-1:], *named[len(older) :]]
        self._base, self._blocks = base, self._blocks.since(height)

    # ------------------------------------------------------------ keeping it in a file

    def record_changes(self) -> None:
        """From now on changes are kept until `take_changes` asks for them."""
        self._changes = []

    @property
    def has_changes(self) -> bool:
        """Whether `take_changes` has something to give. Any thread may ask."""
        return bool(self._changes)

    def history(self) -> tuple[ChainChange, ...]:
        """Changes that make this chain out of an empty one."""
        base = self._base
        changes: list[ChainChange] = [] if base is None else [base]
        incarnation = 0 if base is None else base.incarnation
        for settled in self:
            if settled.block.incarnation > incarnation:
                incarnation = settled.block.incarnation
                changes.append(WentBack(settled.block.height - 1, incarnation))
            changes.append(settled)
        if self.incarnation > incarnation:
            changes.append(WentBack(self.height, self.incarnation))
        return tuple(changes)

    def take_changes(self) -> tuple[ChainChange, ...]:
        """The changes since the last time, oldest first; none where they are not recorded."""
        if not self._changes:
            return ()
        changes = tuple(self._changes)
        self._changes.clear()
        return changes


__all__ = [
    "SYSTEM_HEIGHTS",
    "ChainBase",
    "ChainChange",
    "ChainView",
    "Settled",
    "SettlementChain",
    "WentBack",
    "head_of",
]
