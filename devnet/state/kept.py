"""How a state keeps itself in files: the part of `devnet.state.State` that is `Durable`, for every state that
can say what it consists of (`devnet.state.content`)."""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from devnet.persistence.removal import Removal
from devnet.state.content import Content, all_records
from devnet.state.store import Store


class KeptState(ABC):
    """A state with or without files."""

    _store: Store | None

    @abstractmethod
    def _content(self) -> Content:
        """The kept heights as they are now."""

    def write(self) -> bytes:
        """See `devnet.persistence.home.Durable`; 152 bytes with files, none without."""
        store = self._store
        if store is None:
            return b""
        content = self._content()
        if store.is_rewriting_due:
            store.rewrite(content)
        else:
            store.append_blocks(content)
            if store.is_pruning_due(content.oldest):
                store.prune(content)
        return store.write(content.height, content.oldest, content.root)

    def _before_forgetting(self) -> None:
        """The records of blocks are made from what is going to be forgotten."""
        if self._store is not None and not self._store.is_rewriting_due:
            self._store.append_blocks(self._content())

    def removes(self) -> Removal:
        """See `devnet.persistence.home.Durable`."""
        return Removal.NOTHING if self._store is None else self._store.removes()

    def committed(self) -> None:
        """See `devnet.persistence.home.Durable`."""
        if self._store is not None:
            self._store.committed()

    def sync(self) -> None:
        """See `devnet.persistence.home.Durable`."""
        if self._store is not None:
            self._store.sync()

    def close(self) -> None:
        """See `devnet.persistence.home.Durable`."""
        if self._store is not None:
            self._store.close()

    def compact_files(self) -> None:
        """With the next `write`, everything goes into new files that hold nothing but what a kept height
        needs. Roots do not change."""
        if self._store is not None:
            self._store.is_rewriting_due = True

    @property
    def files_size(self) -> int:
        """Bytes of the files, 0 without."""
        return 0 if self._store is None else self._store.size()

    def export(self) -> Iterator[bytes]:
        """Records from which `load` makes this state with its kept heights. The state must not change
        meanwhile."""
        return all_records(self._content())


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Millions of objects are made and none is garbage: looking for some would take most of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
