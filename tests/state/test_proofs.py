"""Proofs say what the state says, and nothing else passes for one."""

from __future__ import annotations

import ast
import random
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.state import verify as verify_module
from devnet.state.qmdb import Proof, Qmdb, QmdbConfig, account_key, slot_key
from devnet.state.values import encode_account
from devnet.state.verify import Flaw, InvalidProof, verify

COMPACTING = QmdbConfig(1, 999, 1000)


def an_address(number: int) -> Address:
    return Address(random.Random(number).randbytes(20))


def filled(config: QmdbConfig = COMPACTING, size: int = 300) -> Qmdb:
    """A state in which keys were created, updated, deleted and moved."""
    state = Qmdb(config)
    everyone = [an_address(number) for number in range(size)]
    state.commit(0, ChangeSet({address: Account(0, Wei(7)) for address in everyone}))
    state.commit(1, ChangeSet({address: Account(1, Wei(7)) for address in everyone[::2]}))
    state.commit(2, ChangeSet(dict.fromkeys(everyone[::3]), {(everyone[1], 5): 6}))
    return state


def test_every_key_is_proven_to_be_there_or_not() -> None:
    state = filled()
    view = state.view()
    for number in range(0, 320, 5):
        address = an_address(number)
        proof = state.prove(account_key(address))
        value = verify(state.root, account_key(address), proof.encode())
        assert value == proof.value == state.read(account_key(address))
        assert (value is None) == (view.account(address) is None)
    for slot in (4, 5):
        key = slot_key(an_address(1), slot)
        expected = b"\x06" if slot == 5 else None
        assert verify(state.root, key, state.prove(key).encode()) == expected


def test_proofs_hold_in_the_youngest_twig_in_full_ones_and_in_those_of_sentries() -> None:
    state = Qmdb(QmdbConfig(1, 0, 1))
    everyone = [an_address(number) for number in range(20_000)]
    state.commit(0, ChangeSet({address: Account(0, Wei(1)) for address in everyone}))
    twigs = set()
    for address in everyone[::997]:
        proof = state.prove(account_key(address))
        assert verify(state.root, account_key(address), proof.encode()) is not None
        twigs.add((proof.serial_number >> 11, proof.end >> 11))
    assert any(twig == youngest for twig, youngest in twigs)
    assert any(2 <= twig < youngest for twig, youngest in twigs)
    fresh = Qmdb()
    proof = fresh.prove(account_key(everyone[0]))
    assert proof.serial_number < 4096
    assert verify(fresh.root, account_key(everyone[0]), proof.encode()) is None


@pytest.mark.parametrize("config", [QmdbConfig(1, 0, 1), QmdbConfig(1, 9, 10)], ids=["dead", "compacted"])
def test_past_heights_are_proven_across_twigs_and_leave_no_trace(config: QmdbConfig) -> None:
    state, other = Qmdb(config), Qmdb(config)
    everyone = [an_address(number) for number in range(12_000)]
    blocks = [
        ChangeSet({address: Account(n, Wei(1)) for address in everyone[: 4000 * n + 1]}) for n in range(4)
    ]
    blocks.append(ChangeSet(dict.fromkeys(everyone[::2])))
    for height, changes in enumerate(blocks):
        state.commit(height, changes)
        other.commit(height, changes)
    view = state.view(2)
    for height in (0, 3, 2, -1, 4):
        for number in (0, 1, 2, 7_999, 8_001, 11_999):
            key = account_key(everyone[number])
            account = state.view(height).account(everyone[number])
            value = verify(state.root_at(height), key, state.prove(key, height).encode())
            assert value == (None if account is None else encode_account(account))
    assert view.account(everyone[0]) == Account(2, Wei(1))
    last = ChangeSet({address: Account(9, Wei(9)) for address in everyone[::5]})
    assert state.commit(5, last) == other.commit(5, last)
    state.rollback(1)
    assert state.root == other.root_at(1)


def assert_no_byte_can_be_changed(state: Qmdb, key: bytes, height: int, flips: Sequence[int]) -> None:
    root = state.root_at(height)
    good = state.prove(key, height).encode()
    verify(root, key, good)
    bad = bytearray(good)
    for at in range(len(good)):
        for flip in flips:
            bad[at] ^= flip
            with pytest.raises(InvalidProof):
                verify(root, key, bytes(bad))
            bad[at] ^= flip


@pytest.mark.parametrize("height", [1, 2])
@pytest.mark.parametrize("number", [1, 0], ids=["inclusion", "exclusion"])
def test_no_byte_of_a_proof_can_be_changed(number: int, height: int) -> None:
    state = filled()
    if height == 1:
        state.commit(3, ChangeSet(dict.fromkeys(an_address(n) for n in range(50))))
    absent = an_address(100_000)
    key = account_key(an_address(1) if number else absent)
    assert (state.prove(key, height).value is None) == (number == 0)
    assert_no_byte_can_be_changed(state, key, height, (1, 0x80, random.Random(5).randrange(1, 256)))


