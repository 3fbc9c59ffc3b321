"""A state in files is the one in memory: any sequence of operations, commits, crashes and reopenings, against
plain dicts; and long runs against the same blocks in memory."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.persistence.errors import WriteFailed
from devnet.persistence.home import Home
from devnet.persistence.removal import Removal
from devnet.state import State, StateGone
from devnet.state.qmdb import Qmdb, QmdbConfig, account_key
from devnet.state.store import Position
from devnet.state.verify import verify
from tests.state.test_model import Content, Model

IDENTITY = bytes(range(32))
SMALL = 1500
"""Bytes of a segment, so that a few blocks fill it."""

ONE, TWO = Address(b"\1" * 20), Address(b"\2" * 20)


def home(folder: Path, position: bytes | None = None, *, is_read_only: bool = False) -> Home:
    return Home(folder, IDENTITY, 3, position, is_read_only)


def commit_files(state: Qmdb) -> bytes:
    """What a network's commit does."""
    position = state.write()
    state.committed()
    return position


def assert_same(one: Qmdb, other: Qmdb, keys: list[bytes]) -> None:
    """Heights, roots, values, counters, proofs, and everything that a block's undoing needs."""
    assert (one.height, one.oldest_height, one.root) == (other.height, other.oldest_height, other.root)
    assert one.history_size == other.history_size
    for height in range(one.oldest_height, one.height + 1):
        assert one.root_at(height) == other.root_at(height)
        mine, others = one.view(height), other.view(height)
        assert list(mine.addresses()) == list(others.addresses())
        for address in mine.addresses():
            assert mine.account(address) == others.account(address)
            assert list(mine.slots(address)) == list(others.slots(address))
        for key in keys:
            assert one.prove(key, height) == other.prove(key, height)
    assert list(one.export()) == list(other.export())


class FilesModel(Model):
    """`Model` in a folder; what a crash takes away, the model loses as well."""

    def new_state(self) -> Qmdb:
        self.folder = Path(tempfile.mkdtemp())
        self.position: bytes | None = None
        self.saved: tuple[dict[int, Content], list[Content]] | None = None
        return Qmdb(self.config, home(self.folder), segment_size=SMALL)

    def save(self) -> None:
        self.position = self.state.write()
        self.saved = dict(self.contents), list(self.history)

    @rule()
    def commit_the_files(self) -> None:
        self.save()
        self.state.committed()

    @rule(after=st.sampled_from(["nothing", "write", "commit", "clean-up"]))
    def crash(self, after: str) -> None:
        """A process that ends during a commit leaves the state of that commit or of the one before."""
        if after == "write":
            self.state.write()
        elif after in ("commit", "clean-up"):
            self.save()
            if after == "clean-up":
                self.state.committed()
        self.state.close()
        self.views.clear()
        self.state = Qmdb(self.config, home(self.folder, self.position), segment_size=SMALL)
        if self.saved is None:
            self.contents, self.history = {-1: Content({}, {}, self.state.root, None, 0)}, []
        else:
            self.contents, self.history = dict(self.saved[0]), list(self.saved[1])

    @rule(back=st.integers(0, 6))
    def forget(self, back: int) -> None:
        height = max(self.state.height - back, self.state.oldest_height)
        self.state.forget(height)
        assert self.state.oldest_height == height

    @rule()
    def compact(self) -> None:
        self.state.compact_files()

    @rule(is_continued=st.booleans())
    def export_and_load(self, is_continued: bool) -> None:
        records = list(self.state.export())
        if not is_continued:
            assert_same(Qmdb.load(self.config, records), self.state, [b"\1" * 20])
            return
        self.views.clear()
        self.state.close()
        shutil.rmtree(self.folder)
        self.state = Qmdb.load(self.config, records, home(self.folder), segment_size=SMALL)
        self.save()
        self.state.committed()

    @precondition(lambda self: self.position is not None)
    @rule()
    def check(self) -> None:
        """The files are whole at any time, also in the middle of a commit; looking changes nothing."""
        before = {path: path.read_bytes() for path in self.folder.rglob("*.log")}
        position = Position.decode(self.position)
        roots = Qmdb.check(self.config, home(self.folder, self.position, is_read_only=True))
        assert sorted(roots) == list(range(position.oldest, position.height + 1))
        assert roots[position.height] == position.root
        assert before == {path: path.read_bytes() for path in self.folder.rglob("*.log")}

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "state"):
            self.state.close()
            shutil.rmtree(self.folder)


