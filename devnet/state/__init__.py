"""QMDB: the verifiable, append-only store of a zone (protocol section 3), and how the other parts see it.

Parts import the Protocols below, `devnet.state.qmdb` (the implementation), `devnet.state.verify` (the
verifier, which needs nothing else of this package), `devnet.state.recorder` (what makes witnesses),
`devnet.state.state_witness` and `devnet.state.partial` (a state of which only a witness is there); nothing
further inside. `devnet.state.native` and `devnet.state.native_witness` are the same on the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.persistence.home import Durable
from devnet.state.config import QmdbConfig
from devnet.state.places import Place, ShardHead
from devnet.state.proofs import Proof


class StateGone(LookupError):
    """The height was rolled back, or is older than the kept history."""


class StateView(Protocol):
    """The state after one block: immutable and cheap. Reading one after its height was rolled back raises
    `StateGone`. Views may be read from other threads than the one that commits."""

    @property
    def height(self) -> int: ...

    def account(self, address: Address) -> Account | None:
        """The account, None where there is none (an empty account is never stored)."""

    def storage(self, address: Address, slot: int) -> int:
        """The slot's value, 0 where nothing is stored."""

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that hash, b"" for `EMPTY_CODE_HASH`. Raises KeyError where it was never stored."""

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        """Every stored (slot, value) of the account in the order of the slots. A full scan: for dumps,
        and for SELFDESTRUCT before Cancun; never on the path of an ordinary transaction."""

    def addresses(self) -> Iterator[Address]:
        """Every stored account in the order of the addresses. A full scan."""


class WitnessedState(StateView, Protocol):
    """A state of which only a witness is there, and which takes change sets; for one thread at a time. What
    it does not hold raises `devnet.state.witness_flaws.BadStateWitness`, and so do reads that no witness can
    answer. Height and root are those of the newest block that was committed to it."""

    @property
    def root(self) -> Hash32: ...

    @property
    def counters(self) -> Mapping[int, tuple[int, int, int]]:
        """Start, end and active entries of every shard of which something is there, by its number."""

    def commit(self, changes: ChangeSet) -> Hash32:
        """Applies the next block's changes and gives the root after it, as `State.commit` would. Raises
        `BadStateWitness`; the state is of no more use then."""

    def check_used(self) -> None:
        """Raises `BadStateWitness` where the witness holds an entry, a chunk or code that nobody needed."""


class WitnessRecorder(Protocol):
    """Makes the witness of one kept height of a state."""

    @property
    def view(self) -> WitnessedState:
        """A state that fetches what it lacks from the whole one: what a verifier will do is done on it."""

    @property
    def codes(self) -> Mapping[Hash32, bytes]:
        """The code that was asked for, by its hash."""

    def witness(self) -> bytes:
        """What was fetched, as `OpenState` takes it."""


class OpenState(Protocol):
    """Opens the witness of a state: `devnet.state.state_witness.open_state`, or the kernel's."""

    def __call__(
        self, content: bytes, root: Hash32, height: int, config: QmdbConfig, codes: Mapping[Hash32, bytes]
    ) -> WitnessedState:
        """The state after block `height` with that root, as far as the witness holds it; `codes` are taken as
        they are. Raises `BadStateWitness`."""


class State(Durable, Protocol):
    """One zone's state over its blocks. One thread commits, rolls back, forgets and writes; any thread reads
    views, and proves and records where `records_anywhere` says so. Without a home `write` gives b"" and
    nothing is kept for it."""

    @property
    def height(self) -> int:
        """Of the newest committed block, -1 before genesis."""

    @property
    def root(self) -> Hash32: ...

    def root_at(self, height: int) -> Hash32: ...

    def view(self, height: int | None = None) -> StateView:
        """The state after block `height` (default: the newest). Raises `StateGone`."""

    def balances(self, first: int, last: int) -> Sequence[Wei]:
        """The sum of all balances after each block from `first` to `last`, both kept: a full scan. Any thread
        may ask. Raises `StateGone`."""

    def prove(self, key: bytes, height: int | None = None) -> Proof:
        """Proves what the root after block `height` (default: the newest) says about a key: its value, or
        that there is none. Raises `StateGone`."""

    def shard_heads(self, height: int) -> tuple[ShardHead, ...]:
        """The sixteen shards after block `height`. Raises `StateGone`."""

    def find(self, key_hash: bytes, height: int) -> int:
        """Serial number of the entry, active after block `height`, that has this key hash or the next lower
        one. Raises `StateGone`."""

    def place_at(self, shard: int, serial_number: int, height: int) -> Place:
        """What stood at a serial number of a shard after block `height`. Raises `StateGone`, and ValueError
        for one beyond the shard's end or in a twig without active entries below its start."""

    @property
    def records_anywhere(self) -> bool:
        """Whether any thread may prove, and make recorders and use them, while the state is committed to,
        rolled back and forgotten. Otherwise the thread that does so proves and records, and between two parts
        of a recording only commits and rolls back, no further than to the height that is recorded."""

    def recorder(self, height: int, config: QmdbConfig) -> WitnessRecorder:
        """What makes a witness of the state after block `height`. `config` is the state's. Raises
        `StateGone`, and so do its parts once the height is not kept any more."""

    def commit(self, height: int, changes: ChangeSet) -> Hash32:
        """Applies one block's changes (height = the last one + 1; genesis is 0) and gives the new root."""

    def rollback(self, height: int) -> None:
        """Undoes every block above `height`; the roots are again what they were. Raises `StateGone`."""

    @property
    def oldest_height(self) -> int:
        """The lowest height that can be read, proven and rolled back to; -1 until something is forgotten."""

    def forget(self, height: int) -> None:
        """Ends the history below `height` (at most the newest one). The files follow by and by."""

    @property
    def history_size(self) -> int:
        """Bytes of memory that the history takes beyond the newest state: an estimate by counting."""

    def export(self) -> Iterator[bytes]:
        """Records from which `Qmdb.load` makes a state with the same kept heights, roots, serial numbers and
        proofs. The state must not change while they are taken."""