@pytest.mark.full
@pytest.mark.parametrize("number", [1, 0], ids=["inclusion", "exclusion"])
def test_no_byte_of_a_proof_can_be_changed_to_any_other(number: int) -> None:
    state = filled()
    assert_no_byte_can_be_changed(state, account_key(an_address(number)), 2, range(1, 256))


def test_a_proof_cut_short_or_made_longer_is_refused() -> None:
    state = filled()
    key = account_key(an_address(1))
    good = state.prove(key).encode()
    for length in range(len(good)):
        with pytest.raises(InvalidProof) as caught:
            verify(state.root, key, good[:length])
        assert isinstance(caught.value.flaw, Flaw)
    for tail in (b"\0", bytes(8), bytes(32), good):
        with pytest.raises(InvalidProof):
            verify(state.root, key, good + tail)


def test_a_proof_holds_for_its_root_only() -> None:
    state = filled()
    key = account_key(an_address(1))
    proof = state.prove(key).encode()
    old_root = state.root
    state.commit(3, ChangeSet({an_address(2): Account(9, Wei(9))}))
    assert verify(old_root, key, proof) is not None
    with pytest.raises(InvalidProof) as caught:
        verify(state.root, key, proof)
    assert caught.value.flaw is Flaw.ROOT


def test_a_proof_says_nothing_about_another_key() -> None:
    state = filled()
    here, elsewhere = account_key(an_address(1)), account_key(an_address(2))
    for proven, asked in ((here, elsewhere), (elsewhere, here), (account_key(an_address(0)), here)):
        with pytest.raises(InvalidProof):
            verify(state.root, asked, state.prove(proven).encode())


@pytest.mark.reference
def test_an_entry_proves_neither_its_own_key_nor_its_successor_absent() -> None:
    """The range that an entry excludes is open at both ends."""
    state = Qmdb()
    key = account_key(an_address(1))
    state.commit(0, ChangeSet({an_address(1): Account(0, Wei(1))}))
    own = state.prove(key)
    # CREATE wrote the key's entry and, right after it, the one in front of it, whose successor is the key.
    in_front = state._shards[_shard_of(state, own)].log.entry(own.serial_number + 1)
    assert in_front[-48 - 8 : -16 - 8] == sha256(key).digest()
    forged = _proof_of_entry(state, own, in_front, own.serial_number + 1)
    with pytest.raises(InvalidProof) as caught:
        verify(state.root, key, forged.encode())
    assert caught.value.flaw is Flaw.OTHER_KEY
    assert verify(state.root, key, own.encode()) is not None


@pytest.mark.reference
def test_an_inactive_entry_proves_nothing() -> None:
    state = Qmdb()
    address = an_address(1)
    key = account_key(address)
    state.commit(0, ChangeSet({address: Account(0, Wei(1))}))
    old = state.prove(key)
    state.commit(1, ChangeSet({address: Account(0, Wei(2))}))
    new = state.prove(key)
    assert old.serial_number < new.serial_number
    forged = _proof_of_entry(state, new, old.entry, old.serial_number)
    with pytest.raises(InvalidProof) as caught:
        verify(state.root, key, forged.encode())
    assert caught.value.flaw is Flaw.INACTIVE


def test_a_path_is_upstreams_format() -> None:
    """u64le serial number, then 32 bytes each: leaf, left peers, chunk, right peers, upper peers, root."""
    state = filled()
    proof = state.prove(account_key(an_address(1)))
    path = proof.encode_path()
    assert len(path) == 8 + 32 * (17 + len(proof.upper))
    assert len(proof.upper) == (proof.end >> 11).bit_length()
    assert int.from_bytes(path[:8], "little") == proof.serial_number
    assert path[-32:] == proof.shard_root


def test_the_verifier_needs_only_sha_256() -> None:
    imported = set()
    for statement in ast.walk(ast.parse(Path(verify_module.__file__).read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            imported.update(name.name for name in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            imported.add(statement.module)
    assert imported == {"__future__", "enum", "hashlib"}


def _shard_of(state: Qmdb, proof: Proof) -> int:
    return next(number for number, shard in enumerate(state._shards) if shard.log.root == proof.shard_root)


def _proof_of_entry(state: Qmdb, like: Proof, entry: bytes, serial_number: int) -> Proof:
    """A proof with true hashes for any entry of the shard of `like`, active or not."""
    left, chunk, right, upper = state._shards[_shard_of(state, like)].log.peers(serial_number)
    return replace(
        like,
        entry=entry,
        serial_number=serial_number,
        left=tuple(left),
        chunk=chunk,
        right=tuple(right),
        upper=tuple(upper),
    )
