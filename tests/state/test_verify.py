"""Every check of the verifier is needed: what breaks one rule is refused even under a root made to fit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Wei
from devnet.state.entries import decode_entry, encode_entry, sentry
from devnet.state.qmdb import Proof, Qmdb, account_key
from devnet.state.verify import Flaw, InvalidProof, verify
from tests.state.naive import sha

KEY = account_key(Address(b"\1" * 20))


@pytest.fixture(scope="module")
def honest() -> tuple[bytes, Proof]:
    """A root and a proof of KEY under it."""
    state = Qmdb()
    root = state.commit(0, ChangeSet({Address(KEY): Account(1, Wei(2))}))
    return root, state.prove(KEY)


def climb(node: bytes, peers: tuple[bytes, ...], position: int, level: int) -> bytes:
    for peer in peers:
        pair = (peer, node) if position & 1 else (node, peer)
        node = sha(bytes([level]), *pair)
        position >>= 1
        level += 1
    return node


def forged(proof: Proof) -> tuple[bytes, Proof]:
    """The root under which all hashes of a proof are right, and the proof with the shard root for it."""
    position = proof.serial_number % 2048
    left = climb(sha(proof.entry), proof.left, position, 0)
    right = climb(proof.chunk, proof.right, position // 256, 8)
    shard_root = climb(sha(b"\x0b", left, right), proof.upper, proof.serial_number // 2048, 12)
    counters = b"".join(number.to_bytes(8, "little") for number in (proof.start, proof.end, proof.active))
    root = climb(sha(b"\x40", shard_root, counters), proof.zone, sha(KEY)[0] // 16, 64)
    return root, replace(proof, shard_root=shard_root)


def with_entry(proof: Proof, **changes: object) -> Proof:
    """The proof of an entry with other fields."""
    entry = decode_entry(proof.entry)
    fields = {
        "key": entry.key,
        "value": entry.value,
        "next_key_hash": entry.next_key_hash,
        "version": entry.version,
        "serial_number": entry.serial_number,
        "deactivated": entry.deactivated,
    }
    return replace(proof, entry=encode_entry(**{**fields, **changes}))  # type: ignore[arg-type]


def test_an_honest_proof_is_its_own_forgery(honest: tuple[bytes, Proof]) -> None:
    root, proof = honest
    assert forged(proof) == (root, proof)
    assert verify(root, KEY, proof.encode()) == proof.value


@pytest.mark.parametrize(
    ("forge", "flaw"),
    [
        (lambda p: replace(p, start=p.serial_number + 1), Flaw.COUNTERS),
        (lambda p: replace(p, end=p.serial_number), Flaw.COUNTERS),
        (lambda p: replace(p, end=p.end << 11), Flaw.FORMAT),
        (lambda p: replace(p, upper=p.upper[:-1]), Flaw.FORMAT),
        (lambda p: replace(p, upper=(*p.upper, bytes(32))), Flaw.FORMAT),
        (lambda p: replace(p, chunk=bytes(32)), Flaw.INACTIVE),
        (lambda p: with_entry(p, serial_number=p.serial_number + 1), Flaw.LEAF),
        (lambda p: with_entry(p, key=b"\2" * 20), Flaw.OTHER_KEY),
        (lambda p: with_entry(p, key=KEY, value=b"", next_key_hash=sha(KEY)), Flaw.OTHER_KEY),
        (lambda p: with_entry(p, key=sha(KEY), value=b"", next_key_hash=sha(KEY)), Flaw.OTHER_KEY),
        (lambda p: with_entry(p, key=bytes(32), value=b"", next_key_hash=bytes(32)), Flaw.OTHER_KEY),
        (lambda p: replace(p, entry=p.entry + b"\0"), Flaw.FORMAT),
        (lambda p: replace(p, entry=p.entry[:-1]), Flaw.FORMAT),
        (lambda p: replace(p, entry=p.entry[:52]), Flaw.FORMAT),
        (lambda p: replace(p, entry=b""), Flaw.FORMAT),
    ],
)
def test_a_broken_rule_is_seen_under_a_fitting_root(
    honest: tuple[bytes, Proof], forge: Callable[[Proof], Proof], flaw: Flaw
) -> None:
    root, proof = forged(forge(honest[1]))
    with pytest.raises(InvalidProof) as caught:
        verify(root, KEY, proof.encode())
    assert caught.value.flaw is flaw


def test_an_entry_that_encloses_the_key_proves_its_absence(honest: tuple[bytes, Proof]) -> None:
    before, after = bytes(32), b"\xff" * 32
    root, proof = forged(with_entry(honest[1], key=before, value=b"", next_key_hash=after))
    assert verify(root, KEY, proof.encode()) is None


@pytest.mark.reference
def test_a_sentry_has_no_value_to_prove_even_for_its_own_key() -> None:
    """The key of a sentry as a key of the state: what hashes to its place is another."""
    state = Qmdb()
    number = next(n for n in range(4096) if sha256(decode_entry(sentry(3, n)).key).digest()[0] >> 4 == 3)
    key = decode_entry(sentry(3, number)).key
    shard = state._shards[3]
    left, chunk, right, upper = shard.log.peers(number)
    forgery = replace(
        state.prove(key),
        entry=sentry(3, number),
        serial_number=number,
        left=tuple(left),
        chunk=chunk,
        right=tuple(right),
        upper=tuple(upper),
    )
    with pytest.raises(InvalidProof) as caught:
        verify(state.root, key, forgery.encode())
    assert caught.value.flaw is Flaw.OTHER_KEY
