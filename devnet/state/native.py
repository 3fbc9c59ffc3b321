"""The native state: `devnet.state.qmdb.Qmdb` with values, trees and index in the compiled kernel.

    from devnet.kernel import load
    from devnet.state.native import NativeQmdb
    state = NativeQmdb(pool=load().Pool(2))

Roots, proofs, records and files are byte for byte the reference's; either opens what the other wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from devnet.chain.types import Hash32, Wei
from devnet.kernel import load
from devnet.persistence.home import Home
from devnet.state import WitnessRecorder
from devnet.state.config import DEVNET, QmdbConfig
from devnet.state.content import RecordRefused, take_all
from devnet.state.costs import Costs
from devnet.state.kept import KeptState
from devnet.state.places import Place, ShardHead
from devnet.state.proofs import Proof
from devnet.state.store import SEGMENT_SIZE, Store

if TYPE_CHECKING:
    from devnet.chain.account import ChangeSet
    from devnet.kernel import zero_kernel


class NativeQmdb(KeptState):
    """See `devnet.state.State` and `devnet.state.qmdb.Qmdb`."""

    def __init__(
        self,
        config: QmdbConfig = DEVNET,
        home: Home | None = None,
        *,
        pool: zero_kernel.Pool,
        segment_size: int = SEGMENT_SIZE,
    ) -> None:
        """With a home that has a position: the state that was committed there, otherwise a new one. `pool`:
        what commits and restores on several threads. Raises FolderError, WriteFailed and KernelAbsent."""
        self.config = config
        self._store: Store | None = None
        if home is not None and home.position is not None:
            self._store, self._state = _opened(config, home, pool, segment_size)
        else:
            if home is not None:
                self._store = Store.create(home, segment_size)
            self._state = load().Qmdb(pool, *_compaction(config))
        self._read_from(self._state)

    @classmethod
    def load(
        cls,
        config: QmdbConfig,
        records: Iterable[bytes],
        home: Home | None = None,
        *,
        pool: zero_kernel.Pool,
        segment_size: int = SEGMENT_SIZE,
    ) -> NativeQmdb:
        """The state that `export` gave the records of. With a home, which must have no position, its files
        are written by the first `write`. Raises ValueError for records that make no state."""
        if home is not None and home.position is not None:
            raise ValueError("a state is loaded into a folder of its own")
        restoring = _NativeRestoring(config, pool, None)
        take_all(restoring, records)
        state = cls.__new__(cls)
        state.config = config
        state._store = None
        state._state = restoring.finish()
        state._read_from(state._state)
        if home is not None:
            state._store = Store.create(home, segment_size)
            state._store.is_rewriting_due = True
        return state

    def _read_from(self, state: zero_kernel.Qmdb) -> None:
        # Without a frame of Python's in between: they are what every call of a client begins with.
        self.root_at = state.root_at
        self.view = state.view
        self.commit: Callable[[int, ChangeSet], Hash32] = state.commit
        self.read = state.read
        self.prove: Callable[..., Proof] = state.prove
        self.find: Callable[[bytes, int], int] = state.find

    # The State protocol; `root_at`, `view`, `commit`, `read`, `prove` and `find` are the kernel's own

    @property
    def height(self) -> int:
        """Of the newest block, -1 before genesis."""
        return self._state.height

    @property
    def oldest_height(self) -> int:
        """The lowest height that can be read and rolled back to."""
        return self._state.oldest_height

    @property
    def root(self) -> Hash32:
        return self._state.root

    def balances(self, first: int, last: int) -> Sequence[Wei]:
        """See `devnet.state.State`."""
        return [Wei((high << 256) + low) for high, low in self._state.balances(first, last)]

    def shard_heads(self, height: int) -> tuple[ShardHead, ...]:
        """See `devnet.state.State`."""
        return tuple(ShardHead(*fields) for fields in self._state.shard_heads(height))

    def place_at(self, shard: int, serial_number: int, height: int) -> Place:
        """See `devnet.state.State`."""
        return Place(*self._state.place_at(shard, serial_number, height))

    records_anywhere = True
    """See `devnet.state.State`: the kernel keeps others out for one question at a time."""

    def recorder(self, height: int, config: QmdbConfig) -> WitnessRecorder:
        """See `devnet.state.State`."""
        recorder: zero_kernel.Recorder = load().Recorder(self._state, height, *_compaction(config))
        return recorder

    def rollback(self, height: int) -> None:
        """Undoes every block above `height`. Its cost depends on those blocks alone. Raises `StateGone`."""
        self._state.root_at(height)
        if self._store is not None:
            self._store.cut(height)
        self._state.rollback(height)

    def forget(self, height: int) -> None:
        """Ends the history below `height`, at most the newest: what is older can neither be read, nor proven,
        nor rolled back to. Roots do not change."""
        if self.oldest_height >= min(height, self.height):
            return
        self._before_forgetting()
        self._state.forget(height)

    @property
    def history_size(self) -> int:
        """Bytes of memory that the history takes beyond the newest state: an estimate by counting."""
        return self._state.history_size

    @property
    def costs(self) -> Costs:
        """What everything so far cost."""
        return Costs(*self._state.costs)

    @property
    def memory(self) -> int:
        """Bytes of memory of entries, trees, index and newest values, by counting."""
        return self._state.memory

    @classmethod
    def check(
        cls,
        config: QmdbConfig,
        home: Home,
        progress: Callable[[int, int], None] | None = None,
        *,
        pool: zero_kernel.Pool,
    ) -> dict[int, Hash32]:
        """See `Qmdb.check`."""
        store, state = _opened(config, home, pool, SEGMENT_SIZE)
        roots = {}
        try:
            newest, oldest = state.height, state.oldest_height
            for done, height in enumerate(range(newest, oldest - 1, -1), start=1):
                state.rollback(height)
                if not state.is_sound():
                    raise store.wrong_root(height)
                roots[height] = state.root
                if progress is not None:
                    progress(done, newest - oldest + 1)
        finally:
            store.close()
        return roots

    def _content(self) -> _NativeContent:
        return _NativeContent(self._state)


class _NativeContent:
    """See `devnet.state.content.Content`."""

    def __init__(self, state: zero_kernel.Qmdb) -> None:
        self.height = state.height
        self.oldest = state.oldest_height
        self.root = state.root
        self._state = state
        self.codes_of = state.codes_of
        self.older_codes = state.older_codes
        self.heads = state.heads
        self.pieces = state.pieces
        self.ends = state.ends

    def block_records(self, first: int) -> Iterator[bytes]:
        return map(self._state.block_record, range(first, self.height + 1))


class _NativeRestoring:
    """See `devnet.state.content.Restoring`."""

    def __init__(self, config: QmdbConfig, pool: zero_kernel.Pool, oldest: int | None) -> None:
        self._restorer: zero_kernel.StateRestorer = load().StateRestorer(pool, *_compaction(config), oldest)
        self.end_base = self._restorer.end_base
        self.finish = self._restorer.finish

    @property
    def height(self) -> int:
        return self._restorer.height

    def take_base(self, records: Sequence[bytes]) -> None:
        _check(self._restorer.take_base(list(records)))

    def take_codes(self, records: Sequence[bytes]) -> None:
        _check(self._restorer.take_codes(list(records)))

    def take_blocks(self, records: Sequence[bytes]) -> None:
        _check(self._restorer.take_blocks(list(records)))


def _check(refused: tuple[int, str] | None) -> None:
    if refused is not None:
        raise RecordRefused(*refused)


def _opened(
    config: QmdbConfig, home: Home, pool: zero_kernel.Pool, segment_size: int
) -> tuple[Store, zero_kernel.Qmdb]:
    """Raises FolderError."""

    def restoring(oldest: int) -> _NativeRestoring:
        return _NativeRestoring(config, pool, oldest)

    store, position, restored = Store.open(home, restoring, segment_size)
    try:
        state = restored.finish()
        if state.root != position.root:
            raise ValueError("the root is not the one that the commit names")
    except ValueError as error:
        store.close()
        raise store.contradiction(str(error)) from None
    return store, state


def _compaction(config: QmdbConfig) -> tuple[int, int, int]:
    return config.compaction_threshold, config.compaction_ratio, config.compaction_divisor
