"""A write that fails while syncing is tried again; a sync that fails is not, until another process opens the
folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from devnet.chain.types import Address, Wei
from devnet.config import NetworkConfig
from devnet.folder import DataFolder, Fsync
from devnet.network import Network
from devnet.persistence.errors import SyncFailed, WriteFailed

CONFIG = NetworkConfig(accounts=1, zones=("alpha",))
SOMEBODY = Address(b"\7" * 20)


def opened(path: Path, fsync: Fsync) -> Network:
    return Network(CONFIG, folder=DataFolder.open(path, CONFIG, fsync))


def fails_once(monkeypatch: pytest.MonkeyPatch, name: str, code: int) -> None:
    call = getattr(os, name)

    def failing(*arguments: object) -> object:
        monkeypatch.setattr(os, name, call)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, name, failing)


def test_a_write_that_fails_while_syncing_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, Fsync.SLOT) as network:
        network.default_zone.set_account(SOMEBODY, balance=Wei(5))
        network.commit()
        fails_once(monkeypatch, "pwrite", errno.ENOSPC)
        with pytest.raises(WriteFailed, match="No space left") as caught:
            network.sync()
        assert not isinstance(caught.value, SyncFailed)
        assert network.has_unsynced
        network.sync()
        assert not network.has_unsynced


@pytest.mark.parametrize("fsync", [Fsync.SLOT, Fsync.BLOCK])
def test_a_sync_that_fails_is_final_for_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: Fsync
) -> None:
    network = opened(tmp_path, fsync)
    network.default_zone.set_account(SOMEBODY, balance=Wei(5))
    if fsync is Fsync.SLOT:
        network.commit()
    fails_once(monkeypatch, "fsync", errno.EIO)
    keep = network.sync if fsync is Fsync.SLOT else network.commit
    for _ in range(2):
        with pytest.raises(SyncFailed, match="start the network again"):
            keep()
    with pytest.raises(SyncFailed):
        network.close()
    with opened(tmp_path, fsync) as again:
        assert again.default_zone.balance(SOMEBODY) == 5
        again.sync()
        assert not again.has_unsynced
