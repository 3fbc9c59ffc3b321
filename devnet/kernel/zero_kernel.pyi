"""The compiled kernel's Python face. This file is its interface: its hash is built into the kernel, and a
kernel with another hash is refused."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from devnet.chain.account import Account
from devnet.chain.block import Receipt
from devnet.chain.codec import Outcome
from devnet.chain.rules import Rules
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Hash32
from devnet.execution import BlockEnv, Execution, Mode, TransactionResult
from devnet.execution.tracer_options import TracerOptions
from devnet.state import StateView
from devnet.state.proofs import Proof

INTERFACE: str
"""SHA-256 of this file as it was when the kernel was built."""

class Pool:
    """The threads that native parts of one network share."""

    def __new__(cls, threads: int) -> Pool:
        """Raises ValueError below 1 and above 1024."""

    @property
    def threads(self) -> int: ...

# --- codec: transactions, receipts, tries ---

class Codec:
    """What `devnet.chain.native_codec.NativeCodec` is made of."""

    def __new__(cls, pool: Pool) -> Codec: ...
    def decode(self, raw: bytes) -> Transaction | None:
        """None for bytes that only the reference takes, or that it refuses."""

    def decode_many(self, raws: Sequence[bytes]) -> list[tuple[Transaction, None] | None]:
        """As `decode` for each."""

    def begin(self, raws: Sequence[bytes]) -> Decoding:
        """Begins `decode_many` on the pool's threads."""

    def seal_content(
        self, transactions: Sequence[Transaction], results: Sequence[Outcome]
    ) -> tuple[tuple[Receipt, ...], Hash32, Hash32, bytes, int, int, int]:
        """The fields of `devnet.chain.codec.BlockContent` after the first."""

    def pack_content(self, transactions: Sequence[Transaction], receipts: Sequence[Receipt]) -> bytes | None:
        """As `devnet.chain.content_packing` has it; None where only the reference can."""

    def unpack_content(
        self, transactions: bytes, receipts: bytes, hashes: bytes
    ) -> tuple[tuple[Transaction, ...], tuple[Receipt, ...], bytes] | None:
        """As `devnet.chain.content_packing` has it; None for what is not well-formed."""

    def recover_many(self, digests: Sequence[bytes], signatures: Sequence[bytes]) -> list[Address | None]:
        """The addresses whose keys signed the digests of 32 bytes. Signatures are r, s (of 32 bytes, s in the
        lower half) and the parity of y (of one); what is none has None."""

class Decoding:
    """What `Codec.begin` began."""

    @property
    def is_done(self) -> bool:
        """Whether `finish` need not wait."""

    def finish(self) -> list[tuple[Transaction, None] | None]:
        """What `decode_many` gives. Helps with what nobody works at, and waits for the rest."""

# --- engine ---

class Engine:
    """What `devnet.execution.native.NativeEngine` is made of."""

    def __new__(cls, pool: Pool) -> Engine: ...
    def execute(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        tracer: TracerOptions | None,
    ) -> Execution:
        """`devnet.execution.Engine.execute`, with the options of the mode's tracer read."""

    def execute_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        framed: bool,
        jitter_seed: int | None = None,
    ) -> tuple[Execution, tuple[int, ...], tuple[int, ...]]:
        """The three fields of what `devnet.execution.Engine.execute_block` gives, run by frames on the pool's
        threads. For tests, `jitter_seed` makes the threads wait now and then."""

    def schedule_block(
        self,
        rules: Rules,
        env: BlockEnv,
        transactions: Sequence[Transaction],
        view: StateView,
        mode: Mode,
        framed: bool,
        jitter_seed: int | None = None,
    ) -> tuple[
        tuple[tuple[tuple[bytes, ...], tuple[bytes, ...]], ...],
        tuple[tuple[int, ...], ...],
        tuple[int, ...],
        tuple[int, ...],
        tuple[int, ...],
        tuple[int, ...],
        tuple[int, ...],
        dict[bytes, tuple[bytes, int | None]],
    ]:
        """The fields of the `devnet.scheduling.Schedule`, each predicted set as (reads, writes)."""

    def brief_calls(
        self, rules: Rules, env: BlockEnv, view: StateView, unknown: Collection[Address]
    ) -> BriefCalls | None:
        """`devnet.execution.Engine.brief_calls`."""

    def prepare_block(
        self, rules: Rules, env: BlockEnv, transactions: Sequence[Transaction], view: StateView, mode: Mode
    ) -> PreparedBlock:
        """A block that benchmarks run for its time alone; the view must be the kernel's own."""

