"""The two states that the tests of this folder run over: the reference, and, where it is, the kernel's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from devnet.chain.types import Hash32
from devnet.kernel import absence, load
from devnet.persistence.home import Home
from devnet.state import OpenState, WitnessedState
from devnet.state.native import NativeQmdb
from devnet.state.qmdb import DEVNET, Qmdb, QmdbConfig
from devnet.state.state_witness import open_state as open_reference
from devnet.state.store import SEGMENT_SIZE


@cache
def two_threads() -> Any:
    """The pool that all native states share."""
    return load().Pool(2)


class Native(NativeQmdb):
    """The native state on two threads, made as the reference is."""

    def __init__(
        self, config: QmdbConfig = DEVNET, home: Home | None = None, *, segment_size: int = SEGMENT_SIZE
    ) -> None:
        super().__init__(config, home, pool=two_threads(), segment_size=segment_size)

    @classmethod
    def load(  # type: ignore[override]
        cls,
        config: QmdbConfig,
        records: Iterable[bytes],
        home: Home | None = None,
        *,
        segment_size: int = SEGMENT_SIZE,
    ) -> NativeQmdb:
        return super().load(config, records, home, pool=two_threads(), segment_size=segment_size)

    @classmethod
    def check(  # type: ignore[override]
        cls, config: QmdbConfig, home: Home, progress: Callable[[int, int], None] | None = None
    ) -> dict[int, Hash32]:
        return super().check(config, home, progress, pool=two_threads())


def open_native(
    content: bytes, root: Hash32, height: int, config: QmdbConfig, codes: Mapping[Hash32, bytes]
) -> WitnessedState:
    """The kernel's `OpenState`."""
    from devnet.state.native_witness import open_state

    return open_state(content, root, height, config, codes)


OPENERS: dict[str, OpenState] = {"reference": open_reference} | (
    {} if absence() is not None else {"native": open_native}
)
"""What opens witnesses, by its name."""

STATES: dict[str, Any] = {"reference": Qmdb} | ({} if absence() is not None else {"native": Native})
"""The classes by their names."""