def run(examples: int, steps: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(FilesModel, settings=how)


def test_any_sequence_of_operations_agrees_with_dicts() -> None:
    run(7, 30)


@pytest.mark.full
def test_many_long_sequences_of_operations_agree_with_dicts() -> None:
    run(100, 60)


def test_a_state_without_files_writes_nothing() -> None:
    state: State = Qmdb()
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    assert state.write() == b""
    assert state.removes() is Removal.NOTHING
    state.committed()
    state.sync()
    state.close()
    assert state.root == Qmdb().commit(0, ChangeSet({ONE: Account(0, Wei(1))}))


def test_what_was_never_committed_is_not_there(tmp_path: Path) -> None:
    state = Qmdb(home=home(tmp_path))
    state.commit(0, ChangeSet({ONE: Account(0, Wei(1))}))
    state.write()
    state.close()
    again = Qmdb(home=home(tmp_path))
    assert again.height == -1
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.log")) == 0
    again.close()


def test_a_block_is_a_few_bytes_more_than_its_entries(tmp_path: Path) -> None:
    """The writing of a block costs what the block is, whatever the size of the state."""
    random_ = random.Random(3)
    sizes = []
    for count in (10, 20_000):
        folder = tmp_path / str(count)
        state = Qmdb(home=home(folder))
        state.commit(0, ChangeSet({Address(random_.randbytes(20)): Account(0, Wei(1)) for _ in range(count)}))
        commit_files(state)
        before = state.files_size
        state.commit(1, ChangeSet({ONE: Account(0, Wei(1))}))
        commit_files(state)
        sizes.append(state.files_size - before)
        state.close()
    # Two entries, one with the key and one in front of it, which is a sentry's or an account's.
    assert max(sizes) < 8 + 42 + 69 + 2 * 110
    assert max(sizes) - min(sizes) < 20


def test_codes_come_and_go_with_their_blocks(tmp_path: Path) -> None:
    codes = [Hash32(bytes([n]) * 32) for n in range(4)]
    state = Qmdb(home=home(tmp_path))
    for height, code_hash in enumerate(codes):
        state.commit(height, ChangeSet({ONE: Account(height, Wei(1), code_hash)}, {}, {code_hash: b"\1" * 9}))
    commit_files(state)
    state.rollback(1)
    state.commit(2, ChangeSet({}, {}, {codes[3]: b"\2"}))
    position = commit_files(state)
    state.close()
    again = Qmdb(home=home(tmp_path, position))
    view = again.view()
    assert [view.code(codes[n]) for n in (0, 1, 3)] == [b"\1" * 9, b"\1" * 9, b"\2"]
    with pytest.raises(KeyError):
        view.code(codes[2])
    again.rollback(1)
    with pytest.raises(KeyError):
        again.view().code(codes[3])
    again.close()


def of_shard_0(count: int) -> list[Address]:
    random_ = random.Random(6)
    candidates = (Address(random_.randbytes(20)) for _ in range(40 * count))
    return [address for address in candidates if sha256(address).digest()[0] >> 4 == 0][:count]


def test_dead_twigs_leave_the_files_and_nothing_misses_them(tmp_path: Path) -> None:
    """All of a shard's sentries and several twigs more die; the files stay as small as what is kept."""
    config = QmdbConfig(1, 99, 100)
    everyone = of_shard_0(300)
    quiet = Address(b"\7" * 20)
    kept = Qmdb(config, home(tmp_path), segment_size=100_000)
    whole = Qmdb(config)
    sizes = []
    for height in range(60):
        changes = {address: Account(height + 1, Wei(0)) for address in everyone}
        if height == 5:
            changes[quiet] = Account(5, Wei(5))
        assert kept.commit(height, ChangeSet(changes)) == whole.commit(height, ChangeSet(changes))
        kept.forget(height - 3)
        position = commit_files(kept)
        sizes.append(kept.files_size)
        if height % 7 == 6:
            kept.close()
            kept = Qmdb(config, home(tmp_path, position), segment_size=100_000)
    assert kept.prove(everyone[0]).start > 3 * 2048
    whole.forget(kept.oldest_height)
    keys = [account_key(address) for address in (*everyone[::40], quiet)]
    assert_same(kept, whole, keys)
    appended = sum(300 * 2 * 110 for _ in range(60))
    assert max(sizes[45:]) < min(1.1 * max(sizes[30:45]), appended / 3)
    kept.compact_files()
    position = commit_files(kept)
    active, blocks_above = 4096 + 300, 3 * 300 * 2
    assert kept.files_size < 110 * (active + blocks_above) + 33 * 3 * 2048 + 16 * 1200
    kept.close()
    again = Qmdb(config, home(tmp_path, position))
    assert_same(again, whole, keys)
    roots = Qmdb.check(config, home(tmp_path, position, is_read_only=True))
    assert roots == {height: whole.root_at(height) for height in range(whole.height - 3, whole.height + 1)}
    loaded = Qmdb.load(config, list(whole.export()))
    assert_same(loaded, whole, keys)
    for state in (again, whole, loaded):
        state.rollback(57)
        changes = {address: Account(99, Wei(1)) for address in everyone[::2]}
        state.commit(58, ChangeSet(changes))
    assert again.root == whole.root == loaded.root
    again.close()


@pytest.mark.parametrize("config", [QmdbConfig(1, 0, 1), QmdbConfig(1, 9, 10)], ids=["dead", "compacted"])
def test_full_twigs_come_back_from_files(tmp_path: Path, config: QmdbConfig) -> None:
    random_ = random.Random(8)
    everyone = [Address(random_.randbytes(20)) for _ in range(12_000)]
    state = Qmdb(config, home(tmp_path))
    blocks = [ChangeSet({a: Account(n, Wei(1)) for a in everyone[: 4000 * n + 1]}) for n in range(4)]
    blocks.append(ChangeSet({**dict.fromkeys(everyone[::2])}, {(a, 1): 5 for a in everyone[1::10]}))
    for height, changes in enumerate(blocks):
        state.commit(height, changes)
    position = commit_files(state)
    state.close()
    again = Qmdb(config, home(tmp_path, position))
    for height in (0, 2, 4):
        assert again.root_at(height) == state.root_at(height)
        for address in (everyone[0], everyone[7_999], everyone[11_999]):
            proof = again.prove(account_key(address), height)
            assert proof == state.prove(account_key(address), height)
            assert verify(state.root_at(height), account_key(address), proof.encode()) == proof.value
    again.rollback(1)
    with pytest.raises(StateGone):
        again.view(2)
    assert again.commit(2, blocks[2]) == state.root_at(2)
    again.close()


@contextmanager
def no_file_may_pass(size: int) -> Iterator[None]:
    """What the system refuses then is what a full disk refuses: a part may have been written."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("what", ["blocks", "pruning", "rewriting", "loading"])
def test_what_the_disk_does_not_take_goes_out_later(what: str, tmp_path: Path) -> None:
    random_ = random.Random(5)
    everyone = [Address(random_.randbytes(20)) for _ in range(200)]
    expected = Qmdb()
    state = Qmdb(home=home(tmp_path / "one"), segment_size=30_000)

    def commit(count: int) -> None:
        for _ in range(count):
            changes = ChangeSet({a: Account(1, Wei(random_.randrange(1, 99))) for a in everyone[::3]})
            state.commit(state.height + 1, changes)
            expected.commit(expected.height + 1, changes)

    commit(6)
    folder = tmp_path / "one"
    position = commit_files(state)
    committed_root = state.root
    commit(3)
    if what == "pruning":
        state.forget(7)
        expected.forget(7)
    elif what == "rewriting":
        state.compact_files()
    elif what == "loading":
        state.close()
        folder, position = tmp_path / "two", b""
        state = Qmdb.load(expected.config, list(expected.export()), home(folder))
    for limit in (0, 100, 5_000, 9_000):
        with no_file_may_pass(limit), pytest.raises(WriteFailed):
            state.write()
        assert state.root == expected.root
        commit(1)
    if position:
        # Nothing of it counts before it is committed.
        old = Qmdb(state.config, home(folder, position, is_read_only=True))
        assert (old.height, old.root) == (5, committed_root)
        old.close()
    state.rollback(11)
    expected.rollback(11)
    commit(1)
    position = commit_files(state)
    state.close()
    again = Qmdb(state.config, home(folder, position))
    assert_same(again, expected, [account_key(address) for address in everyone[:3]])
    again.close()