class BriefCalls:
    """`devnet.execution.BriefCalls`."""

    def run(
        self, sender: Address, to: Address, gas: int, value: int, data: bytes
    ) -> TransactionResult | None: ...

class PreparedBlock:
    """A block in the kernel's form. Running it makes nothing of Python's."""

    def run(self, how: str) -> tuple[float, float]:
        """Seconds of the whole run and of its scheduling: "serial", "given", "framed", or "scheduled", which
        is given with the schedule that nothing may need. Raises ValueError."""

# --- schedule ---

def frames_of(
    accesses: Sequence[tuple[Sequence[bytes], Sequence[bytes]]],
    owners: Sequence[Sequence[bytes]],
    framed: bool,
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """`devnet.scheduling`'s frames of transactions that read and write these keys, and for each place in the
    frame order what it waits for."""

# --- state ---

class _Changes(Protocol):
    @property
    def accounts(self) -> Mapping[Address, Account | None]: ...
    @property
    def storage(self) -> Mapping[tuple[Address, int], int]: ...
    @property
    def codes(self) -> Mapping[Hash32, bytes]: ...

class ChangeSet:
    """A change set (`devnet.chain.account.ChangeSet`) as the native engine gives it and the native state
    takes it, without conversion. Equal to whatever has equal mappings; they are made at first use."""

    def __new__(cls, changes: _Changes) -> ChangeSet:
        """Raises ValueError for what cannot exist."""

    @property
    def accounts(self) -> Mapping[Address, Account | None]: ...
    @property
    def storage(self) -> Mapping[tuple[Address, int], int]: ...
    @property
    def codes(self) -> Mapping[Hash32, bytes]: ...

class View:
    """A native state after one block: `devnet.state.StateView`."""

    @property
    def height(self) -> int: ...
    def account(self, address: Address) -> Account | None: ...
    def storage(self, address: Address, slot: int) -> int: ...
    def code(self, code_hash: Hash32) -> bytes: ...
    def slots(self, address: Address) -> Iterator[tuple[int, int]]: ...
    def addresses(self) -> Iterator[Address]: ...

class Qmdb:
    """A zone's QMDB, without files (`devnet.state.native`). One thread changes it; heights, roots and views
    are read on any, also while it is changed. Heights that are not kept raise StateGone."""

    def __new__(cls, pool: Pool, threshold: int, ratio: int, divisor: int) -> Qmdb: ...
    @property
    def height(self) -> int: ...
    @property
    def oldest_height(self) -> int: ...
    @property
    def root(self) -> Hash32: ...
    def root_at(self, height: int) -> Hash32: ...
    def view(self, height: int | None = None) -> View: ...
    def balances(self, first: int, last: int) -> list[tuple[int, int]]:
        """`devnet.state.State.balances`, each as multiples of 2^256 and the rest."""

    def commit(self, height: int, changes: _Changes) -> Hash32:
        """Raises ValueError, with nothing changed."""

    def rollback(self, height: int) -> None: ...
    def forget(self, height: int) -> None: ...
    @property
    def history_size(self) -> int: ...
    @property
    def costs(self) -> tuple[int, int, int, int, int]:
        """The fields of `devnet.state.costs.Costs`."""

    @property
    def memory(self) -> int:
        """Bytes of the shards and of the newest values."""

    def read(self, key: bytes) -> bytes | None: ...
    def prove(self, key: bytes, height: int | None = None) -> Proof: ...
    def shard_heads(self, height: int) -> list[tuple[int, int, int, bytes]]:
        """The fields of `devnet.state.places.ShardHead`, of every shard."""

    def find(self, key_hash: bytes, height: int) -> int:
        """`devnet.state.State.find`."""

    def place_at(
        self, shard: int, serial_number: int, height: int
    ) -> tuple[bytes | None, tuple[bytes, ...], bytes, bytes, tuple[bytes, ...], tuple[bytes, ...]]:
        """The fields of `devnet.state.places.Place`. Raises ValueError."""

    def is_sound(self) -> bool:
        """Whether the trees give what the newest block names."""

    # Records: `devnet.state.content.Content`.
    def block_record(self, height: int) -> bytes: ...
    def codes_of(self, height: int) -> list[bytes]: ...
    def older_codes(self) -> list[bytes]: ...
    def heads(self) -> list[bytes]: ...
    def pieces(self, shard: int, first: int, end: int) -> list[bytes]: ...
    def ends(self) -> list[int]: ...

class PartialState:
    """`devnet.state.WitnessedState`; several threads may use it, one after the other."""

    @property
    def height(self) -> int: ...
    @property
    def root(self) -> Hash32: ...
    @property
    def counters(self) -> Mapping[int, tuple[int, int, int]]: ...
    def account(self, address: Address) -> Account | None: ...
    def storage(self, address: Address, slot: int) -> int: ...
    def code(self, code_hash: Hash32) -> bytes: ...
    def slots(self, address: Address) -> Iterator[tuple[int, int]]: ...
    def addresses(self) -> Iterator[Address]: ...
    def commit(self, changes: _Changes) -> Hash32: ...
    def check_used(self) -> None: ...

class Recorder:
    """`devnet.state.WitnessRecorder` of a kept height of a state, on any thread; the state may be changed
    meanwhile. Its parts raise StateGone when the height is no longer kept."""

    def __new__(cls, state: Qmdb, height: int, threshold: int, ratio: int, divisor: int) -> Recorder: ...
    @property
    def view(self) -> PartialState: ...
    @property
    def codes(self) -> Mapping[Hash32, bytes]: ...
    def witness(self) -> bytes: ...

def open_state(
    content: bytes,
    root: Hash32,
    height: int,
    threshold: int,
    ratio: int,
    divisor: int,
    codes: Sequence[tuple[Hash32, bytes]],
) -> PartialState:
    """`devnet.state.OpenState`. Raises BadStateWitness."""

def hash_nodes(count: int) -> bytes:
    """Hashes so many nodes of a tree, each with the one before: what hashing alone costs."""

class StateRestorer:
    """Makes a Qmdb of records (`devnet.state.content.Restoring`). What takes records gives None, or the index
    of the one that is refused and why."""

    def __new__(
        cls, pool: Pool, threshold: int, ratio: int, divisor: int, oldest: int | None
    ) -> StateRestorer: ...
    @property
    def height(self) -> int: ...
    def take_base(self, records: list[bytes]) -> tuple[int, str] | None: ...
    def end_base(self, height: int | None = None) -> None:
        """Raises ValueError."""

    def take_codes(self, records: list[bytes]) -> tuple[int, str] | None: ...
    def take_blocks(self, records: list[bytes]) -> tuple[int, str] | None: ...
    def finish(self) -> Qmdb:
        """Hashes everything. Raises ValueError."""

# --- availability ---

class Coder:
    """What `devnet.availability.native.NativeCoder` is made of. All raise ValueError."""

    def __new__(cls, pool: Pool) -> Coder: ...
    def extend(
        self, data_columns: int, columns: int, column_bytes: int, data: bytes
    ) -> tuple[bytes, bytes]: ...
    def combine(self, column_bytes: int, data: bytes, coefficients: bytes) -> bytes: ...
    def placed(
        self, root: bytes, column_bytes: int, indices: Sequence[int], data: bytes, paths: bytes
    ) -> list[bool]: ...
    def restore(
        self,
        data_columns: int,
        columns: int,
        column_bytes: int,
        known: Sequence[tuple[int, bytes]],
        wanted: Sequence[int],
    ) -> bytes: ...

# --- signatures of validators ---

class Bls:
    """What `devnet.settlement.native_bls.NativeBlsSignatures` is made of. Checks answer False for bytes that
    are no key or no signature; all others raise ValueError."""

    def __new__(cls) -> Bls: ...
    def public_key(self, secret: bytes) -> bytes: ...
    def sign(self, secret: bytes, message: bytes) -> bytes: ...
    def prove_possession(self, secret: bytes) -> bytes: ...
    def verify(self, public_key: bytes, message: bytes, signature: bytes) -> bool: ...
    def aggregate(self, signatures: list[bytes]) -> bytes: ...
    def verify_aggregate(self, public_keys: list[bytes], message: bytes, signature: bytes) -> bool: ...
    def verify_possession(self, public_key: bytes, proof: bytes) -> bool: ...
    def uncompressed_key(self, public_key: bytes) -> bytes: ...
    def uncompressed_signature(self, signature: bytes) -> bytes: ...
