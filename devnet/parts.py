"""Which implementations a network uses: the reference in Python, or the compiled kernel's.

    from devnet.parts import choose_parts
    network = Network(config, choose_parts())

Two networks with different parts in one process do not meet.
"""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from devnet.availability import Coder
from devnet.chain.codec import Codec, ReferenceCodec
from devnet.chain.types import Hash32
from devnet.execution import Engine
from devnet.kernel import KernelAbsent, absence, load
from devnet.persistence.home import Home
from devnet.settlement.signatures import SignatureScheme
from devnet.state import OpenState, State, WitnessedState
from devnet.state.config import QmdbConfig
from devnet.zone.messages import ZoneConfig
from devnet.zone.port import ZonePort

MOST_THREADS = 1_024


class EngineChoice(enum.StrEnum):
    """What executes transactions and keeps the state."""

    AUTO = "auto"
    """The kernel where it is there, else the reference."""
    NATIVE = "native"
    PYEVM = "pyevm"


class EngineAbsent(Exception):
    """The native engine was asked for and is not there; the message says why."""


def _pyevm() -> Engine:
    # py-evm takes a second to import; a network that is only configured should not pay for it.
    from devnet.execution.pyevm import PyEvmEngine

    return PyEvmEngine()


def _qmdb(config: QmdbConfig, home: Home | None) -> State:
    from devnet.state.qmdb import Qmdb

    return Qmdb(config, home)


def _load_qmdb(config: QmdbConfig, records: Iterator[bytes], home: Home | None) -> State:
    from devnet.state.qmdb import Qmdb

    return Qmdb.load(config, records, home)


def _open_state(
    content: bytes, root: Hash32, height: int, config: QmdbConfig, codes: Mapping[Hash32, bytes]
) -> WitnessedState:
    # Only who checks proofs opens witnesses.
    from devnet.state.state_witness import open_state

    return open_state(content, root, height, config, codes)


def _zone_in_process(
    config: ZoneConfig,
    engine: Engine,
    state: State,
    home: Home | None,
    records: Iterator[bytes] | None,
    codec: Codec,
) -> ZonePort:
    from devnet.zone.zone import Zone

    return Zone(config, engine, state, home, records, codec)


def _reference_coder() -> Coder:
    # NumPy is wanted only where something is dispersed.
    from devnet.availability.reference import ReferenceCoder

    return ReferenceCoder()


def _reference_signatures() -> SignatureScheme:
    from devnet.settlement.bls import BlsSignatures

    return BlsSignatures()


@dataclass(frozen=True, slots=True)
class Parts:
    """Which implementations a network uses. Without arguments the reference."""

    engine: Callable[[], Engine] = _pyevm
    """Called once; zones share the engine, which keeps nothing between calls."""
    state: Callable[[QmdbConfig, Home | None], State] = _qmdb
    """Called once for each zone: a new state, or the one whose files the home names."""
    load_state: Callable[[QmdbConfig, Iterator[bytes], Home | None], State] = _load_qmdb
    """In its place where the network comes from a dump: the state whose `export` gave the records."""
    open_state: OpenState = _open_state
    """What verifiers of proofs execute on (`devnet.proving.stateless.WitnessVerifier`)."""
    zone: Callable[[ZoneConfig, Engine, State, Home | None, Iterator[bytes] | None, Codec], ZonePort] = (
        _zone_in_process
    )
    """Commits the genesis, unless the home names files or there are records: what `export` gave."""
    codec: Callable[[], Codec] = ReferenceCodec
    """Called once; the network and its zones share the codec, which keeps nothing between calls."""
    coder: Callable[[], Coder] = _reference_coder
    """Disperses batches and checks columns; it keeps nothing between calls."""
    signatures: Callable[[], SignatureScheme] = _reference_signatures
    """What validators sign with; it keeps the points of keys that it met lately."""


def reference_parts() -> Parts:
    """Everything in Python: py-evm, and QMDB as the protocol words it."""
    return Parts()


def native_parts(threads: int | None = None) -> Parts:
    """The kernel's engine and state on so many threads (default: as many as there are cores for us), which
    all zones share; a process that is forked afterwards makes its own. Raises KernelAbsent, and ValueError
    for a number of threads that cannot be."""
    kernel = load()
    pool = kernel.Pool(available_threads() if threads is None else threads)

    def engine() -> Engine:
        from devnet.execution.native import NativeEngine

        return NativeEngine(pool)

    def state(config: QmdbConfig, home: Home | None) -> State:
        from devnet.state.native import NativeQmdb

        return NativeQmdb(config, home, pool=pool)

    def load_state(config: QmdbConfig, records: Iterator[bytes], home: Home | None) -> State:
        from devnet.state.native import NativeQmdb

        return NativeQmdb.load(config, records, home, pool=pool)

    def open_state(
        content: bytes, root: Hash32, height: int, config: QmdbConfig, codes: Mapping[Hash32, bytes]
    ) -> WitnessedState:
        from devnet.state.native_witness import open_state

        return open_state(content, root, height, config, codes)

    def codec() -> Codec:
        from devnet.chain.native_codec import NativeCodec

        # While a block is executed the next transactions are decoded. In one pool, where what comes first is
        # done first, the block would wait for all of them, and then the cores for the block.
        return NativeCodec(pool, kernel.Pool(pool.threads))

    def coder() -> Coder:
        from devnet.availability.native import NativeCoder

        return NativeCoder(pool)

    def signatures() -> SignatureScheme:
        from devnet.settlement.native_bls import NativeBlsSignatures

        return NativeBlsSignatures()

    return Parts(engine, state, load_state, open_state, codec=codec, coder=coder, signatures=signatures)


def choose_parts(engine: EngineChoice = EngineChoice.AUTO, threads: int | None = None) -> Parts:
    """The parts for a choice. Raises EngineAbsent where the native ones are asked for and there are none."""
    if engine is EngineChoice.PYEVM or (engine is EngineChoice.AUTO and absence() is not None):
        return reference_parts()
    try:
        return native_parts(threads)
    except KernelAbsent as absent:
        raise EngineAbsent(str(absent)) from absent


def available_threads() -> int:
    """Cores that this process may run on."""
    # Not everywhere, and unlike cpu_count it knows of taskset and of containers' cpusets.
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(max(cores, 1), MOST_THREADS)
